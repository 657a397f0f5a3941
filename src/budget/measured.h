/* The environment that figures were taken in, as a budget file has it: the key `measured` of the
 * file for what its cases share, of a case for what differs from that, and of a variant for all of
 * its own. Internal to src/budget. */
#ifndef BUDGET_MEASURED_H
#define BUDGET_MEASURED_H

#include "budget/edit.h"
#include "budget/set.h"

/* Of `pairs` those of which `recorded` (NULL: nothing) says another value or none. */
size_t measured_difference(const struct node *recorded, const struct budget_pair *pairs,
                           size_t count, struct budget_pair *difference);

/* "{ distribution: debian 12, libc: glibc 2.36 }" */
bool measured_put(struct buffer *out, const struct budget_pair *pairs, size_t count);

/* Makes a case or variant (`mapping`) say these pairs, in place of `old` (NULL: it says none yet).
 * Nothing is planned when it says so already. `is_first`: nothing was inserted into it before. */
bool measured_edit(struct edits *edits, const struct budget_file *file, const struct node *mapping,
                   bool is_first, const struct node *old, const struct budget_pair *pairs,
                   size_t count);

/* Adds the key to a file, before its cases, so that more of them may follow; `file` NULL: to one
 * that is new. */
bool measured_add_to_file(struct edits *edits, const struct budget_file *file,
                          const struct budget_pair *pairs, size_t count);
/* Adds the key to a case that was just inserted into a file, behind its last one. */
bool measured_add_to_case(struct edits *edits, const struct budget_file *file,
                          const struct budget_pair *pairs, size_t count);

#endif
