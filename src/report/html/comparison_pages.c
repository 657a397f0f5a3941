/* The overview of a comparison: what needs a look first, and at most 500 cases on a page. */
#include "report/html/comparison_pages.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "report/html/folder.h"
#include "report/html/html.h"
#include "report/html/svg.h"

enum { ROWS_PER_PAGE = 500, PATH_BYTES = 64 };

/* ---- The order ---- */

static int rank(const struct compare_case *compared) {
    static const int ranks[COMPARE_KINDS] = {
        [COMPARE_CHANGED] = 2, [COMPARE_ADDED] = 3, [COMPARE_GONE] = 4, [COMPARE_SAME] = 5};
    if (compared->over)
        return 0;
    return compared->missing || compared->kind == COMPARE_REFUSED ? 1 : ranks[compared->kind];
}

static int by_need(const void *left, const void *right) {
    const struct compare_case *a = *(struct compare_case *const *)left;
    const struct compare_case *b = *(struct compare_case *const *)right;
    int64_t grew = compare_difference(&a->figures[HEAPGATE_METRIC_PEAK]);
    int64_t grew_too = compare_difference(&b->figures[HEAPGATE_METRIC_PEAK]);
    if (rank(a) != rank(b))
        return rank(a) < rank(b) ? -1 : 1;
    if (rank(a) == rank(&(struct compare_case){.over = true}) || a->kind == COMPARE_CHANGED)
        if (grew != grew_too)
            return grew > grew_too ? -1 : 1;
    return strcmp(a->case_key, b->case_key);
}

/* ---- Rows ---- */

struct overview {
    const struct comparison *comparison;
    const struct compare_case **order; /* all cases; owned */
    const char *folder;
    size_t page, pages;
};

static void put_key(struct page *page, const struct compare_case *compared) {
    html_open(page, "th", "key");
    html_attribute(page, "scope", "row");
    if (compared->kind == COMPARE_SAME) {
        html_text(page, compared->case_key);
        html_close(page);
        return;
    }
    char *path = html_case_path(compared->case_key);
    if (path == NULL)
        page_fail(page);
    html_open(page, "a", NULL);
    if (path != NULL)
        html_reference(page, "href", path);
    html_text(page, compared->case_key);
    html_close(page);
    html_close(page);
    free(path);
}

static void put_row(struct page *page, const struct compare_case *compared,
                    const struct compare_table *table, size_t row) {
    enum { NOTE = 5 };
    const struct compare_figure *peak = &compared->figures[HEAPGATE_METRIC_PEAK];
    bool both = peak->has[COMPARE_BASE] && peak->has[COMPARE_HEAD];
    int64_t most = peak->value[COMPARE_BASE] > peak->value[COMPARE_HEAD]
                       ? peak->value[COMPARE_BASE]
                       : peak->value[COMPARE_HEAD];
    html_open(page, "tr", NULL);
    put_key(page, compared);
    for (size_t column = 1; column < NOTE; column++) {
        html_compare_cell(page, table, row, column);
        if (column != COMPARE_SIDES)
            continue;
        html_open(page, "td", "bar");
        if (both)
            html_compare_bar(page, peak->value, most);
        html_close(page);
    }
    html_open(page, "td", "text");
    if (rank(compared) < 2)
        html_leaf(page, "strong", compared->over ? "over" : "invalid",
                  compare_table_cell(table, row, NOTE));
    else
        html_text(page, compare_table_cell(table, row, NOTE));
    html_close(page);
    html_close(page);
}

static void put_rows(struct page *page, const struct overview *overview) {
    static const char *const columns[] = {"Case",        "#Base",  "#Head", "Head beside base",
                                          "#Difference", "#Ratio", "Peak",  NULL};
    size_t from = overview->page * ROWS_PER_PAGE, to = from + ROWS_PER_PAGE;
    to = to < overview->comparison->count ? to : overview->comparison->count;
    html_table(page, "Peaks. The mark on a bar is the base; each bar has a scale of its own.",
               columns);
    for (size_t i = from; i < to; i++) {
        struct comparison one = *overview->comparison;
        struct compare_table table;
        one.items = (struct compare_case *)(uintptr_t)overview->order[i];
        one.count = 1;
        compare_overview(&one, false, true, &table);
        if (table.failed)
            page_fail(page);
        else
            put_row(page, overview->order[i], &table, 0);
        compare_table_free(&table);
    }
    html_table_end(page);
}

/* ---- Pages ---- */

static void put_counts(struct page *page, const struct comparison *comparison) {
    static const struct {
        enum compare_kind kind;
        const char *word, *class;
    } kinds[] = {{COMPARE_CHANGED, "changed", NULL},
                 {COMPARE_SAME, "the same", NULL},
                 {COMPARE_REFUSED, "not compared", "invalid"},
                 {COMPARE_ADDED, "added", NULL},
                 {COMPARE_GONE, "gone", NULL}};
    char number[SIZE_TEXT_BYTES];
    html_open(page, "ul", "counts");
    if (compare_limits_any(&comparison->limits)) {
        html_open(page, "li", comparison->over_count > 0 ? "over" : "ok");
        html_leaf(page, "b", NULL, count_format(comparison->over_count, number));
        html_text(page, "over the limit");
        html_close(page);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t count = comparison->counts[kinds[i].kind];
        if (count == 0 && kinds[i].kind != COMPARE_CHANGED)
            continue;
        html_open(page, "li", kinds[i].class);
        html_leaf(page, "b", NULL, count_format(count, number));
        html_text(page, kinds[i].word);
        html_close(page);
    }
    html_close(page);
}

static void put_sides(struct page *page, const struct comparison *comparison) {
    char text[256], number[SIZE_TEXT_BYTES];
    for (int side = 0; side < COMPARE_SIDES; side++) {
        html_open(page, "p", NULL);
        html_textf(page, "%s: ", side == COMPARE_BASE ? "Base" : "Head");
        html_leaf(page, "code", NULL, comparison->folders[side]);
        html_textf(page, ", %s result%s", count_format(comparison->result_counts[side], number),
                   comparison->result_counts[side] == 1 ? "" : "s");
        html_close(page);
    }
    compare_verdict(comparison, text, sizeof text);
    if (text[0] != '\0')
        html_leaf(page, "p", NULL, text);
}

static const char *page_path(size_t page, char text[PATH_BYTES]) {
    if (page == 0)
        snprintf(text, PATH_BYTES, "index.html");
    else
        snprintf(text, PATH_BYTES, "index-%zu.html", page + 1);
    return text;
}

static void put_pages(struct page *page, const struct overview *overview) {
    char path[PATH_BYTES], number[SIZE_TEXT_BYTES];
    if (overview->pages == 1)
        return;
    html_open(page, "nav", "orders");
    html_attribute(page, "aria-label", "Pages");
    html_open(page, "ul", NULL);
    for (size_t i = 0; i < overview->pages; i++) {
        html_open(page, "li", NULL);
        html_open(page, "a", NULL);
        html_reference(page, "href", page_path(i, path));
        if (i == overview->page)
            html_attribute(page, "aria-current", "page");
        html_text(page, count_format(i + 1, number));
        html_close(page);
        html_close(page);
    }
    html_close(page);
    html_close(page);
}

static bool write_overview(const struct overview *overview, struct error *error) {
    char path[PATH_BYTES];
    struct page_head head = {.folder = overview->folder,
                             .path = page_path(overview->page, path),
                             .title = "Heap, base and head"};
    struct page *page = page_open(&head, error);
    if (page == NULL)
        return false;
    if (overview->page == 0) {
        put_sides(page, overview->comparison);
        put_counts(page, overview->comparison);
    }
    html_section(page, "cases", "Cases");
    put_pages(page, overview);
    put_rows(page, overview);
    html_close(page);
    return page_close(page, error);
}

static bool write_pages(struct overview *overview, struct error *error) {
    const struct comparison *comparison = overview->comparison;
    bool fine = page_write_files(overview->folder, error);
    for (size_t i = 0; i < comparison->count; i++)
        overview->order[i] = &comparison->items[i];
    if (comparison->count > 1)
        qsort(overview->order, comparison->count, sizeof *overview->order, by_need);
    for (size_t i = 0; fine && i < comparison->count; i++)
        if (comparison->items[i].kind != COMPARE_SAME)
            fine = html_compare_case(overview->folder, comparison, &comparison->items[i], error);
    overview->pages = (comparison->count + ROWS_PER_PAGE - 1) / ROWS_PER_PAGE;
    for (; fine && overview->page < overview->pages; overview->page++)
        fine = write_overview(overview, error);
    return fine;
}

bool html_compare(const struct comparison *comparison, const char *out, struct error *error) {
    struct overview overview = {.comparison = comparison};
    struct folder folder;
    if (!folder_begin(&folder, out, PAGE_NOTE, error))
        return false;
    overview.folder = folder.temporary;
    overview.order = calloc(comparison->count + 1, sizeof *overview.order);
    if (overview.order == NULL)
        error_set(error, "%s: out of memory", out);
    bool written =
        overview.order != NULL && write_pages(&overview, error) && folder_commit(&folder, error);
    folder_abort(&folder, error);
    free(overview.order);
    return written;
}
