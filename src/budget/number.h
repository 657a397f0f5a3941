/* How a figure is written, so that a new one looks like the old. Internal to src/budget. */
#ifndef BUDGET_NUMBER_H
#define BUDGET_NUMBER_H

#include "budget/set.h"

enum { NUMBER_TEXT_BYTES = 64 };

struct number_style {
    uint64_t scale; /* of the figure: budget_metric_scale */
    bool has_unit;
    unsigned shift; /* of the unit: 10 for KiB */
    char spaces[9]; /* between number and unit */
};

/* The style of a figure that was read, and the one for a figure that is new. */
struct number_style number_style_of(const char *text, enum heapgate_metric metric);
struct number_style number_style_new(enum heapgate_metric metric);

/* Writes the smallest figure in that style that `value` fits in, and returns it. It is rounded up
 * to a whole unit where that adds no more than 1% and keeps within the slack and the tolerance,
 * where they are set; else to the next smaller unit, down to the byte. */
uint64_t number_write(const struct number_style *style, uint64_t value, const struct margin *slack,
                      const struct margin *tolerance, char text[NUMBER_TEXT_BYTES]);

#endif
