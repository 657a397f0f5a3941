#ifndef CLI_UPDATE_PHASES_H
#define CLI_UPDATE_PHASES_H

#include "budget/rewrite.h"
#include "result/result.h"

/* Plans budgets for the phases that the program of the result marked and whose names match `glob`
 * (fnmatch), as budget_update_phases does. Those that were marked from outside have no exact
 * figures, and are left out. */
enum heapgate_status update_phases(struct budget_update *update, const struct result *result,
                                   const struct budget_figures *figures, const char *glob,
                                   struct error *error);

#endif
