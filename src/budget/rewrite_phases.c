/* Phases that have no figures yet, planned for an update. */
#include <stdio.h>

#include "budget/new_phases.h"
#include "budget/number.h"
#include "budget/rewrite_plan.h"

static const enum heapgate_metric phase_metrics[] = {
    HEAPGATE_METRIC_PEAK, HEAPGATE_METRIC_ALLOCATIONS, HEAPGATE_METRIC_LIVE};

enum { PHASE_METRICS = sizeof phase_metrics / sizeof phase_metrics[0] };

/* What the phase has no figure of, and notes it as a change. */
static size_t find_missing(struct budget_update *update, const struct budget_case *budgeted,
                           const struct budget_figures *figures, const char *name,
                           struct phase_line lines[PHASE_METRICS], bool *failed) {
    size_t count = 0;
    for (size_t i = 0; i < PHASE_METRICS; i++) {
        enum heapgate_metric metric = phase_metrics[i];
        struct number_style style = number_style_new(metric);
        int64_t value = -1;
        if (phase_figure(budgeted, name, metric) != NULL || figures->phase == NULL ||
            !figures->phase(figures->phase_context, name, metric, &value) || value < 0)
            continue;
        lines[count].metric = metric;
        number_write(&style, (uint64_t)value, &budgeted->margins.slack[metric],
                     &budgeted->margins.tolerance[metric], lines[count].text);
        plan_note(update, budgeted->key, metric, false, "none", lines[count++].text,
                  budgeted->file->path, budgeted->name->line, failed);
        if (*failed)
            return 0;
        snprintf(update->changes[update->change_count - 1].phase, HEAPGATE_NAME_BYTES, "%s", name);
    }
    return count;
}

static size_t count_phase_figures(const struct budget_case *budgeted) {
    size_t count = 0;
    for (size_t i = 0; i < budgeted->phase_count; i++)
        for (size_t j = 0; j < PHASE_METRICS; j++)
            count += budgeted->phases[i].figures.of[phase_metrics[j]].node != NULL;
    return count;
}

enum heapgate_status budget_update_phases(struct budget_update *update, const char *key,
                                          const struct budget_figures *figures,
                                          const char *const *names, size_t count,
                                          struct error *error) {
    const struct budget_case *budgeted = budget_case_find(update->budgets, key);
    struct buffer pending = BUFFER_INIT(DOCUMENT_FILE_BYTES);
    if (budgeted == NULL) {
        error_set(error, "%s: has no budget to put its phases in: add it with --raise first", key);
        return HEAPGATE_INVALID;
    }
    struct file_plan *plan = plan_file(update, budgeted->file);
    size_t total = count_phase_figures(budgeted);
    bool failed = plan == NULL;
    for (size_t i = 0; !failed && i < count; i++) {
        struct phase_line lines[PHASE_METRICS];
        if (!phases_can_name(names[i]))
            continue;
        size_t missing = find_missing(update, budgeted, figures, names[i], lines, &failed);
        total += missing;
        failed = failed || (missing > 0 && !phases_edit(&plan->edits, budgeted, names[i], lines,
                                                        missing, &pending));
    }
    failed = failed || !phases_finish(&plan->edits, budgeted, &pending);
    buffer_fini(&pending);
    if (failed)
        plan_no_memory(error);
    else if (total > BUDGET_PHASE_FIGURES_MAX)
        error_set(error,
                  "%s: %zu figures of phases, where a budget holds %d: choose some of them "
                  "with --phases=GLOB",
                  key, total, BUDGET_PHASE_FIGURES_MAX);
    return failed || total > BUDGET_PHASE_FIGURES_MAX ? HEAPGATE_INVALID : HEAPGATE_OK;
}
