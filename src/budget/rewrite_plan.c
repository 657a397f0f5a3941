#include "budget/rewrite_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

bool plan_no_memory(struct error *error) {
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

struct file_plan *plan_file(struct budget_update *update, const struct budget_file *file) {
    return plan_of(update, file, strdup(file->path));
}

struct file_plan *plan_place(struct budget_update *update, const char *key, struct error *error) {
    const struct heapgate_budgets *budgets = update->budgets;
    const char *slash = strchr(key, '/'), *path = budgets->path;
    struct file_plan *plan;
    char *name = NULL;
    size_t length = strlen(path);
    for (size_t i = 0; slash != NULL && i < budgets->file_count; i++) {
        const struct budget_file *file = budgets->files[i];
        if (strlen(file->group) == (size_t)(slash - key) &&
            strncmp(file->group, key, strlen(file->group)) == 0) {
            plan = plan_file(update, file);
            if (plan == NULL)
                plan_no_memory(error);
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
        plan_no_memory(error);
    return plan;
}

bool plan_note(struct budget_update *update, const char *key, enum heapgate_metric metric,
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
