#include "measure/processes.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/read.h"
#include "measure/process_name.h"

/* Shells, and programs that do no more than start others. An interpreter may be what is measured,
 * or the language of a wrapper: who did the work tells. */
static bool is_wrapper(const char *program) {
    static const char *const globs[] = {
        "sh",      "ash",   "bash",    "dash",    "zsh",    "*ksh",   "fish",   "busybox",
        "toybox",  "env",   "nice",    "nohup",   "setsid", "stdbuf", "time",   "timeout",
        "strace",  "xargs", "make",    "gmake",   "ninja",  "cmake",  "ctest",  "meson",
        "libtool", "sudo",  "setpriv", "unshare", "flock",  "tini",   "python", "python[0-9]*",
        "perl*",   "ruby*", "tclsh*",  "lua*",    "node",   "nodejs", "php*"};
    for (size_t i = 0; i < sizeof globs / sizeof globs[0]; i++)
        if (fnmatch(globs[i], process_base_name(program), 0) == 0)
            return true;
    return false;
}

/* ---- What is told ---- */

static char **arguments_of(const struct record_slot *slot) {
    size_t room = slot->argument_bytes < sizeof slot->arguments ? slot->argument_bytes
                                                                : sizeof slot->arguments;
    size_t most = RECORD_ARGUMENTS_BYTES, count = 0;
    char **arguments = calloc(most + 1, sizeof *arguments);
    for (size_t at = 0; arguments != NULL && at < room && count < slot->argument_count; count++) {
        size_t length = strnlen(slot->arguments + at, room - at);
        if ((arguments[count] = strndup(slot->arguments + at, length)) == NULL) {
            result_free_texts(arguments);
            return NULL;
        }
        at += length + 1;
    }
    return arguments;
}

/* The one that did the most of those that did more than the shell that the figures are of; one that
 * is no wrapper itself before one that is. What has the same name cannot be asked for by it. */
static const struct record_slot *find_busier(const struct run_record *record,
                                             const struct run_figures *figures,
                                             heapgate_usage *most) {
    const struct record_slot *busier = NULL;
    struct process_name own = process_name_of(figures->slot);
    bool busier_wraps = true;
    if (!is_wrapper(own.program))
        return NULL;
    for (uint32_t i = 0; i < record->slot_count; i++) {
        const struct record_slot *slot = record->slots[i];
        struct process_name name = process_name_of(slot);
        heapgate_usage usage;
        if (atomic_load(&slot->state) != RECORD_ACTIVE || strcmp(name.program, own.program) == 0)
            continue;
        counter_peek(slot, &usage);
        bool wraps = is_wrapper(name.program);
        bool more = usage.allocated_bytes > figures->usage.allocated_bytes ||
                    usage.allocations > figures->usage.allocations;
        if (!more ||
            (busier != NULL &&
             (wraps != busier_wraps ? wraps : usage.allocated_bytes <= most->allocated_bytes)))
            continue;
        busier = slot;
        busier_wraps = wraps;
        *most = usage;
    }
    return busier;
}

/* What to type for it: its name, or where the shell has the same, its path. */
static char *choice_of(const struct record_slot *slot, const struct record_slot *other) {
    struct process_name name = process_name_of(slot);
    const char *base = process_base_name(name.program);
    return strdup(process_name_matches(base, other) ? name.program : base);
}

bool processes_note(const struct run_record *record, const struct run_figures *figures,
                    const char *glob, struct result *result) {
    struct result_process *process = &result->process;
    struct process_name name = process_name_of(figures->slot);
    heapgate_usage usage;
    if (process->program != NULL)
        return true;
    const struct record_slot *busier =
        glob == NULL && figures->scope == NULL ? find_busier(record, figures, &usage) : NULL;
    process->program = strdup(name.program);
    process->arguments = arguments_of(figures->slot);
    process->others = figures->processes - 1;
    if (busier != NULL) {
        process->busier = choice_of(busier, figures->slot);
        process->busier_allocated_bytes = usage.allocated_bytes;
        process->busier_allocations = usage.allocations;
    }
    process->chosen_by = glob != NULL ? strdup(glob) : NULL;
    return process->program != NULL && process->arguments != NULL &&
           (busier == NULL) == (process->busier == NULL) &&
           (glob == NULL) == (process->chosen_by == NULL);
}

static char **cut_words(const char *command) {
    size_t most = 1, count = 0;
    for (const char *at = command; *at != '\0'; at++)
        most += *at == ' ';
    if (most > RECORD_ARGUMENTS_BYTES)
        most = RECORD_ARGUMENTS_BYTES;
    char **words = calloc(most + 1, sizeof *words);
    while (words != NULL && count < most && *command != '\0') {
        size_t length = strcspn(command, " ");
        if ((words[count++] = strndup(command, length)) == NULL) {
            result_free_texts(words);
            return NULL;
        }
        command += length + (command[length] == ' ');
    }
    return words;
}

bool processes_note_command(const char *command, uint64_t processes, const char *glob,
                            struct result *result) {
    struct result_process *process = &result->process;
    if (process->program != NULL)
        return true;
    process->arguments = cut_words(command);
    process->others = processes - 1;
    process->chosen_by = glob != NULL ? strdup(glob) : NULL;
    process->program = strndup(command, strcspn(command, " "));
    return process->program != NULL && process->arguments != NULL &&
           (glob == NULL) == (process->chosen_by == NULL);
}
