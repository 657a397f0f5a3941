/* Measuring one case: a command under one or more engines that must agree. */
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H

#include <heapgate/heapgate.h>

#include "base/error.h"
#include "measure/progress.h"
#include "measure/snapshots.h"
#include "result/result.h"

/* Two engines agree when their peaks differ by at most 1% and 4 KiB: Massif starts a little later
 * in a process, and sees what the C library frees at its end. */
enum { MEASURE_AGREE_PERCENT = 1, MEASURE_AGREE_BYTES = 4096 };

/* The default interval between samples. */
enum { MEASURE_INTERVAL_MS = 10 };

struct measure_request {
    const char *case_key; /* names the scope that is measured, if there is one */
    char *const *argv;
    bool engines[RESULT_ENGINES];
    uint64_t limit_bytes; /* 0, or the peak past which the call stack is kept */
    /* Sizes to measure at, ascending; none: the command is run as it is. The result is that of the
     * last under every engine; the others are run under count, for the growth. "{N}" in an
     * argument stands for the size, and unless a scope says otherwise the size is the units. */
    const uint64_t *sweep;
    size_t sweep_count;   /* 0, or 2 to GROWTH_POINTS_MAX */
    bool allow_uncounted; /* children that cannot be counted are left out; else they make the
                             measurement invalid, unless it is of a scope */
    unsigned interval_ms; /* how often the timeline is sampled; 0: not at all */
    struct snapshot_request snapshots; /* under profile */
    const char *const
        *environment;    /* "NAME=VALUE", valid ones, that the result's environment gets too;
                                       ends with NULL; or NULL */
    const char *process; /* glob of the program of the process that the figures are of, see
                            processes.h; NULL: of all the one with the highest peak */
    const char *phase;   /* under profile: the sites are of the phases of this name that the program
                          marks itself, if there are any (result->sites_phase); NULL: of the case */
    const struct measure_progress *progress; /* or NULL */
    bool silent;    /* the command has no input, and its output goes nowhere */
    bool has_units; /* the caller says how much work one run does */
    uint64_t units;
};

/* Whether a command does other work at each size of a sweep: an argument of it has "{N}". The error
 * says why not. A sweep of another command would have a growth of 0 whatever it does. */
bool measure_uses_size(char *const *argv, struct error *error);

/* Runs the command once under each engine and returns the result, which the caller frees; NULL
 * only when memory is out. What makes it no valid measurement is in result->invalid, and then the
 * status is HEAPGATE_INVALID; HEAPGATE_SKIPPED when an engine is not installed, with the reason in
 * `error`. One call at a time in a process. */
heapgate_status measure_case(const struct measure_request *request, struct result **result,
                             struct error *error);

#endif
