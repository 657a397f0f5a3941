/* Holding figures to a budget: arithmetic only, no files. */
#include "budget/set.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"

static bool variant_holds(const struct variant *variant, const struct budget_figures *figures) {
    for (size_t i = 0; i < variant->when->count; i += 2) {
        const char *name = variant->when->children[i].text;
        const char *value = figures->environment == NULL
                                ? NULL
                                : figures->environment(figures->environment_context, name);
        if (!condition_holds(variant->when->children[i + 1].text, value))
            return false;
    }
    return true;
}

const struct variant *variant_find(const struct budget_case *budgeted,
                                   const struct budget_figures *environment) {
    for (size_t i = 0; i < budgeted->variant_count; i++)
        if (variant_holds(&budgeted->variants[i], environment))
            return &budgeted->variants[i];
    return NULL;
}

enum figure_source figure_find(const struct budget_case *budgeted,
                               const struct budget_figures *environment,
                               enum heapgate_metric metric, const struct figure **figure) {
    /* Only the first that holds counts; what it does not name is the case's. */
    const struct variant *variant = variant_find(budgeted, environment);
    if (variant != NULL && variant->figures.of[metric].node != NULL) {
        *figure = &variant->figures.of[metric];
        return FIGURE_VARIANT;
    }
    *figure = &budgeted->figures.of[metric];
    if ((*figure)->node != NULL)
        return FIGURE_CASE;
    *figure = &budgeted->file->defaults.of[metric];
    return (*figure)->node != NULL ? FIGURE_DEFAULTS : FIGURE_NONE;
}

const struct figure *phase_figure(const struct budget_case *budgeted, const char *phase,
                                  enum heapgate_metric metric) {
    for (size_t i = 0; i < budgeted->phase_count; i++)
        if (strcmp(budgeted->phases[i].name->text, phase) == 0 &&
            budgeted->phases[i].figures.of[metric].node != NULL)
            return &budgeted->phases[i].figures.of[metric];
    return NULL;
}

/* A figure that only variants name must not vanish where none of them holds. */
static bool named_by_variant(const struct budget_case *budgeted, enum heapgate_metric metric) {
    for (size_t i = 0; i < budgeted->variant_count; i++)
        if (budgeted->variants[i].figures.of[metric].node != NULL)
            return true;
    return false;
}

static uint64_t add_limited(uint64_t figure, uint64_t margin) {
    return margin > (uint64_t)INT64_MAX - figure ? (uint64_t)INT64_MAX : figure + margin;
}

static void fill_bounds(const struct budget_case *budgeted, const struct figure *figure,
                        struct budget_row *row) {
    const struct margin *slack = &budgeted->margins.slack[row->metric];
    uint64_t below = margin_of(slack, figure->value);
    row->has_budget = true;
    row->budget = figure->value;
    row->limit = add_limited(figure->value,
                             margin_of(&budgeted->margins.tolerance[row->metric], figure->value));
    row->has_floor = slack->set && figure->value > 0;
    row->floor = below < figure->value ? figure->value - below : 0;
    row->file = budgeted->file->path;
    row->line = figure->node->line;
}

static void fill_status(struct budget_row *row) {
    bool negative = row->measured < 0;
    uint64_t measured = negative ? 0 : (uint64_t)row->measured;
    row->status = HEAPGATE_OK;
    if (measured > row->limit)
        row->status = HEAPGATE_OVER;
    else if (row->has_floor && (measured < row->floor || (negative && row->floor > 0)))
        row->status = HEAPGATE_STALE;
}

bool budget_judge_value(const struct budget_case *budgeted, const struct budget_figures *figures,
                        enum heapgate_metric metric, int64_t value, struct budget_row *row) {
    const struct figure *figure;
    *row = (struct budget_row){.metric = metric, .has_measured = true, .measured = value};
    if (figure_find(budgeted, figures, metric, &figure) == FIGURE_NONE)
        return false;
    fill_bounds(budgeted, figure, row);
    fill_status(row);
    return true;
}

/* The first reason is kept: it is the one to mend first. */
__attribute__((format(printf, 2, 3))) static void refuse(struct budget_verdict *verdict,
                                                         const char *format, ...) {
    verdict->status = budget_worst(verdict->status, HEAPGATE_INVALID);
    if (verdict->message[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(verdict->message, sizeof verdict->message, format, arguments);
    va_end(arguments);
}

/* Where the budget of a case would stand. */
static void refuse_missing(const struct heapgate_budgets *budgets, const char *key,
                           struct budget_verdict *verdict) {
    const char *slash = strchr(key, '/');
    size_t group_length = slash != NULL ? (size_t)(slash - key) : 0, length = strlen(budgets->path);
    const struct budget_file *file = NULL;
    if (slash == NULL) {
        refuse(verdict,
               "no budget: \"%s\" has no group, expected GROUP/NAME for the entry NAME in "
               "GROUP.yaml",
               key);
        return;
    }
    for (size_t i = 0; i < budgets->file_count; i++)
        if (strlen(budgets->files[i]->group) == group_length &&
            strncmp(budgets->files[i]->group, key, group_length) == 0)
            file = budgets->files[i];
    if (file != NULL)
        refuse(verdict, "no budget: looked for %s among the cases of %s", slash + 1, file->path);
    else if (budgets->is_folder)
        refuse(verdict, "no budget: looked for %s in %s%s%.*s.yaml, which is not there", slash + 1,
               budgets->path, budgets->path[length - 1] == '/' ? "" : "/", (int)group_length, key);
    else
        refuse(verdict, "no budget: %s belongs in %.*s.yaml, and only %s was loaded", slash + 1,
               (int)group_length, key, budgets->path);
}

static bool units_agree(const struct budget_case *budgeted, const struct budget_figures *figures,
                        struct budget_verdict *verdict) {
    char found[SIZE_TEXT_BYTES], wanted[SIZE_TEXT_BYTES];
    if (budgeted->units.node == NULL ||
        (figures->has_units && figures->units == budgeted->units.value))
        return true;
    verdict->line = budgeted->units.node->line;
    refuse(verdict, "measured %s units where the budget is for %s",
           figures->has_units ? count_format(figures->units, found) : "no",
           count_format(budgeted->units.value, wanted));
    return false;
}

/* "it has arch, compiler, libc": as many as fit. */
static void list_names(const struct budget_figures *figures, char *list, size_t bytes) {
    size_t length = 0;
    const char *name;
    list[0] = '\0';
    for (size_t i = 0; figures->environment_name != NULL &&
                       (name = figures->environment_name(figures->environment_context, i)) != NULL;
         i++) {
        if (length + strlen(name) + sizeof ", ..." > bytes) {
            snprintf(list + length, bytes - length, ", ...");
            return;
        }
        length += (size_t)snprintf(list + length, bytes - length, "%s%s", i > 0 ? ", " : "", name);
    }
}

/* A condition on what nothing says would choose other figures, and nobody would notice. */
static bool conditions_are_known(const struct budget_case *budgeted,
                                 const struct budget_figures *figures,
                                 struct budget_verdict *verdict) {
    for (size_t i = 0; i < budgeted->variant_count; i++) {
        const struct node *when = budgeted->variants[i].when;
        for (size_t k = 0; k < when->count; k += 2) {
            const char *name = when->children[k].text, *value = NULL;
            char list[256];
            if (figures->environment != NULL)
                value = figures->environment(figures->environment_context, name);
            const char *why = condition_unknown(name, when->children[k + 1].text, value);
            if (why == NULL)
                continue;
            verdict->line = when->children[k].line;
            list_names(figures, list, sizeof list);
            if (value != NULL)
                refuse(verdict, "when asks for \"%.64s\", %s: \"%.64s\"", name, why, value);
            else
                refuse(verdict, "when asks for \"%.64s\", %s: it has %s", name, why,
                       list[0] != '\0' ? list : "nothing");
            return false;
        }
    }
    return true;
}

static void judge_metric(const struct budget_case *budgeted, const struct budget_figures *figures,
                         enum heapgate_metric metric, struct budget_verdict *verdict) {
    const struct figure *figure;
    struct budget_row *row = &verdict->rows[verdict->row_count];
    enum figure_source source = figure_find(budgeted, figures, metric, &figure);
    const char *name = budget_metric_name(metric);
    *row = (struct budget_row){.metric = metric,
                               .status = HEAPGATE_INVALID,
                               .has_measured = figures->has[metric],
                               .measured = figures->has[metric] ? figures->values[metric] : 0,
                               .file = budgeted->file->path,
                               .line = budgeted->name->line};
    if (source == FIGURE_NONE && !named_by_variant(budgeted, metric))
        return;
    if (source == FIGURE_DEFAULTS && !figures->has[metric])
        return;
    verdict->row_count++;
    if (source == FIGURE_NONE) {
        refuse(verdict,
               "no budget for %s: no variant of the case holds in this environment, and "
               "the case has no figure of its own",
               name);
        return;
    }
    fill_bounds(budgeted, figure, row);
    if (!figures->has[metric]) {
        refuse(verdict, "%s has a budget and was not measured", name);
        return;
    }
    fill_status(row);
    verdict->status = budget_worst(verdict->status, row->status);
}

static void judge_phase(const struct budget_case *budgeted, const struct budget_figures *figures,
                        const struct phase *phase, enum heapgate_metric metric,
                        struct budget_verdict *verdict) {
    const struct figure *figure = &phase->figures.of[metric];
    struct budget_row *row = &verdict->rows[verdict->row_count++];
    *row = (struct budget_row){
        .metric = metric, .phase = phase->name->text, .status = HEAPGATE_INVALID};
    fill_bounds(budgeted, figure, row);
    row->has_measured = figures->phase != NULL &&
                        figures->phase(figures->phase_context, row->phase, metric, &row->measured);
    if (!row->has_measured) {
        refuse(verdict, "the phase \"%s\" has a budget, and the run marked none of that name",
               row->phase);
        return;
    }
    fill_status(row);
    verdict->status = budget_worst(verdict->status, row->status);
}

static void judge_phases(const struct budget_case *budgeted, const struct budget_figures *figures,
                         struct budget_verdict *verdict) {
    for (size_t i = 0; i < budgeted->phase_count; i++)
        for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
            if (budgeted->phases[i].figures.of[metric].node != NULL)
                judge_phase(budgeted, figures, &budgeted->phases[i], (enum heapgate_metric)metric,
                            verdict);
}

enum heapgate_status budget_judge(const struct heapgate_budgets *budgets, const char *key,
                                  const struct budget_figures *figures,
                                  struct budget_verdict *verdict) {
    const struct budget_case *budgeted = budget_case_find(budgets, key);
    *verdict = (struct budget_verdict){.status = HEAPGATE_OK};
    if (budgeted == NULL) {
        refuse_missing(budgets, key, verdict);
        return verdict->status;
    }
    verdict->file = budgeted->file->path;
    verdict->line = budgeted->name->line;
    if (!units_agree(budgeted, figures, verdict) ||
        !conditions_are_known(budgeted, figures, verdict))
        return verdict->status;
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        judge_metric(budgeted, figures, (enum heapgate_metric)metric, verdict);
    judge_phases(budgeted, figures, verdict);
    if (verdict->row_count == 0)
        refuse(verdict, "nothing that its budget names was measured");
    return verdict->status;
}
