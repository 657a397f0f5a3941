/* The loaded set: its cases in order, and its end. */
#include "budget/set.h"

#include <stdlib.h>
#include <string.h>

#include "base/rate.h"
#include "base/size.h"

static const struct {
    const char *name, *unit;
} metrics[] = {
#define METRIC_ENTRY(NAME, name, unit, meaning) {#name, unit},
    HEAPGATE_METRICS(METRIC_ENTRY)
#undef METRIC_ENTRY
};

const char *budget_metric_name(enum heapgate_metric metric) {
    return metrics[metric].name;
}

const char *budget_metric_unit(enum heapgate_metric metric) {
    return metrics[metric].unit;
}

bool budget_metric_is_size(enum heapgate_metric metric) {
    return strncmp(metrics[metric].unit, "calls", strlen("calls")) != 0;
}

uint64_t budget_metric_scale(enum heapgate_metric metric) {
    static const struct {
        const char *unit;
        uint64_t scale;
    } scales[] = {{"bytes per unit", HEAPGATE_BYTES_PER_UNIT_SCALE},
                  {"calls per unit", HEAPGATE_CALLS_PER_UNIT_SCALE}};
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++)
        if (strcmp(metrics[metric].unit, scales[i].unit) == 0)
            return scales[i].scale;
    return 1;
}

bool budget_figure_parse(enum heapgate_metric metric, const char *text, uint64_t *figure,
                         struct error *error) {
    uint64_t scale = budget_metric_scale(metric);
    bool is_size = budget_metric_is_size(metric);
    if (scale > 1)
        return rate_parse(text, scale, is_size, figure, error);
    return is_size ? size_parse(text, figure, error) : count_parse(text, figure, error);
}

enum heapgate_status budget_worst(enum heapgate_status left, enum heapgate_status right) {
    static const enum heapgate_status worst_first[] = {HEAPGATE_USAGE, HEAPGATE_INVALID,
                                                       HEAPGATE_OVER, HEAPGATE_STALE};
    for (size_t i = 0; i < sizeof worst_first / sizeof worst_first[0]; i++)
        if (left == worst_first[i] || right == worst_first[i])
            return worst_first[i];
    return HEAPGATE_OK;
}

static int compare_cases(const void *left, const void *right) {
    const struct budget_case *a = *(struct budget_case *const *)left;
    const struct budget_case *b = *(struct budget_case *const *)right;
    return strcmp(a->key, b->key);
}

void set_sort(struct heapgate_budgets *budgets) {
    if (budgets->case_count > 1)
        qsort(budgets->cases, budgets->case_count, sizeof(*budgets->cases), compare_cases);
}

void budget_free(struct heapgate_budgets *budgets) {
    if (budgets == NULL)
        return;
    for (size_t i = 0; i < budgets->case_count; i++) {
        free(budgets->cases[i]->key);
        free(budgets->cases[i]->variants);
        free(budgets->cases[i]->phases);
        for (int which = 0; which < BUDGET_SITES; which++)
            free(budgets->cases[i]->sites[which]);
        free(budgets->cases[i]);
    }
    for (size_t i = 0; i < budgets->file_count; i++) {
        struct budget_file *file = budgets->files[i];
        node_fini(&file->root);
        buffer_fini(&file->text);
        free(file->path);
        free(file->group);
        free(file);
    }
    free(budgets->cases);
    free(budgets->files);
    free(budgets->path);
    free(budgets);
}

const char *budget_path(const struct heapgate_budgets *budgets) {
    return budgets->path;
}

size_t budget_case_count(const struct heapgate_budgets *budgets) {
    return budgets->case_count;
}

const struct budget_case *budget_case_at(const struct heapgate_budgets *budgets, size_t index) {
    return budgets->cases[index];
}

const struct budget_case *budget_case_find(const struct heapgate_budgets *budgets,
                                           const char *key) {
    size_t low = 0, high = budgets->case_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key, budgets->cases[middle]->key);
        if (order == 0)
            return budgets->cases[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *budget_case_key(const struct budget_case *budgeted) {
    return budgeted->key;
}

const char *budget_case_file(const struct budget_case *budgeted) {
    return budgeted->file->path;
}

bool budget_case_has_variants(const struct budget_case *budgeted) {
    return budgeted->variant_count > 0;
}

bool budget_case_bounds(const struct budget_case *budgeted, enum heapgate_metric metric) {
    bool bounds = budgeted->figures.of[metric].node != NULL;
    for (size_t i = 0; i < budgeted->variant_count; i++)
        bounds = bounds || budgeted->variants[i].figures.of[metric].node != NULL;
    return bounds;
}

const char *budget_sites_name(enum budget_sites which) {
    return which == BUDGET_SITES_PEAK ? "sites" : "allocation_sites";
}

const struct budget_site *budget_case_sites(const struct budget_case *budgeted,
                                            enum budget_sites which, size_t *count) {
    const struct node *at = budgeted->sites_at[which];
    *count = at != NULL ? at->count / 2 : 0;
    return budgeted->sites[which];
}

unsigned budget_case_line(const struct budget_case *budgeted) {
    return budgeted->name->line;
}
