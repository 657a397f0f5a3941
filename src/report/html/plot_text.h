/* What says in words what a plot draws: its caption, its description, its table of figures. */
#ifndef REPORT_HTML_PLOT_TEXT_H
#define REPORT_HTML_PLOT_TEXT_H

#include "report/html/plot.h"
#include "report/html/scale.h"

void plot_caption(struct page *page, const struct plot *plot);
/* The svg's title and description. */
void plot_describe(struct page *page, const struct plot *plot, const struct scale *x,
                   const struct scale *y);
/* Tables, folded away: of a long series not every point, but of each stretch the highest. */
void plot_table(struct page *page, const struct plot *plot);

#endif
