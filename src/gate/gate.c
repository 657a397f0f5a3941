#include "gate/gate.h"

#include <stdlib.h>
#include <string.h>

#include "gate/lead.h"
#include "gate/new_sites.h"
#include "measure/revision.h"
#include "measure/run_id.h"
#include "measure/subject.h"
#include "result/result_keep.h"

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

/* The phase whose call stacks explain the verdict. NULL: the case's do. */
static const char *find_phase(const struct judged_case *verdict) {
    const struct budget_row *lead = judged_lead(verdict);
    return lead != NULL ? lead->phase : NULL;
}

/* Another run that came to another peak explains nothing: its input may have been used up. */
static bool is_same_run(const struct result *result, const struct result *again) {
    const struct result_usage *count = &result->engines[RESULT_COUNT];
    const struct result_usage *profile = &again->engines[RESULT_PROFILE];
    if (!count->present || !profile->present || again->site_count == 0)
        return false;
    int64_t difference =
        profile->figures[HEAPGATE_METRIC_PEAK] - count->figures[HEAPGATE_METRIC_PEAK];
    return llabs(difference) <=
           count->figures[HEAPGATE_METRIC_PEAK] / 100 * MEASURE_AGREE_PERCENT + MEASURE_AGREE_BYTES;
}

/* A case that is over is measured once more, silently, for the call stacks that held the memory.
 * Where that cannot be done, or does something else, there is still the stack that crossed the
 * limit. The sites, and the engine that saw them, become the result's. Of a phase that was marked
 * from outside there are no sites of its own: then those of the case have to do. */
static void explain(const struct gate_request *request, const char *phase, struct result *result) {
    struct measure_request again = request->measure;
    struct result *profiled = NULL;
    again.argv = result->argv; /* of a sweep: the last */
    again.sweep_count = 0;
    for (int engine = 0; engine < RESULT_ENGINES; engine++)
        again.engines[engine] = engine == RESULT_PROFILE;
    again.limit_bytes = 0;
    again.interval_ms = 0;
    again.snapshots = (struct snapshot_request){0};
    again.phase = phase;
    again.silent = true;
    heapgate_status status = measure_case(&again, &profiled, NULL);
    bool taken = status == HEAPGATE_OK && is_same_run(result, profiled) &&
                 (result->site_count == 0 || profiled->sites_phase != NULL);
    if (taken)
        result_take_sites(result, profiled);
    if (taken && result->sites_phase == NULL) {
        result->steps = profiled->steps;
        result->step_count = profiled->step_count;
        profiled->steps = NULL;
    }
    result_free(profiled);
}

static bool lists_sites(const struct judged_case *verdict) {
    size_t count;
    return verdict->budgeted != NULL &&
           (budget_case_sites(verdict->budgeted, BUDGET_SITES_PEAK, &count) != NULL ||
            budget_case_sites(verdict->budgeted, BUDGET_SITES_ALLOCATIONS, &count) != NULL);
}

/* HEAPGATE_STACKS=1 asks for the call stacks of every case, for a comparison of all of them. */
static bool wants_all(void) {
    const char *value = getenv("HEAPGATE_STACKS");
    return value != NULL && value[0] != '\0' && strcmp(value, "0") != 0;
}

/* What another measurement of the same run contradicts is none. */
static bool keep(const struct gate_request *request, struct result *result, struct error *error) {
    if (request->results_path == NULL)
        return true;
    if (!result_keep(result, request->results_path, error))
        return false;
    if (result->identity.conflict)
        error_set(error, "%s", result->invalid);
    return !result->identity.conflict;
}

/* Finds out who held the memory where that is asked for, or would explain the verdict. */
static bool complete(const struct gate_request *request, struct gate_outcome *outcome,
                     heapgate_status status, struct error *error) {
    bool asked = status != HEAPGATE_INVALID && wants_all();
    bool over = status == HEAPGATE_OVER && judged_lead(&outcome->verdict) != NULL;
    const char *phase = over ? find_phase(&outcome->verdict) : NULL;
    if (!(asked || over) || (outcome->result->site_count > 0 && phase == NULL))
        return true;
    if (phase != NULL && outcome->result->site_count == 0 && lists_sites(&outcome->verdict))
        explain(request, NULL, outcome->result); /* for what is new beside them */
    if (phase != NULL && !new_sites_keep(&outcome->verdict)) {
        error_set(error, "out of memory");
        return false;
    }
    explain(request, phase, outcome->result);
    if (outcome->result->sites_phase == NULL) { /* the case's tell it themselves */
        free(outcome->verdict.new_sites);
        outcome->verdict.new_sites = NULL;
    }
    return outcome->result->site_count == 0 || keep(request, outcome->result, error);
}

/* Measures, and notes in the result the run and what ran. */
static heapgate_status measure(const struct gate_request *request, uint64_t limit_bytes,
                               struct result **result, struct error *error) {
    struct measure_request measured = request->measure;
    struct result_identity identity = {0};
    struct revision_query query;
    measured.limit_bytes = limit_bytes;
    if (!subject_add_inputs(&identity, request->inputs, error)) {
        identity_fini(&identity);
        return HEAPGATE_USAGE;
    }
    revision_ask(&query);
    bool noted = run_id_note(&identity) && subject_add_command(&identity, measured.argv);
    heapgate_status status = measure_case(&measured, result, error);
    noted = revision_take(&query, &identity) && noted;
    if (*result == NULL) {
        identity_fini(&identity);
        return status;
    }
    noted = noted && identity_take_files(&identity, &(*result)->identity);
    identity_fini(&(*result)->identity);
    (*result)->identity = identity;
    if (!noted)
        error_set(error, "out of memory");
    if (noted && (status != HEAPGATE_OK || subject_check_inputs(&identity, error)))
        return status;
    free((*result)->invalid);
    (*result)->invalid = strdup(error->text);
    return HEAPGATE_INVALID;
}

heapgate_status gate_run(const struct gate_request *request, struct gate_outcome *outcome,
                         struct error *error) {
    /* the reason is needed, whether the caller wants it or not */
    struct error own = {.set = false};
    *outcome = (struct gate_outcome){0};
    if (!result_case_valid(request->measure.case_key, error))
        return HEAPGATE_USAGE;
    if (request->measure.sweep_count > 0 && !measure_uses_size(request->measure.argv, error))
        return HEAPGATE_USAGE;
    if (request->budgets_path != NULL &&
        budget_load(request->budgets_path, 0, &outcome->budgets, error) != HEAPGATE_OK)
        return HEAPGATE_USAGE;

    heapgate_status status =
        measure(request, find_limit(request, outcome->budgets), &outcome->result, &own);
    if (own.set)
        error_set(error, "%s", own.text);
    if (outcome->result == NULL || status == HEAPGATE_SKIPPED)
        return status;
    /* An invalid result is kept too: it must not leave an older, valid one standing for it. */
    if (!keep(request, outcome->result, error) && !outcome->result->identity.conflict)
        return HEAPGATE_INVALID;
    if (outcome->budgets != NULL || request->max_bytes > 0) {
        status = judge(request, outcome, error);
        return complete(request, outcome, status, error) ? status : HEAPGATE_INVALID;
    }
    struct error invalid = {.set = false};
    if (status == HEAPGATE_OK && !judged_measurement(outcome->result, &invalid)) {
        error_set(error, "%s", invalid.text);
        status = HEAPGATE_INVALID;
    }
    return complete(request, outcome, status, error) ? status : HEAPGATE_INVALID;
}

void gate_outcome_fini(struct gate_outcome *outcome) {
    judged_case_fini(&outcome->verdict);
    result_free(outcome->result);
    budget_free(outcome->budgets);
    *outcome = (struct gate_outcome){0};
}
