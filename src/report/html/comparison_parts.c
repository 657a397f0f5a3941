/* What the overview of a comparison and the pages of its cases are made of. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/html/comparison_pages.h"
#include "report/html/svg.h"

enum { BAR_WIDTH = 192, BAR_HEIGHT = 15 };

void html_compare_bar(struct page *page, const int64_t values[COMPARE_SIDES], int64_t most) {
    double scale = most > 0 ? (double)(BAR_WIDTH - 2) / (double)most : 0;
    double base = 1 + fmax((double)values[COMPARE_BASE], 0) * scale;
    double head = 1 + fmax((double)values[COMPARE_HEAD], 0) * scale;
    html_open(page, "svg", NULL);
    html_attributef(page, "viewBox", "0 0 %d %d", BAR_WIDTH, BAR_HEIGHT);
    html_attribute(page, "aria-hidden", "true");
    svg_rect(page, "track", 0.5, 1.5, BAR_WIDTH - 1, BAR_HEIGHT - 3);
    html_close(page);
    svg_rect(page, "used", 1, 3, fmin(base, head) - 1, BAR_HEIGHT - 6);
    html_close(page);
    if (head > base) {
        svg_rect(page, "beyond", base, 3, head - base, BAR_HEIGHT - 6);
        html_close(page);
    }
    svg_line(page, "limit", base, 0, base, BAR_HEIGHT);
    html_close(page);
}

void html_compare_cell(struct page *page, const struct compare_table *table, size_t row,
                       size_t column) {
    const char *text = compare_table_cell(table, row, column);
    bool number = table->columns[column][0] == '#', lines = strchr(text, '\n') != NULL;
    html_open(page, column == 0 ? "th" : "td", number ? "number" : lines ? "frames" : NULL);
    if (column == 0)
        html_attribute(page, "scope", "row");
    for (bool first = true; first || *text != '\0'; first = false) {
        size_t length = strcspn(text, "\n");
        if (!first) {
            html_open(page, "br", NULL);
            html_close(page);
        }
        html_textf(page, "%s%.*s", first ? "" : "\xe2\x86\x90 ", (int)length, text);
        text += length + (text[length] == '\n');
    }
    html_close(page);
}

/* A terminal's headings, as those of a page begin. */
static void begin_table(struct page *page, const char *caption, const char *const *columns) {
    enum { COLUMNS_MAX = 8, NAME_BYTES = 32 };
    char names[COLUMNS_MAX][NAME_BYTES];
    const char *shown[COLUMNS_MAX + 1] = {NULL};
    for (size_t i = 0; i < COLUMNS_MAX && columns[i] != NULL; i++) {
        snprintf(names[i], NAME_BYTES, "%s", columns[i]);
        char *first = &names[i][names[i][0] == '#'];
        *first = (char)toupper((unsigned char)*first);
        shown[i] = names[i];
    }
    html_table(page, caption, shown);
}

void html_compare_table(struct page *page, const char *caption, struct compare_table *table) {
    if (table->failed)
        page_fail(page);
    if (table->cell_count > 0 && !table->failed) {
        begin_table(page, caption, table->columns);
        for (size_t row = 0; row < compare_table_rows(table); row++) {
            html_open(page, "tr", NULL);
            for (size_t column = 0; column < table->column_count; column++)
                html_compare_cell(page, table, row, column);
            html_close(page);
        }
        html_table_end(page);
    }
    compare_table_free(table);
}
