/* For a summary page of a pipeline: every judged metric in one table, the blocks below it. */
#include <string.h>

#include "report/escape.h"
#include "report/view.h"

static void put_row(struct writer *writer, const struct judged_case *judged,
                    const struct judged_row *row) {
    char text[FIGURE_TEXT_BYTES], name[REPORT_NAME_BYTES];
    const struct budget_row *bounds = &row->bounds;
    enum heapgate_metric metric = bounds->metric;
    put(writer, "| ");
    put_markdown(writer, judged->case_key);
    put(writer, " | %s | ", result_engine_names[row->engine]);
    put_markdown(writer, report_metric_name(metric, bounds->phase, name));
    put(writer, " | %s", bounds->has_measured ? report_figure(metric, bounds->measured, text) : "");
    put(writer, " | %s",
        bounds->has_budget ? report_figure(metric, (int64_t)bounds->budget, text) : "");
    put(writer, " | %s",
        bounds->has_budget && bounds->has_measured
            ? report_figure(metric, report_head_room(bounds), text)
            : "");
    put(writer, bounds->status == HEAPGATE_OK ? " | %s |\n" : " | **%s** |\n",
        report_verdict(bounds->status));
}

/* Indented, because a fence could be closed by what stands inside it. */
static void put_indented(struct writer *writer, const char *text) {
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        put(writer, "    %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void put_block(struct writer *writer, const struct judged_case *judged,
                      const struct report_options *options) {
    struct buffer block = BUFFER_INIT(REPORT_BYTES_MAX);
    struct report_options plain = *options;
    plain.colour = false;
    if (report_case_block(judged, &plain, &block) && block.bytes != NULL) {
        put(writer, "\n");
        put_indented(writer, block.bytes);
    } else {
        writer->failed = true;
    }
    buffer_fini(&block);
}

static bool render(const struct judged_list *list, const struct report_options *options,
                   struct buffer *out) {
    struct writer writer = {.buffer = out};
    char summary[256];
    report_summary(list, summary, sizeof summary);
    put(&writer, "### Heap budgets\n\n%s\n\n", summary);
    put(&writer, "| case | engine | metric | measured | budget | head-room | verdict |\n"
                 "| --- | --- | --- | ---: | ---: | ---: | --- |\n");
    for (size_t i = 0; i < list->count; i++) {
        const struct judged_case *judged = &list->items[i];
        for (size_t j = 0; j < judged->row_count; j++)
            put_row(&writer, judged, &judged->rows[j]);
        if (judged->row_count > 0)
            continue;
        put(&writer, "| ");
        put_markdown(&writer, judged->case_key);
        put(&writer, " | | | | | | **%s** |\n", report_verdict(judged->status));
    }
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].status != HEAPGATE_OK)
            put_block(&writer, &list->items[i], options);
    return !writer.failed;
}

extern const struct report_view report_markdown;
const struct report_view report_markdown = {
    .name = "markdown",
    .help = "a table of every metric, for a pipeline's summary page",
    .render = render,
};
