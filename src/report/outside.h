/* Memory outside the heap: what is refused because of it, and what is only told. The figures and the
 * limit are explained in measure/outside.h. */
#ifndef REPORT_OUTSIDE_H
#define REPORT_OUTSIDE_H

#include "base/error.h"
#include "result/result.h"
#include "report/writer.h"

/* Whether a verdict that holds the metrics `held` of a result says nothing of too much memory; then
 * the reason is in `error`. */
bool outside_is_refused(const struct result *result, const bool held[HEAPGATE_METRIC_COUNT],
                        struct error *error);

/* A note for people, where there is something to note. */
void report_outside(const struct result *result, struct writer *writer);

#endif
