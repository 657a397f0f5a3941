/* The run that a measurement belongs to: one ctest, one pipeline, or one command. */
#ifndef MEASURE_RUN_ID_H
#define MEASURE_RUN_ID_H

#include <stdbool.h>

#include "result/identity.h"

/* HEAPGATE_RUN_ID; else what the pipeline calls it (GitHub, GitLab, Jenkins, Buildkite, Slurm);
 * else one that is made: of the ctest that this process descends from, so that all cases of one
 * ctest are one run without anybody typing anything; else of this process. The same each time it is
 * asked in a process. */
void run_id_find(char id[RUN_ID_BYTES]);

/* Notes id, the time now as the start, host and heapgate's version. False when memory is out. */
bool run_id_note(struct result_identity *identity);

#endif
