/* Reading budget files: the tree of a document is checked against the few shapes that a budget
 * has, and what is found becomes figures and margins that point back to their nodes. */
#include "budget/set.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/rate.h"
#include "base/size.h"

#define METRIC_KEY(NAME, name, unit, meaning) ", " #name
#define METRIC_KEYS HEAPGATE_METRICS(METRIC_KEY)
#define FILE_KEYS "schema, defaults, cases, measured"
#define DEFAULTS_KEYS "tolerance, slack" METRIC_KEYS
#define CASE_KEYS                                                                                  \
    "units, tolerance, slack, variants, phases, sites, allocation_sites, measured" METRIC_KEYS
#define PHASE_KEYS "peak, allocations, live"
#define VARIANT_KEYS "when, measured" METRIC_KEYS
#define METRIC_NAMES (&METRIC_KEYS[2]) /* without the comma before the first */

struct loader {
    struct budget_file *file;
    struct heapgate_budgets *budgets;
    struct error *error;
};

static const char *const kind_names[] = {"a value", "a mapping", "a sequence"};

static int find_metric(const char *name) {
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        if (strcmp(name, budget_metric_name((enum heapgate_metric)metric)) == 0)
            return metric;
    return -1;
}

static bool expect_kind(struct loader *loader, const char *what, const struct node *node,
                        enum node_kind kind, const char *accepted) {
    return node->kind == kind ||
           node_error(loader->error, loader->file->path, node, "%s is %s: expected %s", what,
                      kind_names[node->kind], accepted);
}

static bool unknown_key(struct loader *loader, const struct node *key, const char *accepted) {
    return node_error(loader->error, loader->file->path, key,
                      "unknown key \"%s\": expected one of %s", key->text, accepted);
}

/* Adds the place to a message that a parser of plain text has set. */
static bool placed(struct loader *loader, const struct node *node, const struct error *reason) {
    return node_error(loader->error, loader->file->path, node, "%s", reason->text);
}

/* ---- Figures and margins ---- */

static const char *accepted_of(enum heapgate_metric metric) {
    bool has_decimals = budget_metric_scale(metric) > 1;
    if (budget_metric_is_size(metric))
        return has_decimals ? RATE_SIZE_ACCEPTED : SIZE_ACCEPTED;
    return has_decimals ? "a number" : "a whole number";
}

/* A figure is one of the metric, or written like it. */
static bool take_figure(struct loader *loader, const struct node *key, const struct node *node,
                        enum heapgate_metric metric, struct figure *figure) {
    struct error reason = {0};
    if (!expect_kind(loader, key->text, node, NODE_SCALAR, accepted_of(metric)))
        return false;
    if (!budget_figure_parse(metric, node->text, &figure->value, &reason))
        return placed(loader, node, &reason);
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
        return placed(loader, node, &reason);
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
    if (!expect_kind(loader, key->text, node, NODE_MAPPING,
                     "a margin (such as 2%), or a mapping of metrics to margins"))
        return false;
    for (size_t i = 0; i < node->count; i += 2) {
        const struct node *name = &node->children[i], *value = &node->children[i + 1];
        struct error reason = {0};
        int metric = find_metric(name->text);
        if (metric < 0)
            return unknown_key(loader, name, METRIC_NAMES);
        if (!expect_kind(loader, name->text, value, NODE_SCALAR, "a margin (such as 2%)"))
            return false;
        if (!margin_parse(value->text, (enum heapgate_metric)metric, &margins[metric], &reason))
            return placed(loader, value, &reason);
    }
    return true;
}

/* A key that may stand in the defaults as in a case. `*known` false: it is none of these. */
static bool take_common(struct loader *loader, const struct node *key, const struct node *value,
                        struct figures *figures, struct margins *margins, bool *known) {
    int metric = find_metric(key->text);
    *known = true;
    if (metric >= 0)
        return take_figure(loader, key, value, (enum heapgate_metric)metric, &figures->of[metric]);
    if (margins != NULL && strcmp(key->text, "tolerance") == 0)
        return take_margins(loader, key, value, true, margins->tolerance);
    if (margins != NULL && strcmp(key->text, "slack") == 0)
        return take_margins(loader, key, value, false, margins->slack);
    *known = false;
    return true;
}

static bool has_figures(const struct figures *figures) {
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        if (figures->of[metric].node != NULL)
            return true;
    return false;
}

/* ---- Cases ---- */

static bool take_when(struct loader *loader, const struct node *node) {
    if (!expect_kind(loader, "when", node, NODE_MAPPING, "a mapping of names to conditions"))
        return false;
    if (node->count == 0)
        return node_error(loader->error, loader->file->path, node,
                          "when has no condition: expected at least one (such as sqlite: "
                          "\">=3.45\")");
    for (size_t i = 0; i < node->count; i += 2) {
        const struct node *name = &node->children[i], *value = &node->children[i + 1];
        struct error reason = {0};
        if (!expect_kind(loader, name->text, value, NODE_SCALAR,
                         "a condition (such as \">=3.45\")"))
            return false;
        if (!condition_valid(value->text, &reason))
            return placed(loader, value, &reason);
    }
    return true;
}

/* The environment that figures were taken in: of interest to a reader, never judged. */
static bool take_measured(struct loader *loader, const struct node *node,
                          const struct node **measured) {
    if (!expect_kind(loader, "measured", node, NODE_MAPPING, "a mapping of names to values"))
        return false;
    for (size_t i = 0; i < node->count; i += 2)
        if (!expect_kind(loader, node->children[i].text, &node->children[i + 1], NODE_SCALAR,
                         "the value that it had"))
            return false;
    *measured = node;
    return true;
}

static bool take_variant(struct loader *loader, const struct node *node, struct variant *variant) {
    if (!expect_kind(loader, "a variant", node, NODE_MAPPING, "a mapping with when and figures"))
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
            if (!take_measured(loader, value, &variant->measured))
                return false;
            continue;
        }
        if (!take_common(loader, key, value, &variant->figures, NULL, &known))
            return false;
        if (!known)
            return unknown_key(loader, key, VARIANT_KEYS);
    }
    if (variant->when == NULL)
        return node_error(loader->error, loader->file->path, node,
                          "a variant without when: expected its conditions");
    return has_figures(&variant->figures) ||
           node_error(loader->error, loader->file->path, node,
                      "a variant without a figure: expected one of %s", METRIC_NAMES);
}

static bool take_variants(struct loader *loader, const struct node *node,
                          struct budget_case *budgeted) {
    if (!expect_kind(loader, "variants", node, NODE_SEQUENCE, "a sequence of variants"))
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
    if (!expect_kind(loader, name->text, node, NODE_MAPPING, "a mapping of " PHASE_KEYS))
        return false;
    phase->name = name;
    for (size_t i = 0; i < node->count; i += 2) {
        const struct node *key = &node->children[i];
        int metric = find_metric(key->text);
        if (metric != HEAPGATE_METRIC_PEAK && metric != HEAPGATE_METRIC_ALLOCATIONS &&
            metric != HEAPGATE_METRIC_LIVE)
            return unknown_key(loader, key, PHASE_KEYS);
        if (!take_figure(loader, key, &node->children[i + 1], (enum heapgate_metric)metric,
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
    if (!expect_kind(loader, "phases", node, NODE_MAPPING, "a mapping of phases to their figures"))
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
    if (!expect_kind(loader, budget_sites_name(which), node, NODE_MAPPING,
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
        if (!take_figure(loader, &node->children[i], &node->children[i + 1],
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
        if (!take_figure(loader, key, value, HEAPGATE_METRIC_ALLOCATIONS, &budgeted->units))
            return false;
        return budgeted->units.value > 0 ||
               node_error(loader->error, loader->file->path, value,
                          "units is 0: expected the work that was measured, at least 1");
    }
    if (strcmp(key->text, "measured") == 0)
        return take_measured(loader, value, &budgeted->measured);
    if (strcmp(key->text, "variants") == 0)
        return take_variants(loader, value, budgeted);
    if (strcmp(key->text, "phases") == 0)
        return take_phases(loader, value, budgeted);
    for (int which = 0; which < BUDGET_SITES; which++)
        if (strcmp(key->text, budget_sites_name((enum budget_sites)which)) == 0)
            return take_sites(loader, value, (enum budget_sites)which, budgeted);
    if (!take_common(loader, key, value, &budgeted->figures, &budgeted->margins, &known))
        return false;
    return known || unknown_key(loader, key, CASE_KEYS);
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

static bool take_case(struct loader *loader, const struct node *name, const struct node *node) {
    if (name->text[0] == '\0' ||
        strlen(loader->file->group) + 1 + strlen(name->text) >= HEAPGATE_NAME_BYTES)
        return node_error(loader->error, loader->file->path, name,
                          "\"%s\" cannot be a case: expected 1 to %zu bytes", name->text,
                          (size_t)HEAPGATE_NAME_BYTES - 2 - strlen(loader->file->group));
    if (!expect_kind(loader, name->text, node, NODE_MAPPING, "a mapping of " CASE_KEYS))
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
           has_figures(&budgeted->figures) || has_figures(&loader->file->defaults) ||
           node_error(loader->error, loader->file->path, name,
                      "\"%s\" judges nothing: expected one of %s", name->text, METRIC_NAMES);
}

/* ---- Files ---- */

static bool take_schema(struct loader *loader, const struct node *root) {
    const struct node *schema = node_find(root, "schema");
    if (schema == NULL)
        return node_error(loader->error, loader->file->path, root,
                          "no schema: expected \"schema: 1\"");
    if (!expect_kind(loader, "schema", schema, NODE_SCALAR, "1"))
        return false;
    return strcmp(schema->text, "1") == 0 ||
           node_error(loader->error, loader->file->path, schema,
                      "schema \"%s\" is not known: expected 1", schema->text);
}

static bool take_defaults(struct loader *loader, const struct node *node) {
    if (!expect_kind(loader, "defaults", node, NODE_MAPPING, "a mapping of " DEFAULTS_KEYS))
        return false;
    for (size_t i = 0; i < node->count; i += 2) {
        const struct node *key = &node->children[i];
        bool known;
        if (!take_common(loader, key, &node->children[i + 1], &loader->file->defaults,
                         &loader->file->margins, &known))
            return false;
        if (!known)
            return unknown_key(loader, key, DEFAULTS_KEYS);
    }
    return true;
}

/* The defaults first, wherever they stand: the cases inherit from them. */
static bool take_file(struct loader *loader) {
    const struct node *root = &loader->file->root;
    if (!expect_kind(loader, "the file", root, NODE_MAPPING, "a mapping of " FILE_KEYS))
        return false;
    for (size_t i = 0; i < root->count; i += 2) {
        const char *key = root->children[i].text;
        if (strcmp(key, "schema") != 0 && strcmp(key, "defaults") != 0 &&
            strcmp(key, "cases") != 0 && strcmp(key, "measured") != 0)
            return unknown_key(loader, &root->children[i], FILE_KEYS);
    }
    if (!take_schema(loader, root))
        return false;
    const struct node *defaults = node_find(root, "defaults");
    const struct node *cases = node_find(root, "cases");
    const struct node *measured = node_find(root, "measured");
    if (defaults != NULL && !take_defaults(loader, defaults))
        return false;
    if (measured != NULL && !take_measured(loader, measured, &loader->file->measured))
        return false;
    if (cases == NULL)
        return node_error(loader->error, loader->file->path, root, "no cases: expected \"cases:\"");
    if (!expect_kind(loader, "cases", cases, NODE_MAPPING, "a mapping of cases"))
        return false;
    loader->file->cases = cases;
    for (size_t i = 0; i < cases->count; i += 2)
        if (!take_case(loader, &cases->children[i], &cases->children[i + 1]))
            return false;
    return true;
}

static char *group_of(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t length = strlen(name);
    if (length > 5 && strcmp(name + length - 5, ".yaml") == 0)
        length -= 5;
    return strndup(name, length);
}

bool set_add_file(struct heapgate_budgets *budgets, const char *path, struct buffer *text,
                  struct error *error) {
    struct budget_file **files =
        reallocarray(budgets->files, budgets->file_count + 1, sizeof(*files));
    struct budget_file *file = calloc(1, sizeof *file);
    if (files != NULL)
        budgets->files = files;
    if (files == NULL || file == NULL) {
        free(file);
        buffer_fini(text);
        error_set(error, "%s: out of memory", path);
        return false;
    }
    budgets->files[budgets->file_count++] = file;
    file->text = *text;
    *text = (struct buffer)BUFFER_INIT(text->maximum);
    file->path = strdup(path);
    file->group = group_of(path);
    if (file->path == NULL || file->group == NULL) {
        error_set(error, "%s: out of memory", path);
        return false;
    }
    struct loader loader = {.file = file, .budgets = budgets, .error = error};
    const char *bytes = file->text.bytes != NULL ? file->text.bytes : "";
    return document_parse(path, bytes, file->text.length, &file->root, error) && take_file(&loader);
}

static bool load_file(struct heapgate_budgets *budgets, const char *path, struct error *error) {
    struct buffer text = BUFFER_INIT(DOCUMENT_FILE_BYTES);
    if (!file_read(path, &text, error)) {
        buffer_fini(&text);
        return false;
    }
    return set_add_file(budgets, path, &text, error);
}

static int is_yaml(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 5 && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

static bool load_folder(struct heapgate_budgets *budgets, bool may_be_empty, struct error *error) {
    struct dirent **entries = NULL;
    const char *folder = budgets->path;
    size_t length = strlen(folder);
    int count = scandir(folder, &entries, is_yaml, alphasort);
    bool loaded = true;
    if (count < 0) {
        error_set(error, "%s: cannot read: %s", folder, strerror(errno));
        return false;
    }
    if (count == 0 && !may_be_empty) {
        error_set(error, "%s: no budget file: expected at least one *.yaml", folder);
        loaded = false;
    }
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        if (loaded && asprintf(&path, "%s%s%s", folder, folder[length - 1] == '/' ? "" : "/",
                               entries[i]->d_name) < 0) {
            path = NULL;
            error_set(error, "%s: out of memory", folder);
        }
        loaded = loaded && path != NULL && load_file(budgets, path, error);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return loaded;
}

static bool has_yaml_name(const char *path) {
    size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".yaml") == 0;
}

enum heapgate_status budget_load(const char *path, unsigned flags,
                                 struct heapgate_budgets **budgets, struct error *error) {
    bool may_be_missing = (flags & BUDGET_LOAD_MAY_BE_MISSING) != 0, loaded;
    struct stat status;
    struct heapgate_budgets *set = calloc(1, sizeof *set);
    *budgets = NULL;
    if (set == NULL || (set->path = strdup(path)) == NULL) {
        error_set(error, "%s: out of memory", path);
        loaded = false;
    } else if (stat(path, &status) != 0) {
        set->is_folder = !has_yaml_name(path);
        loaded = may_be_missing && errno == ENOENT && path[0] != '\0';
        if (!loaded)
            error_set(error, "%s: cannot read the budgets: %s", path, strerror(errno));
    } else {
        set->is_folder = S_ISDIR(status.st_mode);
        loaded =
            set->is_folder ? load_folder(set, may_be_missing, error) : load_file(set, path, error);
    }
    if (!loaded) {
        budget_free(set);
        return HEAPGATE_USAGE;
    }
    set_sort(set);
    *budgets = set;
    return HEAPGATE_OK;
}
