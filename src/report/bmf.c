/* Bencher Metric Format: JSON that continuous-benchmarking services take. A benchmark for each case
 * with a valid measurement, and in it a measure for each engine and metric. Phases are left out: a
 * measure is a slug, and a phase has any name. */
#include <stdio.h>

#include <jansson.h>

#include "report/escape.h"
#include "report/view.h"

/* "count-peak-bytes", "massif-peak-bytes", "count-allocations": a measure is a slug. */
static void name_measure(const struct judged_row *row, char *name, size_t name_bytes) {
    enum heapgate_metric metric = row->bounds.metric;
    bool per_unit = budget_metric_scale(metric) > 1;
    const char *unit = budget_metric_is_size(metric) ? (per_unit ? "-bytes-per-unit" : "-bytes")
                                                     : (per_unit ? "-calls-per-unit" : "");
    snprintf(name, name_bytes, "%s-%s%s", result_engine_names[row->engine],
             budget_metric_name(metric), unit);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
}

/* What has decimals is a number with them, the nearest that JSON has. */
static json_t *json_value(enum heapgate_metric metric, int64_t value) {
    uint64_t scale = budget_metric_scale(metric);
    return scale > 1 ? json_real((double)value / (double)scale) : json_integer((json_int_t)value);
}

static json_t *json_measures(const struct judged_case *judged) {
    json_t *measures = json_object();
    for (size_t i = 0; i < judged->row_count; i++) {
        const struct judged_row *row = &judged->rows[i];
        char name[64];
        if (!row->bounds.has_measured || row->bounds.phase != NULL)
            continue;
        name_measure(row, name, sizeof name);
        json_t *measure =
            json_pack("{s:o}", "value", json_value(row->bounds.metric, row->bounds.measured));
        if (json_object_set_new(measures, name, measure) != 0) {
            json_decref(measures);
            return NULL;
        }
    }
    return measures;
}

static json_t *json_cases(const struct judged_list *list) {
    json_t *cases = json_object();
    for (size_t i = 0; i < list->count; i++) {
        const struct judged_case *judged = &list->items[i];
        if (judged->status != HEAPGATE_INVALID &&
            json_object_set_new(cases, judged->case_key, json_measures(judged)) != 0) {
            json_decref(cases);
            return NULL;
        }
    }
    return cases;
}

/* jansson goes on after a key that could not be written: so the first failure is kept. */
static int append(const char *bytes, size_t length, void *data) {
    struct writer *writer = data;
    writer->failed = writer->failed || !buffer_append(writer->buffer, bytes, length);
    return writer->failed ? -1 : 0;
}

static bool render(const struct judged_list *list, const struct report_options *options,
                   struct buffer *out) {
    (void)options;
    struct writer writer = {.buffer = out};
    json_t *cases = json_cases(list);
    bool written = cases != NULL &&
                   json_dump_callback(cases, append, &writer, JSON_INDENT(2)) == 0 &&
                   !writer.failed && buffer_append_text(out, "\n");
    json_decref(cases);
    return written;
}

extern const struct report_view report_bmf;
const struct report_view report_bmf = {
    .name = "bmf",
    .help = "Bencher Metric Format, JSON for continuous benchmarking",
    .render = render,
};
