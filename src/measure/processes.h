/* Which process of a run its figures are of: what processes are called, the choice by name, and
 * what is told of it. */
#ifndef MEASURE_PROCESSES_H
#define MEASURE_PROCESSES_H

#include "result/result.h"
#include "measure/run_record.h"

/* Whether `glob` (as fnmatch takes it; NULL matches all) is a process's program: the base name of
 * the executable, or the name that it was called by, which differ where one is a link to the other
 * (python3 and python3.11); a glob with a slash is held against the whole path. */
bool processes_match(const char *glob, const struct record_slot *slot);
/* The same for a program that is known by the first word of its command line alone (Massif's): also
 * by where that leads, a script to its interpreter and a link to its end. */
bool processes_match_word(const char *glob, const char *word);

/* Sets the error to "no process matches "x": there were sh, cat". */
void processes_none_match(const struct run_record *record, const char *glob, struct error *error);

/* Notes in the result which process the figures are of, unless an engine before did; and where that
 * is a shell, or what else merely starts other programs, the process that did more work than it.
 * False when memory is out. */
bool processes_note(const struct run_record *record, const struct run_figures *figures,
                    const char *glob, struct result *result);
/* The same with what Massif knows: its command line, which is cut at each space. */
bool processes_note_command(const char *command, uint64_t processes, const char *glob,
                            struct result *result);

#endif
