/* What a run looked like over time, in words for people. */
#ifndef REPORT_PHASE_TABLE_H
#define REPORT_PHASE_TABLE_H

#include "report/escape.h"
#include "result/result.h"

enum { REPORT_PHASES_SHOWN = 20 };

/* A table of the phases of a result, as memory profilers print it line by line; nothing without
 * any. */
void report_phases(const struct result *result, struct writer *writer);

/* One sentence where memory was freed and the system did not get it back: the resident set stayed
 * high when what is live had fallen. Nothing where that is not so, or was not sampled. */
void report_not_returned(const struct result *result, struct writer *writer);

#endif
