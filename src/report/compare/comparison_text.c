/* For a terminal and a log, within 100 columns as long as names allow it: every case on a line, and
 * then what is behind each that changed. */
#include <stdio.h>
#include <string.h>

#include "report/compare/comparison_view.h"
#include "report/compare/tables.h"

/* A cell wider than this has a line of its own, and does not push the others out to the right. */
enum { COLUMNS_MAX = 8, CELL_WIDTH_MAX = 40, GAP = 2 };

/* Characters, not bytes. */
static size_t width_of(const char *text, size_t bytes) {
    size_t width = 0;
    for (size_t i = 0; i < bytes; i++)
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    return width;
}

static const char *name_of(const struct compare_table *table, size_t column) {
    return table->columns[column] + (table->columns[column][0] == '#');
}

static void put_spaces(struct writer *writer, size_t count) {
    put(writer, "%*s", (int)count, "");
}

/* Without the spaces that empty cells leave behind. */
static void end_line(struct writer *writer) {
    struct buffer *text = writer->buffer;
    while (text->length > 0 && text->bytes[text->length - 1] == ' ')
        text->bytes[--text->length] = '\0';
    put(writer, "\n");
}

static void put_cell(struct writer *writer, const char *text, size_t width, bool right) {
    size_t used = width_of(text, strlen(text)), pad = used < width ? width - used : 0;
    if (right)
        put_spaces(writer, pad);
    put_plain(writer, text);
    if (!right)
        put_spaces(writer, pad);
}

/* The last cell: its first line in place, the others under it. */
static void put_last(struct writer *writer, const char *text, size_t indent) {
    for (bool first = true; first || *text != '\0'; first = false) {
        size_t length = strcspn(text, "\n");
        char line[512];
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        if (!first) {
            put_spaces(writer, indent);
            put(writer, "<- ");
        }
        put_plain(writer, line);
        end_line(writer);
        text += length + (text[length] == '\n');
    }
}

static size_t measure(const struct compare_table *table, size_t indent,
                      size_t widths[COLUMNS_MAX]) {
    size_t before_last = indent;
    for (size_t column = 0; column < table->column_count; column++) {
        widths[column] = width_of(name_of(table, column), strlen(name_of(table, column)));
        for (size_t row = 0; row < compare_table_rows(table); row++) {
            const char *cell = compare_table_cell(table, row, column);
            size_t width = width_of(cell, strlen(cell));
            if (width > widths[column] && width <= CELL_WIDTH_MAX)
                widths[column] = width;
        }
        if (column + 1 < table->column_count)
            before_last += widths[column] + GAP;
    }
    return before_last;
}

static void put_table(struct writer *writer, const struct compare_table *table, size_t indent) {
    size_t widths[COLUMNS_MAX], last = table->column_count - 1;
    size_t before_last = measure(table, indent, widths);
    bool last_right = table->columns[last][0] == '#';
    for (size_t row = 0; row <= compare_table_rows(table); row++) {
        put_spaces(writer, indent);
        for (size_t column = 0; column <= last; column++) {
            const char *cell =
                row == 0 ? name_of(table, column) : compare_table_cell(table, row - 1, column);
            if (column == last && !last_right) {
                put_last(writer, cell, before_last);
                break;
            }
            put_cell(writer, cell, widths[column], table->columns[column][0] == '#');
            if (column == 0 && width_of(cell, strlen(cell)) > widths[0]) {
                end_line(writer);
                put_spaces(writer, indent + widths[0]);
            }
            if (column == last)
                end_line(writer);
            else
                put_spaces(writer, GAP);
        }
    }
    writer->failed = writer->failed || table->failed;
}

/* Draws a table that is not empty, under a blank line, and frees it. */
static void put_part(struct writer *writer, struct compare_table *table, size_t indent) {
    if (table->cell_count > 0) {
        put(writer, "\n");
        put_table(writer, table, indent);
    }
    writer->failed = writer->failed || table->failed;
    compare_table_free(table);
}

static void put_case(const struct comparison *comparison, const struct compare_case *compared,
                     struct result *const results[COMPARE_SIDES], struct writer *writer) {
    struct compare_table table;
    struct compare_sites sites;
    put(writer, "\n");
    put_plain(writer, compared->case_key);
    if (compared->reason != NULL) {
        put(writer, "\n  ");
        put_plain(writer, compared->reason);
        put(writer, "\n");
        return;
    }
    put(writer, ", by %s\n", result_engine_names[compared->engine]);
    compare_metrics(comparison, compared, &table);
    if (table.cell_count > 0)
        put_table(writer, &table, GAP);
    compare_table_free(&table);
    compare_environment(results, &table);
    put_part(writer, &table, GAP);
    compare_phases(results, &table);
    put_part(writer, &table, GAP);
    writer->failed = !compare_sites_build(results, &sites) || writer->failed;
    compare_stacks(&sites, &table);
    put_part(writer, &table, GAP);
    compare_sites_free(&sites);
}

static void put_head(const struct comparison *comparison, struct writer *writer) {
    for (int side = 0; side < COMPARE_SIDES; side++) {
        put(writer, "%s: ", compare_side_names[side]);
        put_plain(writer, comparison->folders[side]);
        put(writer, ", %zu result%s\n", comparison->result_counts[side],
            comparison->result_counts[side] == 1 ? "" : "s");
    }
    put(writer, "Call stacks are matched by the frames shown: by function and file, or library "
                "where there is\nno file; line numbers and versions do not count.\n");
}

static bool render(const struct comparison *comparison, struct compare_output *output,
                   struct error *error) {
    struct writer *writer = &output->writer;
    struct compare_table table;
    char text[256];
    put_head(comparison, writer);
    compare_overview(comparison, false, false, &table);
    put_part(writer, &table, 0);
    if (!output->flush(output, error) || !compare_each_changed(comparison, output, put_case, error))
        return false;
    compare_summary(comparison, text, sizeof text);
    put(writer, "\n%s\n", text);
    compare_verdict(comparison, text, sizeof text);
    if (text[0] != '\0')
        put(writer, "%s\n", text);
    return output->flush(output, error);
}

extern const struct compare_view compare_text;
const struct compare_view compare_text = {
    .name = "text",
    .help = "every case on a line, and what is behind each that changed",
    .render = render,
};
