#include "report/html/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/view.h"

/* ---- Adding ---- */

/* The figures that a budget is held against are without one those of the first engine. */
static void take_figures(const struct judged_case *judged, struct case_row *row) {
    struct budget_figures figures;
    if (judged->result == NULL || !judged_figures(judged->result, &figures))
        return;
    row->has_peak = figures.has[HEAPGATE_METRIC_PEAK];
    row->peak = (struct budget_row){.metric = HEAPGATE_METRIC_PEAK,
                                    .has_measured = row->has_peak,
                                    .measured = figures.values[HEAPGATE_METRIC_PEAK]};
    row->has_allocations = figures.has[HEAPGATE_METRIC_ALLOCATIONS];
    row->allocations = figures.values[HEAPGATE_METRIC_ALLOCATIONS];
}

static void take_bounds(const struct judged_case *judged, struct case_row *row) {
    bool judged_peak = false;
    for (size_t i = 0; i < judged->row_count; i++) {
        const struct budget_row *bounds = &judged->rows[i].bounds;
        bool is_peak = bounds->metric == HEAPGATE_METRIC_PEAK && bounds->phase == NULL;
        if (is_peak && !judged_peak) {
            row->peak = *bounds;
            row->has_peak = judged_peak = true;
        } else if (is_peak && bounds->status == row->peak.status) {
            continue; /* another engine says the same */
        } else if (bounds->status != HEAPGATE_OK && row->others_out++ == 0) {
            row->other = *bounds;
        }
    }
}

static bool add_environment(struct case_rows *rows, const struct result *result) {
    for (size_t i = 0; i < result->environment_count; i++) {
        const struct result_pair *pair = &result->environment[i];
        size_t at = 0;
        while (at < rows->environment_count && strcmp(rows->environment[at].name, pair->name) != 0)
            at++;
        if (at == SHARED_VALUES_MAX)
            continue;
        struct shared_value *shared = &rows->environment[at];
        if (at == rows->environment_count) {
            *shared =
                (struct shared_value){.name = strdup(pair->name), .value = strdup(pair->value)};
            rows->environment_count++;
            if (shared->name == NULL || shared->value == NULL)
                return false;
        }
        shared->cases++;
        shared->differs = shared->differs || strcmp(shared->value, pair->value) != 0;
    }
    return true;
}

static bool make_room(struct case_rows *rows) {
    if (rows->count < rows->capacity)
        return true;
    size_t capacity = rows->capacity > 0 ? 2 * rows->capacity : 64;
    struct case_row *items = reallocarray(rows->items, capacity, sizeof *items);
    if (items == NULL)
        return false;
    rows->items = items;
    rows->capacity = capacity;
    return true;
}

bool case_rows_add(struct case_rows *rows, const struct judged_case *judged) {
    if (!make_room(rows))
        return false;
    struct case_row *row = &rows->items[rows->count++];
    *row = (struct case_row){.case_key = strdup(judged->case_key), .status = judged->status};
    take_figures(judged, row);
    take_bounds(judged, row);
    if (judged->message[0] != '\0')
        row->message = strdup(judged->message);
    if (row->case_key == NULL || (judged->message[0] != '\0' && row->message == NULL))
        return false;
    if (judged->result == NULL)
        return true;
    rows->measured++;
    return add_environment(rows, judged->result);
}

void case_rows_free(struct case_rows *rows) {
    for (size_t i = 0; i < rows->count; i++) {
        free(rows->items[i].case_key);
        free(rows->items[i].message);
    }
    for (size_t i = 0; i < rows->environment_count; i++) {
        free(rows->environment[i].name);
        free(rows->environment[i].value);
    }
    free(rows->items);
    *rows = (struct case_rows){0};
}

/* ---- Orders ---- */

double bounds_room(const struct budget_row *bounds) {
    if (!bounds->has_budget || !bounds->has_measured)
        return INFINITY;
    double room = (double)report_head_room(bounds);
    return bounds->limit > 0 ? room / (double)bounds->limit : room < 0 ? -INFINITY : INFINITY;
}

static double least_room(const struct case_row *row) {
    double room = row->has_peak ? bounds_room(&row->peak) : INFINITY;
    return row->others_out > 0 ? fmin(room, bounds_room(&row->other)) : room;
}

static int by_name(const void *left, const void *right) {
    const struct case_row *a = left, *b = right;
    return strcmp(a->case_key, b->case_key);
}

/* What cannot be told apart by `less` and `more` stands by name. */
static int descending(int64_t a, int64_t b, const void *left, const void *right) {
    return a != b ? (a < b) - (a > b) : by_name(left, right);
}

static unsigned need(enum heapgate_status status) {
    static const enum heapgate_status order[] = {HEAPGATE_OVER, HEAPGATE_INVALID, HEAPGATE_STALE};
    unsigned at = 0;
    while (at < sizeof order / sizeof order[0] && order[at] != status)
        at++;
    return at;
}

static int by_need(const void *left, const void *right) {
    const struct case_row *a = left, *b = right;
    double a_room = least_room(a), b_room = least_room(b);
    if (need(a->status) != need(b->status))
        return need(a->status) < need(b->status) ? -1 : 1;
    return a_room < b_room ? -1 : a_room > b_room ? 1 : by_name(left, right);
}

static int by_peak(const void *left, const void *right) {
    const struct case_row *a = left, *b = right;
    return descending(a->peak.measured, b->peak.measured, left, right);
}

static int by_allocations(const void *left, const void *right) {
    const struct case_row *a = left, *b = right;
    return descending(a->allocations, b->allocations, left, right);
}

const struct case_order case_orders[] = {
    {"need", "By need: failures, then least head-room", "Head-room", false, by_need},
    {"name", "By name", "Case", false, by_name},
    {"peak", "By peak", "Peak", true, by_peak},
    {"allocations", "By allocations", "Allocations", true, by_allocations},
    {NULL, NULL, NULL, false, NULL},
};
