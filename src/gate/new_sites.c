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

/* What is below a hundredth of the most may have been there before, unlisted. */
static void take(const struct baseline *beyond, int64_t most, const struct budget_site *budgeted,
                 size_t budgeted_count, struct new_sites *found) {
    for (size_t i = 0; i < beyond->count && i < BASELINE_SHOWN; i++) {
        const struct baseline_site *site = &beyond->items[i];
        if (site->amount <= 0 || site->amount < most / 100)
            break;
        struct new_site *item = &found->items[found->count++];
        memcpy(item->name, site->name, sizeof item->name);
        item->before = find_budgeted(budgeted, budgeted_count, site->name);
        item->more = (uint64_t)site->amount;
    }
}

bool new_sites_find(const struct judged_case *judged, enum budget_sites which,
                    struct new_sites *found) {
    struct baseline beyond;
    size_t count = 0;
    const struct budget_site *budgeted =
        judged->budgeted != NULL ? budget_case_sites(judged->budgeted, which, &count) : NULL;
    *found = (struct new_sites){.which = which};
    if (budgeted == NULL || judged->result == NULL || judged->result->site_count == 0 ||
        judged->result->sites_phase != NULL) /* the budget's are of the case */
        return true;
    if (!baseline_build(judged->result, which, &beyond))
        return false;
    int64_t most = beyond.count > 0 ? beyond.items[0].amount : 0;
    for (size_t i = 0; i < beyond.count; i++)
        beyond.items[i].amount -= (int64_t)find_budgeted(budgeted, count, beyond.items[i].name);
    baseline_sort(&beyond);
    take(&beyond, most, budgeted, count, found);
    baseline_free(&beyond);
    return true;
}

bool new_sites_keep(struct judged_case *judged) {
    const struct budget_row *lead = judged_lead(judged);
    bool by_calls = lead != NULL && judged_is_by_calls(lead->metric);
    judged->new_sites = malloc(sizeof *judged->new_sites);
    return judged->new_sites != NULL &&
           new_sites_find(judged, by_calls ? BUDGET_SITES_ALLOCATIONS : BUDGET_SITES_PEAK,
                          judged->new_sites);
}
