/* GitHub's workflow commands: each case that is not OK becomes an annotation on the line of the
 * budget that it broke. */
#include "report/escape.h"
#include "report/view.h"

/* The first figure out of bounds, else the case. */
static void find_place(const struct judged_case *judged, const char **file, unsigned *line) {
    *file = judged->file;
    *line = judged->line;
    for (size_t i = 0; i < judged->row_count; i++) {
        const struct budget_row *bounds = &judged->rows[i].bounds;
        if (bounds->status == HEAPGATE_OK || bounds->file == NULL)
            continue;
        *file = bounds->file;
        *line = bounds->line;
        return;
    }
}

static void put_annotation(struct writer *writer, const struct judged_case *judged,
                           const struct report_options *options) {
    struct buffer block = BUFFER_INIT(REPORT_BYTES_MAX);
    struct report_options plain = *options;
    const char *file;
    unsigned line;
    plain.colour = false;
    if (!report_case_block(judged, &plain, &block) || block.bytes == NULL)
        writer->failed = true;
    find_place(judged, &file, &line);
    put(writer, "::error ");
    if (file != NULL) {
        put(writer, "file=");
        put_github_property(writer, file);
        put(writer, ",line=%u,", line);
    }
    put(writer, "title=");
    put_github_property(writer, report_verdict(judged->status));
    put(writer, " ");
    put_github_property(writer, judged->case_key);
    put(writer, "::");
    if (block.length > 0 && block.bytes[block.length - 1] == '\n')
        block.bytes[--block.length] = '\0';
    put_github_message(writer, block.bytes != NULL ? block.bytes : "");
    put(writer, "\n");
    buffer_fini(&block);
}

static bool render(const struct judged_list *list, const struct report_options *options,
                   struct buffer *out) {
    struct writer writer = {.buffer = out};
    char summary[256];
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].status != HEAPGATE_OK)
            put_annotation(&writer, &list->items[i], options);
    report_summary(list, summary, sizeof summary);
    put(&writer, "%s\n", summary);
    return !writer.failed;
}

extern const struct report_view report_github;
const struct report_view report_github = {
    .name = "github",
    .help = "annotations of a change on GitHub",
    .render = render,
};
