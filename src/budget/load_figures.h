/* What the defaults of a budget file and its cases are both made of: figures, margins, and the
 * environment that figures were taken in. Internal to src/budget. */
#ifndef BUDGET_LOAD_FIGURES_H
#define BUDGET_LOAD_FIGURES_H

#include "budget/set.h"

#define LOAD_METRIC_KEY(NAME, name, unit, meaning) ", " #name
#define LOAD_METRIC_KEYS HEAPGATE_METRICS(LOAD_METRIC_KEY)
#define LOAD_METRIC_NAMES (&LOAD_METRIC_KEYS[2]) /* without the comma before the first */

struct loader {
    struct budget_file *file;
    struct heapgate_budgets *budgets;
    struct error *error;
};

/* The metric of that name, or -1. */
int load_find_metric(const char *name);

/* These are false with an error that names the place. */
bool load_expect(struct loader *loader, const char *what, const struct node *node,
                 enum node_kind kind, const char *accepted);
bool load_unknown_key(struct loader *loader, const struct node *key, const char *accepted);
/* Adds the place to a message that a parser of plain text has set. */
bool load_placed(struct loader *loader, const struct node *node, const struct error *reason);

/* A figure is one of the metric, or written like it. */
bool load_figure(struct loader *loader, const struct node *key, const struct node *node,
                 enum heapgate_metric metric, struct figure *figure);
/* A key that may stand in the defaults as in a case. `*known` false: it is none of these. */
bool load_common(struct loader *loader, const struct node *key, const struct node *value,
                 struct figures *figures, struct margins *margins, bool *known);
bool load_has_figures(const struct figures *figures);
/* The environment that figures were taken in: of interest to a reader, never judged. */
bool load_measured(struct loader *loader, const struct node *node, const struct node **measured);

#endif
