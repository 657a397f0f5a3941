/* For a terminal and a log: one line for each peak and for whatever is out of bounds, then a block
 * for every case that is not OK. Metrics within their budget stay out of the table: a reader
 * scans it for what changed. */
#include <stdio.h>
#include <string.h>

#include "report/escape.h"
#include "report/view.h"

enum { COLUMNS = 7, CELL_BYTES = HEAPGATE_NAME_BYTES };

struct line {
    char cells[COLUMNS][CELL_BYTES];
    enum heapgate_status status;
};

static const struct line heading = {
    .cells = {"case", "engine", "metric", "measured", "budget", "head-room", "verdict"}};
static const bool right_aligned[COLUMNS] = {[3] = true, [4] = true, [5] = true};

static void set(struct line *line, int column, const char *text) {
    snprintf(line->cells[column], CELL_BYTES, "%s", text);
}

static void fill_line(const struct judged_case *judged, const struct judged_row *row,
                      struct line *line) {
    char text[FIGURE_TEXT_BYTES], name[REPORT_NAME_BYTES];
    const struct budget_row *bounds = &row->bounds;
    *line = (struct line){.status = bounds->status};
    set(line, 0, judged->case_key);
    set(line, 1, result_engine_names[row->engine]);
    set(line, 2, report_metric_name(bounds->metric, bounds->phase, name));
    if (bounds->has_measured)
        set(line, 3, report_figure_short(bounds->metric, bounds->measured, text));
    if (bounds->has_budget)
        set(line, 4, report_figure_short(bounds->metric, (int64_t)bounds->budget, text));
    if (bounds->has_measured && bounds->has_budget)
        set(line, 5, report_figure_short(bounds->metric, report_head_room(bounds), text));
    set(line, 6, report_verdict(bounds->status));
}

/* Calls `use` for every line of the table, in order. */
static void each_line(const struct judged_list *list,
                      void (*use)(const struct line *line, void *context), void *context) {
    struct line line;
    use(&heading, context);
    for (size_t i = 0; i < list->count; i++) {
        const struct judged_case *judged = &list->items[i];
        bool shown = false;
        for (size_t j = 0; j < judged->row_count; j++) {
            const struct budget_row *bounds = &judged->rows[j].bounds;
            bool is_peak = bounds->metric == HEAPGATE_METRIC_PEAK && bounds->phase == NULL;
            if (!is_peak && bounds->status == HEAPGATE_OK)
                continue;
            fill_line(judged, &judged->rows[j], &line);
            use(&line, context);
            shown = true;
        }
        if (shown)
            continue;
        line = (struct line){.status = judged->status};
        set(&line, 0, judged->case_key);
        set(&line, 6, report_verdict(judged->status));
        use(&line, context);
    }
}

struct table {
    size_t widths[COLUMNS];
    struct writer *writer;
    bool colour;
};

static void measure_line(const struct line *line, void *context) {
    struct table *table = context;
    for (int column = 0; column < COLUMNS; column++)
        if (strlen(line->cells[column]) > table->widths[column])
            table->widths[column] = strlen(line->cells[column]);
}

static void put_line(const struct line *line, void *context) {
    struct table *table = context;
    for (int column = 0; column + 1 < COLUMNS; column++)
        put(table->writer, right_aligned[column] ? "%*s  " : "%-*s  ", (int)table->widths[column],
            line->cells[column]);
    const char *colour = line->status == HEAPGATE_OK ? "\033[32m" : "\033[1;31m";
    if (table->colour && line != &heading)
        put(table->writer, "%s%s\033[0m\n", colour, line->cells[COLUMNS - 1]);
    else
        put(table->writer, "%s\n", line->cells[COLUMNS - 1]);
}

static bool render(const struct judged_list *list, const struct report_options *options,
                   struct buffer *out) {
    struct writer writer = {.buffer = out};
    struct table table = {.writer = &writer, .colour = options->colour};
    char summary[256];
    each_line(list, measure_line, &table);
    each_line(list, put_line, &table);
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].status == HEAPGATE_OK)
            continue;
        put(&writer, "\n");
        writer.failed = !report_case_block(&list->items[i], options, out) || writer.failed;
    }
    report_summary(list, summary, sizeof summary);
    put(&writer, "\n%s\n", summary);
    return !writer.failed;
}

extern const struct report_view report_text;
const struct report_view report_text = {
    .name = "text",
    .help = "a table, and a block for every case that fails",
    .render = render,
};
