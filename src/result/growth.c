#include "result/growth.h"

#include <math.h>

static double figure_of(const struct growth_point *point, enum heapgate_metric metric) {
    return (double)(metric == HEAPGATE_METRIC_GROWTH ? point->peak_bytes : point->allocations);
}

static double slope(const struct growth_point *from, const struct growth_point *to,
                    enum heapgate_metric metric) {
    return (figure_of(to, metric) - figure_of(from, metric)) / (double)(to->units - from->units);
}

static double find_residual(const struct growth_point *points, size_t count,
                            enum heapgate_metric metric, const struct growth_fit *fit) {
    double residual = 0;
    for (size_t i = 0; i < count; i++) {
        double fitted = fit->intercept + fit->per_unit * (double)points[i].units;
        residual = fmax(residual, fabs(figure_of(&points[i], metric) - fitted));
    }
    return residual;
}

/* What the last point may be above the first without being growth. */
static double noise_of(double residual, enum heapgate_metric metric) {
    enum { RESIDUALS = 4 };
    bool bytes = metric == HEAPGATE_METRIC_GROWTH;
    double least = bytes ? GROWTH_NOISE_BYTES : GROWTH_NOISE_CALLS;
    double most = bytes ? GROWTH_NOISE_BYTES_MAX : GROWTH_NOISE_CALLS_MAX;
    return fmin(most, fmax(least, RESIDUALS * residual));
}

void growth_fit(const struct growth_point *points, size_t count, enum heapgate_metric metric,
                struct growth_fit *fit) {
    const struct growth_point *first = &points[0], *last = &points[count - 1];
    double mean_units = 0, mean = 0, above = 0, below = 0;
    for (size_t i = 0; i < count; i++) {
        mean_units += (double)points[i].units / (double)count;
        mean += figure_of(&points[i], metric) / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        double units = (double)points[i].units - mean_units;
        above += units * (figure_of(&points[i], metric) - mean);
        below += units * units;
    }
    *fit = (struct growth_fit){.per_unit = above / below};
    fit->intercept = mean - fit->per_unit * mean_units;
    fit->residual = find_residual(points, count, metric, fit);
    if (fit->per_unit < 0 ||
        figure_of(last, metric) - figure_of(first, metric) <= noise_of(fit->residual, metric)) {
        fit->per_unit = 0;
        fit->intercept = mean;
        fit->residual = find_residual(points, count, metric, fit);
    }
    /* A doubling buffer rises in steps; only a lasting change of slope counts. */
    fit->super_linear =
        count >= 3 && fit->per_unit > 0 &&
        slope(&points[count - 2], last, metric) > 1.5 * slope(first, &points[1], metric) &&
        slope(&points[count - 2], last, metric) > 1.15 * slope(first, last, metric);
}

int64_t growth_figure(const struct growth_fit *fit, enum heapgate_metric metric) {
    double scale = metric == HEAPGATE_METRIC_GROWTH ? HEAPGATE_BYTES_PER_UNIT_SCALE
                                                    : HEAPGATE_CALLS_PER_UNIT_SCALE;
    /* What a file may have made up still fits. */
    return (int64_t)fmin(round(fit->per_unit * scale), 9e18);
}
