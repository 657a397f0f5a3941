/* Budgets: what a case may cost, kept in YAML files beside the code.
 *
 * The case json/dump/sqlite/stream is the entry dump/sqlite/stream in budgets/json.yaml. A metric
 * of a case takes its figure from the first variant whose conditions hold and which names it, else
 * from the case itself, else from the file's defaults. From the figure follow
 *
 *     limit = figure + tolerance     measured > limit: OVER     (no tolerance given: 0)
 *     floor = figure - slack         measured < floor: STALE    (no slack given: never)
 *
 * both margins rounded down to a whole byte or call. A figure of 0 has no slack.
 *
 * This module knows nothing of result files: it judges plain figures. A loaded set is read-only
 * and can be judged with from any number of threads. */
#ifndef BUDGET_BUDGET_H
#define BUDGET_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <heapgate/heapgate.h>
#include <heapgate/metrics.h>

#include "base/error.h"

/* ---- Metrics and statuses ---- */

/* "peak", ...; "bytes", "calls", "bytes per unit" or "calls per unit". */
const char *budget_metric_name(enum heapgate_metric metric);
const char *budget_metric_unit(enum heapgate_metric metric);
/* True for what is written as a size ("96 KiB", "0.9 B"), false for a plain number. */
bool budget_metric_is_size(enum heapgate_metric metric);
/* How many parts of a figure are one byte or call: 1, but 100 or 1000 of what has decimals. All
 * figures, limits, floors and margins of a metric are in these parts. */
uint64_t budget_metric_scale(enum heapgate_metric metric);
/* Parses all of `text` as a figure of the metric. False with the error set. */
bool budget_figure_parse(enum heapgate_metric metric, const char *text, uint64_t *figure,
                         struct error *error);

/* The one that decides the exit status: USAGE, then INVALID, OVER, STALE, OK. */
enum heapgate_status budget_worst(enum heapgate_status left, enum heapgate_status right);

/* ---- Loading ---- */

struct budget_case;

enum budget_load_flags {
    BUDGET_LOAD_MAY_BE_MISSING = 1, /* no file there yet is an empty set, for the first update */
};

/* Loads a file, or all *.yaml of a folder (not of the folders in it). HEAPGATE_USAGE with
 * file:line:column, what was found and what would be right; else HEAPGATE_OK. */
enum heapgate_status budget_load(const char *path, unsigned flags,
                                 struct heapgate_budgets **budgets, struct error *error);
void budget_free(struct heapgate_budgets *budgets);

/* The path that was loaded. */
const char *budget_path(const struct heapgate_budgets *budgets);

/* The cases, sorted by key. What these return lives as long as the set. */
size_t budget_case_count(const struct heapgate_budgets *budgets);
const struct budget_case *budget_case_at(const struct heapgate_budgets *budgets, size_t index);
const struct budget_case *budget_case_find(const struct heapgate_budgets *budgets, const char *key);
const char *budget_case_key(const struct budget_case *budgeted);
const char *budget_case_file(const struct budget_case *budgeted);
unsigned budget_case_line(const struct budget_case *budgeted);
/* Whether it has figures that hold under a condition on the environment. */
bool budget_case_has_variants(const struct budget_case *budgeted);
/* Whether the case itself, or a variant of it, has a figure of the metric. */
bool budget_case_bounds(const struct budget_case *budgeted, enum heapgate_metric metric);

/* A call stack that was among the first when the budget was written: of those that held the most at
 * the peak (`sites`), or called the allocator most often (`allocation_sites`). It is never judged:
 * it tells what is new when a case is over. */
enum budget_sites { BUDGET_SITES_PEAK, BUDGET_SITES_ALLOCATIONS, BUDGET_SITES };
struct budget_site {
    const char *name; /* "libpq: PQexec <- source_open" */
    uint64_t amount;  /* bytes, or calls */
};
const char *budget_sites_name(enum budget_sites which);
/* NULL when the case lists none. */
const struct budget_site *budget_case_sites(const struct budget_case *budgeted,
                                            enum budget_sites which, size_t *count);

/* A name and a value of an environment. */
struct budget_pair {
    const char *name, *value;
};
enum { BUDGET_MEASURED_MAX = 32 };

/* ---- Judging ---- */

/* What was measured. A metric that was not measured is absent, never 0. */
struct budget_figures {
    bool has[HEAPGATE_METRIC_COUNT];
    int64_t values[HEAPGATE_METRIC_COUNT]; /* only live can be negative */
    bool has_units;
    uint64_t units;
    /* The value of an environment name ("sqlite"), or NULL; the callback may be NULL. */
    const char *(*environment)(const void *context, const char *name);
    const void *environment_context;
    /* Of the same context the names that it has, by number, and NULL after the last; may be
     * NULL. */
    const char *(*environment_name)(const void *context, size_t index);
    /* A figure of a phase: of those of that name together the highest peak, and the sum of the
     * others. False when there was none. The callback may be NULL: then no phase was measured. */
    bool (*phase)(const void *context, const char *name, enum heapgate_metric metric,
                  int64_t *value);
    const void *phase_context;
};

/* What a phase may be held to: peak, allocations and live (what it added); in one case at most
 * BUDGET_PHASE_FIGURES_MAX such figures. */
enum { BUDGET_PHASE_FIGURES_MAX = 24 };

struct budget_row {
    enum heapgate_metric metric;
    /* the phase it is of, or NULL: the case; lives as long as the set */
    const char *phase;
    enum heapgate_status status; /* OK, OVER or STALE; INVALID when there is nothing to compare */
    bool has_measured;
    int64_t measured;
    bool has_budget; /* false: no variant holds here and the case names no figure itself */
    uint64_t budget;
    uint64_t limit;
    bool has_floor;
    uint64_t floor;
    const char *file; /* of the figure; lives as long as the set */
    unsigned line;
};

struct budget_verdict {
    enum heapgate_status status; /* the worst of the rows and of the case as a whole */
    const char *file;            /* of the case, or NULL without a budget */
    unsigned line;
    size_t row_count;
    struct budget_row rows[HEAPGATE_METRIC_COUNT + BUDGET_PHASE_FIGURES_MAX]; /* phases last */
    char message[512]; /* why INVALID; else empty */
};

/* Fills the verdict and returns its status. Case without budget, other work than the budget's
 * `units`, or a condition of the case on what this environment does not say: INVALID, without rows.
 * A metric that the case names and that was not measured: INVALID. A metric that only the defaults
 * name and that was not measured is left out. */
enum heapgate_status budget_judge(const struct heapgate_budgets *budgets, const char *key,
                                  const struct budget_figures *figures,
                                  struct budget_verdict *verdict);

/* The environment that the figures of a case were taken in, as far as update recorded it: of the
 * variant that holds in `figures`, else of the case and of the file it is in. Returns how many
 * pairs, 0 when nothing was recorded. They live as long as the set. */
size_t budget_case_measured(const struct budget_case *budgeted,
                            const struct budget_figures *figures,
                            struct budget_pair pairs[BUDGET_MEASURED_MAX]);

/* One more value of a metric (Massif's peak), held to the same figure. False when the case has no
 * figure for it. `figures` gives the environment only. */
bool budget_judge_value(const struct budget_case *budgeted, const struct budget_figures *figures,
                        enum heapgate_metric metric, int64_t value, struct budget_row *row);

#endif
