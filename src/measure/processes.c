#include "measure/processes.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/counter.h"
#include "measure/program.h"

/* ---- Names ---- */

/* A copy of what the measured process wrote, terminated whatever it wrote. */
struct name {
    char program[RECORD_EXECUTABLE_BYTES]; /* path, or where that is not known the name alone */
    char called[RECORD_COMMAND_BYTES];
};

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static struct name name_of(const struct record_slot *slot) {
    static const char gone[] = " (deleted)"; /* what the kernel adds */
    struct name name;
    snprintf(name.called, sizeof name.called, "%.*s", (int)sizeof slot->command, slot->command);
    snprintf(name.program, sizeof name.program, "%.*s", (int)sizeof slot->executable,
             slot->executable);
    size_t length = strlen(name.program), ending = sizeof gone - 1;
    if (length > ending && strcmp(name.program + length - ending, gone) == 0)
        name.program[length - ending] = '\0';
    if (name.program[0] == '\0')
        strcpy(name.program, name.called);
    return name;
}

static bool match(const char *glob, const char *program, const char *called) {
    if (strchr(glob, '/') != NULL)
        return fnmatch(glob, program, 0) == 0;
    return fnmatch(glob, base_name(program), 0) == 0 || fnmatch(glob, base_name(called), 0) == 0;
}

bool processes_match(const char *glob, const struct record_slot *slot) {
    if (glob == NULL)
        return true;
    struct name name = name_of(slot);
    return match(glob, name.program, name.called);
}

bool processes_match_word(const char *glob, const char *word) {
    char interpreter[PATH_MAX], whole[PATH_MAX];
    if (glob == NULL)
        return true;
    const char *program = program_interpreter(word, interpreter) ? interpreter : word;
    return match(glob, realpath(program, whole) != NULL ? whole : program, program);
}

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
        if (fnmatch(globs[i], base_name(program), 0) == 0)
            return true;
    return false;
}

void processes_none_match(const struct run_record *record, const char *glob, struct error *error) {
    char list[ERROR_TEXT_BYTES / 2] = "";
    size_t length = 0, left_out = 0;
    for (uint32_t i = 0; i < record->slot_count; i++) {
        const struct record_slot *slot = record->slots[i];
        bool again = false;
        for (uint32_t k = 0; !again && k < i; k++)
            again = strncmp(record->slots[k]->executable, slot->executable,
                            sizeof slot->executable) == 0;
        if (again)
            continue;
        struct name name = name_of(slot);
        const char *told = strchr(glob, '/') != NULL ? name.program : base_name(name.program);
        if (length + strlen(told) + 3 > sizeof list)
            left_out++;
        else
            length += (size_t)snprintf(list + length, sizeof list - length, "%s%s",
                                       length > 0 ? ", " : "", told);
    }
    char more[32] = "";
    if (left_out > 0)
        snprintf(more, sizeof more, " and %zu more", left_out);
    error_set(error, "no process matches \"%s\" (--process): those that ran are of %s%s", glob,
              list, more);
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
    struct name own = name_of(figures->slot);
    bool busier_wraps = true;
    if (!is_wrapper(own.program))
        return NULL;
    for (uint32_t i = 0; i < record->slot_count; i++) {
        const struct record_slot *slot = record->slots[i];
        struct name name = name_of(slot);
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
    struct name name = name_of(slot);
    const char *base = base_name(name.program);
    return strdup(processes_match(base, other) ? name.program : base);
}

bool processes_note(const struct run_record *record, const struct run_figures *figures,
                    const char *glob, struct result *result) {
    struct result_process *process = &result->process;
    struct name name = name_of(figures->slot);
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
