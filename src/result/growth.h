/* Growth: how a case's peak, and its calls that allocate, depend on the amount of work, fitted over
 * several sizes.
 *
 * A streaming path has the same peak for any number of units; what buffers has one that grows with
 * them. That needs no figure which depends on a library's version: a growth of 0 is right
 * everywhere. One more allocation for each unit is a part of a thousandth of all that a case
 * allocates; in calls per unit it is 1.
 *
 * The slope is that of the least squares, told to 0.01 B (0.001 calls) per unit. It is 0 where the
 * last size has no more than the first and the noise. Noise is what comes with longer numbers and
 * names, and with a buffer that became larger once:
 *
 *     of two sizes       256 B, 16 calls: nothing tells a step from a slope of three or more   four
 *     times the distance of the farthest point from the fit, which of a slope is
 *                        0 and of a step is not; at least as much as of two sizes, at most 1 KiB,
 *                        64 calls
 *
 * So a leak of 0.01 B per unit is seen over 25,600 units and more, one of a byte over 257. */
#ifndef RESULT_GROWTH_H
#define RESULT_GROWTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <heapgate/metrics.h>

enum {
    GROWTH_NOISE_BYTES = 256,
    GROWTH_NOISE_BYTES_MAX = 1024,
    GROWTH_NOISE_CALLS = 16,
    GROWTH_NOISE_CALLS_MAX = 64,
    GROWTH_POINTS_MAX = 16
};

struct growth_point {
    uint64_t units;
    int64_t peak_bytes;
    int64_t allocations;
};

/* Bytes of a peak, or calls. */
struct growth_fit {
    double per_unit;   /* 0 when there is no more than noise; never negative */
    double intercept;  /* the figure at 0 units, by the fit */
    double residual;   /* largest distance of a point from the fit */
    bool super_linear; /* of three points or more: it grows faster and faster */
};

/* `points` ascend strictly in units; at least two. `metric` is HEAPGATE_METRIC_GROWTH, of the
 * peaks, or HEAPGATE_METRIC_ALLOCATION_GROWTH, of the calls. */
void growth_fit(const struct growth_point *points, size_t count, enum heapgate_metric metric,
                struct growth_fit *fit);

/* The figure that a budget is held against: hundredths of a byte, or thousandths of a call, per
 * unit (see heapgate/metrics.h), the nearest. */
int64_t growth_figure(const struct growth_fit *fit, enum heapgate_metric metric);

#endif
