/* A margin beside a figure: a percentage of it, an amount, or the sum of both. Tolerances and
 * slacks of budgets are margins, and so is what a comparison lets pass. */
#ifndef BUDGET_MARGIN_H
#define BUDGET_MARGIN_H

#include <stdbool.h>
#include <stdint.h>

#include <heapgate/metrics.h>

#include "base/error.h"

/* A part of the figure in millionths, and an amount like it, summed. */
struct margin {
    uint64_t absolute;
    uint64_t at_most; /* 0: no limit */
    uint32_t millionths;
    bool set;
};

/* Reads `2%`, `4 KiB` or `2% + 4 KiB`; an amount is one of the metric's: of a size, or a number. */
bool margin_parse(const char *text, enum heapgate_metric metric, struct margin *margin,
                  struct error *error);
/* What the margin is of a figure; at most INT64_MAX. */
uint64_t margin_of(const struct margin *margin, uint64_t figure);

#endif
