/* The lists of a case's call stacks, rewritten in place. Internal to src/budget. */
#ifndef BUDGET_SITE_LINES_H
#define BUDGET_SITE_LINES_H

#include "budget/edit.h"
#include "budget/set.h"

/* Makes the case list these sites: figures that changed are replaced where they stand, lines of
 * others removed, new ones put below. `*changed` false: it lists them already. False when memory is
 * out. */
bool sites_edit(struct edits *edits, const struct budget_case *budgeted, enum budget_sites which,
                const struct budget_site *sites, size_t count, bool *changed);

#endif
