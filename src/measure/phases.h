#ifndef MEASURE_PHASES_H
#define MEASURE_PHASES_H

#include "measure/run_record.h"
#include "result/result.h"

/* The phases that the process of the figures marked itself, unless the result has them already:
 * they are the same under every engine that counts. False when memory is out. */
bool phases_take(const struct run_record *record, const struct run_figures *figures,
                 struct result *result);

#endif
