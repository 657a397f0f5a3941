#include "measure/preloaded.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/bypass.h"
#include "measure/environment.h"
#include "measure/outside.h"
#include "measure/phases.h"
#include "measure/preload.h"
#include "measure/processes.h"
#include "measure/program.h"
#include "measure/sampler.h"
#include "measure/subject.h"
#include "measure/symbols.h"

static bool note_environment(const struct record_slot *slot, struct result *result) {
    const char *libraries[RESULT_LIBRARIES_MAX * 2];
    size_t count = loaded_modules(slot, libraries, sizeof libraries / sizeof libraries[0]);
    for (uint32_t i = 0; i < slot->pair_count && i < RECORD_PAIRS; i++) {
        struct record_pair pair = slot->pairs[i]; /* a copy, and terminated, whatever was written */
        pair.name[RECORD_PAIR_BYTES - 1] = pair.value[RECORD_PAIR_BYTES - 1] = '\0';
        if (!result_set_environment(result, pair.name, pair.value))
            return false;
    }
    return environment_note_program(result, result->process.program, libraries, count);
}

static heapgate_status take_figures(const struct run_record *record, struct sampler *sampler,
                                    int pid, const struct preloaded *how,
                                    const struct measure_request *request,
                                    const struct process_outcome *outcome, struct result *result,
                                    struct error *error) {
    struct run_figures figures;
    if (!run_record_figures(record, request->case_key, request->process, pid, &figures, error))
        return HEAPGATE_INVALID;
    if (figures.lost_processes > 0 && !request->allow_uncounted) {
        error_set(error,
                  "the allocator was not active in a child of the command, %s; "
                  "--allow-uncounted leaves such children out",
                  figures.lost_program);
        return HEAPGATE_INVALID;
    }
    struct past past;
    if (!bypass_take(record, &past, error) && !request->allow_uncounted)
        return HEAPGATE_INVALID;
    if (figures.scope == NULL && !engine_check_left(outcome, request, error))
        return HEAPGATE_INVALID;
    struct result_usage *usage = &result->engines[how->id];
    *usage = (struct result_usage){
        .present = true,
        .allocated_bytes = figures.usage.allocated_bytes,
        .wall_ms = outcome->wall_ms,
        .processes = figures.processes,
        .sum_peak_bytes = figures.sum_peak_bytes,
        .uncounted_processes = figures.lost_processes,
        .foreign_frees = past.foreign_frees,
        .deep_binds = past.deep_binds,
    };
    const int64_t values[] = {
        [HEAPGATE_METRIC_PEAK] = (int64_t)figures.usage.peak_bytes,
        [HEAPGATE_METRIC_ALLOCATIONS] = (int64_t)figures.usage.allocations,
        [HEAPGATE_METRIC_LIVE] = figures.usage.live_bytes,
        [HEAPGATE_METRIC_LARGEST] = (int64_t)figures.usage.largest_bytes,
        [HEAPGATE_METRIC_RSS] = (int64_t)outcome->rss_bytes,
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        usage->has[i] = true;
        usage->figures[i] = values[i];
    }
    if (!outside_take(record, sampler, &figures, outcome, usage, result)) {
        error_set(error, "out of memory");
        return HEAPGATE_INVALID;
    }
    if (how->limit_bytes > 0)
        result->limit_bytes = how->limit_bytes;
    if (figures.slot->crossing.taken && result->crossing == NULL) {
        result->crossing = symbols_resolve(&figures.slot->crossing);
        result->limit_bytes = figures.slot->crossing.limit_bytes;
    }
    if (!processes_note(record, &figures, request->process, result) ||
        !note_environment(figures.slot, result) || !phases_take(record, &figures, result) ||
        !sampler_take(sampler, &figures, outcome->rss_bytes, result)) {
        error_set(error, "out of memory");
        return HEAPGATE_INVALID;
    }
    heapgate_status taken =
        how->take != NULL ? how->take(how->context, record, &figures, result, error) : HEAPGATE_OK;
    if (taken != HEAPGATE_OK || figures.scope == NULL)
        return taken;
    return engine_check_units(figures.scope->name, figures.scope->units, result, error);
}

heapgate_status preloaded_run(const struct preloaded *how, const struct measure_request *request,
                              struct result *result, struct error *error) {
    char preload[PRELOAD_VARIABLE_BYTES];
    struct run_record record;
    struct process_outcome outcome;
    struct sampler *sampler = NULL;
    heapgate_status status = HEAPGATE_INVALID;
    if (!program_can_be_counted(request->argv[0], error) ||
        !preload_variable(how->walks_stacks, preload, error) ||
        !run_record_new(&record, request->case_key, how->limit_bytes, error))
        return HEAPGATE_INVALID;

    if (how->slots > 0 && how->slots < record.header->slots_total)
        record.header->slots_total = how->slots;
    if (how->id == RESULT_PROFILE)
        snapshots_ask(&request->snapshots, &record);
    if (how->id == RESULT_PROFILE && request->phase != NULL)
        snprintf(record.header->profile_phase, sizeof record.header->profile_phase, "%s",
                 request->phase);
    struct progress_run progress = {request->progress, request->case_key, how->id, &record, 0};
    sampler =
        sampler_new(&record, how->id == RESULT_COUNT ? request->interval_ms : 0, &progress, error);
    if (sampler == NULL)
        goto out;
    const char *set[] = {preload,
                         record.variable,
                         record.inherited_variable,
                         sampler_variable(sampler),
                         how->variable,
                         how->inherited,
                         NULL};
    struct process_watch watch = sampler_watch(sampler);
    if (how->id == RESULT_PROFILE && request->snapshots.on_signal)
        watch.signal = SIGUSR1;
    const struct process_command command = {
        .argv = request->argv, .set = set, .watch = &watch, .silent = request->silent};
    bool ran = process_run(&command, &outcome, error);
    progress_end(&progress);
    if (!ran)
        goto out;
    status = engine_check_outcome(&outcome, request, result, error);
    if (!run_record_open_slots(&record, error)) {
        status = HEAPGATE_INVALID;
        goto out;
    }
    if (!subject_add_record(&result->identity, &record)) {
        error_set(error, "out of memory");
        status = HEAPGATE_INVALID;
        goto out;
    }
    /* A failed command's figures are kept too: they may say why it failed. */
    heapgate_status figures =
        take_figures(&record, sampler, outcome.pid, how, request, &outcome, result, error);
    if (status == HEAPGATE_OK)
        status = figures;
out:
    sampler_free(sampler);
    run_record_fini(&record);
    return status;
}
