/* The overview: every case on a line, in several orders, each of them pages of its own, because a
 * page without script cannot sort itself. A heading links to the order by its column. */
#include "report/html/html.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "report/html/svg.h"

enum { ROWS_PER_PAGE = 500, PATH_BYTES = 64 };

/* ---- The bar ---- */

/* What was measured as a share of the limit, which stands at BAR_LIMIT; beyond the end of the bar a
 * gap says that it goes on. */
enum { BAR_WIDTH = 176, BAR_HEIGHT = 15, BAR_LIMIT = 132 };

static void draw_bar(struct page *page, const struct budget_row *bounds) {
    double room = bounds_room(bounds);
    double end = isinf(room) ? (room < 0 ? INFINITY : 0) : (1 - room) * BAR_LIMIT;
    bool cut = end > BAR_WIDTH;
    html_open(page, "svg", NULL);
    html_attributef(page, "viewBox", "0 0 %d %d", BAR_WIDTH, BAR_HEIGHT);
    html_attribute(page, "aria-hidden", "true"); /* its figures stand beside it */
    svg_rect(page, "track", 0.5, 1.5, BAR_WIDTH - 1, BAR_HEIGHT - 3);
    html_close(page);
    svg_rect(page, "used", 0.5, 3, fmax(fmin(end, BAR_LIMIT), 0), BAR_HEIGHT - 6);
    html_close(page);
    if (end > BAR_LIMIT) {
        svg_rect(page, "beyond", BAR_LIMIT, 3, fmin(end, BAR_WIDTH) - BAR_LIMIT, BAR_HEIGHT - 6);
        html_close(page);
    }
    svg_line(page, "limit", BAR_LIMIT, 0, BAR_LIMIT, BAR_HEIGHT);
    for (int i = 0; cut && i < 2; i++)
        svg_line(page, "cut", BAR_WIDTH - 22 + 7 * i, BAR_HEIGHT, BAR_WIDTH - 16 + 7 * i, 0);
    html_close(page);
}

/* ---- Rows ---- */

/* A case's key, which may break after a "/". */
static void put_key(struct page *page, const char *key) {
    while (*key != '\0') {
        const char *slash = strchr(key, '/');
        size_t length = slash != NULL ? (size_t)(slash - key) + 1 : strlen(key);
        html_textf(page, "%.*s", (int)length, key);
        if (slash != NULL) {
            html_open(page, "wbr", NULL);
            html_close(page);
        }
        key += length;
    }
}

static void put_peak(struct page *page, const struct case_row *row) {
    const struct budget_row *bounds = &row->peak;
    char text[FIGURE_TEXT_BYTES + 64];
    bool both = bounds->has_measured && bounds->has_budget;
    html_number(page, bounds->has_measured
                          ? report_figure_short(bounds->metric, bounds->measured, text)
                          : "");
    html_number(page, bounds->has_budget
                          ? report_figure_short(bounds->metric, (int64_t)bounds->budget, text)
                      : row->message != NULL ? ""
                                             : "none");
    html_open(page, "td", "bar");
    if (both)
        draw_bar(page, bounds);
    html_close(page);
    html_number(page, both ? html_room(bounds, text, sizeof text) : "");
}

/* What is out of bounds beside the peak, or why nothing can be said. */
static void put_others(struct page *page, const struct case_row *row) {
    const struct budget_row *bounds = &row->other;
    char text[FIGURE_TEXT_BYTES + 64], name[REPORT_NAME_BYTES];
    html_open(page, "td", "text");
    if (row->message != NULL) {
        html_text(page, row->message);
    } else if (row->others_out > 0) {
        html_text(page, report_metric_name(bounds->metric, bounds->phase, name));
        if (bounds->has_measured && bounds->has_budget)
            html_textf(page, ": %s", html_room(bounds, text, sizeof text));
        if (row->others_out > 1)
            html_textf(page, ", and %zu more", row->others_out - 1);
    }
    html_close(page);
}

static void put_row(struct page *page, const struct case_row *row) {
    char text[FIGURE_TEXT_BYTES];
    char *path = html_case_path(row->case_key);
    if (path == NULL) {
        page_fail(page);
        return;
    }
    html_open(page, "tr", NULL);
    html_open(page, "td", NULL);
    html_verdict(page, row->status);
    html_close(page);
    html_open(page, "th", "case");
    html_attribute(page, "scope", "row");
    html_open(page, "a", NULL);
    html_reference(page, "href", path);
    put_key(page, row->case_key);
    html_close(page);
    html_close(page);
    put_peak(page, row);
    html_number(page, row->has_allocations
                          ? report_figure_short(HEAPGATE_METRIC_ALLOCATIONS, row->allocations, text)
                          : "");
    put_others(page, row);
    html_close(page);
    free(path);
}

/* ---- Pages ---- */

struct overview {
    const char *folder;
    const struct case_rows *rows;
    const struct case_order *order;
    size_t page, pages; /* of this order */
};

static const char *page_path(const struct case_order *order, size_t page, char text[PATH_BYTES]) {
    const char *name = order == case_orders ? "index" : order->name;
    if (page == 0)
        snprintf(text, PATH_BYTES, "%s.html", name);
    else
        snprintf(text, PATH_BYTES, "%s-%zu.html", name, page + 1);
    return text;
}

static void put_link(struct page *page, const char *path, const char *text, bool current) {
    html_open(page, "a", NULL);
    html_reference(page, "href", path);
    if (current)
        html_attribute(page, "aria-current", "page");
    html_text(page, text);
    html_close(page);
}

static void put_counts(struct page *page, const struct case_rows *rows) {
    char number[SIZE_TEXT_BYTES];
    html_open(page, "ul", "counts");
    html_open(page, "li", NULL);
    html_leaf(page, "b", NULL, count_format(rows->count, number));
    html_text(page, rows->count == 1 ? "case" : "cases");
    html_close(page);
    for (size_t i = 0; i < HTML_VERDICTS; i++) {
        size_t count = html_verdict_count(rows, html_verdicts[i].status);
        if (count == 0 && html_verdicts[i].status != HEAPGATE_OVER)
            continue;
        html_open(page, "li", count > 0 ? html_verdicts[i].class : NULL);
        html_leaf(page, "b", NULL, count_format(count, number));
        html_text(page, html_verdicts[i].counted);
        html_close(page);
    }
    html_close(page);
}

static void put_orders(struct page *page, const struct overview *overview) {
    char path[PATH_BYTES];
    html_open(page, "nav", "orders");
    html_attribute(page, "aria-label", "Orders");
    html_open(page, "ul", NULL);
    for (const struct case_order *order = case_orders; order->name != NULL; order++) {
        html_open(page, "li", NULL);
        put_link(page, page_path(order, 0, path), order->title, order == overview->order);
        html_close(page);
    }
    html_close(page);
    html_close(page);
}

/* The pages of one order, when they are more than one. */
static void put_pages(struct page *page, const struct overview *overview) {
    char path[PATH_BYTES], number[SIZE_TEXT_BYTES];
    if (overview->pages == 1)
        return;
    html_open(page, "nav", "orders");
    html_attribute(page, "aria-label", "Pages");
    html_open(page, "ul", NULL);
    for (size_t i = 0; i < overview->pages; i++) {
        html_open(page, "li", NULL);
        put_link(page, page_path(overview->order, i, path), count_format(i + 1, number),
                 i == overview->page);
        html_close(page);
    }
    html_close(page);
    html_close(page);
}

static void put_heading(struct page *page, const struct overview *overview, const char *text,
                        bool number) {
    char path[PATH_BYTES];
    html_open(page, "th", number ? "number" : NULL);
    html_attribute(page, "scope", "col");
    const struct case_order *order = case_orders;
    while (order->name != NULL && strcmp(order->column, text) != 0)
        order++;
    if (order == overview->order)
        html_attribute(page, "aria-sort", order->descending ? "descending" : "ascending");
    if (order->name != NULL && order != overview->order)
        put_link(page, page_path(order, 0, path), text, false);
    else
        html_textf(page, "%s%s", text,
                   order->name == NULL ? ""
                   : order->descending ? " \xe2\x96\xbc"
                                       : " \xe2\x96\xb2");
    html_close(page);
}

static void put_table(struct page *page, const struct overview *overview) {
    static const struct {
        const char *text;
        bool number;
    } columns[] = {{"Verdict", false},
                   {"Case", false},
                   {"Peak", true},
                   {"Budget", true},
                   {"Share of the limit", false},
                   {"Head-room", true},
                   {"Allocations", true},
                   {"Also", false}};
    size_t from = overview->page * ROWS_PER_PAGE, to = from + ROWS_PER_PAGE;
    to = to < overview->rows->count ? to : overview->rows->count;
    html_scroller(page, "Cases");
    html_open(page, "table", "cases");
    html_leaf(page, "caption", NULL,
              "The mark on a bar is the limit: the budget of the peak with its tolerance.");
    html_open(page, "thead", NULL);
    html_open(page, "tr", NULL);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        put_heading(page, overview, columns[i].text, columns[i].number);
    html_close(page);
    html_close(page);
    html_open(page, "tbody", NULL);
    for (size_t i = from; i < to; i++)
        put_row(page, &overview->rows->items[i]);
    html_table_end(page);
}

static void put_environment(struct page *page, const struct case_rows *rows) {
    static const char *const columns[] = {"Name", "Value", NULL};
    if (rows->environment_count == 0)
        return;
    html_section(page, "environment", "Environment");
    html_table(page, "What the cases were measured with", columns);
    for (size_t i = 0; i < rows->environment_count; i++) {
        const struct shared_value *shared = &rows->environment[i];
        html_open(page, "tr", NULL);
        html_open(page, "th", NULL);
        html_attribute(page, "scope", "row");
        html_text(page, shared->name);
        html_close(page);
        html_open(page, "td", "text");
        if (shared->differs)
            html_leaf(page, "em", NULL, "not the same in every case: see the cases' pages");
        else
            html_text(page, shared->value);
        if (shared->cases < rows->measured)
            html_leaff(page, "span", "quiet", " (%zu of %zu cases)", shared->cases, rows->measured);
        html_close(page);
        html_close(page);
    }
    html_table_end(page);
    html_close(page);
}

static bool write_page(const struct overview *overview, struct error *error) {
    char path[PATH_BYTES], title[256];
    html_summary(overview->rows, title, sizeof title);
    struct page_head head = {.folder = overview->folder,
                             .path = page_path(overview->order, overview->page, path),
                             .title = title};
    struct page *page = page_open(&head, error);
    if (page == NULL)
        return false;
    put_counts(page, overview->rows);
    html_section(page, "cases", "Cases");
    put_orders(page, overview);
    put_pages(page, overview);
    put_table(page, overview);
    put_pages(page, overview);
    html_close(page);
    put_environment(page, overview->rows);
    return page_close(page, error);
}

bool html_overview(const char *folder, struct case_rows *rows, struct error *error) {
    for (const struct case_order *order = case_orders; order->name != NULL; order++) {
        struct overview overview = {.folder = folder, .rows = rows, .order = order};
        overview.pages = rows->count > 0 ? (rows->count + ROWS_PER_PAGE - 1) / ROWS_PER_PAGE : 1;
        if (rows->count > 1)
            qsort(rows->items, rows->count, sizeof *rows->items, order->compare);
        for (; overview.page < overview.pages; overview.page++)
            if (!write_page(&overview, error))
                return false;
    }
    return true;
}
