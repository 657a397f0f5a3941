/* Cases that were judged: results and budgets brought together, for every view and every verb.
 *
 * `heapgate run`, `heapgate check` and the assertions of the library all build their verdicts
 * here, so that the same figures get the same words everywhere. */
#ifndef GATE_JUDGED_H
#define GATE_JUDGED_H

#include "budget/budget.h"
#include "result/hold.h"
#include "result/result.h"

struct new_sites;

struct judged_row {
    enum result_engine engine;
    struct budget_row bounds;
};

struct judged_case {
    const char *case_key;
    const struct result *result; /* NULL: a budget whose case was not measured */
    enum heapgate_status status;
    const struct budget_case *budgeted; /* NULL without a budget of its own */
    const char *file;                   /* of the budget, or NULL without one */
    unsigned line;
    /* INVALID because the result is of other files or another run: see hold.h */
    bool not_held;
    bool by_ctest;      /* not_held, and it was a ctest that measured it */
    bool can_add;       /* INVALID only because there is no budget yet */
    char message[1024]; /* why INVALID; else empty */
    size_t row_count;
    struct judged_row *rows;     /* owned */
    struct new_sites *new_sites; /* where a phase's call stacks took the place of the case's in the
                                    result; NULL: to be found there; owned */
};

/* Without a budget a case can still be shown as it was measured: neither within nor over. */
#define JUDGED_MEASURED HEAPGATE_SKIPPED

struct judged_list {
    struct judged_case *items; /* sorted by case */
    size_t count;
    enum heapgate_status status; /* the worst */
    struct result_list results;  /* what judged_list_read keeps of them; owned */
};

/* The figures that budgets are held against: the counting engine's, else of the first engine that
 * ran. False when none did. Refers to the result. */
bool judged_figures(const struct result *result, struct budget_figures *figures);

/* Why a result is no valid measurement at all: a failed command, no work, no figures, engines that
 * disagree. True when it is valid; else the error says why. */
bool judged_measurement(const struct result *result, struct error *error);

/* Whether a verdict that holds the metrics `held` of a result says nothing of too much memory; then
 * the reason is in `error`. */
bool outside_is_refused(const struct result *result, const bool held[HEAPGATE_METRIC_COUNT],
                        struct error *error);

/* A case that is invalid only because there is no budget becomes JUDGED_MEASURED. */
void judged_case_show(struct judged_case *judged);

/* Judges one result by its case's budget. Refers to both, which must live as long. Peak gets a row
 * for each engine that measured it, all with the same limit, but for profile where it has the
 * counting engine's figure: it counts with the same counters. The other metrics are the counting
 * engine's. The caller passes the case to judged_case_fini. */
void judged_case_build(const struct heapgate_budgets *budgets, const struct result *result,
                       struct judged_case *judged);
/* Judges one result by a limit of its peak that stands in no file (--max). */
void judged_case_build_max(const struct result *result, uint64_t max_bytes,
                           struct judged_case *judged);

/* Holds a case that was judged to what is there: when its result is of something else, the case is
 * INVALID, whatever its figures are. */
void judged_case_hold(const struct hold *hold, struct judged_case *judged);

void judged_case_fini(struct judged_case *judged);

/* A budget whose case has no result: INVALID. Refers to the budget. */
void judged_case_build_unmeasured(const struct budget_case *budgeted, struct judged_case *judged);

/* Every result judged, and every budget without a result as INVALID. `glob` keeps only the cases
 * that match it (fnmatch), NULL all. Refers to the results. False when memory is out. */
bool judged_list_build(const struct heapgate_budgets *budgets, const struct result_list *results,
                       const char *glob, struct judged_list *list);

/* The same for a folder of results, of which no more is kept than what is told of them: the
 * figures, and the call stacks of the first JUDGED_EXPLAINED_MAX cases that are not OK (heapgate
 * explain tells those of the others). So any number of results needs the memory of these, and about
 * 3 KiB for each. Every result is held to what is there, before it is judged. A folder without
 * results is an error. */
enum { JUDGED_EXPLAINED_MAX = 100 };
bool judged_list_read(const struct heapgate_budgets *budgets, const char *folder, const char *glob,
                      const struct hold *hold, struct judged_list *list, struct error *error);
void judged_list_free(struct judged_list *list);

#endif
