/* The few shapes that plots, bars and icicles are drawn with. Only presentation attributes and
 * classes: a style attribute is refused by a strict content policy. Coordinates are in units of
 * the viewBox, written with one decimal. */
#ifndef REPORT_HTML_SVG_H
#define REPORT_HTML_SVG_H

#include <stddef.h>

#include "report/html/page.h"

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

/* Opens an <svg> that `id` names and describes by what svg_describe writes; close it yourself. */
void svg_open(struct page *page, const char *id, const char *class, int width, int height);
/* Its title and description, right after svg_open. */
void svg_describe(struct page *page, const char *id, const char *title, const char *description);

void svg_line(struct page *page, const char *class, double x1, double y1, double x2, double y2);
/* Open, for a <title>; close it yourself. */
void svg_rect(struct page *page, const char *class, double x, double y, double width,
              double height);
/* One line of text in at most `width` units, cut with an ellipsis; nothing when not even three
 * characters fit. What is cut has its whole text as <title>. */
void svg_text(struct page *page, const char *class, double x, double y, enum svg_anchor anchor,
              double width, const char *text);

#endif
