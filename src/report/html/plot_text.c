/* A plot in words. A table of a thousand rows would be read by nobody and would be most of the
 * page, so a long series is shown by the highest point of each of TABLE_ROWS stretches: the peak
 * is always among them. */
#include "report/html/plot_text.h"

#include <errno.h>
#include <stdio.h>

#include "base/buffer.h"
#include "report/html/svg.h"

enum { TABLE_ROWS = 50, DESCRIPTION_BYTES_MAX = 16 << 10 };

void plot_caption(struct page *page, const struct plot *plot) {
    html_open(page, "figcaption", NULL);
    html_leaf(page, "strong", NULL, plot->title);
    if (plot->note != NULL)
        html_textf(page, " %s", plot->note);
    html_close(page);
}

static size_t highest(const struct plot_series *series, size_t from, size_t to) {
    size_t found = from;
    for (size_t i = from; i < to; i++)
        if (series->points[i].y > series->points[found].y)
            found = i;
    return found;
}

void plot_describe(struct page *page, const struct plot *plot, const struct scale *x,
                   const struct scale *y) {
    struct buffer text = BUFFER_INIT(DESCRIPTION_BYTES_MAX);
    char high[SCALE_TEXT_BYTES], at[SCALE_TEXT_BYTES], last[SCALE_TEXT_BYTES];
    bool said = buffer_printf(&text, "%s over %s.", plot->y_name, plot->x_name);
    for (size_t i = 0; said && i < plot->series_count; i++) {
        const struct plot_series *series = &plot->series[i];
        if (series->count == 0)
            continue;
        const struct plot_point *top = &series->points[highest(series, 0, series->count)];
        said = buffer_printf(&text, " %s: highest %s at %s, at the end %s.", series->name,
                             scale_format(y, top->y, high), scale_format(x, top->x, at),
                             scale_format(y, series->points[series->count - 1].y, last));
    }
    for (size_t i = 0; said && i < plot->level_count; i++)
        said = buffer_printf(&text, " %s: %s.", plot->levels[i].name,
                             scale_format(y, plot->levels[i].y, high));
    for (size_t i = 0; said && i < plot->band_count; i++)
        said = buffer_printf(&text, " %s: from %s to %s.", plot->bands[i].name,
                             scale_format(x, plot->bands[i].from, at),
                             scale_format(x, plot->bands[i].to, last));
    if (!said && errno == ENOMEM) /* a text that grows too long is only cut */
        page_fail(page);
    svg_describe(page, plot->id, plot->title, text.length > 0 ? text.bytes : plot->title);
    buffer_fini(&text);
}

static bool same_x(const struct plot *plot) {
    for (size_t i = 1; i < plot->series_count; i++) {
        if (plot->series[i].count != plot->series[0].count)
            return false;
        for (size_t j = 0; j < plot->series[i].count; j++)
            if (plot->series[i].points[j].x < plot->series[0].points[j].x ||
                plot->series[i].points[j].x > plot->series[0].points[j].x)
                return false;
    }
    return true;
}

/* The rows of series `first` to `last`, which share their x. */
static void put_table(struct page *page, const struct plot *plot, size_t first, size_t last) {
    const struct plot_series *lead = &plot->series[first];
    char names[PLOT_NAMES_MAX + 1][64];
    const char *columns[PLOT_NAMES_MAX + 2] = {names[0]};
    char caption[256], text[SCALE_TEXT_BYTES];
    size_t rows = lead->count < TABLE_ROWS ? lead->count : TABLE_ROWS, column = 1;
    snprintf(names[0], sizeof names[0], "#%s", plot->x_name);
    for (size_t i = first; i < last && column <= PLOT_NAMES_MAX; i++, column++) {
        snprintf(names[column], sizeof names[column], "#%s", plot->series[i].name);
        columns[column] = names[column];
    }
    snprintf(caption, sizeof caption,
             rows < lead->count ? "%s: %zu of %zu points, the highest of each stretch by %s" : "%s",
             plot->title, rows, lead->count, lead->name);
    html_table(page, caption, columns);
    for (size_t row = 0; row < rows; row++) {
        size_t point = highest(lead, row * lead->count / rows, (row + 1) * lead->count / rows);
        html_open(page, "tr", NULL);
        html_number(page, scale_format_exact(plot->x_unit, lead->points[point].x, text));
        for (size_t i = first; i < first + column - 1; i++)
            html_number(page,
                        scale_format_exact(plot->y_unit, plot->series[i].points[point].y, text));
        html_close(page);
    }
    html_table_end(page);
}

void plot_table(struct page *page, const struct plot *plot) {
    html_open(page, "details", "figures");
    html_leaf(page, "summary", NULL, "The figures of this plot");
    if (plot->series_count > 0 && same_x(plot))
        put_table(page, plot, 0, plot->series_count);
    else
        for (size_t i = 0; i < plot->series_count; i++)
            put_table(page, plot, i, i + 1);
    html_close(page);
}
