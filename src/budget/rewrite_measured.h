/* The environment that the figures of an update were taken in, as its files will record it.
 * Internal to src/budget. */
#ifndef BUDGET_REWRITE_MEASURED_H
#define BUDGET_REWRITE_MEASURED_H

#include "budget/rewrite_plan.h"

/* Plans what budget_update_measured left for when all changes are known: of the cases that there
 * were, whose figures changed; and what new files and empty ones share. False when memory is
 * out. */
bool rewrite_record_measured(struct budget_update *update);

#endif
