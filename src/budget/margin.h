/* A margin beside a figure: a percentage of it, an amount, or the sum of both. Tolerances and slacks
 * of budgets are margins, and so is what a comparison lets pass. */
#ifndef BUDGET_MARGIN_H
#define BUDGET_MARGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* A part of the figure in millionths, and a number of bytes or calls, summed. */
struct margin {
    uint64_t absolute;
    uint32_t millionths;
    bool set;
};

/* Reads `2%`, `4 KiB` or `2% + 4 KiB`; `counted` takes a plain number instead of a size. */
bool margin_parse(const char *text, bool counted, struct margin *margin, struct error *error);
/* What the margin is of a figure; at most INT64_MAX. */
uint64_t margin_of(const struct margin *margin, uint64_t figure);

#endif
