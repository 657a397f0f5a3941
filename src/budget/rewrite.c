#include "budget/rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "budget/edit.h"
#include "budget/insert.h"
#include "budget/measured.h"
#include "budget/new_phases.h"
#include "budget/number.h"
#include "budget/site_lines.h"

/* Owned copies of names and values. A value that several cases do not agree on becomes NULL. */
struct pairs {
    struct budget_pair items[BUDGET_MEASURED_MAX];
    size_t count;
};

struct file_plan {
    const struct budget_file *file; /* NULL: a file that is new */
    char *path;
    struct edits edits;
    size_t added_cases;
    struct pairs shared; /* of the cases of a file that had none: what they were measured in */
    struct buffer text;  /* the new one */
};

struct case_plan {
    char key[HEAPGATE_NAME_BYTES];
    struct budget_figures figures;
    struct pairs pairs; /* the environment that they were taken in */
};

struct budget_update {
    const struct heapgate_budgets *budgets;
    bool raise;
    struct file_plan **files;
    size_t file_count;
    struct budget_change *changes;
    size_t change_count;
    struct case_plan *cases;
    size_t case_count;
    /* what a new file begins with, read; NULL until it is needed */
    struct heapgate_budgets *head;
    struct heapgate_budgets *result; /* the new texts, read back */
};

static void free_pairs(struct pairs *pairs) {
    for (size_t i = 0; i < pairs->count; i++) {
        free((void *)(uintptr_t)pairs->items[i].name);
        free((void *)(uintptr_t)pairs->items[i].value);
    }
    *pairs = (struct pairs){0};
}

struct budget_update *budget_update_new(const struct heapgate_budgets *budgets, bool raise) {
    struct budget_update *update = calloc(1, sizeof *update);
    if (update != NULL) {
        update->budgets = budgets;
        update->raise = raise;
    }
    return update;
}

void budget_update_free(struct budget_update *update) {
    if (update == NULL)
        return;
    for (size_t i = 0; i < update->file_count; i++) {
        edits_fini(&update->files[i]->edits);
        buffer_fini(&update->files[i]->text);
        free_pairs(&update->files[i]->shared);
        free(update->files[i]->path);
        free(update->files[i]);
    }
    free(update->files);
    for (size_t i = 0; i < update->case_count; i++)
        free_pairs(&update->cases[i].pairs);
    free(update->changes);
    free(update->cases);
    budget_free(update->head);
    budget_free(update->result);
    free(update);
}

static bool no_memory(struct error *error) {
    error_set(error, "out of memory");
    return false;
}

/* The plan of a file, made at its first change. Takes over `path`. */
static struct file_plan *plan_of(struct budget_update *update, const struct budget_file *file,
                                 char *path) {
    struct file_plan *plan = NULL, **files;
    for (size_t i = 0; path != NULL && i < update->file_count; i++)
        if (strcmp(update->files[i]->path, path) == 0)
            plan = update->files[i];
    if (plan != NULL || path == NULL) {
        free(path);
        return plan;
    }
    plan = calloc(1, sizeof *plan);
    files = reallocarray(update->files, update->file_count + 1, sizeof(*files));
    if (files != NULL)
        update->files = files;
    if (plan == NULL || files == NULL) {
        free(plan);
        free(path);
        return NULL;
    }
    *plan =
        (struct file_plan){.file = file, .path = path, .text = BUFFER_INIT(DOCUMENT_FILE_BYTES)};
    return update->files[update->file_count++] = plan;
}

/* Notes a change; true if it is also to be made. */
static bool note(struct budget_update *update, const char *key, enum heapgate_metric metric,
                 bool is_raise, const char *old_text, const char *new_text, const char *file,
                 unsigned line, bool *failed) {
    struct budget_change *changes =
        reallocarray(update->changes, update->change_count + 1, sizeof *changes);
    if (changes == NULL) {
        *failed = true;
        return false;
    }
    update->changes = changes;
    struct budget_change *change = &changes[update->change_count++];
    *change =
        (struct budget_change){.metric = metric, .is_raise = is_raise, .file = file, .line = line};
    snprintf(change->case_key, sizeof change->case_key, "%s", key);
    snprintf(change->old_text, sizeof change->old_text, "%s", old_text);
    snprintf(change->new_text, sizeof change->new_text, "%s", new_text);
    return !is_raise || update->raise;
}

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
    bool made = note(update, budgeted->key, row->metric, over, old_text, text, budgeted->file->path,
                     figure->node->line, &failed);
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
    note(update, budgeted->key, metric, false, "none", text, budgeted->file->path,
         budgeted->name->line, &failed);
    return !failed && insert_figure(&revision->plan->edits, budgeted, revision->inserted++ == 0,
                                    budget_metric_name(metric), text);
}

static bool revise_case(struct budget_update *update, const struct budget_case *budgeted,
                        const struct budget_figures *figures, const struct budget_verdict *verdict,
                        struct error *error) {
    struct revision revision = {.budgeted = budgeted, .figures = figures};
    revision.plan = plan_of(update, budgeted->file, strdup(budgeted->file->path));
    bool planned = revision.plan != NULL;
    for (size_t i = 0; planned && i < verdict->row_count; i++)
        planned = revise(update, &revision, &verdict->rows[i]);
    for (int metric = 0; planned && metric < HEAPGATE_METRIC_COUNT; metric++)
        planned = add_growth(update, &revision, (enum heapgate_metric)metric);
    return planned || no_memory(error);
}

/* ---- A case that has none ---- */

/* The file that a case without budget belongs in. NULL with an error when the set has no place. */
static struct file_plan *place_of(struct budget_update *update, const char *key,
                                  struct error *error) {
    const struct heapgate_budgets *budgets = update->budgets;
    const char *slash = strchr(key, '/'), *path = budgets->path;
    struct file_plan *plan;
    char *name = NULL;
    size_t length = strlen(path);
    for (size_t i = 0; slash != NULL && i < budgets->file_count; i++) {
        const struct budget_file *file = budgets->files[i];
        if (strlen(file->group) == (size_t)(slash - key) &&
            strncmp(file->group, key, strlen(file->group)) == 0) {
            plan = plan_of(update, file, strdup(file->path));
            if (plan == NULL)
                no_memory(error);
            return plan;
        }
    }
    if (slash == NULL) {
        error_set(error, "has no group: expected GROUP/NAME, for the entry NAME in GROUP.yaml");
        return NULL;
    }
    if (asprintf(&name, "%s%s%.*s.yaml", budgets->is_folder ? path : "",
                 !budgets->is_folder || path[length - 1] == '/' ? "" : "/", (int)(slash - key),
                 key) < 0)
        name = NULL;
    const char *base = strrchr(path, '/');
    if (name != NULL && !budgets->is_folder && strcmp(base != NULL ? base + 1 : path, name) != 0) {
        error_set(error, "belongs in %s, not in %s", name, path);
        free(name);
        return NULL;
    }
    if (name != NULL && !budgets->is_folder) {
        free(name);
        name = strdup(path);
    }
    plan = plan_of(update, NULL, name);
    if (plan == NULL)
        no_memory(error);
    return plan;
}

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
        no_memory(error);
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
    struct file_plan *plan = place_of(update, key, error);
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
        wanted =
            note(update, key, metric, true, "none", pairs[count++].value, plan->path, 0, &failed);
    }
    if (failed)
        return no_memory(error);
    return !wanted ||
           insert_case(&plan->edits, plan->file, plan->added_cases++ == 0, strchr(key, '/') + 1,
                       pairs, count) ||
           no_memory(error);
}

/* ---- The whole ---- */

static bool remember(struct budget_update *update, const char *key,
                     const struct budget_figures *figures, struct error *error) {
    struct case_plan *cases = reallocarray(update->cases, update->case_count + 1, sizeof *cases);
    if (cases == NULL)
        return no_memory(error);
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
    struct file_plan *plan = plan_of(update, budgeted->file, strdup(budgeted->file->path));
    if (plan != NULL && sites_edit(&plan->edits, budgeted, which, sites, count, &changed)) {
        if (changed)
            note(update, key, HEAPGATE_METRIC_PEAK, false, count_text(old_count, old_text),
                 count_text(count, new_text), budgeted->file->path, budgeted->name->line, &failed);
        if (changed && !failed) {
            update->changes[update->change_count - 1].is_sites = true;
            update->changes[update->change_count - 1].sites = which;
        }
        if (!failed)
            return HEAPGATE_OK;
    }
    no_memory(error);
    return HEAPGATE_INVALID;
}

/* ---- The environment ---- */

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
    struct file_plan *plan = place_of(update, key, error);
    bool is_new = budget_case_find(update->budgets, key) == NULL;
    if (plan == NULL)
        return HEAPGATE_INVALID;
    if (share(&planned->pairs, pairs, count) &&
        (!is_new || !update->raise || record_new(plan, &planned->pairs)))
        return HEAPGATE_OK;
    no_memory(error);
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

/* Of the cases that there were, whose figures changed; and what new files and empty ones share. */
static bool record_environment(struct budget_update *update) {
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

/* ---- Phases that have no figures yet ---- */

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
        note(update, budgeted->key, metric, false, "none", lines[count++].text,
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
    struct file_plan *plan = plan_of(update, budgeted->file, strdup(budgeted->file->path));
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
        no_memory(error);
    else if (total > BUDGET_PHASE_FIGURES_MAX)
        error_set(error,
                  "%s: %zu figures of phases, where a budget holds %d: choose some of them "
                  "with --phases=GLOB",
                  key, total, BUDGET_PHASE_FIGURES_MAX);
    return failed || total > BUDGET_PHASE_FIGURES_MAX ? HEAPGATE_INVALID : HEAPGATE_OK;
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
        return no_memory(error);
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
            return no_memory(error);
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
    if (fine && !(fine = record_environment(update)))
        no_memory(&reason);
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
