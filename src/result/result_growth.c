/* The points of a sweep become the growth of a result, whether they were measured or read. */
#include <string.h>

#include "result/result.h"

static void fit(struct result *result, enum heapgate_metric metric, struct growth_fit *into) {
    struct result_usage *count = &result->engines[RESULT_COUNT];
    growth_fit(result->points, result->point_count, metric, into);
    count->has[metric] = count->present;
    count->figures[metric] = growth_figure(into, metric);
}

void result_set_points(struct result *result, const struct growth_point *points, size_t count,
                       bool with_allocations) {
    memcpy(result->points, points, count * sizeof *points);
    result->point_count = count;
    result->points_have_allocations = with_allocations;
    fit(result, HEAPGATE_METRIC_GROWTH, &result->growth);
    if (with_allocations)
        fit(result, HEAPGATE_METRIC_ALLOCATION_GROWTH, &result->allocation_growth);
}
