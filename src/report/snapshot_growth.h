/* What grew between the snapshots of a result. */
#ifndef REPORT_SNAPSHOT_GROWTH_H
#define REPORT_SNAPSHOT_GROWTH_H

#include "report/escape.h"
#include "result/result.h"

enum { REPORT_GROWTH_PAIRS = 8, REPORT_GROWTH_SITES = 3, REPORT_GROWTH_SITES_ALL = 10 };

/* From each snapshot to the next what grew most, and then from the first to the last; nothing where
 * there are not two. */
void report_snapshot_growth(const struct result *result, struct writer *writer);

#endif
