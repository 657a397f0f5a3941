/* The drawing of a plot; the words that stand for it are plot_text.c's. */
#include "report/html/plot_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/html/scale.h"
#include "report/html/svg.h"

enum {
    WIDTH = 960,
    HEIGHT = 320,
    LEFT = 76,
    RIGHT = 740, /* what is right of it belongs to the names */
    TOP = 26,    /* what is above it belongs to the bands' names */
    BOTTOM = 276,
    NAME_GAP = 16,
    BAND_NAME = 40, /* a narrower band is named by its title and its row of the table */
};

struct drawing {
    struct page *page;
    const struct plot *plot;
    struct scale x, y;
};

/* ---- The range of the data ---- */

static void widen(double value, double *low, double *high) {
    *low = fmin(*low, value);
    *high = fmax(*high, value);
}

/* The sum of the series up to and with `last` at a point; of one that is not stacked, itself. */
static double height_at(const struct plot *plot, size_t last, size_t point) {
    double height = plot->series[last].points[point].y;
    for (size_t i = 0; plot->stacked && i < last; i++)
        if (point < plot->series[i].count)
            height += plot->series[i].points[point].y;
    return height;
}

static void set_scales(struct drawing *drawing) {
    const struct plot *plot = drawing->plot;
    double x_low = INFINITY, x_high = -INFINITY, y_low = 0, y_high = 0;
    for (size_t i = 0; i < plot->series_count; i++)
        for (size_t j = 0; j < plot->series[i].count; j++) {
            widen(plot->series[i].points[j].x, &x_low, &x_high);
            widen(height_at(plot, i, j), &y_low, &y_high);
        }
    for (size_t i = 0; i < plot->level_count; i++)
        widen(plot->levels[i].y, &y_low, &y_high);
    for (size_t i = 0; i < plot->band_count; i++) {
        widen(plot->bands[i].from, &x_low, &x_high);
        widen(plot->bands[i].to, &x_low, &x_high);
    }
    if (!(x_low <= x_high))
        x_low = x_high = 0;
    /* What starts near 0 starts at 0: a first sample after 2 ms is no gap. */
    if (x_low > 0 && x_low < x_high / 2)
        x_low = 0;
    drawing->x = scale_make(plot->x_unit, x_low, x_high, 7);
    drawing->y = scale_make(plot->y_unit, y_low, y_high + (y_high - y_low) * 0.04, 6);
    drawing->x.from = LEFT;
    drawing->x.to = RIGHT;
    drawing->y.from = BOTTOM;
    drawing->y.to = TOP;
}

/* ---- Axes and bands ---- */

static void draw_axes(const struct drawing *drawing) {
    struct page *page = drawing->page;
    const struct scale *x = &drawing->x, *y = &drawing->y;
    char text[SCALE_TEXT_BYTES];
    html_open(page, "g", "axes");
    for (double tick = scale_first_tick(y); tick <= y->high; tick += y->step) {
        svg_line(page, "grid", LEFT, scale_at(y, tick), RIGHT, scale_at(y, tick));
        svg_text(page, NULL, LEFT - 8, scale_at(y, tick) + 4, SVG_END, LEFT,
                 scale_format(y, tick, text));
    }
    for (double tick = scale_first_tick(x); tick <= x->high; tick += x->step) {
        svg_line(page, "tick", scale_at(x, tick), BOTTOM, scale_at(x, tick), BOTTOM + 5);
        svg_text(page, NULL, scale_at(x, tick), BOTTOM + 19, SVG_MIDDLE, RIGHT,
                 scale_format(x, tick, text));
    }
    svg_line(page, "axis", LEFT, BOTTOM, RIGHT, BOTTOM);
    svg_text(page, "axis-name", RIGHT, BOTTOM + 37, SVG_END, RIGHT - LEFT, drawing->plot->x_name);
    html_close(page);
}

static void draw_bands(const struct drawing *drawing) {
    struct page *page = drawing->page;
    for (size_t i = 0; i < drawing->plot->band_count; i++) {
        const struct plot_band *band = &drawing->plot->bands[i];
        double from = scale_at(&drawing->x, band->from), to = scale_at(&drawing->x, band->to);
        html_open(page, "g", "band");
        svg_rect(page, i % 2 == 0 ? "even" : "odd", from, TOP, fmax(to - from, 0), BOTTOM - TOP);
        html_leaf(page, "title", NULL, band->name);
        html_close(page);
        svg_line(page, "edge", from, TOP - 16, from, BOTTOM);
        if (to - from > BAND_NAME)
            svg_text(page, NULL, from + 4, TOP - 6, SVG_START, to - from - 4, band->name);
        html_close(page);
    }
}

/* ---- Series ---- */

static char *point_list(const struct drawing *drawing, size_t series) {
    const struct plot *plot = drawing->plot;
    size_t count = plot->series[series].count;
    enum { POINT_BYTES = 32 };
    /* A stacked area goes there along its top and back along the top of the one under it. */
    size_t bytes = (plot->stacked ? 2 : 1) * count * POINT_BYTES + 1, used = 0;
    char *list = malloc(bytes);
    if (list == NULL)
        return NULL;
    list[0] = '\0';
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(list + used, bytes - used, "%s%.1f,%.1f", i > 0 ? " " : "",
                                 scale_at(&drawing->x, plot->series[series].points[i].x),
                                 scale_at(&drawing->y, height_at(plot, series, i)));
    for (size_t i = count; plot->stacked && i > 0; i--)
        used += (size_t)snprintf(
            list + used, bytes - used, " %.1f,%.1f",
            scale_at(&drawing->x, plot->series[series].points[i - 1].x),
            scale_at(&drawing->y, series > 0 ? height_at(plot, series - 1, i - 1) : 0));
    return list;
}

static void draw_dots(const struct drawing *drawing, const struct plot_series *series) {
    for (size_t i = 0; i < series->count; i++) {
        html_open(drawing->page, "circle", NULL);
        html_attributef(drawing->page, "cx", "%.1f", scale_at(&drawing->x, series->points[i].x));
        html_attributef(drawing->page, "cy", "%.1f", scale_at(&drawing->y, series->points[i].y));
        html_attribute(drawing->page, "r", "4");
        html_close(drawing->page);
    }
}

static void draw_series(const struct drawing *drawing, size_t index) {
    const struct plot_series *series = &drawing->plot->series[index];
    struct page *page = drawing->page;
    if (series->count == 0)
        return;
    html_open(page, "g", NULL);
    html_attributef(page, "class", "series colour%u", series->colour % PLOT_COLOURS);
    if (series->mark == PLOT_DOTS) {
        draw_dots(drawing, series);
    } else {
        char *points = point_list(drawing, index);
        html_open(page, drawing->plot->stacked ? "polygon" : "polyline", NULL);
        if (points != NULL)
            html_attribute(page, "points", points);
        else
            page_fail(page);
        html_leaf(page, "title", NULL, series->name);
        html_close(page);
        free(points);
    }
    html_close(page);
}

static const char *level_class(enum plot_level_kind kind) {
    return kind == PLOT_LIMIT ? "level limit" : "level measured";
}

/* ---- Names at the right edge ---- */

struct name {
    char text[160];
    char class[32];
    double at;    /* the height of what it names */
    double shown; /* its own */
};

static int compare_names(const void *left, const void *right) {
    double a = ((const struct name *)left)->at, b = ((const struct name *)right)->at;
    return (a > b) - (a < b);
}

static size_t collect_names(const struct drawing *drawing, struct name names[PLOT_NAMES_MAX]) {
    const struct plot *plot = drawing->plot;
    size_t count = 0;
    char text[SCALE_TEXT_BYTES];
    for (size_t i = 0; i < plot->level_count && count < PLOT_NAMES_MAX; i++, count++) {
        snprintf(names[count].text, sizeof names[count].text, "%s %s", plot->levels[i].name,
                 scale_format(&drawing->y, plot->levels[i].y, text));
        snprintf(names[count].class, sizeof names[count].class, "%s",
                 level_class(plot->levels[i].kind));
        names[count].at = scale_at(&drawing->y, plot->levels[i].y);
    }
    for (size_t i = 0; i < plot->series_count && count < PLOT_NAMES_MAX; i++) {
        size_t last = plot->series[i].count;
        if (last-- == 0)
            continue;
        snprintf(names[count].text, sizeof names[count].text, "%s", plot->series[i].name);
        snprintf(names[count].class, sizeof names[count].class, "series colour%u",
                 plot->series[i].colour % PLOT_COLOURS);
        /* An area is named at its middle. */
        double top = height_at(plot, i, last);
        double under = plot->stacked ? top - plot->series[i].points[last].y : top;
        names[count++].at = scale_at(&drawing->y, (top + under) / 2);
    }
    return count;
}

/* Each name beside what it names, or as near as the others let it: first pushed down, then, where
 * the plot ends, back up. */
static void spread_names(struct name *names, size_t count) {
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++) {
        names[i].shown = names[i].at;
        if (i > 0)
            names[i].shown = fmax(names[i].shown, names[i - 1].shown + NAME_GAP);
    }
    double lowest = BOTTOM; /* what is below belongs to the axis */
    for (size_t i = count; i > 0; i--) {
        names[i - 1].shown = fmin(names[i - 1].shown, lowest);
        lowest = names[i - 1].shown - NAME_GAP;
    }
}

static void draw_names(const struct drawing *drawing) {
    struct name names[PLOT_NAMES_MAX];
    size_t count = collect_names(drawing, names);
    spread_names(names, count);
    html_open(drawing->page, "g", "names");
    for (size_t i = 0; i < count; i++) {
        html_open(drawing->page, "g", names[i].class);
        svg_line(drawing->page, NULL, RIGHT + 2, names[i].at, RIGHT + 14, names[i].shown);
        svg_text(drawing->page, NULL, RIGHT + 18, names[i].shown + 4, SVG_START, WIDTH - RIGHT - 18,
                 names[i].text);
        html_close(drawing->page);
    }
    html_close(drawing->page);
}

void plot_draw(struct page *page, const struct plot *plot) {
    struct drawing drawing = {.page = page, .plot = plot};
    set_scales(&drawing);
    html_open(page, "figure", "plot");
    plot_caption(page, plot);
    html_scroller(page, plot->title);
    svg_open(page, plot->id, plot->stacked ? "areas" : "lines", WIDTH, HEIGHT);
    plot_describe(page, plot, &drawing.x, &drawing.y);
    draw_bands(&drawing);
    draw_axes(&drawing);
    for (size_t i = 0; i < plot->series_count; i++)
        draw_series(&drawing, i);
    for (size_t i = 0; i < plot->level_count; i++) {
        double y = scale_at(&drawing.y, plot->levels[i].y);
        html_open(page, "g", level_class(plot->levels[i].kind));
        svg_line(page, NULL, LEFT, y, RIGHT, y);
        html_close(page);
    }
    draw_names(&drawing);
    html_close(page);
    html_close(page);
    plot_table(page, plot);
    html_close(page);
}
