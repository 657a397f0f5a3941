/* The names of the environment: heapgate's own, those that a program or caller notes, and libraries
 * by their sonames, which a budget may call by less. */
#include <stdio.h>
#include <string.h>

#include "result/result.h"

enum { STEM_BYTES = 64 };

bool result_environment_is_library(const char *name) {
    return strstr(name, ".so.") != NULL;
}

bool result_environment_is_own(const char *name) {
    static const char *const own[] = {"arch", "libc", "distribution", "compiler"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(own[i], name) == 0)
            return true;
    return false;
}

/* What a library may be called by, the most of it first. False when there is no such. */
static bool find_stem(const char *soname, unsigned form, char stem[STEM_BYTES]) {
    const char *end = strstr(soname, ".so."), *begin = soname;
    if (end == NULL)
        return false;
    if ((form & 1) != 0 && strncmp(begin, "lib", 3) == 0)
        begin += 3;
    if ((form & 2) != 0)
        while (end > begin + 1 && strchr("0123456789-.", end[-1]) != NULL)
            end--;
    return end - begin > 1 &&
           snprintf(stem, STEM_BYTES, "%.*s", (int)(end - begin), begin) < STEM_BYTES;
}

const char *result_environment_find(const struct result *result, const char *name) {
    const char *value = result_environment(result, name);
    for (unsigned form = 0; value == NULL && form < 4; form++)
        for (size_t i = 0; value == NULL && i < result->environment_count; i++) {
            char stem[STEM_BYTES];
            if (find_stem(result->environment[i].name, form, stem) && strcmp(stem, name) == 0)
                value = result->environment[i].value;
        }
    return value;
}

/* A library that the program itself notes the version of, by a name that it goes by. */
static bool is_noted(const struct result *result, const char *soname) {
    char stem[STEM_BYTES];
    for (unsigned form = 0; form < 4; form++)
        if (find_stem(soname, form, stem) && result_environment(result, stem) != NULL)
            return true;
    return false;
}

size_t result_environment_record(const struct result *result,
                                 struct result_record record[RESULT_RECORD_MAX]) {
    size_t count = 0, libraries = 0;
    for (size_t i = 0; i < result->environment_count && count < RESULT_RECORD_MAX; i++) {
        const struct result_pair *pair = &result->environment[i];
        bool library = result_environment_is_library(pair->name);
        char *name = record[count].name, stem[STEM_BYTES];
        if (strcmp(pair->name, "control") == 0 || strlen(pair->name) >= sizeof record->name ||
            (library &&
             (libraries++ >= RESULT_RECORD_LIBRARIES_MAX || is_noted(result, pair->name))))
            continue;
        bool is_short = library && find_stem(pair->name, 0, stem) &&
                        result_environment_find(result, stem) == pair->value;
        strcpy(name, is_short ? stem : pair->name);
        record[count++].value = pair->value;
    }
    return count;
}
