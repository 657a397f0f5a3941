#include "budget/rewrite_measured.h"

#include <stdlib.h>
#include <string.h>

#include "budget/measured.h"

/* Adds those that are not there yet; what is there with another value is shared by nobody. */
static bool share(struct pairs *pairs, const struct budget_pair *added, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct budget_pair *at = pairs->items, *end = at + pairs->count;
        while (at < end && strcmp(at->name, added[i].name) != 0)
            at++;
        if (at == pairs->items + BUDGET_MEASURED_MAX)
            continue;
        if (at < end) {
            if (at->value != NULL && strcmp(at->value, added[i].value) != 0) {
                free((void *)(uintptr_t)at->value);
                at->value = NULL;
            }
            continue;
        }
        *at = (struct budget_pair){strdup(added[i].name), strdup(added[i].value)};
        pairs->count++;
        if (at->name == NULL || at->value == NULL)
            return false;
    }
    return true;
}

static bool write_shared(struct file_plan *plan) {
    struct budget_pair pairs[BUDGET_MEASURED_MAX];
    size_t count = 0;
    for (size_t i = 0; i < plan->shared.count; i++)
        if (plan->shared.items[i].value != NULL)
            pairs[count++] = plan->shared.items[i];
    return count == 0 || measured_add_to_file(&plan->edits, plan->file, pairs, count);
}

/* A case that is new: in a file without others its environment is the file's. */
static bool record_new(struct file_plan *plan, const struct pairs *pairs) {
    struct budget_pair difference[BUDGET_MEASURED_MAX];
    const struct budget_file *file = plan->file;
    if (file == NULL || (file->cases->count == 0 && file->measured == NULL))
        return share(&plan->shared, pairs->items, pairs->count);
    size_t count = measured_difference(file->measured, pairs->items, pairs->count, difference);
    return file->cases->count == 0 || measured_add_to_case(&plan->edits, file, difference, count);
}

enum heapgate_status budget_update_measured(struct budget_update *update, const char *key,
                                            const struct budget_pair *pairs, size_t count,
                                            struct error *error) {
    struct case_plan *planned = &update->cases[update->case_count - 1];
    struct file_plan *plan = plan_place(update, key, error);
    bool is_new = budget_case_find(update->budgets, key) == NULL;
    if (plan == NULL)
        return HEAPGATE_INVALID;
    if (share(&planned->pairs, pairs, count) &&
        (!is_new || !update->raise || record_new(plan, &planned->pairs)))
        return HEAPGATE_OK;
    plan_no_memory(error);
    return HEAPGATE_INVALID;
}

/* The variant that changed figures of a case are of, or NULL; `*changed` false when none
 * changed. */
static const struct variant *changed_part(const struct budget_update *update,
                                          const struct case_plan *planned,
                                          const struct budget_case *budgeted, bool *changed) {
    const struct variant *variant = NULL;
    const struct figure *figure;
    *changed = false;
    for (size_t i = 0; i < update->change_count; i++) {
        const struct budget_change *change = &update->changes[i];
        if (change->is_sites || strcmp(change->case_key, planned->key) != 0)
            continue;
        *changed = true;
        if (change->phase[0] == '\0' &&
            figure_find(budgeted, &planned->figures, change->metric, &figure) == FIGURE_VARIANT)
            variant = variant_find(budgeted, &planned->figures);
    }
    return variant;
}

static const struct case_plan *plan_of_case(const struct budget_update *update, const char *key) {
    for (size_t i = 0; i < update->case_count; i++)
        if (strcmp(update->cases[i].key, key) == 0)
            return &update->cases[i];
    return NULL;
}

/* Whether a file that records nothing gets new figures in all its cases: then it is told once. */
static bool all_change(const struct budget_update *update, const struct budget_file *file) {
    bool all = file->measured == NULL;
    for (size_t i = 0; all && i < update->budgets->case_count; i++) {
        const struct budget_case *budgeted = update->budgets->cases[i];
        if (budgeted->file != file)
            continue;
        const struct case_plan *planned = plan_of_case(update, budgeted->key);
        bool changed;
        all = planned != NULL && budgeted->measured == NULL &&
              changed_part(update, planned, budgeted, &changed) == NULL && changed;
    }
    return all;
}

static bool record_case(struct file_plan *plan, const struct case_plan *planned,
                        const struct budget_case *budgeted, const struct variant *variant) {
    struct budget_pair difference[BUDGET_MEASURED_MAX];
    if (variant != NULL)
        return measured_edit(&plan->edits, plan->file, variant->node, false, variant->measured,
                             planned->pairs.items, planned->pairs.count);
    size_t count = measured_difference(plan->file->measured, planned->pairs.items,
                                       planned->pairs.count, difference);
    return measured_edit(&plan->edits, plan->file, budgeted->node, false, budgeted->measured,
                         difference, count);
}

bool rewrite_record_measured(struct budget_update *update) {
    bool fine = true;
    for (size_t f = 0; fine && f < update->file_count; f++) {
        struct file_plan *plan = update->files[f];
        bool shared = plan->file != NULL && all_change(update, plan->file);
        for (size_t i = 0; fine && plan->file != NULL && i < update->case_count; i++) {
            const struct case_plan *planned = &update->cases[i];
            const struct budget_case *budgeted = budget_case_find(update->budgets, planned->key);
            bool changed;
            if (budgeted == NULL || budgeted->file != plan->file)
                continue;
            const struct variant *variant = changed_part(update, planned, budgeted, &changed);
            if (changed && planned->pairs.count > 0)
                fine = shared ? share(&plan->shared, planned->pairs.items, planned->pairs.count)
                              : record_case(plan, planned, budgeted, variant);
        }
        fine = fine && write_shared(plan);
    }
    return fine;
}
