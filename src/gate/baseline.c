#include "gate/baseline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_own(const struct result *result, const char *module) {
    for (size_t i = 0; i < result->module_count; i++)
        if (strcmp(result->modules[i].name, module) == 0)
            return result->modules[i].own;
    return false;
}

/* "libpq.so.5.15" is "libpq" in every version of it, and the program may be called as it likes.
 * What can't stand in a budget is replaced. */
static void name_site(const struct result *result, const struct result_site *site,
                      char name[BASELINE_NAME_BYTES]) {
    const char *module = site->module != NULL ? site->module : "?";
    const char *place = site->place != NULL ? site->place : "?";
    const char *ending = strstr(module, ".so");
    if (is_own(result, module) || strcmp(module, place) == 0) /* "(before the start)" */
        snprintf(name, BASELINE_NAME_BYTES, "%s", place);
    else
        snprintf(name, BASELINE_NAME_BYTES, "%.*s: %s",
                 (int)(ending != NULL ? (size_t)(ending - module) : strlen(module)), module, place);
    for (char *at = name; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || (unsigned char)*at >= 0x7f)
            *at = '?';
}

static int by_name(const void *left, const void *right) {
    return strcmp(((const struct baseline_site *)left)->name,
                  ((const struct baseline_site *)right)->name);
}

static int most_first(const void *left, const void *right) {
    const struct baseline_site *a = left, *b = right;
    return a->amount != b->amount ? (a->amount > b->amount ? -1 : 1) : strcmp(a->name, b->name);
}

void baseline_sort(struct baseline *baseline) {
    qsort(baseline->items, baseline->count, sizeof *baseline->items, most_first);
}

bool baseline_build(const struct result *result, enum budget_sites which,
                    struct baseline *baseline) {
    *baseline = (struct baseline){.items = calloc(result->site_count + 1, sizeof *baseline->items)};
    struct baseline_site *items = baseline->items;
    if (items == NULL)
        return false;
    for (size_t i = 0; i < result->site_count; i++) {
        name_site(result, &result->sites[i], items[i].name);
        items[i].amount = which == BUDGET_SITES_PEAK ? result->sites[i].bytes
                                                     : (int64_t)result->sites[i].allocations;
    }
    qsort(items, result->site_count, sizeof *items, by_name);
    for (size_t i = 0; i < result->site_count; i++) {
        if (baseline->count > 0 && by_name(&items[baseline->count - 1], &items[i]) == 0)
            items[baseline->count - 1].amount += items[i].amount;
        else
            items[baseline->count++] = items[i];
    }
    baseline_sort(baseline);
    return true;
}

void baseline_free(struct baseline *baseline) {
    free(baseline->items);
    *baseline = (struct baseline){0};
}

static int64_t whole_of(const struct result *result, enum budget_sites which,
                        const struct baseline *baseline) {
    const struct result_usage *usage = &result->engines[RESULT_PROFILE];
    int64_t whole = result->other_bytes;
    if (which == BUDGET_SITES_ALLOCATIONS)
        return usage->present ? usage->figures[HEAPGATE_METRIC_ALLOCATIONS] : 0;
    for (size_t i = 0; i < baseline->count; i++)
        whole += baseline->items[i].amount;
    return whole;
}

size_t baseline_kept(const struct result *result, enum budget_sites which,
                     const struct baseline *baseline) {
    int64_t whole = whole_of(result, which, baseline);
    size_t kept = 0;
    while (kept < baseline->count && kept < BASELINE_KEPT_MAX && baseline->items[kept].amount > 0 &&
           baseline->items[kept].amount >= whole / 100)
        kept++;
    return kept;
}
