/* OpenMetrics text (version 1.0.0), for a store of time series: a family of gauges for each metric,
 * with the limit it is held to, and the verdict of every case.
 *
 * A case without a valid measurement has its verdict and no figure: a gap in a plot is right where
 * a wrong point would not be. */
#include <stdio.h>

#include "report/escape.h"
#include "report/view.h"

static bool is_figure(const struct judged_case *judged, const struct judged_row *row,
                      enum heapgate_metric metric) {
    return judged->status != HEAPGATE_INVALID && row->bounds.metric == metric &&
           row->bounds.has_measured;
}

static bool is_measured(const struct judged_list *list, enum heapgate_metric metric) {
    for (size_t i = 0; i < list->count; i++)
        for (size_t row = 0; row < list->items[i].row_count; row++)
            if (is_figure(&list->items[i], &list->items[i].rows[row], metric))
                return true;
    return false;
}

/* A family's name ends in its unit, if it has one: "peak_bytes", "allocations". */
static const char *unit_suffix(enum heapgate_metric metric) {
    bool per_unit = budget_metric_scale(metric) > 1;
    if (budget_metric_is_size(metric))
        return per_unit ? "_bytes_per_unit" : "_bytes";
    return per_unit ? "_calls_per_unit" : "";
}

static void put_family(struct writer *writer, const char *name, const char *suffix,
                       const char *help, const char *more) {
    put(writer, "# TYPE heapgate_%s%s gauge\n", name, suffix);
    if (suffix[0] != '\0')
        put(writer, "# UNIT heapgate_%s%s %s\n", name, suffix, suffix + 1);
    put(writer, "# HELP heapgate_%s%s %s%s\n", name, suffix, help, more);
}

static void put_labels(struct writer *writer, const struct judged_case *judged) {
    put(writer, "{case=\"");
    put_openmetrics_label(writer, judged->case_key);
    put(writer, "\"");
}

static void put_row_labels(struct writer *writer, const struct judged_case *judged,
                           const struct judged_row *row) {
    put_labels(writer, judged);
    put(writer, ",engine=\"%s\"", result_engine_names[row->engine]);
    if (row->bounds.phase != NULL) {
        put(writer, ",phase=\"");
        put_openmetrics_label(writer, row->bounds.phase);
        put(writer, "\"");
    }
}

static void put_metric(struct writer *writer, const struct judged_list *list,
                       enum heapgate_metric metric) {
    static const char *const meanings[] = {
#define MEANING(NAME, name, unit, meaning) meaning,
        HEAPGATE_METRICS(MEANING)
#undef MEANING
    };
    const char *name = budget_metric_name(metric), *suffix = unit_suffix(metric);
    char number[RATE_TEXT_BYTES];
    put_family(writer, name, suffix, meanings[metric], "");
    for (size_t i = 0; i < list->count; i++)
        for (size_t at = 0; at < list->items[i].row_count; at++) {
            const struct judged_row *row = &list->items[i].rows[at];
            if (!is_figure(&list->items[i], row, metric))
                continue;
            put(writer, "heapgate_%s%s", name, suffix);
            put_row_labels(writer, &list->items[i], row);
            put(writer, "} %s\n", report_figure_number(metric, row->bounds.measured, number));
        }
}

static void put_limits(struct writer *writer, const struct judged_list *list,
                       enum heapgate_metric metric) {
    char name[64], number[RATE_TEXT_BYTES];
    const char *suffix = unit_suffix(metric);
    snprintf(name, sizeof name, "%s_limit", budget_metric_name(metric));
    put_family(writer, name, suffix, "the budget with its tolerance: ", budget_metric_name(metric));
    for (size_t i = 0; i < list->count; i++)
        for (size_t at = 0; at < list->items[i].row_count; at++) {
            const struct judged_row *row = &list->items[i].rows[at];
            if (!is_figure(&list->items[i], row, metric) || !row->bounds.has_budget)
                continue;
            put(writer, "heapgate_%s%s", name, suffix);
            put_row_labels(writer, &list->items[i], row);
            put(writer, "} %s\n", report_figure_number(metric, (int64_t)row->bounds.limit, number));
        }
}

static bool render(const struct judged_list *list, const struct report_options *options,
                   struct buffer *out) {
    struct writer writer = {.buffer = out};
    (void)options;
    put_family(
        &writer, "status", "",
        "the exit status of a case: 0 within budget, 1 over, 3 no valid measurement, 4 stale", "");
    for (size_t i = 0; i < list->count; i++) {
        put(&writer, "heapgate_status");
        put_labels(&writer, &list->items[i]);
        put(&writer, "} %d\n", (int)list->items[i].status);
    }
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        if (is_measured(list, (enum heapgate_metric)metric)) {
            put_metric(&writer, list, (enum heapgate_metric)metric);
            put_limits(&writer, list, (enum heapgate_metric)metric);
        }
    put(&writer, "# EOF\n");
    return !writer.failed;
}

extern const struct report_view report_openmetrics;
const struct report_view report_openmetrics = {
    .name = "openmetrics",
    .help = "gauges for a store of time series",
    .render = render,
};
