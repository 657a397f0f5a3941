#include "heapgate/gate.h"

/* The peak past which the call stack is kept. What the environment will be, and so which variant
 * of the budget will hold, is known only afterwards: the stack is for people, the verdict is not
 * made from it. */
static uint64_t find_limit(const struct gate_request *request, struct heapgate_budgets *budgets) {
    if (request->max_bytes > 0)
        return request->max_bytes;
    const struct budget_figures figures = {.environment = NULL};
    struct budget_row row;
    const struct budget_case *budgeted =
        budgets != NULL ? budget_case_find(budgets, request->measure.case_key) : NULL;
    if (budgeted == NULL || !budget_judge_value(budgeted, &figures, HEAPGATE_METRIC_PEAK, 0, &row))
        return 0;
    return row.limit;
}

static heapgate_status judge(const struct gate_request *request, struct gate_outcome *outcome,
                             struct error *error) {
    if (request->max_bytes > 0)
        judged_case_build_max(outcome->result, request->max_bytes, &outcome->verdict);
    else
        judged_case_build(outcome->budgets, outcome->result, &outcome->verdict);
    outcome->judged = true;
    if (outcome->verdict.status == HEAPGATE_INVALID)
        error_set(error, "%s", outcome->verdict.message);
    return outcome->verdict.status;
}

heapgate_status gate_run(const struct gate_request *request, struct gate_outcome *outcome,
                         struct error *error) {
    struct measure_request measure = request->measure;
    *outcome = (struct gate_outcome){0};
    if (!result_case_valid(measure.case_key, error))
        return HEAPGATE_USAGE;
    if (request->budgets_path != NULL &&
        budget_load(request->budgets_path, 0, &outcome->budgets, error) != HEAPGATE_OK)
        return HEAPGATE_USAGE;

    measure.limit_bytes = find_limit(request, outcome->budgets);
    heapgate_status status = measure_case(&measure, &outcome->result, error);
    if (outcome->result == NULL || status == HEAPGATE_SKIPPED)
        return status;
    /* An invalid result is kept too: it must not leave an older, valid one standing for it. */
    if (request->results_path != NULL &&
        !result_write(outcome->result, request->results_path, error))
        return HEAPGATE_INVALID;
    if (outcome->budgets != NULL || request->max_bytes > 0)
        return judge(request, outcome, error);
    struct error invalid = {.set = false};
    if (status == HEAPGATE_OK && !judged_measurement(outcome->result, &invalid)) {
        error_set(error, "%s", invalid.text);
        status = HEAPGATE_INVALID;
    }
    return status;
}

void gate_outcome_fini(struct gate_outcome *outcome) {
    result_free(outcome->result);
    budget_free(outcome->budgets);
    *outcome = (struct gate_outcome){0};
}
