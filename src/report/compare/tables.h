/* What a comparison says, as tables of texts: made once, and drawn by each view in its own
 * markup. */
#ifndef REPORT_COMPARE_TABLES_H
#define REPORT_COMPARE_TABLES_H

#include "report/compare/site_pairs.h"

/* Cells are plain text, not escaped; one of several lines has line breaks in it. */
struct compare_table {
    const char *const *columns; /* ends with NULL; a "#" before a name: numbers, aligned right */
    size_t column_count;
    char **cells; /* row after row; owned */
    size_t cell_count, room;
    bool failed; /* memory was out */
};

size_t compare_table_rows(const struct compare_table *table);
const char *compare_table_cell(const struct compare_table *table, size_t row, size_t column);
void compare_table_free(struct compare_table *table);

/* Each fills a table, which is to be freed. */

/* Every case with its peaks. `changed_only`: those that are not SAME. `reasons`: why a case was not
 * compared stands in its row, where there is room for long cells. */
void compare_overview(const struct comparison *comparison, bool changed_only, bool reasons,
                      struct compare_table *table);
/* Every figure of one case. */
void compare_metrics(const struct comparison *comparison, const struct compare_case *compared,
                     struct compare_table *table);
/* The ten stacks with the largest differences, and a row for all others. */
void compare_stacks(const struct compare_sites *sites, struct compare_table *table);
/* What differs between the systems that two results come from; no rows for nothing. */
void compare_environment(struct result *const results[COMPARE_SIDES], struct compare_table *table);
/* The peak in each phase, of the names that either has; no rows without phases. */
void compare_phases(struct result *const results[COMPARE_SIDES], struct compare_table *table);
/* "24 cases in both: 3 changed, 21 the same; 1 added, 1 gone, 1 not compared". */
void compare_summary(const struct comparison *comparison, char *text, size_t text_bytes);
/* "2 cases grew by more than --fail-on allows"; empty when none did. */
void compare_verdict(const struct comparison *comparison, char *text, size_t text_bytes);

#endif
