/* What a loaded set of budgets is made of. Internal to src/budget: others use budget.h.
 *
 * The text and the tree of each file are kept, because every figure points to its node: messages
 * name its line, and the update rewrites its bytes. */
#ifndef BUDGET_SET_H
#define BUDGET_SET_H

#include "base/buffer.h"
#include "budget/budget.h"
#include "budget/document.h"
#include "budget/margin.h"

struct figure {
    uint64_t value;
    const struct node *key, *node; /* NULL: no figure */
};

struct figures {
    struct figure of[HEAPGATE_METRIC_COUNT];
};

struct margins {
    struct margin tolerance[HEAPGATE_METRIC_COUNT];
    struct margin slack[HEAPGATE_METRIC_COUNT];
};

struct variant {
    const struct node *node;
    const struct node *when;     /* mapping: environment name, condition */
    const struct node *measured; /* mapping of names to values; NULL: not recorded */
    struct figures figures;
};

struct phase {
    const struct node *name;
    struct figures figures;
};

struct budget_file {
    char *path;
    char *group; /* its base name without ".yaml" */
    struct buffer text;
    struct node root;
    const struct node *cases;    /* mapping */
    const struct node *measured; /* as a variant's: of every case that does not say otherwise */
    struct figures defaults;
    struct margins margins;
};

struct budget_case {
    char *key; /* group/name */
    const struct budget_file *file;
    const struct node *name, *node; /* key and value in the cases */
    const struct node *measured;    /* as a variant's: what differs from the file's */
    struct figure units;
    struct figures figures;
    struct margins margins;
    struct variant *variants;
    size_t variant_count;
    struct phase *phases;
    size_t phase_count;
    struct budget_site *sites[BUDGET_SITES];   /* NULL: none are listed */
    const struct node *sites_at[BUDGET_SITES]; /* mapping of names to sizes or counts */
};

struct heapgate_budgets {
    char *path;
    bool is_folder;
    struct budget_file **files;
    size_t file_count;
    struct budget_case **cases; /* sorted by key */
    size_t case_count, case_capacity;
};

/* Adds a file to a set, from text: takes over `text`, which is freed also on failure. */
bool set_add_file(struct heapgate_budgets *budgets, const char *path, struct buffer *text,
                  struct error *error);
/* For a set that is complete: sorts the cases. */
void set_sort(struct heapgate_budgets *budgets);

/* A condition is a text to equal, or one of < <= > >= = and a dotted version. */
bool condition_valid(const char *condition, struct error *error);
/* `value` NULL, a name that the environment doesn't have, never matches. */
bool condition_holds(const char *condition, const char *value);

/* Whether a condition asks for something that can be told: NULL, or else why not, as the rest of a
 * sentence that begins with the name. `value` NULL is right only for what heapgate knows of, which
 * a machine may lack. A version that only a file's name has ("file 4.14.0") is none of a release: a
 * condition must say that it means it ("<file 5"). */
const char *condition_unknown(const char *name, const char *condition, const char *value);

/* The first variant whose conditions hold, or NULL. */
const struct variant *variant_find(const struct budget_case *budgeted,
                                   const struct budget_figures *environment);

/* The figure of a phase that the case names; NULL when it does not. */
const struct figure *phase_figure(const struct budget_case *budgeted, const char *phase,
                                  enum heapgate_metric metric);

/* Where the figure of a metric comes from under the given environment. */
enum figure_source { FIGURE_NONE, FIGURE_DEFAULTS, FIGURE_CASE, FIGURE_VARIANT };
enum figure_source figure_find(const struct budget_case *budgeted,
                               const struct budget_figures *environment,
                               enum heapgate_metric metric, const struct figure **figure);

#endif
