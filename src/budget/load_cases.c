#include "budget/load_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_KEYS                                                                                  \
    "units, tolerance, slack, variants, phases, sites, allocation_sites, "                         \
    "measured" LOAD_METRIC_KEYS
#define PHASE_KEYS "peak, allocations, live"
#define VARIANT_KEYS "when, measured" LOAD_METRIC_KEYS

static bool take_when(struct loader *loader, const struct node *node) {
    if (!load_expect(loader, "when", node, NODE_MAPPING, "a mapping of names to conditions"))
        return false;
    if (node->count == 0)
        return node_error(loader->error, loader->file->path, node,
                          "when has no condition: expected at least one (such as sqlite: "
                          "\">=3.45\")");
    for (size_t i = 0; i < node->count; i += 2) {
        const struct node *name = &node->children[i], *value = &node->children[i + 1];
        struct error reason = {0};
        if (!load_expect(loader, name->text, value, NODE_SCALAR,
                         "a condition (such as \">=3.45\")"))
            return false;
        if (!condition_valid(value->text, &reason))
            return load_placed(loader, value, &reason);
    }
    return true;
}

static bool take_variant(struct loader *loader, const struct node *node, struct variant *variant) {
    if (!load_expect(loader, "a variant", node, NODE_MAPPING, "a mapping with when and figures"))
        return false;
    variant->node = node;
    for (size_t i = 0; i < node->count; i += 2) {
        const struct node *key = &node->children[i], *value = &node->children[i + 1];
        bool known;
        if (strcmp(key->text, "when") == 0) {
            if (!take_when(loader, value))
                return false;
            variant->when = value;
            continue;
        }
        if (strcmp(key->text, "measured") == 0) {
            if (!load_measured(loader, value, &variant->measured))
                return false;
            continue;
        }
        if (!load_common(loader, key, value, &variant->figures, NULL, &known))
            return false;
        if (!known)
            return load_unknown_key(loader, key, VARIANT_KEYS);
    }
    if (variant->when == NULL)
        return node_error(loader->error, loader->file->path, node,
                          "a variant without when: expected its conditions");
    return load_has_figures(&variant->figures) ||
           node_error(loader->error, loader->file->path, node,
                      "a variant without a figure: expected one of %s", LOAD_METRIC_NAMES);
}

static bool take_variants(struct loader *loader, const struct node *node,
                          struct budget_case *budgeted) {
    if (!load_expect(loader, "variants", node, NODE_SEQUENCE, "a sequence of variants"))
        return false;
    budgeted->variants = calloc(node->count + 1, sizeof *budgeted->variants);
    if (budgeted->variants == NULL) {
        error_set(loader->error, "%s: out of memory", loader->file->path);
        return false;
    }
    budgeted->variant_count = node->count;
    for (size_t i = 0; i < node->count; i++)
        if (!take_variant(loader, &node->children[i], &budgeted->variants[i]))
            return false;
    return true;
}

static bool take_phase(struct loader *loader, const struct node *name, const struct node *node,
                       struct phase *phase) {
    if (name->text[0] == '\0' || strlen(name->text) >= HEAPGATE_NAME_BYTES)
        return node_error(loader->error, loader->file->path, name,
                          "\"%s\" cannot be a phase: expected 1 to %d bytes", name->text,
                          HEAPGATE_NAME_BYTES - 1);
    if (!load_expect(loader, name->text, node, NODE_MAPPING, "a mapping of " PHASE_KEYS))
        return false;
    phase->name = name;
    for (size_t i = 0; i < node->count; i += 2) {
        const struct node *key = &node->children[i];
        int metric = load_find_metric(key->text);
        if (metric != HEAPGATE_METRIC_PEAK && metric != HEAPGATE_METRIC_ALLOCATIONS &&
            metric != HEAPGATE_METRIC_LIVE)
            return load_unknown_key(loader, key, PHASE_KEYS);
        if (!load_figure(loader, key, &node->children[i + 1], (enum heapgate_metric)metric,
                         &phase->figures.of[metric]))
            return false;
    }
    return node->count > 0 ||
           node_error(loader->error, loader->file->path, name,
                      "the phase \"%s\" judges nothing: expected one of " PHASE_KEYS, name->text);
}

static bool take_phases(struct loader *loader, const struct node *node,
                        struct budget_case *budgeted) {
    size_t figures = 0;
    if (!load_expect(loader, "phases", node, NODE_MAPPING, "a mapping of phases to their figures"))
        return false;
    budgeted->phases = calloc(node->count / 2 + 1, sizeof *budgeted->phases);
    if (budgeted->phases == NULL) {
        error_set(loader->error, "%s: out of memory", loader->file->path);
        return false;
    }
    for (size_t i = 0; i < node->count; i += 2) {
        if (!take_phase(loader, &node->children[i], &node->children[i + 1],
                        &budgeted->phases[budgeted->phase_count++]))
            return false;
        figures += node->children[i + 1].count / 2;
    }
    return figures <= BUDGET_PHASE_FIGURES_MAX ||
           node_error(loader->error, loader->file->path, node,
                      "%zu figures of phases: expected at most %d in one case", figures,
                      BUDGET_PHASE_FIGURES_MAX);
}

static bool take_sites(struct loader *loader, const struct node *node, enum budget_sites which,
                       struct budget_case *budgeted) {
    bool by_calls = which == BUDGET_SITES_ALLOCATIONS;
    if (!load_expect(loader, budget_sites_name(which), node, NODE_MAPPING,
                     by_calls ? "a mapping of call stacks to counts of calls, as heapgate update "
                                "--sites writes it"
                              : "a mapping of call stacks to sizes, as heapgate update --sites "
                                "writes it"))
        return false;
    struct budget_site *sites = calloc(node->count / 2 + 1, sizeof *sites);
    budgeted->sites[which] = sites;
    if (sites == NULL) {
        error_set(loader->error, "%s: out of memory", loader->file->path);
        return false;
    }
    budgeted->sites_at[which] = node;
    for (size_t i = 0; i < node->count; i += 2) {
        struct figure figure;
        if (!load_figure(loader, &node->children[i], &node->children[i + 1],
                         by_calls ? HEAPGATE_METRIC_ALLOCATIONS : HEAPGATE_METRIC_PEAK, &figure))
            return false;
        sites[i / 2] = (struct budget_site){node->children[i].text, figure.value};
    }
    return true;
}

static bool take_case_key(struct loader *loader, const struct node *key, const struct node *value,
                          struct budget_case *budgeted) {
    bool known;
    if (strcmp(key->text, "units") == 0) {
        if (!load_figure(loader, key, value, HEAPGATE_METRIC_ALLOCATIONS, &budgeted->units))
            return false;
        return budgeted->units.value > 0 ||
               node_error(loader->error, loader->file->path, value,
                          "units is 0: expected the work that was measured, at least 1");
    }
    if (strcmp(key->text, "measured") == 0)
        return load_measured(loader, value, &budgeted->measured);
    if (strcmp(key->text, "variants") == 0)
        return take_variants(loader, value, budgeted);
    if (strcmp(key->text, "phases") == 0)
        return take_phases(loader, value, budgeted);
    for (int which = 0; which < BUDGET_SITES; which++)
        if (strcmp(key->text, budget_sites_name((enum budget_sites)which)) == 0)
            return take_sites(loader, value, (enum budget_sites)which, budgeted);
    if (!load_common(loader, key, value, &budgeted->figures, &budgeted->margins, &known))
        return false;
    return known || load_unknown_key(loader, key, CASE_KEYS);
}

/* A margin that the case does not name is the file's. */
static void inherit(struct margin *own, const struct margin *defaults) {
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        if (!own[metric].set)
            own[metric] = defaults[metric];
}

static struct budget_case *add_case(struct loader *loader, const struct node *name) {
    struct heapgate_budgets *budgets = loader->budgets;
    struct budget_case *budgeted = calloc(1, sizeof *budgeted);
    if (budgets->case_count == budgets->case_capacity) {
        size_t capacity = budgets->case_capacity == 0 ? 16 : budgets->case_capacity * 2;
        struct budget_case **cases = reallocarray(budgets->cases, capacity, sizeof(*cases));
        if (cases == NULL)
            goto failed;
        budgets->cases = cases;
        budgets->case_capacity = capacity;
    }
    if (budgeted == NULL || asprintf(&budgeted->key, "%s/%s", loader->file->group, name->text) < 0)
        goto failed;
    budgets->cases[budgets->case_count++] = budgeted;
    return budgeted;
failed:
    free(budgeted);
    error_set(loader->error, "%s: out of memory", loader->file->path);
    return NULL;
}

bool load_case(struct loader *loader, const struct node *name, const struct node *node) {
    if (name->text[0] == '\0' ||
        strlen(loader->file->group) + 1 + strlen(name->text) >= HEAPGATE_NAME_BYTES)
        return node_error(loader->error, loader->file->path, name,
                          "\"%s\" cannot be a case: expected 1 to %zu bytes", name->text,
                          (size_t)HEAPGATE_NAME_BYTES - 2 - strlen(loader->file->group));
    if (!load_expect(loader, name->text, node, NODE_MAPPING, "a mapping of " CASE_KEYS))
        return false;
    struct budget_case *budgeted = add_case(loader, name);
    if (budgeted == NULL)
        return false;
    budgeted->file = loader->file;
    budgeted->name = name;
    budgeted->node = node;
    for (size_t i = 0; i < node->count; i += 2)
        if (!take_case_key(loader, &node->children[i], &node->children[i + 1], budgeted))
            return false;
    inherit(budgeted->margins.tolerance, loader->file->margins.tolerance);
    inherit(budgeted->margins.slack, loader->file->margins.slack);
    return budgeted->variant_count > 0 || budgeted->phase_count > 0 ||
           load_has_figures(&budgeted->figures) || load_has_figures(&loader->file->defaults) ||
           node_error(loader->error, loader->file->path, name,
                      "\"%s\" judges nothing: expected one of %s", name->text, LOAD_METRIC_NAMES);
}
