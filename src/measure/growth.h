/* Growth: how a case's peak depends on the amount of work, fitted over several sizes.
 *
 * A streaming path has the same peak for any number of units; what buffers has one that grows with
 * them. That needs no figure which depends on a library's version: a growth of 0 is right
 * everywhere. */
#ifndef MEASURE_GROWTH_H
#define MEASURE_GROWTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Below this rise of the peak over the whole sweep there is no growth: longer numbers, a counter's
 * width. A leak of one byte per unit passes it with the first thousand units. */
enum { GROWTH_NOISE_BYTES = 1024, GROWTH_POINTS_MAX = 16 };

struct growth_point {
    uint64_t units;
    int64_t peak_bytes;
};

struct growth_fit {
    double bytes_per_unit;   /* 0 when the peak rises by no more than the noise; never negative */
    double intercept_bytes;  /* the peak at 0 units, by the fit */
    double residual_bytes;   /* largest distance of a point from the fit */
    bool super_linear;       /* of three points or more: it grows faster and faster */
};

/* Least squares of peak over units. `points` ascend strictly in units; at least two. */
void growth_fit(const struct growth_point *points, size_t count, struct growth_fit *fit);

/* The figure that a budget is held against: whole bytes per unit, rounded up. */
int64_t growth_figure(const struct growth_fit *fit);

#endif
