#include "report/html/svg.h"

#include <string.h>

#include "base/utf8.h"

/* The mean advance of a bold character at the 12 units that style.css sets text in, of a wide font.
 */
static const double character_width = 7.2;

void svg_open(struct page *page, const char *id, const char *class, int width, int height) {
    html_open(page, "svg", class);
    html_attributef(page, "viewBox", "0 0 %d %d", width, height);
    html_attributef(page, "width", "%d", width);
    html_attributef(page, "height", "%d", height);
    html_attribute(page, "role", "img");
    html_attributef(page, "aria-labelledby", "%s-title %s-description", id, id);
}

void svg_describe(struct page *page, const char *id, const char *title, const char *description) {
    html_open(page, "title", NULL);
    html_attributef(page, "id", "%s-title", id);
    html_text(page, title);
    html_close(page);
    html_open(page, "desc", NULL);
    html_attributef(page, "id", "%s-description", id);
    html_text(page, description);
    html_close(page);
}

void svg_line(struct page *page, const char *class, double x1, double y1, double x2, double y2) {
    html_open(page, "line", class);
    html_attributef(page, "x1", "%.1f", x1);
    html_attributef(page, "y1", "%.1f", y1);
    html_attributef(page, "x2", "%.1f", x2);
    html_attributef(page, "y2", "%.1f", y2);
    html_close(page);
}

void svg_rect(struct page *page, const char *class, double x, double y, double width,
              double height) {
    html_open(page, "rect", class);
    html_attributef(page, "x", "%.1f", x);
    html_attributef(page, "y", "%.1f", y);
    html_attributef(page, "width", "%.1f", width);
    html_attributef(page, "height", "%.1f", height);
}

/* The bytes of the first `characters` characters, all of the text if it has no more. */
static size_t prefix(const char *text, size_t characters) {
    const char *at = text;
    while (*at != '\0' && characters > 0) {
        size_t bytes = utf8_character_bytes(at);
        at += bytes > 0 ? bytes : 1;
        characters--;
    }
    return (size_t)(at - text);
}

void svg_text(struct page *page, const char *class, double x, double y, enum svg_anchor anchor,
              double width, const char *text) {
    static const char *const anchors[] = {"start", "middle", "end"};
    enum { SHORTEST = 3 };
    size_t fits = width > 0 ? (size_t)(width / character_width) : 0;
    bool whole = prefix(text, fits) == strlen(text);
    if (!whole && fits < SHORTEST)
        return;
    html_open(page, "text", class);
    html_attributef(page, "x", "%.1f", x);
    html_attributef(page, "y", "%.1f", y);
    if (anchor != SVG_START)
        html_attribute(page, "text-anchor", anchors[anchor]);
    if (whole) {
        html_text(page, text);
    } else {
        html_leaf(page, "title", NULL, text);
        html_textf(page, "%.*s\xe2\x80\xa6", (int)prefix(text, fits - 1), text);
    }
    html_close(page);
}
