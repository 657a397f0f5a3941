#include "budget/load_figures.h"

#include <string.h>

#include "base/rate.h"
#include "base/size.h"

static const char *const kind_names[] = {"a value", "a mapping", "a sequence"};

int load_find_metric(const char *name) {
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        if (strcmp(name, budget_metric_name((enum heapgate_metric)metric)) == 0)
            return metric;
    return -1;
}

bool load_expect(struct loader *loader, const char *what, const struct node *node,
                 enum node_kind kind, const char *accepted) {
    return node->kind == kind ||
           node_error(loader->error, loader->file->path, node, "%s is %s: expected %s", what,
                      kind_names[node->kind], accepted);
}

bool load_unknown_key(struct loader *loader, const struct node *key, const char *accepted) {
    return node_error(loader->error, loader->file->path, key,
                      "unknown key \"%s\": expected one of %s", key->text, accepted);
}

bool load_placed(struct loader *loader, const struct node *node, const struct error *reason) {
    return node_error(loader->error, loader->file->path, node, "%s", reason->text);
}

/* ---- Figures and margins ---- */

static const char *accepted_of(enum heapgate_metric metric) {
    bool has_decimals = budget_metric_scale(metric) > 1;
    if (budget_metric_is_size(metric))
        return has_decimals ? RATE_SIZE_ACCEPTED : SIZE_ACCEPTED;
    return has_decimals ? "a number" : "a whole number";
}

bool load_figure(struct loader *loader, const struct node *key, const struct node *node,
                 enum heapgate_metric metric, struct figure *figure) {
    struct error reason = {0};
    if (!load_expect(loader, key->text, node, NODE_SCALAR, accepted_of(metric)))
        return false;
    if (!budget_figure_parse(metric, node->text, &figure->value, &reason))
        return load_placed(loader, node, &reason);
    figure->key = key;
    figure->node = node;
    return true;
}

/* For all metrics at once. Bytes mean nothing to a count of calls or to bytes per unit: of a sum,
 * these take the percentage. Of calls per unit a percentage could be as much as one more call for
 * each unit, where there are many: a tolerance that does not name them is at most half a call. */
static bool take_margin(struct loader *loader, const struct node *node, bool is_tolerance,
                        struct margin margins[HEAPGATE_METRIC_COUNT]) {
    struct margin margin;
    struct error reason = {0};
    if (!margin_parse(node->text, HEAPGATE_METRIC_PEAK, &margin, &reason))
        return load_placed(loader, node, &reason);
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++) {
        if (strcmp(budget_metric_unit((enum heapgate_metric)metric), "bytes") == 0)
            margins[metric] = margin;
        else if (margin.millionths > 0 || margin.absolute == 0)
            margins[metric] = (struct margin){.set = true, .millionths = margin.millionths};
    }
    if (is_tolerance && margins[HEAPGATE_METRIC_ALLOCATION_GROWTH].set)
        margins[HEAPGATE_METRIC_ALLOCATION_GROWTH].at_most = HEAPGATE_CALLS_PER_UNIT_SCALE / 2;
    return true;
}

static bool take_margins(struct loader *loader, const struct node *key, const struct node *node,
                         bool is_tolerance, struct margin margins[HEAPGATE_METRIC_COUNT]) {
    if (node->kind == NODE_SCALAR)
        return take_margin(loader, node, is_tolerance, margins);
    if (!load_expect(loader, key->text, node, NODE_MAPPING,
                     "a margin (such as 2%), or a mapping of metrics to margins"))
        return false;
    for (size_t i = 0; i < node->count; i += 2) {
        const struct node *name = &node->children[i], *value = &node->children[i + 1];
        struct error reason = {0};
        int metric = load_find_metric(name->text);
        if (metric < 0)
            return load_unknown_key(loader, name, LOAD_METRIC_NAMES);
        if (!load_expect(loader, name->text, value, NODE_SCALAR, "a margin (such as 2%)"))
            return false;
        if (!margin_parse(value->text, (enum heapgate_metric)metric, &margins[metric], &reason))
            return load_placed(loader, value, &reason);
    }
    return true;
}

bool load_common(struct loader *loader, const struct node *key, const struct node *value,
                 struct figures *figures, struct margins *margins, bool *known) {
    int metric = load_find_metric(key->text);
    *known = true;
    if (metric >= 0)
        return load_figure(loader, key, value, (enum heapgate_metric)metric, &figures->of[metric]);
    if (margins != NULL && strcmp(key->text, "tolerance") == 0)
        return take_margins(loader, key, value, true, margins->tolerance);
    if (margins != NULL && strcmp(key->text, "slack") == 0)
        return take_margins(loader, key, value, false, margins->slack);
    *known = false;
    return true;
}

bool load_has_figures(const struct figures *figures) {
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        if (figures->of[metric].node != NULL)
            return true;
    return false;
}

bool load_measured(struct loader *loader, const struct node *node, const struct node **measured) {
    if (!load_expect(loader, "measured", node, NODE_MAPPING, "a mapping of names to values"))
        return false;
    for (size_t i = 0; i < node->count; i += 2)
        if (!load_expect(loader, node->children[i].text, &node->children[i + 1], NODE_SCALAR,
                         "the value that it had"))
            return false;
    *measured = node;
    return true;
}
