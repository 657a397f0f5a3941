#include "gate/judged.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

static const char *environment_of(const void *context, const char *name) {
    return result_environment_find(context, name);
}

static const char *environment_name(const void *context, size_t index) {
    const struct result *result = context;
    return index < result->environment_count ? result->environment[index].name : NULL;
}

/* A name may have been marked more than once. */
static bool phase_of(const void *context, const char *name, enum heapgate_metric metric,
                     int64_t *value) {
    const struct result *result = context;
    bool found = false;
    *value = 0;
    for (size_t i = 0; i < result->phase_count; i++) {
        const struct result_phase *phase = &result->phases[i];
        if (strcmp(phase->name, name) != 0)
            continue;
        if (metric == HEAPGATE_METRIC_ALLOCATIONS)
            *value = figure_add(*value, (int64_t)phase->allocations);
        else if (metric == HEAPGATE_METRIC_LIVE)
            *value = figure_add(*value,
                                figure_subtract(phase->live_after_bytes, phase->live_before_bytes));
        else if (!found || phase->peak_bytes > *value)
            *value = phase->peak_bytes;
        found = true;
    }
    return found;
}

/* RESULT_ENGINES when none ran. */
static int main_engine(const struct result *result) {
    int engine = 0;
    while (engine < RESULT_ENGINES && !result->engines[engine].present)
        engine++;
    return engine;
}

bool judged_figures(const struct result *result, struct budget_figures *figures) {
    int engine = main_engine(result);
    *figures = (struct budget_figures){.has_units = result->has_units,
                                       .units = result->units,
                                       .environment = environment_of,
                                       .environment_name = environment_name,
                                       .environment_context = result,
                                       .phase = phase_of,
                                       .phase_context = result};
    if (engine == RESULT_ENGINES)
        return false;
    memcpy(figures->has, result->engines[engine].has, sizeof figures->has);
    memcpy(figures->values, result->engines[engine].figures, sizeof figures->values);
    return true;
}

bool judged_measurement(const struct result *result, struct error *error) {
    if (result->invalid != NULL)
        error_set(error, "%s", result->invalid);
    else if (result->exit_status > 128)
        error_set(error, "the command ended with status %d (as after signal %d, %s)",
                  result->exit_status, result->exit_status - 128,
                  strsignal(result->exit_status - 128));
    else if (result->exit_status != 0)
        error_set(error, "the command failed with status %d", result->exit_status);
    else if (main_engine(result) == RESULT_ENGINES)
        error_set(error, "no engine measured anything");
    else if (result->has_units && result->units == 0)
        error_set(error, "no work was done: 0 units");
    else
        return true;
    return false;
}

/* What a budget of mapped memory holds, of the process that is judged, is not outside of every
 * budget. */
static uint64_t bytes_not_held(const struct result_outside *outside, bool holds_mapped) {
    uint64_t held = holds_mapped && outside->measured ? outside->mapped_bytes : 0;
    return outside->bytes > held ? outside->bytes - held : 0;
}

bool outside_is_refused(const struct result *result, const bool held[HEAPGATE_METRIC_COUNT],
                        struct error *error) {
    char anonymous[SIZE_TEXT_BYTES], bytes[SIZE_TEXT_BYTES], mapped[SIZE_TEXT_BYTES];
    const struct result_outside *outside = &result->outside;
    if (held[HEAPGATE_METRIC_RSS] ||
        bytes_not_held(outside, held[HEAPGATE_METRIC_MAPPED]) <= RESULT_OUTSIDE_MAX)
        return false;
    size_format(outside->anonymous_bytes, anonymous);
    size_format(outside->bytes, bytes);
    size_format(outside->mapped_bytes, mapped);
    error_set(
        error,
        "%s had %s of anonymous memory resident, %s more than its heap explains (it mapped %s "
        "itself): a budget that says nothing of it holds only a part; name %s in the budget",
        outside->program, anonymous, bytes, mapped,
        held[HEAPGATE_METRIC_MAPPED] || bytes_not_held(outside, true) > RESULT_OUTSIDE_MAX
            ? "rss"
            : "mapped or rss");
    return true;
}

static void add_row(struct judged_case *judged, int engine, const struct budget_row *bounds) {
    struct judged_row *rows =
        reallocarray(judged->rows, judged->row_count + 1, sizeof *judged->rows);
    if (rows == NULL) {
        judged->status = budget_worst(judged->status, HEAPGATE_INVALID);
        snprintf(judged->message, sizeof judged->message, "out of memory for the figures");
        return;
    }
    judged->rows = rows;
    judged->rows[judged->row_count++] =
        (struct judged_row){.engine = (enum result_engine)engine, .bounds = *bounds};
    judged->status = budget_worst(judged->status, bounds->status);
}

static bool differs_from_count(const struct result *result, int engine) {
    const struct result_usage *count = &result->engines[RESULT_COUNT];
    return engine != RESULT_PROFILE || !count->present ||
           count->figures[HEAPGATE_METRIC_PEAK] !=
               result->engines[engine].figures[HEAPGATE_METRIC_PEAK];
}

/* The other engines' peaks, held to the same figure. */
static void add_other_peaks(const struct heapgate_budgets *budgets, const struct result *result,
                            const struct budget_figures *figures, struct judged_case *judged) {
    const struct budget_case *budgeted = budget_case_find(budgets, result->case_key);
    for (int engine = main_engine(result) + 1; engine < RESULT_ENGINES; engine++) {
        const struct result_usage *usage = &result->engines[engine];
        struct budget_row bounds;
        if (usage->present && usage->has[HEAPGATE_METRIC_PEAK] &&
            differs_from_count(result, engine) &&
            budget_judge_value(budgeted, figures, HEAPGATE_METRIC_PEAK,
                               usage->figures[HEAPGATE_METRIC_PEAK], &bounds))
            add_row(judged, engine, &bounds);
    }
}

static void start(const struct result *result, struct judged_case *judged) {
    struct error reason = {0};
    *judged = (struct judged_case){.case_key = result->case_key, .result = result};
    if (judged_measurement(result, &reason))
        return;
    judged->status = HEAPGATE_INVALID;
    snprintf(judged->message, sizeof judged->message, "%s", reason.text);
}

/* What passes must not hold a part only. What is over anyway stays so. */
static void refuse_outside(const struct result *result, struct judged_case *judged) {
    bool held[HEAPGATE_METRIC_COUNT] = {false};
    struct error reason = {0};
    for (size_t i = 0; i < judged->row_count; i++)
        if (judged->rows[i].bounds.phase == NULL)
            held[judged->rows[i].bounds.metric] = true;
    if ((judged->status != HEAPGATE_OK && judged->status != HEAPGATE_STALE) ||
        !outside_is_refused(result, held, &reason))
        return;
    judged->status = HEAPGATE_INVALID;
    snprintf(judged->message, sizeof judged->message, "%s", reason.text);
}

void judged_case_build(const struct heapgate_budgets *budgets, const struct result *result,
                       struct judged_case *judged) {
    struct budget_figures figures;
    struct budget_verdict verdict;
    const struct budget_case *budgeted = budget_case_find(budgets, result->case_key);
    start(result, judged);
    if (budgeted != NULL) {
        judged->budgeted = budgeted;
        judged->file = budget_case_file(budgeted);
        judged->line = budget_case_line(budgeted);
    }
    if (judged->status != HEAPGATE_OK || !judged_figures(result, &figures))
        return;
    judged->status = budget_judge(budgets, result->case_key, &figures, &verdict);
    judged->can_add = verdict.file == NULL;
    judged->line = verdict.line;
    snprintf(judged->message, sizeof judged->message, "%s", verdict.message);
    for (size_t i = 0; i < verdict.row_count; i++) {
        add_row(judged, main_engine(result), &verdict.rows[i]);
        if (verdict.rows[i].metric == HEAPGATE_METRIC_PEAK && verdict.rows[i].phase == NULL)
            add_other_peaks(budgets, result, &figures, judged);
    }
    refuse_outside(result, judged);
}

void judged_case_build_max(const struct result *result, uint64_t max_bytes,
                           struct judged_case *judged) {
    start(result, judged);
    for (int engine = 0; judged->message[0] == '\0' && engine < RESULT_ENGINES; engine++) {
        const struct result_usage *usage = &result->engines[engine];
        if (!usage->present || !usage->has[HEAPGATE_METRIC_PEAK] ||
            !differs_from_count(result, engine))
            continue;
        struct budget_row bounds = {.metric = HEAPGATE_METRIC_PEAK,
                                    .has_measured = true,
                                    .measured = usage->figures[HEAPGATE_METRIC_PEAK],
                                    .has_budget = true,
                                    .budget = max_bytes,
                                    .limit = max_bytes};
        if (bounds.measured > 0 && (uint64_t)bounds.measured > max_bytes)
            bounds.status = HEAPGATE_OVER;
        add_row(judged, engine, &bounds);
    }
    refuse_outside(result, judged);
}

/* What makes a result invalid by itself is told rather than this. */
void judged_case_hold(const struct hold *hold, struct judged_case *judged) {
    static const char ctest[] = "ctest-";
    struct error reason = {.set = false};
    const char *run = judged->result->identity.run;
    if (!judged_measurement(judged->result, &reason) || hold_result(hold, judged->result, &reason))
        return;
    judged_case_fini(judged);
    judged->status = HEAPGATE_INVALID;
    judged->can_add = false;
    judged->not_held = true;
    judged->by_ctest = run != NULL && strncmp(run, ctest, strlen(ctest)) == 0;
    snprintf(judged->message, sizeof judged->message, "%s", reason.text);
}

void judged_case_show(struct judged_case *judged) {
    judged->status = JUDGED_MEASURED;
    judged->can_add = false;
    judged->message[0] = '\0';
}

void judged_case_fini(struct judged_case *judged) {
    free(judged->rows);
    free(judged->new_sites);
    judged->new_sites = NULL;
    judged->rows = NULL;
    judged->row_count = 0;
}

void judged_case_build_unmeasured(const struct budget_case *budgeted, struct judged_case *judged) {
    *judged = (struct judged_case){.case_key = budget_case_key(budgeted),
                                   .status = HEAPGATE_INVALID,
                                   .file = budget_case_file(budgeted),
                                   .line = budget_case_line(budgeted)};
    snprintf(judged->message, sizeof judged->message,
             "a budget without a result: the case was "
             "not measured");
}

static int compare_cases(const void *left, const void *right) {
    const struct judged_case *a = left, *b = right;
    return strcmp(a->case_key, b->case_key);
}

/* ---- Lists ---- */

static bool make_room(size_t results, struct judged_list *list) {
    *list = (struct judged_list){0};
    list->items = calloc(results + 1, sizeof *list->items);
    return list->items != NULL;
}

/* The measured cases are sorted. */
static bool is_unmeasured(const struct judged_list *list, size_t measured, const char *glob,
                          const struct budget_case *budgeted) {
    const struct judged_case key = {.case_key = budget_case_key(budgeted)};
    return (glob == NULL || fnmatch(glob, key.case_key, 0) == 0) &&
           (measured == 0 ||
            bsearch(&key, list->items, measured, sizeof key, compare_cases) == NULL);
}

/* Adds the budgets without a result; most often there is none. False when memory is out. */
static bool finish(const struct heapgate_budgets *budgets, const char *glob,
                   struct judged_list *list) {
    size_t measured = list->count, unmeasured = 0;
    for (size_t i = 0; i < budget_case_count(budgets); i++)
        unmeasured += is_unmeasured(list, measured, glob, budget_case_at(budgets, i));
    struct judged_case *items =
        reallocarray(list->items, measured + unmeasured + 1, sizeof *list->items);
    if (items == NULL)
        return false;
    list->items = items;
    for (size_t i = 0; unmeasured > 0 && i < budget_case_count(budgets); i++)
        if (is_unmeasured(list, measured, glob, budget_case_at(budgets, i)))
            judged_case_build_unmeasured(budget_case_at(budgets, i), &list->items[list->count++]);
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare_cases);
    for (size_t i = 0; i < list->count; i++)
        list->status = budget_worst(list->status, list->items[i].status);
    return true;
}

bool judged_list_build(const struct heapgate_budgets *budgets, const struct result_list *results,
                       const char *glob, struct judged_list *list) {
    if (!make_room(results->count, list))
        return false;
    for (size_t i = 0; i < results->count; i++)
        if (result_is_wanted(glob, results->items[i]->case_key))
            judged_case_build(budgets, results->items[i], &list->items[list->count++]);
    if (finish(budgets, glob, list))
        return true;
    judged_list_free(list);
    return false;
}

static bool read_cases(const struct heapgate_budgets *budgets, const char *folder, const char *glob,
                       const struct result_keys *keys, const struct hold *hold,
                       struct judged_list *list, struct error *error) {
    size_t explained_count = 0;
    if (make_room(keys->count, list))
        list->results.items = calloc(keys->count + 1, sizeof(*list->results.items));
    if (list->results.items == NULL) {
        error_set(error, "out of memory for %zu results", keys->count);
        return false;
    }
    for (size_t i = 0; i < keys->count; i++) {
        struct judged_case *judged = &list->items[list->count];
        struct result *result;
        if (!result_is_wanted(glob, keys->items[i]))
            continue;
        if (!result_read_case(folder, keys->items[i], &result, error))
            return false;
        list->results.items[list->results.count++] = result;
        list->count++;
        judged_case_build(budgets, result, judged);
        judged_case_hold(hold, judged);
        bool explained = judged->status != HEAPGATE_OK && explained_count < JUDGED_EXPLAINED_MAX;
        explained_count += explained;
        result_trim(result, explained ? RESULT_SITES_MAX : 0);
    }
    return true;
}

bool judged_list_read(const struct heapgate_budgets *budgets, const char *folder, const char *glob,
                      const struct hold *hold, struct judged_list *list, struct error *error) {
    struct result_keys keys;
    *list = (struct judged_list){0};
    if (!result_keys_read(folder, &keys, error))
        return false;
    bool read = keys.count > 0;
    if (!read)
        error_set(error, "%s: no results: expected what heapgate run writes", folder);
    read = read && read_cases(budgets, folder, glob, &keys, hold, list, error);
    result_keys_free(&keys);
    if (read && !finish(budgets, glob, list)) {
        error_set(error, "out of memory for the budgets without a result");
        read = false;
    } else if (read && list->count == 0 && glob == NULL) {
        error_set(error, "%s: no results of cases: expected what heapgate run --case writes",
                  folder);
        read = false;
    }
    if (!read)
        judged_list_free(list);
    return read;
}

void judged_list_free(struct judged_list *list) {
    for (size_t i = 0; i < list->count; i++)
        judged_case_fini(&list->items[i]);
    free(list->items);
    result_list_free(&list->results);
    *list = (struct judged_list){0};
}
