/* Budget files: what loads can be judged with, and an update of it loads again and changes nothing
 * the second time. */
#include <string.h>

#include "budget/rewrite.h"
#include "fuzz.h"

/* Any phase was marked. */
static bool any_phase(const void *context, const char *name, enum heapgate_metric metric,
                      int64_t *value) {
    (void)context;
    (void)name;
    *value = 1000 * (metric + 1);
    return true;
}

/* Figures that are above any small budget, with the units that the case asks for unknown. */
static void update_all(const struct heapgate_budgets *budgets, bool write) {
    struct budget_figures figures = {.phase = any_phase};
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++) {
        figures.has[metric] = true;
        figures.values[metric] = 1000 * (metric + 1);
    }
    struct budget_update *update = budget_update_new(budgets, true);
    FUZZ_ASSERT(update != NULL);
    for (size_t i = 0; i < budget_case_count(budgets); i++) {
        const char *key = budget_case_key(budget_case_at(budgets, i));
        struct error refused = {0};
        struct budget_verdict verdict;
        budget_judge(budgets, key, &figures, &verdict);
        FUZZ_ASSERT(verdict.status != HEAPGATE_INVALID || verdict.message[0] != '\0' ||
                    verdict.row_count > 0);
        enum heapgate_status status = budget_update_add(update, key, &figures, &refused);
        FUZZ_ASSERT((status == HEAPGATE_OK) == !refused.set);
    }
    struct error error = {0};
    if (!budget_update_finish(update, &error))
        FUZZ_ASSERT(error.set);
    else if (write)
        FUZZ_ASSERT(budget_update_write(update, &error));
    else
        FUZZ_ASSERT(budget_update_count(update) == 0);
    budget_update_free(update);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    char path[FUZZ_PATH_BYTES];
    struct error error = {0};
    struct heapgate_budgets *budgets = NULL;
    fuzz_file("budget.yaml", data, length, path);
    if (budget_load(path, 0, &budgets, &error) != HEAPGATE_OK) {
        FUZZ_ASSERT(error.set && strstr(error.text, path) == error.text);
        return 0;
    }
    FUZZ_ASSERT(!error.set);
    update_all(budgets, true);
    budget_free(budgets);
    FUZZ_ASSERT(budget_load(path, 0, &budgets, &error) == HEAPGATE_OK);
    budget_free(budgets);
    return 0;
}
