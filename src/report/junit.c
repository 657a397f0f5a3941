/* JUnit's XML: a test case for each case; out of bounds is a failure, no valid measurement an
 * error. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/escape.h"
#include "report/view.h"

/* One line: the message of a refusal, or the first metric out of bounds. */
static void put_message(struct writer *writer, const struct judged_case *judged) {
    char measured[FIGURE_TEXT_BYTES], limit[FIGURE_TEXT_BYTES], name[REPORT_NAME_BYTES];
    if (judged->message[0] != '\0') {
        put_xml(writer, judged->message);
        return;
    }
    for (size_t i = 0; i < judged->row_count; i++) {
        const struct budget_row *bounds = &judged->rows[i].bounds;
        if (bounds->status == HEAPGATE_OK)
            continue;
        bool over = bounds->status == HEAPGATE_OVER;
        put_xml(writer, report_metric_name(bounds->metric, bounds->phase, name));
        put(writer, " %s, expected at %s %s",
            report_figure(bounds->metric, bounds->measured, measured), over ? "most" : "least",
            report_figure(bounds->metric, (int64_t)(over ? bounds->limit : bounds->floor), limit));
        return;
    }
}

static void put_outcome(struct writer *writer, const struct judged_case *judged,
                        const struct report_options *options) {
    struct buffer block = BUFFER_INIT(REPORT_BYTES_MAX);
    struct report_options plain = *options;
    const char *element = judged->status == HEAPGATE_INVALID ? "error" : "failure";
    plain.colour = false;
    if (!report_case_block(judged, &plain, &block) || block.bytes == NULL)
        writer->failed = true;
    put(writer, "      <%s type=\"%s\" message=\"", element, report_verdict(judged->status));
    put_message(writer, judged);
    put(writer, "\">");
    put_xml(writer, block.bytes != NULL ? block.bytes : "");
    put(writer, "</%s>\n", element);
    buffer_fini(&block);
}

static uint64_t wall_ms(const struct judged_case *judged) {
    uint64_t sum = 0;
    for (int engine = 0; judged->result != NULL && engine < RESULT_ENGINES; engine++)
        sum += judged->result->engines[engine].wall_ms;
    return sum;
}

static void put_case(struct writer *writer, const struct judged_case *judged,
                     const struct report_options *options) {
    const char *slash = strchr(judged->case_key, '/');
    char group[HEAPGATE_NAME_BYTES] = "heapgate";
    uint64_t ms = wall_ms(judged);
    if (slash != NULL)
        snprintf(group, sizeof group, "%.*s", (int)(slash - judged->case_key), judged->case_key);
    put(writer, "    <testcase classname=\"");
    put_xml(writer, group);
    put(writer, "\" name=\"");
    put_xml(writer, slash != NULL ? slash + 1 : judged->case_key);
    if (judged->file != NULL) {
        put(writer, "\" file=\"");
        put_xml(writer, judged->file);
        put(writer, "\" line=\"%u", judged->line);
    }
    put(writer, "\" time=\"%" PRIu64 ".%03" PRIu64 "\"", ms / 1000, ms % 1000);
    if (judged->status == HEAPGATE_OK) {
        put(writer, "/>\n");
        return;
    }
    put(writer, ">\n");
    put_outcome(writer, judged, options);
    put(writer, "    </testcase>\n");
}

static bool render(const struct judged_list *list, const struct report_options *options,
                   struct buffer *out) {
    struct writer writer = {.buffer = out};
    size_t errors = report_count(list, HEAPGATE_INVALID);
    size_t failures = report_count(list, HEAPGATE_OVER) + report_count(list, HEAPGATE_STALE);
    put(&writer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    put(&writer,
        "  <testsuite name=\"heapgate\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
        "skipped=\"0\">\n",
        list->count, failures, errors);
    for (size_t i = 0; i < list->count; i++)
        put_case(&writer, &list->items[i], options);
    put(&writer, "  </testsuite>\n</testsuites>\n");
    return !writer.failed;
}

extern const struct report_view report_junit;
const struct report_view report_junit = {
    .name = "junit",
    .help = "XML for a pipeline's test report",
    .render = render,
};
