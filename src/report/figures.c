/* The figures of a result, as heapgate run and heapgate explain print them. */
#include <string.h>

#include "base/size.h"
#include "report/notes.h"
#include "report/site_list.h"
#include "report/view.h"

static void put_figure(struct writer *writer, const char *name, enum heapgate_metric metric,
                       int64_t value) {
    char exact[FIGURE_TEXT_BYTES], rounded[FIGURE_TEXT_BYTES];
    report_figure(metric, value, exact);
    report_figure_short(metric, value, rounded);
    if (strcmp(exact, rounded) == 0 || !budget_metric_is_size(metric))
        put(writer, "  %-17s %17s\n", name, exact);
    else
        put(writer, "  %-17s %17s   %s\n", name, exact, rounded);
}

static void put_fit(const struct result *result, enum heapgate_metric metric,
                    struct writer *writer) {
    if (!report_has_fit(result, metric))
        return;
    put(writer, "  %-17s", "");
    report_fit(result, metric, writer);
}

void report_figures(const struct result *result, bool colour, struct writer *writer) {
    char text[SIZE_TEXT_BYTES];
    const struct result_usage *count = &result->engines[RESULT_COUNT];
    const struct result_usage *profile = &result->engines[RESULT_PROFILE];
    const struct result_usage *massif = &result->engines[RESULT_MASSIF];
    put(writer, colour ? "\033[1m" : "");
    put_plain(writer, result->case_key);
    put(writer, colour ? "\033[0m" : "");
    if (result->scope != NULL)
        put(writer, " (the scope, %s units)", count_format(result->units, text));
    put(writer, "\n");
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        if (count->present && count->has[metric])
            put_figure(writer, budget_metric_name((enum heapgate_metric)metric),
                       (enum heapgate_metric)metric, count->figures[metric]);
    put_fit(result, HEAPGATE_METRIC_GROWTH, writer);
    put_fit(result, HEAPGATE_METRIC_ALLOCATION_GROWTH, writer);
    if (profile->present)
        put_figure(writer, "peak (profile)", HEAPGATE_METRIC_PEAK,
                   profile->figures[HEAPGATE_METRIC_PEAK]);
    if (massif->present)
        put_figure(writer, "peak (massif)", HEAPGATE_METRIC_PEAK,
                   massif->figures[HEAPGATE_METRIC_PEAK]);
    if (count->present && count->heap_and_mapped_peak_bytes > 0)
        put_figure(writer, "heap and mapped", HEAPGATE_METRIC_PEAK,
                   (int64_t)count->heap_and_mapped_peak_bytes);
    if (count->present && count->processes > 1) {
        put(writer, "  %-16s %18s   %s\n", "processes", count_format(count->processes, text),
            result->process.chosen_by != NULL ? "of which this one was chosen"
                                              : "of which this is the largest");
        put_figure(writer, "sum of peaks", HEAPGATE_METRIC_PEAK, (int64_t)count->sum_peak_bytes);
    }
    if (count->present && count->uncounted_processes > 0)
        put(writer, "  %-16s %18s   processes that cannot be counted\n", "left out",
            count_format(count->uncounted_processes, text));
    report_process(result, writer);
    if (count->present && count->foreign_frees > 0)
        put(writer,
            "  %-16s %18s   freed blocks, allocated past the allocator: not in the figures\n",
            "foreign", count_format(count->foreign_frees, text));
    if (count->present && count->deep_binds > 0)
        put(writer,
            "  note: RTLD_DEEPBIND was cleared in %s of the program's calls of dlopen: it mixes "
            "allocators\n",
            count_format(count->deep_binds, text));
}
