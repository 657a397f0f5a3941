/* What explains the figures of a result file: call stacks, modules, phases, timelines and
 * snapshots. */
#ifndef RESULT_RESULT_DETAIL_H
#define RESULT_RESULT_DETAIL_H

#include "result/result.h"
#include "result/result_value.h"

/* Reads all of them. What was read stands in the result also after a failure. */
bool detail_read(const struct reader *reader, const json_t *root, struct result *result);

#endif
