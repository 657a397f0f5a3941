/* The public interface to budgets and measuring, over the modules that do the work. */
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <heapgate/heapgate.h>

#include "budget/budget.h"
#include "gate/gate.h"
#include "measure/environment.h"
#include "report/view.h"

/* Ends the message at a whole character when it is cut. */
static void say(heapgate_error *error, const char *text) {
    if (error == NULL)
        return;
    snprintf(error->text, sizeof error->text, "%s", text);
    size_t length = strlen(error->text);
    if (text[length] == '\0')
        return;
    while (length > 0 && ((unsigned char)error->text[length - 1] & 0xc0) == 0x80)
        length--;
    if (length > 0 && (unsigned char)error->text[length - 1] >= 0xc0)
        length--;
    error->text[length] = '\0';
}

heapgate_status heapgate_budgets_load(const char *path, heapgate_budgets **budgets,
                                      heapgate_error *error) {
    struct error reason = {.set = false};
    *budgets = NULL;
    heapgate_status status = budget_load(path, 0, budgets, &reason);
    say(error, reason.text);
    return status;
}

void heapgate_budgets_free(heapgate_budgets *budgets) {
    budget_free(budgets);
}

/* No measurement has such figures; a failed call leaves them (HEAPGATE_UNMEASURED). */
static bool is_unmeasured(const heapgate_usage *usage) {
    return usage->peak_bytes > INT64_MAX || usage->allocations > INT64_MAX ||
           usage->largest_bytes > INT64_MAX || usage->live_bytes == INT64_MAX;
}

/* A result in memory that stands for figures which the caller measured itself. */
static struct result *make_result(const char *case_key, const heapgate_usage *usage,
                                  uint64_t units) {
    struct result *result = result_new(case_key);
    if (result == NULL)
        return NULL;
    struct result_usage *count = &result->engines[RESULT_COUNT];
    const int64_t values[] = {
        [HEAPGATE_METRIC_PEAK] = (int64_t)usage->peak_bytes,
        [HEAPGATE_METRIC_ALLOCATIONS] = (int64_t)usage->allocations,
        [HEAPGATE_METRIC_LIVE] = usage->live_bytes,
        [HEAPGATE_METRIC_LARGEST] = (int64_t)usage->largest_bytes,
    };
    count->present = true;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        count->has[i] = true;
        count->figures[i] = values[i];
    }
    count->has[HEAPGATE_METRIC_MAPPED] = usage->mapped_bytes != HEAPGATE_UNMEASURED;
    if (count->has[HEAPGATE_METRIC_MAPPED])
        count->figures[HEAPGATE_METRIC_MAPPED] = (int64_t)usage->mapped_bytes;
    result->has_units = true;
    result->units = units;
    return result;
}

struct libraries {
    const char *paths[2 * RESULT_LIBRARIES_MAX];
    size_t count;
};

static int add_library(struct dl_phdr_info *info, size_t size, void *context) {
    struct libraries *libraries = context;
    (void)size;
    if (info->dlpi_name != NULL && info->dlpi_name[0] != '\0' &&
        libraries->count < sizeof libraries->paths / sizeof libraries->paths[0])
        libraries->paths[libraries->count++] = info->dlpi_name;
    return 0;
}

/* What a condition may ask for, of this process: which measured itself. */
static bool note_own_environment(struct result *result) {
    struct libraries libraries = {.count = 0};
    dl_iterate_phdr(add_library, &libraries);
    return environment_note_machine(result) &&
           environment_note_program(result, "/proc/self/exe", libraries.paths, libraries.count);
}

static void say_block(heapgate_error *error, const struct judged_case *judged,
                      const struct report_options *options) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    if (judged->status != HEAPGATE_OK && report_case_block(judged, options, &text) &&
        text.bytes != NULL)
        say(error, text.bytes);
    else
        say(error, "");
    buffer_fini(&text);
}

heapgate_status heapgate_judge(const heapgate_budgets *budgets, const char *case_key,
                               const heapgate_usage *usage, uint64_t units, heapgate_error *error) {
    struct error reason = {.set = false};
    if (!result_case_valid(case_key, &reason)) {
        say(error, reason.text);
        return HEAPGATE_USAGE;
    }
    if (is_unmeasured(usage)) {
        say(error,
            "no measurement: the call that was to fill the usage failed; look at the status of "
            "heapgate_scope_end or heapgate_usage_read");
        return HEAPGATE_INVALID;
    }
    struct result *result = make_result(case_key, usage, units);
    const struct budget_case *budgeted = budget_case_find(budgets, case_key);
    if (result == NULL ||
        (budgeted != NULL && budget_case_has_variants(budgeted) && !note_own_environment(result))) {
        result_free(result);
        say(error, "out of memory");
        return HEAPGATE_INVALID;
    }
    struct judged_case judged;
    judged_case_build(budgets, result, &judged);
    say_block(error, &judged, &(struct report_options){.budgets = budget_path(budgets)});
    heapgate_status status = judged.status;
    judged_case_fini(&judged);
    result_free(result);
    return status;
}

static bool sweep_is_valid(const struct measure_request *request) {
    size_t count = request->sweep_count;
    if (count == 1 || count > GROWTH_POINTS_MAX || (count > 0 && !request->engines[RESULT_COUNT]))
        return false;
    for (size_t i = 1; i < count; i++)
        if (request->sweep[i] <= request->sweep[i - 1])
            return false;
    return true;
}

heapgate_status heapgate_measure(const heapgate_request *request, heapgate_error *text) {
    struct error reason = {.set = false};
    struct gate_outcome outcome;
    struct gate_request gate = {
        .measure = {.case_key = request->case_key,
                    .argv = request->argv,
                    .sweep = request->sweep,
                    .sweep_count = request->sweep != NULL ? request->sweep_count : 0,
                    .interval_ms = MEASURE_INTERVAL_MS,
                    .process = request->process,
                    .environment = request->environment,
                    .has_units = request->units > 0,
                    .units = request->units},
        .budgets_path = request->budgets_path,
        .results_path = request->results_path,
        .inputs = request->inputs,
    };
    gate.measure.engines[RESULT_COUNT] = (request->engines & HEAPGATE_ENGINE_COUNT) != 0;
    gate.measure.engines[RESULT_MASSIF] = (request->engines & HEAPGATE_ENGINE_MASSIF) != 0;
    gate.measure.engines[RESULT_PROFILE] = (request->engines & HEAPGATE_ENGINE_PROFILE) != 0;
    if ((request->engines & ~(unsigned)(HEAPGATE_ENGINE_COUNT | HEAPGATE_ENGINE_MASSIF |
                                        HEAPGATE_ENGINE_PROFILE)) != 0 ||
        request->engines == 0) {
        say(text, "engines: give one or more of HEAPGATE_ENGINE_COUNT, HEAPGATE_ENGINE_MASSIF and "
                  "HEAPGATE_ENGINE_PROFILE");
        return HEAPGATE_USAGE;
    }
    for (const char *const *pair = request->environment; pair != NULL && *pair != NULL; pair++)
        if (!environment_pair_valid(*pair, &reason)) {
            error_prefix(&reason, "environment: ");
            say(text, reason.text);
            return HEAPGATE_USAGE;
        }
    if (!sweep_is_valid(&gate.measure)) {
        say(text, "sweep: give 2 to 16 ascending sizes, and the engine count");
        return HEAPGATE_USAGE;
    }
    heapgate_status status = gate_run(&gate, &outcome, &reason);
    if (outcome.judged)
        say_block(text, &outcome.verdict,
                  &(struct report_options){.budgets = request->budgets_path,
                                           .results = request->results_path});
    else
        say(text, reason.text);
    gate_outcome_fini(&outcome);
    return status;
}
