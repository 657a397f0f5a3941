/* Figures of phases that a case has no budget for yet. Internal to src/budget. */
#ifndef BUDGET_NEW_PHASES_H
#define BUDGET_NEW_PHASES_H

#include "budget/edit.h"
#include "budget/number.h"
#include "budget/set.h"

/* One figure that is new, as it will be written. */
struct phase_line {
    enum heapgate_metric metric;
    char text[NUMBER_TEXT_BYTES];
};

/* Adds these to the phase of a case: behind its figures if it has some, else as a phase of its own
 * behind the others. Of a case that has no phases yet `pending` collects them until phases_finish.
 * False when memory is out. */
bool phases_edit(struct edits *edits, const struct budget_case *budgeted, const char *name,
                 const struct phase_line *lines, size_t count, struct buffer *pending);
/* Puts what was collected for a case that had no phases. */
bool phases_finish(struct edits *edits, const struct budget_case *budgeted, struct buffer *pending);

/* Whether a phase of that name can stand in a budget. */
bool phases_can_name(const char *name);

#endif
