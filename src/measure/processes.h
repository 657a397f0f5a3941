/* Which process of a run its figures are of, for people. */
#ifndef MEASURE_PROCESSES_H
#define MEASURE_PROCESSES_H

#include "measure/run_record.h"
#include "result/result.h"

/* Notes in the result which process the figures are of, unless an engine before did; and where that
 * is a shell, or what else merely starts other programs, the process that did more work than it.
 * False when memory is out. */
bool processes_note(const struct run_record *record, const struct run_figures *figures,
                    const char *glob, struct result *result);
/* The same with what Massif knows: its command line, which is cut at each space. */
bool processes_note_command(const char *command, uint64_t processes, const char *glob,
                            struct result *result);

#endif
