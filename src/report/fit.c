/* The growth of a result in words. */
#include "report/site_list.h"
#include "report/view.h"

bool report_has_fit(const struct result *result, enum heapgate_metric metric) {
    return result->point_count > 0 &&
           (metric == HEAPGATE_METRIC_GROWTH || result->points_have_allocations);
}

void report_fit(const struct result *result, enum heapgate_metric metric, struct writer *writer) {
    bool bytes = metric == HEAPGATE_METRIC_GROWTH;
    const struct growth_fit *fit = bytes ? &result->growth : &result->allocation_growth;
    const char *unit = bytes ? " B" : "";
    put(writer, "%s = %.0f%s + %.*f%s x units, no point further off than %.0f%s%s\n",
        bytes ? "peak" : "allocations", fit->intercept, unit, bytes ? 2 : 3, fit->per_unit, unit,
        fit->residual, unit, fit->super_linear ? "; it grows faster than linearly" : "");
}

void report_growth(const struct result *result, enum heapgate_metric metric,
                   const struct budget_row *bounds, struct writer *writer) {
    bool bytes = metric == HEAPGATE_METRIC_GROWTH;
    const struct growth_fit *fit = bytes ? &result->growth : &result->allocation_growth;
    char text[FIGURE_TEXT_BYTES], number[RATE_TEXT_BYTES];
    if (!report_has_fit(result, metric))
        return;
    put(writer, "  %s: %s", budget_metric_name(metric),
        report_figure(metric, growth_figure(fit, metric), text));
    if (bounds != NULL && bounds->has_budget)
        put(writer, "; the budget says %s",
            rate_format(bounds->budget, budget_metric_scale(metric), number));
    put(writer, "; ");
    report_fit(result, metric, writer);
}
