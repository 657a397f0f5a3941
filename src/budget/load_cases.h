/* Reading the cases of a budget file, with their variants, phases and call stacks. Internal to
 * src/budget. */
#ifndef BUDGET_LOAD_CASES_H
#define BUDGET_LOAD_CASES_H

#include "budget/load_figures.h"

/* Adds the case to the set. The defaults of the file, which it inherits from, were read before. */
bool load_case(struct loader *loader, const struct node *name, const struct node *node);

#endif
