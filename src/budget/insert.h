/* Where new lines go in a budget file, and with which indentation. Internal to src/budget. */
#ifndef BUDGET_INSERT_H
#define BUDGET_INSERT_H

#include "budget/edit.h"
#include "budget/set.h"

enum edit_rank { RANK_FIGURE, RANK_CASE };

/* Adds "name: value" to a case behind its last figure. `is_first`: nothing was inserted into this
 * case before. False when memory is out. */
bool insert_figure(struct edits *edits, const struct budget_case *budgeted, bool is_first,
                   const char *name, const char *value);

/* One "name: value" of a case that is new. */
struct insert_pair {
    const char *name;
    char value[64];
};

/* Adds a case behind the last one of the file. `file` NULL: begins, or (`is_first` false) goes on
 * with, a file that is new. */
bool insert_case(struct edits *edits, const struct budget_file *file, bool is_first,
                 const char *name, const struct insert_pair *pairs, size_t pair_count);

/* What the head of a new file says; insert_case writes it. */
#define INSERT_HEAD                                                                                \
    "# What these cases may cost. Figures are requested heap bytes.\n"                             \
    "schema: 1\n"                                                                                  \
    "defaults: { tolerance: 2%, slack: 25%, live: 0 B }\n"                            \
    "cases:\n"

#endif
