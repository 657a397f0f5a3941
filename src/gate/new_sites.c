#include "gate/new_sites.h"

#include <stdlib.h>
#include <string.h>

#include "gate/lead.h"

static uint64_t find_budgeted(const struct budget_site *sites, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(sites[i].name, name) == 0)
            return sites[i].amount;
    return 0;
}

static void add(const struct baseline_site *site, const struct budget_site *budgeted, size_t count,
                struct new_sites *found) {
    struct new_site *item = &found->items[found->count++];
    memcpy(item->name, site->name, sizeof item->name);
    item->before = find_budgeted(budgeted, count, site->name);
    item->more = (uint64_t)site->amount;
}

/* Both begin with the same function, which others called. */
static bool is_same_function(const char *name, const char *other) {
    const char *end = strstr(name, " <- ");
    size_t length = end != NULL ? (size_t)(end - name) : strlen(name);
    return strncmp(name, other, length) == 0 &&
           (other[length] == '\0' || strncmp(other + length, " <- ", strlen(" <- ")) == 0);
}

/* A function that calls just as often more as there are calls too many. */
static bool is_excess(const struct baseline *beyond, size_t index, int64_t excess) {
    int64_t sum = 0;
    for (size_t i = 0; i < beyond->count; i++)
        if (is_same_function(beyond->items[index].name, beyond->items[i].name))
            sum += beyond->items[i].amount;
    return excess > 0 && sum == excess;
}

/* What is all of the excess comes first, however few that is. Of others, what is below a hundredth
 * of the most may have been there before, unlisted. */
static void take(const struct baseline *beyond, int64_t most, int64_t excess,
                 const struct budget_site *budgeted, size_t count, struct new_sites *found) {
    for (int exact = 1; exact >= 0; exact--)
        for (size_t i = 0; i < beyond->count && found->count < BASELINE_SHOWN; i++) {
            int64_t amount = beyond->items[i].amount;
            if (amount > 0 && (exact != 0 || amount >= most / 100) &&
                is_excess(beyond, i, excess) == (exact != 0))
                add(&beyond->items[i], budgeted, count, found);
        }
}

/* By how much the case itself is over, not a phase of it; 0 when it is not. */
static int64_t excess_of(const struct judged_case *judged, enum heapgate_metric metric) {
    for (size_t i = 0; i < judged->row_count; i++) {
        const struct budget_row *bounds = &judged->rows[i].bounds;
        if (bounds->metric == metric && bounds->phase == NULL && bounds->status == HEAPGATE_OVER)
            return bounds->measured - (int64_t)bounds->budget;
    }
    return 0;
}

bool new_sites_find(const struct judged_case *judged, struct new_sites *found) {
    const struct budget_row *lead = judged_lead(judged);
    int64_t calls = excess_of(judged, HEAPGATE_METRIC_ALLOCATIONS);
    int64_t bytes = excess_of(judged, HEAPGATE_METRIC_PEAK);
    bool by_calls = lead != NULL && (judged_is_by_calls(lead->metric) || (calls > 0 && bytes <= 0));
    struct baseline beyond;
    size_t count = 0;
    *found = (struct new_sites){.which = by_calls ? BUDGET_SITES_ALLOCATIONS : BUDGET_SITES_PEAK};
    const struct budget_site *budgeted =
        judged->budgeted != NULL ? budget_case_sites(judged->budgeted, found->which, &count) : NULL;
    if (budgeted == NULL || judged->result == NULL || judged->result->site_count == 0 ||
        judged->result->sites_phase != NULL) /* the budget's are of the case */
        return true;
    /* Where only a phase is over, what the case held at its own peak does not tell why. */
    if (lead != NULL && lead->phase != NULL && (by_calls ? calls : bytes) <= 0)
        return true;
    if (!baseline_build(judged->result, found->which, &beyond))
        return false;
    int64_t most = beyond.count > 0 ? beyond.items[0].amount : 0;
    for (size_t i = 0; i < beyond.count; i++)
        beyond.items[i].amount -= (int64_t)find_budgeted(budgeted, count, beyond.items[i].name);
    baseline_sort(&beyond);
    take(&beyond, most, by_calls ? calls : 0, budgeted, count, found);
    baseline_free(&beyond);
    return true;
}

bool new_sites_keep(struct judged_case *judged) {
    judged->new_sites = malloc(sizeof *judged->new_sites);
    return judged->new_sites != NULL && new_sites_find(judged, judged->new_sites);
}
