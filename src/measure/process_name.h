/* What processes are called, and the choice among them by name. */
#ifndef MEASURE_PROCESS_NAME_H
#define MEASURE_PROCESS_NAME_H

#include <stdbool.h>

#include "alloc/record.h"
#include "base/error.h"

/* A copy of what the measured process wrote, terminated whatever it wrote. */
struct process_name {
    char program[RECORD_EXECUTABLE_BYTES]; /* path, or where that is not known the name alone */
    char called[RECORD_COMMAND_BYTES];
};
struct process_name process_name_of(const struct record_slot *slot);
/* What follows the last slash. */
const char *process_base_name(const char *path);

/* Whether `glob` (as fnmatch takes it; NULL matches all) is a process's program: the base name of
 * the executable, or the name that it was called by, which differ where one is a link to the other
 * (python3 and python3.11); a glob with a slash is held against the whole path. */
bool process_name_matches(const char *glob, const struct record_slot *slot);
/* The same for a program that is known by the first word of its command line alone (Massif's): also
 * by where that leads, a script to its interpreter and a link to its end. */
bool process_name_word_matches(const char *glob, const char *word);

/* Sets the error to "no process matches "x": there were sh, cat". */
void process_name_none_matches(struct record_slot *const *slots, uint32_t count, const char *glob,
                               struct error *error);

#endif
