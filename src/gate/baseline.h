/* The call stacks of a result under the names that budgets have for them, which hold from one build
 * to the next: "libpq: PQexec <- source_open", and of the program itself "copy_row <- copy_all". */
#ifndef GATE_BASELINE_H
#define GATE_BASELINE_H

#include "budget/budget.h"
#include "result/result.h"

enum { BASELINE_SHOWN = 3, BASELINE_KEPT_MAX = 10, BASELINE_NAME_BYTES = 200 };

struct baseline_site {
    char name[BASELINE_NAME_BYTES]; /* cut at the end if longer */
    int64_t amount;                 /* of all stacks of that name: bytes at the peak, or calls */
};

struct baseline {
    struct baseline_site *items; /* the most first; owned */
    size_t count;
};

/* False when memory is out. */
bool baseline_build(const struct result *result, enum budget_sites which,
                    struct baseline *baseline);
void baseline_sort(struct baseline *baseline);
void baseline_free(struct baseline *baseline);

/* How many of the first are worth a line in a budget: each at least a hundredth of the whole. */
size_t baseline_kept(const struct result *result, enum budget_sites which,
                     const struct baseline *baseline);

#endif
