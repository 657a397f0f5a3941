/* What the overview says of a case: all that is kept of it once its own page is written, so that a
 * report of any number of cases needs little more memory than one case. */
#ifndef REPORT_HTML_ROWS_H
#define REPORT_HTML_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/judged.h"

struct case_row {
    char *case_key;
    char *message; /* why INVALID, or NULL */
    enum heapgate_status status;
    bool has_peak;
    struct budget_row peak;  /* of the first engine that has it; without a budget measured only */
    size_t others_out;       /* figures out of bounds beside that one */
    struct budget_row other; /* the first of these */
    bool has_allocations;
    int64_t allocations;
};

/* A value of the environment, and whether all cases have the same. */
struct shared_value {
    char *name, *value;
    size_t cases;
    bool differs;
};
enum { SHARED_VALUES_MAX = 64 };

struct case_rows {
    struct case_row *items;
    size_t count, capacity;
    size_t measured; /* cases with a result */
    struct shared_value environment[SHARED_VALUES_MAX];
    size_t environment_count;
};

/* Adds what the overview needs. False when memory is out. */
bool case_rows_add(struct case_rows *rows, const struct judged_case *judged);
void case_rows_free(struct case_rows *rows);

/* The orders that the overview comes in; the first is its front page. */
struct case_order {
    const char
        *name; /* "need"; its pages are name.html, name-2.html, ..., of the first index.html */
    const char *title;  /* "what needs a look first" */
    const char *column; /* heading of the column it is by */
    bool descending;
    int (*compare)(const void *left, const void *right);
};
extern const struct case_order case_orders[]; /* ends with a NULL name */

/* What is left below the limit, as a share of the limit: below 0 when over, INFINITY without a
 * budget. */
double bounds_room(const struct budget_row *bounds);

#endif
