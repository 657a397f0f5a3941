/* The gate as one step: measure a case, keep the result, hold it to its budget, and find out who
 * held the memory of one that is over. What `heapgate run` and heapgate_measure both do. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include <heapgate/heapgate.h>

#include "base/error.h"
#include "gate/judged.h"
#include "measure/measure.h"

struct gate_request {
    struct measure_request measure; /* limit_bytes is set here: what the budget says */
    const char *budgets_path;       /* NULL: not judged by budgets */
    const char *results_path;       /* NULL: not kept */
    uint64_t max_bytes;             /* 0, or a budget of the peak without a file */
    const char *const *inputs;      /* files that the figures depend on, NULL-terminated; or NULL */
};

struct gate_outcome {
    struct heapgate_budgets *budgets;
    struct result *result; /* NULL when nothing was measured */
    bool judged;           /* `verdict` is filled */
    struct judged_case verdict;
};

/* HEAPGATE_USAGE for a case that can't be one, budgets or inputs that cannot be read, or a sweep of
 * a command without "{N}": then nothing ran. Else the verdict's status; without budget and maximum
 * that of the measurement. The reason for anything but OK and OVER is in `error`. The caller passes
 * the outcome to gate_outcome_fini. */
heapgate_status gate_run(const struct gate_request *request, struct gate_outcome *outcome,
                         struct error *error);
void gate_outcome_fini(struct gate_outcome *outcome);

#endif
