/* Who held the memory: call stacks as a short list, for people. The same for a result and for a
 * Massif file. */
#ifndef REPORT_SITE_LIST_H
#define REPORT_SITE_LIST_H

#include "gate/new_sites.h"
#include "report/escape.h"
#include "result/result.h"

/* What a list is about. */
enum report_by {
    REPORT_BY_PEAK,        /* who held the memory at the peak */
    REPORT_BY_NOW,         /* who holds the memory while the program runs: sites as of the peak */
    REPORT_BY_LIVE,        /* who holds what was not freed */
    REPORT_BY_ALLOCATIONS, /* who allocated, by calls */
};

struct report_site {
    int64_t amount;            /* of bytes or calls */
    int64_t blocks;            /* below 0: not known */
    const char *const *frames; /* NULL-terminated, innermost first */
    size_t own_frame;          /* index of the first that is not in a system's library; else 0 */
    size_t order;              /* of sites with the same amount */
};

struct report_sites {
    enum report_by by;
    const struct report_site *items; /* heaviest first */
    size_t count;
    int64_t total;     /* what the shares are of */
    const char *phase; /* of which they are, or NULL */
    const char *title; /* instead of what `by` says; NULL: that */
};

enum { REPORT_SITES_SHOWN = 10, REPORT_SITES_LEAST = 3 };

/* Three frames of a stack on one line, of the program's own from the innermost out, before them, if
 * it called a library that allocates, that call. */
void report_site_frames(const char *const *frames, size_t own_frame, struct writer *writer);

/* The heaviest, one line each: bytes or calls, share, blocks, and the frames. At most ten, and
 * `most`; no more than it takes for 99%, but three. */
void report_sites(const struct report_sites *sites, size_t most, struct writer *writer);
/* Those of a result, which must have some; of the peak also what each module held. */
void report_result_sites(const struct result *result, enum report_by by, size_t most,
                         struct writer *writer);

/* The case, in bold with `colour`, each figure of each engine, and the growth. */
void report_figures(const struct result *result, bool colour, struct writer *writer);

/* How the peak (HEAPGATE_METRIC_GROWTH) or the allocations (_ALLOCATION_GROWTH) grew, of a result
 * with a sweep: the fit, "peak = 12 B + 1143.00 B x units, ..."; and "growth: 1,143 B per unit; the
 * budget says 0; peak = ...", `bounds` NULL without a budget, nothing where it is not known. */
bool report_has_fit(const struct result *result, enum heapgate_metric metric);
void report_fit(const struct result *result, enum heapgate_metric metric, struct writer *writer);
void report_growth(const struct result *result, enum heapgate_metric metric,
                   const struct budget_row *bounds, struct writer *writer);

/* What holds more, or calls more often, than the sites in the budget say; nothing without any. */
void report_new_sites(const struct new_sites *sites, struct writer *writer);

/* The sites with the most temporary allocations, if there are any to speak of. */
void report_temporary(const struct result *result, struct writer *writer);

/* Those of a result that was taken of a running program: what is held at this moment. */
void report_held_now(const struct result *result, struct writer *writer);

#endif
