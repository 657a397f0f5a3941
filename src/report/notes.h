/* What is said beside the figures: whose they are, what they leave out, and where they come from
 * another environment than the budget's. */
#ifndef REPORT_NOTES_H
#define REPORT_NOTES_H

#include "gate/judged.h"
#include "report/escape.h"

/* Which process the figures are of, where there were several; and where that is a shell, and
 * another did more work, what to type for the other's. */
void report_process(const struct result *result, struct writer *writer);

/* Memory outside the heap, where there is enough of it to say so (measure/outside.h). */
void report_outside(const struct result *result, struct writer *writer);

/* "this budget is of libsqlite3 3.40.1; this run had 3.46.0", where what update recorded differs
 * from what this run had. */
void report_other_environment(const struct judged_case *judged, struct writer *writer);

#endif
