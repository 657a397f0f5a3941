/* Rewriting budget files to what was measured: only the figures that changed, in place.
 *
 *     budget_update_new(budgets, raise, &update);
 *     budget_update_add(update, key, &figures, &error);     for each case
 *     budget_update_finish(update, &error);                 new texts, read back and judged
 *     budget_update_diff(update, &text) or budget_update_write(update, &error)
 *
 * A figure becomes what was measured, written as the old one was. It is lowered whenever less was
 * measured. It is raised only when the measured is over the limit, so that a figure which passes
 * within its tolerance stays, and only with `raise`. What stands in the defaults stays: a case that
 * is out of bounds there gets a line of its own. A case without budget is added, with `raise`;
 * phases are only added by budget_update_phases. A case that was swept gets the growth and the
 * allocation_growth that it lacks, also without `raise`: more is judged then, not less. */
#ifndef BUDGET_REWRITE_H
#define BUDGET_REWRITE_H

#include "base/buffer.h"
#include "budget/budget.h"

enum { BUDGET_CHANGE_TEXT_BYTES = 64 };

struct budget_change {
    char case_key[HEAPGATE_NAME_BYTES];
    enum heapgate_metric metric;
    char phase[HEAPGATE_NAME_BYTES];         /* empty: the case's own figure */
    bool is_sites;                           /* of a list of call stacks, not of a metric: */
    enum budget_sites sites;                 /* this one */
    bool is_raise;                           /* a larger figure, or one where there was none */
    char old_text[BUDGET_CHANGE_TEXT_BYTES]; /* as written; "none" */
    char new_text[BUDGET_CHANGE_TEXT_BYTES];
    const char *file; /* lives as long as the update */
    unsigned line;    /* in the new file; before budget_update_finish, in the old (0: not there) */
};

struct budget_update;

/* `budgets` must outlive the update. NULL when memory is out. */
struct budget_update *budget_update_new(const struct heapgate_budgets *budgets, bool raise);
void budget_update_free(struct budget_update *update);

/* Plans one case. `figures` refers to its environment until the update is freed. INVALID, with the
 * reason, for figures that cannot be a budget: other units than the budget's, a metric of the
 * budget that was not measured, a case that belongs in no file of the set. */
enum heapgate_status budget_update_add(struct budget_update *update, const char *key,
                                       const struct budget_figures *figures, struct error *error);

/* Makes a case that has a budget list these call stacks. HEAPGATE_INVALID, with the reason, without
 * a budget. */
enum heapgate_status budget_update_sites(struct budget_update *update, const char *key,
                                         enum budget_sites which, const struct budget_site *sites,
                                         size_t count, struct error *error);

/* Says what environment the figures of the case that was added last were taken in (at most
 * BUDGET_MEASURED_MAX pairs, which are copied). Where figures change, the budget records what
 * differs from what it says already, under `measured`: once for a file whose cases all share it,
 * else in the case; for a variant's figures in the variant. HEAPGATE_INVALID when memory is out. */
enum heapgate_status budget_update_measured(struct budget_update *update, const char *key,
                                            const struct budget_pair *pairs, size_t count,
                                            struct error *error);
/* Gives a case that has a budget figures of these phases where it has none: peak, allocations, and
 * live where the phase added to it. Those that are there are budget_update_add's. A new figure
 * allows nothing that was refused before, and so is no raise. A phase whose name no budget can hold
 * is left out. HEAPGATE_INVALID, with the reason, without a budget, or for more figures than one
 * holds. */
enum heapgate_status budget_update_phases(struct budget_update *update, const char *key,
                                          const struct budget_figures *figures,
                                          const char *const *names, size_t count,
                                          struct error *error);

/* The planned changes. Without `raise` the raises among them are listed and not made. */
size_t budget_update_count(const struct budget_update *update);
const struct budget_change *budget_update_change(const struct budget_update *update, size_t index);
/* How many are raises that were not allowed. */
size_t budget_update_refused(const struct budget_update *update);

/* Makes the new texts, reads them back and judges the added cases by them: only if all are within
 * their budgets can the update be written. */
bool budget_update_finish(struct budget_update *update, struct error *error);

/* Appends a unified diff without context. */
bool budget_update_diff(const struct budget_update *update, struct buffer *out);
/* Writes each changed file whole. */
bool budget_update_write(const struct budget_update *update, struct error *error);

#endif
