/* Two folders of results side by side: a base (main, unpatched, the old library) and a head.
 *
 * Figures of a case are compared only where both are valid measurements of the same work by the
 * same engine. All else is told as what it is: a case that only one side has, a result that is
 * none. The programs that were measured need not be there: the two are often of two worktrees that
 * are gone. But all results of a side must be of one build, and of one run where one is asked for.
 * What is kept of a case is its figures; who needs call stacks or a timeline reads the two results
 * again. So any number of cases needs the memory of two results, and about half a KiB for each. */
#ifndef REPORT_COMPARE_COMPARISON_H
#define REPORT_COMPARE_COMPARISON_H

#include "budget/budget.h"
#include "budget/margin.h"
#include "result/hold.h"
#include "result/result.h"

enum compare_side { COMPARE_BASE, COMPARE_HEAD, COMPARE_SIDES };
extern const char *const compare_side_names[COMPARE_SIDES]; /* "base", "head" */

enum compare_kind {
    COMPARE_SAME, /* every figure but the resident set, which is never twice the same */
    COMPARE_CHANGED,
    COMPARE_ADDED,   /* only head has it */
    COMPARE_GONE,    /* only base has it */
    COMPARE_REFUSED, /* both have it, and their figures cannot stand beside each other */
    COMPARE_KINDS
};

struct compare_figure {
    bool has[COMPARE_SIDES];
    int64_t value[COMPARE_SIDES];
    bool over;    /* grew by more than its limit */
    bool missing; /* has a limit, and only base measured it: it may have grown */
};

struct compare_case {
    char *case_key;
    enum compare_kind kind;
    enum result_engine engine; /* that gave the figures */
    char *reason;              /* why REFUSED; of ADDED and GONE why it has no figures, or NULL */
    struct compare_figure figures[HEAPGATE_METRIC_COUNT];
    bool over, missing; /* one of the figures is */
};

/* How much a metric may grow. One without a limit may grow as it likes. */
struct compare_limits {
    struct margin margins[HEAPGATE_METRIC_COUNT];
    const char *texts[HEAPGATE_METRIC_COUNT]; /* as they were given: "5%" */
};

/* Takes in "5%", which holds for all that is exact (all but rss), or one
 * metric's "peak=5%", "rss=10% + 1 MiB"; a later one wins. Refers to the text. */
bool compare_limits_add(struct compare_limits *limits, const char *text, struct error *error);
bool compare_limits_any(const struct compare_limits *limits);

struct comparison {
    const char *folders[COMPARE_SIDES]; /* refers to what was given */
    size_t result_counts[COMPARE_SIDES];
    struct compare_limits limits;
    struct compare_case *items; /* sorted by case; owned */
    size_t count;
    size_t counts[COMPARE_KINDS];
    size_t over_count, missing_count;
    struct hold_build builds[COMPARE_SIDES]; /* owned */
    /* REFUSED, because a side is of another run or build than it should be */
    size_t not_held_count;
};

/* `runs`: the id of the run that each side must be of; NULL: of any.
 * False with the first folder or file that cannot be read. */
bool compare_read(const char *base, const char *head, const char *const runs[COMPARE_SIDES],
                  const struct compare_limits *limits, struct comparison *comparison,
                  struct error *error);
void compare_free(struct comparison *comparison);

/* OVER where a figure grew by more than its limit. INVALID where no case could be compared, where a
 * result is of another run or build, and, under
 * a limit, where a case or a figure could not that base has: it may have grown. */
/* Cases of base that may have grown: not compared, without a figure that has a limit, or gone. */
size_t compare_unknown(const struct comparison *comparison);
enum heapgate_status compare_status(const struct comparison *comparison);

/* Reads what both sides have of a case again; the result of a side without it is NULL. Free
 * both. */
bool compare_read_case(const struct comparison *comparison, const struct compare_case *compared,
                       struct result *results[COMPARE_SIDES], struct error *error);

/* head - base, and what reads as a change: clamped, never wrapped. */
int64_t compare_difference(const struct compare_figure *figure);

#endif
