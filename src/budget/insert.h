/* Where new lines go in a budget file, and with which indentation. Internal to src/budget. */
#ifndef BUDGET_INSERT_H
#define BUDGET_INSERT_H

#include "budget/edit.h"
#include "budget/set.h"

enum edit_rank { RANK_FIGURE, RANK_HEAD, RANK_MEASURED, RANK_CASE };

/* Adds "name: value" to a case behind its last figure. `is_first`: nothing was inserted into this
 * case before. False when memory is out. */
bool insert_figure(struct edits *edits, const struct budget_case *budgeted, bool is_first,
                   const char *name, const char *value);

/* What ends the lines of the file. */
const char *insert_line_break(const struct budget_file *file);
/* Puts whole lines behind the line that the byte `at` is in. */
bool insert_lines(struct edits *edits, const struct budget_file *file, size_t at,
                  enum edit_rank rank, struct buffer *lines);
/* Where the keys of a new case begin: as in the file's other cases. */
int insert_inner_indent(const struct node *cases);
/* The key of the last figure that stands in a case itself; its value follows it. NULL: none. */
const struct node *insert_last_figure(const struct node *mapping);

/* One "name: value" of a case that is new. */
struct insert_pair {
    const char *name;
    char value[64];
};

/* Adds a case behind the last one of the file. `file` NULL: begins, or (`is_first` false) goes on
 * with, a file that is new. */
bool insert_case(struct edits *edits, const struct budget_file *file, bool is_first,
                 const char *name, const struct insert_pair *pairs, size_t pair_count);

/* What insert_case begins a new file with: these, and the cases. */
#define INSERT_HEAD                                                                                \
    "# What these cases may cost. Figures are requested heap bytes.\n"                             \
    "schema: 1\n"                                                                                  \
    "defaults: { tolerance: 2%, slack: 25%, live: 0 B }\n"
#define INSERT_CASES "cases:\n"

#endif
