#include "budget/rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "budget/insert.h"
#include "budget/number.h"
#include "budget/rewrite_measured.h"
#include "budget/rewrite_plan.h"
#include "budget/site_lines.h"

static uint64_t measured_figure(const struct budget_figures *figures, enum heapgate_metric metric) {
    return figures->values[metric] > 0 ? (uint64_t)figures->values[metric] : 0;
}

/* ---- A case that has a budget ---- */

static bool replace_figure(struct file_plan *plan, const struct node *node, const char *text) {
    char *quoted = NULL;
    char quote[2] = {node->quote, '\0'};
    if (asprintf(&quoted, "%s%s%s", quote, text, quote) < 0)
        quoted = NULL;
    return edits_add(&plan->edits, node->begin, node->end, RANK_FIGURE, quoted);
}

struct revision {
    const struct budget_case *budgeted;
    const struct budget_figures *figures;
    struct file_plan *plan;
    size_t inserted;
};

/* A phase has no default. */
static enum figure_source find_figure(const struct budget_case *budgeted,
                                      const struct budget_figures *figures,
                                      const struct budget_row *row, const struct figure **figure) {
    if (row->phase == NULL)
        return figure_find(budgeted, figures, row->metric, figure);
    *figure = phase_figure(budgeted, row->phase, row->metric);
    return *figure != NULL ? FIGURE_CASE : FIGURE_NONE;
}

static bool revise(struct budget_update *update, struct revision *revision,
                   const struct budget_row *row) {
    const struct budget_case *budgeted = revision->budgeted;
    const struct figure *figure;
    enum figure_source source = find_figure(budgeted, revision->figures, row, &figure);
    bool is_default = source == FIGURE_DEFAULTS, over = row->status == HEAPGATE_OVER;
    bool failed = false;
    char text[NUMBER_TEXT_BYTES], old_text[NUMBER_TEXT_BYTES];
    struct number_style style = is_default ? number_style_new(row->metric)
                                           : number_style_of(figure->node->text, row->metric);
    uint64_t value = number_write(&style, row->measured > 0 ? (uint64_t)row->measured : 0,
                                  &budgeted->margins.slack[row->metric],
                                  &budgeted->margins.tolerance[row->metric], text);
    if (!over && (is_default ? row->status == HEAPGATE_OK : value >= figure->value))
        return true;
    snprintf(old_text, sizeof old_text, is_default ? "%.40s (the default)" : "%.40s",
             figure->node->text);
    bool made = plan_note(update, budgeted->key, row->metric, over, old_text, text,
                          budgeted->file->path, figure->node->line, &failed);
    if (!failed && row->phase != NULL)
        snprintf(update->changes[update->change_count - 1].phase, HEAPGATE_NAME_BYTES, "%s",
                 row->phase);
    if (!made)
        return !failed;
    if (!is_default)
        return replace_figure(revision->plan, figure->node, text);
    return insert_figure(&revision->plan->edits, budgeted, revision->inserted++ == 0,
                         budget_metric_name(row->metric), text);
}

/* What a sweep gives a case. Its budget must have it: without one no growth is too much. */
static bool is_of_sweep(enum heapgate_metric metric) {
    return metric == HEAPGATE_METRIC_GROWTH || metric == HEAPGATE_METRIC_ALLOCATION_GROWTH;
}

/* A budget that a swept case lacks allows less than before: that needs no leave. */
static bool add_growth(struct budget_update *update, struct revision *revision,
                       enum heapgate_metric metric) {
    const struct budget_case *budgeted = revision->budgeted;
    const struct figure *figure;
    struct number_style style = number_style_new(metric);
    char text[NUMBER_TEXT_BYTES];
    bool failed = false;
    if (!is_of_sweep(metric) || !revision->figures->has[metric] ||
        figure_find(budgeted, revision->figures, metric, &figure) != FIGURE_NONE)
        return true;
    number_write(&style, measured_figure(revision->figures, metric),
                 &budgeted->margins.slack[metric], &budgeted->margins.tolerance[metric], text);
    plan_note(update, budgeted->key, metric, false, "none", text, budgeted->file->path,
              budgeted->name->line, &failed);
    return !failed && insert_figure(&revision->plan->edits, budgeted, revision->inserted++ == 0,
                                    budget_metric_name(metric), text);
}

static bool revise_case(struct budget_update *update, const struct budget_case *budgeted,
                        const struct budget_figures *figures, const struct budget_verdict *verdict,
                        struct error *error) {
    struct revision revision = {.budgeted = budgeted, .figures = figures};
    revision.plan = plan_file(update, budgeted->file);
    bool planned = revision.plan != NULL;
    for (size_t i = 0; planned && i < verdict->row_count; i++)
        planned = revise(update, &revision, &verdict->rows[i]);
    for (int metric = 0; planned && metric < HEAPGATE_METRIC_COUNT; metric++)
        planned = add_growth(update, &revision, (enum heapgate_metric)metric);
    return planned || plan_no_memory(error);
}

/* ---- A case that has none ---- */

/* The file whose defaults a new case will have: of one that is not there yet, the head that
 * insert_case writes, as the loader reads it. NULL with an error when memory is out. */
static const struct budget_file *defaults_of(struct budget_update *update,
                                             const struct file_plan *plan, struct error *error) {
    struct buffer text = BUFFER_INIT(DOCUMENT_FILE_BYTES);
    if (plan->file != NULL)
        return plan->file;
    if (update->head != NULL)
        return update->head->files[0];
    struct heapgate_budgets *head = calloc(1, sizeof *head);
    bool read = head != NULL && buffer_append_text(&text, INSERT_HEAD INSERT_CASES "  {}\n");
    if (!read) {
        buffer_fini(&text);
        plan_no_memory(error);
    }
    if (!read || !set_add_file(head, plan->path, &text, error)) {
        budget_free(head);
        return NULL;
    }
    update->head = head;
    return head->files[0];
}

/* Peak and allocations always, and growth, which only a sweep has; live unless the default says it;
 * the rest only where a default would refuse it. */
static bool needs_line(const struct budget_file *file, enum heapgate_metric metric,
                       uint64_t value) {
    const struct figure *figure = &file->defaults.of[metric];
    const struct margin *tolerance = &file->margins.tolerance[metric];
    const struct margin *slack = &file->margins.slack[metric];
    if (metric == HEAPGATE_METRIC_PEAK || metric == HEAPGATE_METRIC_ALLOCATIONS ||
        is_of_sweep(metric))
        return true;
    if (figure->node == NULL)
        return metric == HEAPGATE_METRIC_LIVE;
    bool over =
        value > figure->value && value - figure->value > margin_of(tolerance, figure->value);
    bool stale = slack->set && value < figure->value &&
                 figure->value - value > margin_of(slack, figure->value);
    return over || stale;
}

static bool add_case(struct budget_update *update, const char *key,
                     const struct budget_figures *figures, struct error *error) {
    struct insert_pair pairs[HEAPGATE_METRIC_COUNT + 1];
    size_t count = 0;
    bool failed = false, wanted = false;
    struct file_plan *plan = plan_place(update, key, error);
    const struct budget_file *file = plan != NULL ? defaults_of(update, plan, error) : NULL;
    if (file == NULL)
        return false;
    if (figures->has_units) {
        pairs[count].name = "units";
        snprintf(pairs[count++].value, sizeof pairs[0].value, "%llu",
                 (unsigned long long)figures->units);
    }
    for (int i = 0; i < HEAPGATE_METRIC_COUNT; i++) {
        enum heapgate_metric metric = (enum heapgate_metric)i;
        uint64_t value = measured_figure(figures, metric);
        if (!figures->has[metric] || !needs_line(file, metric, value))
            continue;
        struct number_style style = number_style_new(metric);
        pairs[count].name = budget_metric_name(metric);
        number_write(&style, value, &file->margins.slack[metric], &file->margins.tolerance[metric],
                     pairs[count].value);
        wanted = plan_note(update, key, metric, true, "none", pairs[count++].value, plan->path, 0,
                           &failed);
    }
    if (failed)
        return plan_no_memory(error);
    return !wanted ||
           insert_case(&plan->edits, plan->file, plan->added_cases++ == 0, strchr(key, '/') + 1,
                       pairs, count) ||
           plan_no_memory(error);
}

/* ---- The whole ---- */

static bool remember(struct budget_update *update, const char *key,
                     const struct budget_figures *figures, struct error *error) {
    struct case_plan *cases = reallocarray(update->cases, update->case_count + 1, sizeof *cases);
    if (cases == NULL)
        return plan_no_memory(error);
    update->cases = cases;
    cases += update->case_count++;
    *cases = (struct case_plan){.figures = *figures};
    snprintf(cases->key, sizeof cases->key, "%s", key);
    return true;
}

enum heapgate_status budget_update_add(struct budget_update *update, const char *key,
                                       const struct budget_figures *figures, struct error *error) {
    struct budget_verdict verdict;
    struct error reason = {0};
    const struct budget_case *budgeted = budget_case_find(update->budgets, key);
    bool added;
    budget_judge(update->budgets, key, figures, &verdict);
    if (budgeted != NULL && verdict.status == HEAPGATE_INVALID) {
        error_set(error, "%s: %s (%s:%u)", key, verdict.message, verdict.file, verdict.line);
        return HEAPGATE_INVALID;
    }
    added = remember(update, key, figures, &reason) &&
            (budgeted != NULL ? revise_case(update, budgeted, figures, &verdict, &reason)
                              : add_case(update, key, figures, &reason));
    if (!added)
        error_set(error, "%s: %s", key, reason.text);
    return added ? HEAPGATE_OK : HEAPGATE_INVALID;
}

static const char *count_text(size_t count, char text[BUDGET_CHANGE_TEXT_BYTES]) {
    snprintf(text, BUDGET_CHANGE_TEXT_BYTES, "%zu listed", count);
    return text;
}

enum heapgate_status budget_update_sites(struct budget_update *update, const char *key,
                                         enum budget_sites which, const struct budget_site *sites,
                                         size_t count, struct error *error) {
    const struct budget_case *budgeted = budget_case_find(update->budgets, key);
    char old_text[BUDGET_CHANGE_TEXT_BYTES], new_text[BUDGET_CHANGE_TEXT_BYTES];
    size_t old_count = 0;
    bool changed = false, failed = false;
    if (budgeted == NULL) {
        error_set(error, "%s: has no budget to list its call stacks in: add it with --raise first",
                  key);
        return HEAPGATE_INVALID;
    }
    budget_case_sites(budgeted, which, &old_count);
    struct file_plan *plan = plan_file(update, budgeted->file);
    if (plan != NULL && sites_edit(&plan->edits, budgeted, which, sites, count, &changed)) {
        if (changed)
            plan_note(update, key, HEAPGATE_METRIC_PEAK, false, count_text(old_count, old_text),
                      count_text(count, new_text), budgeted->file->path, budgeted->name->line,
                      &failed);
        if (changed && !failed) {
            update->changes[update->change_count - 1].is_sites = true;
            update->changes[update->change_count - 1].sites = which;
        }
        if (!failed)
            return HEAPGATE_OK;
    }
    plan_no_memory(error);
    return HEAPGATE_INVALID;
}

size_t budget_update_count(const struct budget_update *update) {
    return update->change_count;
}

const struct budget_change *budget_update_change(const struct budget_update *update, size_t index) {
    return &update->changes[index];
}

size_t budget_update_refused(const struct budget_update *update) {
    size_t refused = 0;
    for (size_t i = 0; i < update->change_count; i++)
        refused += update->changes[i].is_raise && !update->raise;
    return refused;
}

/* A set of the new texts; files that stay as they are are in it too. */
static bool read_back(struct budget_update *update, struct error *error) {
    const struct heapgate_budgets *old = update->budgets;
    struct heapgate_budgets *set = calloc(1, sizeof *set);
    if (set == NULL || (update->result = set, set->path = strdup(old->path)) == NULL)
        return plan_no_memory(error);
    set->is_folder = old->is_folder;
    for (size_t i = 0; i < old->file_count + update->file_count; i++) {
        const struct budget_file *file = i < old->file_count ? old->files[i] : NULL;
        const struct file_plan *plan = file == NULL ? update->files[i - old->file_count] : NULL;
        for (size_t j = 0; file != NULL && j < update->file_count; j++)
            if (update->files[j]->file == file)
                plan = update->files[j];
        if (file == NULL && (plan->file != NULL || plan->edits.count == 0))
            continue; /* had its turn as a file of the old set, or stays without text */
        const struct buffer *text = plan != NULL ? &plan->text : &file->text;
        struct buffer copy = BUFFER_INIT(DOCUMENT_FILE_BYTES);
        if (!buffer_append(&copy, text->bytes, text->length))
            return plan_no_memory(error);
        if (!set_add_file(set, plan != NULL ? plan->path : file->path, &copy, error))
            return false;
    }
    set_sort(set);
    return true;
}

static bool passes(const struct budget_update *update, const struct case_plan *planned,
                   struct error *error) {
    struct budget_verdict verdict;
    if (budget_judge(update->result, planned->key, &planned->figures, &verdict) == HEAPGATE_OK)
        return true;
    error_set(error, "case %s would not be within its new budget", planned->key);
    return false;
}

static void find_new_lines(struct budget_update *update) {
    for (size_t i = 0; i < update->change_count; i++) {
        struct budget_change *change = &update->changes[i];
        const struct budget_case *budgeted = budget_case_find(update->result, change->case_key);
        const struct figure *figure;
        const struct budget_row row = {.metric = change->metric,
                                       .phase = change->phase[0] != '\0' ? change->phase : NULL};
        if (change->is_sites) {
            if (budgeted != NULL && budgeted->sites_at[change->sites] != NULL)
                change->line = budgeted->sites_at[change->sites]->line;
            continue;
        }
        for (size_t j = 0; budgeted != NULL && j < update->case_count; j++)
            if (strcmp(update->cases[j].key, change->case_key) == 0 &&
                find_figure(budgeted, &update->cases[j].figures, &row, &figure) != FIGURE_NONE)
                change->line = figure->node->line;
    }
}

bool budget_update_finish(struct budget_update *update, struct error *error) {
    static const struct buffer empty;
    struct error reason = {0};
    bool fine = budget_update_refused(update) == 0;
    if (!fine)
        error_set(&reason, "raises were refused");
    if (fine && !(fine = rewrite_record_measured(update)))
        plan_no_memory(&reason);
    for (size_t i = 0; fine && i < update->file_count; i++) {
        struct file_plan *plan = update->files[i];
        fine =
            edits_apply(&plan->edits, plan->file != NULL ? &plan->file->text : &empty, &plan->text);
        if (!fine)
            error_set(&reason, "%s: the changes do not fit in %d bytes", plan->path,
                      DOCUMENT_FILE_BYTES);
    }
    fine = fine && read_back(update, &reason);
    for (size_t i = 0; fine && i < update->case_count; i++)
        fine = passes(update, &update->cases[i], &reason);
    if (fine)
        find_new_lines(update);
    else
        error_set(error, "the budgets cannot be rewritten, and were left as they are: %s",
                  reason.text);
    return fine;
}

bool budget_update_diff(const struct budget_update *update, struct buffer *out) {
    static const struct buffer empty;
    bool put = true;
    for (size_t i = 0; put && i < update->file_count; i++) {
        const struct file_plan *plan = update->files[i];
        put = edits_diff(&plan->edits, plan->path, plan->file == NULL,
                         plan->file != NULL ? &plan->file->text : &empty, out);
    }
    return put;
}

bool budget_update_write(const struct budget_update *update, struct error *error) {
    bool written = true;
    for (size_t i = 0; written && i < update->file_count; i++) {
        const struct file_plan *plan = update->files[i];
        if (plan->edits.count > 0)
            written = file_make_parents(plan->path, error) &&
                      file_write(plan->path, plan->text.bytes, plan->text.length, error);
    }
    return written;
}
