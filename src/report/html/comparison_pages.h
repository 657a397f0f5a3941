/* A comparison as a folder of pages, in the style of the report: an overview, and a page for each
 * case that is not the same in both. */
#ifndef REPORT_HTML_COMPARISON_PAGES_H
#define REPORT_HTML_COMPARISON_PAGES_H

#include "report/compare/comparison.h"
#include "report/compare/tables.h"
#include "report/html/page.h"

/* Writes all of it, or nothing: made beside `out`, it takes its place at the end. A folder there
 * that is neither empty nor a report is left alone. */
bool html_compare(const struct comparison *comparison, const char *out, struct error *error);

/* Writes a case's page below `folder`. */
bool html_compare_case(const char *folder, const struct comparison *comparison,
                       const struct compare_case *compared, struct error *error);

/* A table of a comparison, drawn and freed; nothing where it is empty. */
void html_compare_table(struct page *page, const char *caption, struct compare_table *table);

/* One cell of it. */
void html_compare_cell(struct page *page, const struct compare_table *table, size_t row,
                       size_t column);

/* A bar of what there is in head, with a mark where base stands, on a scale that ends at `most`.
 * Its figures stand beside it. */
void html_compare_bar(struct page *page, const int64_t values[COMPARE_SIDES], int64_t most);

#endif
