#include "measure/growth.h"

#include <math.h>

static double slope(const struct growth_point *from, const struct growth_point *to) {
    return (double)(to->peak_bytes - from->peak_bytes) / (double)(to->units - from->units);
}

void growth_fit(const struct growth_point *points, size_t count, struct growth_fit *fit) {
    const struct growth_point *first = &points[0], *last = &points[count - 1];
    double mean_units = 0, mean_peak = 0, above = 0, below = 0;
    for (size_t i = 0; i < count; i++) {
        mean_units += (double)points[i].units / (double)count;
        mean_peak += (double)points[i].peak_bytes / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        double units = (double)points[i].units - mean_units;
        above += units * ((double)points[i].peak_bytes - mean_peak);
        below += units * units;
    }
    *fit = (struct growth_fit){.bytes_per_unit = above / below};
    if (fit->bytes_per_unit < 0 || last->peak_bytes - first->peak_bytes <= GROWTH_NOISE_BYTES)
        fit->bytes_per_unit = 0;
    fit->intercept_bytes = mean_peak - fit->bytes_per_unit * mean_units;
    for (size_t i = 0; i < count; i++) {
        double fitted = fit->intercept_bytes + fit->bytes_per_unit * (double)points[i].units;
        fit->residual_bytes = fmax(fit->residual_bytes, fabs((double)points[i].peak_bytes - fitted));
    }
    /* A doubling buffer rises in steps; only a lasting change of slope counts. */
    fit->super_linear = count >= 3 && fit->bytes_per_unit > 0 &&
                        slope(&points[count - 2], last) > 1.5 * slope(first, &points[1]) &&
                        slope(&points[count - 2], last) > 1.15 * slope(first, last);
}

int64_t growth_figure(const struct growth_fit *fit) {
    return (int64_t)ceil(fit->bytes_per_unit);
}
