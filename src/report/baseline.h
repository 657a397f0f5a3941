/* The call stacks of a result under the names that budgets have for them, which hold from one build
 * to the next: "libpq: PQexec <- source_open", and of the program itself "copy_row <- copy_all". */
#ifndef REPORT_BASELINE_H
#define REPORT_BASELINE_H

#include "budget/budget.h"
#include "measure/result.h"

enum { BASELINE_SITES_KEPT = 3, BASELINE_NAME_BYTES = 200 };

struct baseline_site {
    char name[BASELINE_NAME_BYTES]; /* cut at the end if longer */
    int64_t bytes;                  /* of all stacks of that name */
};

struct baseline {
    struct baseline_site *items; /* heaviest first; owned */
    size_t count;
};

/* False when memory is out. */
bool baseline_build(const struct result *result, struct baseline *baseline);
void baseline_free(struct baseline *baseline);

/* How many of the heaviest are worth a line in a budget: at most BASELINE_SITES_KEPT, each at least
 * a hundredth of the peak. */
size_t baseline_kept(const struct result *result, const struct baseline *baseline);

#endif
