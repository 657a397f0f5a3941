/* Axes: where the ticks are and how a value reads. Sizes have ticks at powers of two (16 MiB,
 * 32 MiB), times and counts at 1, 2 and 5. */
#ifndef REPORT_HTML_SCALE_H
#define REPORT_HTML_SCALE_H

#include "report/html/plot.h"

enum { SCALE_TEXT_BYTES = 48 };

struct scale {
    enum plot_unit unit;
    double low, high; /* of the values; low < high */
    double step;      /* between two ticks */
    double from, to;  /* where low and high are drawn */
};

/* A scale that shows low and high, with about `ticks` ticks; nothing lower than high is widened. */
struct scale scale_make(enum plot_unit unit, double low, double high, unsigned ticks);
/* Where a value is drawn. */
double scale_at(const struct scale *scale, double value);
/* The first tick that is not below low. */
double scale_first_tick(const struct scale *scale);

/* "16 MiB", "1.5 s", "50,000": short, for a tick or a label. */
const char *scale_format(const struct scale *scale, double value, char text[SCALE_TEXT_BYTES]);
/* "59,662,108 B", "1,204 ms", "50,000": every digit, for a table. */
const char *scale_format_exact(enum plot_unit unit, double value, char text[SCALE_TEXT_BYTES]);

#endif
