/* Plots: lines, dots and stacked areas over time, bytes or units, as SVG in a page, with the text
 * alternative and the table of figures that belong to them.
 *
 * A plot shows what it is given and judges nothing. What it draws is named beside it, at the right
 * edge, so that no legend has to be matched and no colour told from another; lines differ in their
 * dashes as well. Any number of series and levels may share a plot; that many names fit. */
#ifndef REPORT_HTML_PLOT_H
#define REPORT_HTML_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "report/html/page.h"

/* Colours 0 to 7 are those of data, the eighth a grey for what is left ("other"). A page's plots
 * give the same thing the same colour: these are taken. */
enum plot_colour { PLOT_LIVE = 0, PLOT_RESIDENT = 1, PLOT_OTHER = 8, PLOT_COLOURS = 9 };
enum { PLOT_NAMES_MAX = 16 }; /* series and levels of one plot */

enum plot_unit { PLOT_BYTES, PLOT_MILLISECONDS, PLOT_UNITS };
enum plot_mark { PLOT_LINE, PLOT_DOTS };
enum plot_level_kind { PLOT_MEASURED, PLOT_LIMIT };

struct plot_point {
    double x, y;
};

struct plot_series {
    const char *name;
    unsigned colour;
    enum plot_mark mark;
    const struct plot_point *points; /* ascending in x */
    size_t count;                    /* none: the series is only named in the table */
};

/* A horizontal line over the whole width: a peak, a budget's limit. */
struct plot_level {
    const char *name;
    double y;
    enum plot_level_kind kind;
};

/* A part of the x axis, shaded: a phase. */
struct plot_band {
    const char *name;
    double from, to;
};

struct plot {
    const char *id;              /* unique in its page: letters and digits */
    const char *title;           /* what is shown, over the plot */
    const char *note;            /* one sentence under the title, or NULL */
    const char *x_name, *y_name; /* "time", "bytes" */
    enum plot_unit x_unit, y_unit;
    const struct plot_series *series;
    size_t series_count;
    const struct plot_level *levels;
    size_t level_count;
    const struct plot_band *bands;
    size_t band_count;
    bool stacked; /* the series share their x, and each stands on the ones before */
};

/* A <figure>. What is beyond PLOT_NAMES_MAX names is left out; an empty plot draws its axes. */
void plot_draw(struct page *page, const struct plot *plot);

#endif
