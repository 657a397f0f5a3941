/* For a pull request: what changed, in tables, with the call stacks folded away. */
#include <stdio.h>
#include <string.h>

#include "report/compare/comparison_view.h"
#include "report/compare/tables.h"

static void put_row(struct writer *writer, const struct compare_table *table, size_t row) {
    put(writer, "|");
    for (size_t column = 0; column < table->column_count; column++) {
        const char *text = compare_table_cell(table, row, column);
        put(writer, " ");
        for (bool first = true; first || *text != '\0'; first = false) {
            size_t length = strcspn(text, "\n");
            char line[512];
            snprintf(line, sizeof line, "%.*s", (int)length, text);
            put(writer, first ? "" : "<br>&larr; ");
            put_markdown(writer, line);
            text += length + (text[length] == '\n');
        }
        put(writer, " |");
    }
    put(writer, "\n");
}

/* Draws a table that is not empty, after a blank line, and frees it. */
static void put_table(struct writer *writer, struct compare_table *table) {
    size_t rows = table->cell_count > 0 ? compare_table_rows(table) : 0;
    if (rows > 0) {
        put(writer, "\n|");
        for (size_t column = 0; column < table->column_count; column++)
            put(writer, " %s |", table->columns[column] + (table->columns[column][0] == '#'));
        put(writer, "\n|");
        for (size_t column = 0; column < table->column_count; column++)
            put(writer, table->columns[column][0] == '#' ? " ---: |" : " --- |");
        put(writer, "\n");
    }
    for (size_t row = 0; row < rows; row++)
        put_row(writer, table, row);
    writer->failed = writer->failed || table->failed;
    compare_table_free(table);
}

static void put_case(const struct comparison *comparison, const struct compare_case *compared,
                     struct result *const results[COMPARE_SIDES], struct writer *writer) {
    struct compare_table table;
    struct compare_sites sites;
    if (compared->kind == COMPARE_REFUSED)
        return; /* all that is to be said of it stands in the overview */
    put(writer, "\n<details><summary>");
    put_markdown(writer, compared->case_key);
    if (compared->reason == NULL)
        put(writer, ", by %s", result_engine_names[compared->engine]);
    put(writer, "</summary>\n");
    compare_metrics(comparison, compared, &table);
    put_table(writer, &table);
    compare_environment(results, &table);
    put_table(writer, &table);
    compare_phases(results, &table);
    put_table(writer, &table);
    writer->failed = !compare_sites_build(results, &sites) || writer->failed;
    compare_stacks(&sites, &table);
    put_table(writer, &table);
    compare_sites_free(&sites);
    put(writer, "\n</details>\n");
}

static bool render(const struct comparison *comparison, struct compare_output *output,
                   struct error *error) {
    struct writer *writer = &output->writer;
    struct compare_table table;
    char text[256];
    put(writer, "### Heap: ");
    put_markdown(writer, comparison->folders[COMPARE_BASE]);
    put(writer, " &rarr; ");
    put_markdown(writer, comparison->folders[COMPARE_HEAD]);
    compare_summary(comparison, text, sizeof text);
    put(writer, "\n\n%s.", text);
    compare_verdict(comparison, text, sizeof text);
    put(writer, text[0] != '\0' ? " **%s**\n" : "%s\n", text);
    compare_overview(comparison, true, true, &table);
    put_table(writer, &table);
    if (comparison->counts[COMPARE_CHANGED] > 0)
        put(writer, "\n" COMPARE_SITES_RULE "\n");
    return output->flush(output, error) &&
           compare_each_changed(comparison, output, put_case, error);
}

extern const struct compare_view compare_markdown;
const struct compare_view compare_markdown = {
    .name = "markdown",
    .help = "tables of what changed, for a pull request",
    .render = render,
};
