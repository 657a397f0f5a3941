#include "measure/process_name.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/program.h"

const char *process_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

struct process_name process_name_of(const struct record_slot *slot) {
    static const char gone[] = " (deleted)"; /* what the kernel adds */
    struct process_name name;
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
    return fnmatch(glob, process_base_name(program), 0) == 0 ||
           fnmatch(glob, process_base_name(called), 0) == 0;
}

bool process_name_matches(const char *glob, const struct record_slot *slot) {
    if (glob == NULL)
        return true;
    struct process_name name = process_name_of(slot);
    return match(glob, name.program, name.called);
}

bool process_name_word_matches(const char *glob, const char *word) {
    char interpreter[PATH_MAX], whole[PATH_MAX];
    if (glob == NULL)
        return true;
    const char *program = program_interpreter(word, interpreter) ? interpreter : word;
    return match(glob, realpath(program, whole) != NULL ? whole : program, program);
}

void process_name_none_matches(struct record_slot *const *slots, uint32_t count, const char *glob,
                               struct error *error) {
    char list[ERROR_TEXT_BYTES / 2] = "";
    size_t length = 0, left_out = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct record_slot *slot = slots[i];
        bool again = false;
        for (uint32_t k = 0; !again && k < i; k++)
            again = strncmp(slots[k]->executable, slot->executable, sizeof slot->executable) == 0;
        if (again)
            continue;
        struct process_name name = process_name_of(slot);
        const char *told =
            strchr(glob, '/') != NULL ? name.program : process_base_name(name.program);
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
