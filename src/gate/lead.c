#include "gate/lead.h"

#include <stddef.h>

static const int64_t *find_figure(const struct judged_case *judged, enum heapgate_metric metric) {
    for (size_t i = 0; i < judged->row_count; i++) {
        const struct budget_row *bounds = &judged->rows[i].bounds;
        if (bounds->metric == metric && bounds->phase == NULL && bounds->has_measured)
            return &bounds->measured;
    }
    return NULL;
}

bool judged_is_by_calls(enum heapgate_metric metric) {
    return metric == HEAPGATE_METRIC_ALLOCATIONS || metric == HEAPGATE_METRIC_ALLOCATION_GROWTH;
}

/* What a growth is a part of. */
static enum heapgate_metric grown_from(enum heapgate_metric metric) {
    return metric == HEAPGATE_METRIC_ALLOCATION_GROWTH ? HEAPGATE_METRIC_ALLOCATIONS
                                                       : HEAPGATE_METRIC_PEAK;
}

/* How much of what was measured is beyond the budget, from 0 to 1. What a growth adds is a part of
 * the peak, or of the allocations. */
static double share_of(const struct judged_case *judged, const struct budget_row *bounds) {
    double measured = (double)bounds->measured, beyond = measured - (double)bounds->budget;
    if (bounds->metric == HEAPGATE_METRIC_GROWTH ||
        bounds->metric == HEAPGATE_METRIC_ALLOCATION_GROWTH) {
        const int64_t *whole = find_figure(judged, grown_from(bounds->metric));
        bool known = whole != NULL && judged->result != NULL && judged->result->has_units;
        beyond *=
            known ? (double)judged->result->units / (double)budget_metric_scale(bounds->metric) : 0;
        measured = known ? (double)*whole : 0;
    }
    double share = measured > 0 ? beyond / measured : 0;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static bool is_explained(const struct budget_row *bounds) {
    return bounds->status == HEAPGATE_OVER && bounds->metric != HEAPGATE_METRIC_RSS &&
           bounds->metric != HEAPGATE_METRIC_MAPPED;
}

const struct budget_row *judged_lead(const struct judged_case *judged) {
    const struct budget_row *lead = NULL;
    double most = -1;
    for (size_t i = 0; i < judged->row_count; i++) {
        const struct budget_row *bounds = &judged->rows[i].bounds;
        if (!is_explained(bounds))
            continue;
        double share = share_of(judged, bounds);
        if (bounds->phase == NULL && share > 0.5)
            return bounds;
        if (share > most) {
            lead = bounds;
            most = share;
        }
    }
    return lead;
}
