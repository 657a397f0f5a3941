/* The plots of a case's page: over time, over bytes allocated, over units, and its phases. */
#include "report/html/html.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/size.h"
#include "report/html/plot.h"

/* ---- Levels ---- */

/* The peak as it was counted, and the limit it is held to. */
static size_t find_levels(const struct judged_case *judged, struct plot_level levels[2]) {
    const struct result *result = judged->result;
    struct budget_figures figures;
    size_t count = 0;
    if (judged_figures(result, &figures) && figures.has[HEAPGATE_METRIC_PEAK])
        levels[count++] = (struct plot_level){"peak", (double)figures.values[HEAPGATE_METRIC_PEAK],
                                              PLOT_MEASURED};
    for (size_t i = 0; i < judged->row_count; i++) {
        const struct budget_row *bounds = &judged->rows[i].bounds;
        if (bounds->metric != HEAPGATE_METRIC_PEAK || bounds->phase != NULL || !bounds->has_budget)
            continue;
        levels[count++] = (struct plot_level){"limit", (double)bounds->limit, PLOT_LIMIT};
        break;
    }
    return count;
}

/* ---- Over time ---- */

static double highest(const struct plot_series *series) {
    double high = 0;
    for (size_t i = 0; i < series->count; i++)
        high = fmax(high, series->points[i].y);
    return high;
}

/* Beside a resident set of many times its height what is live would be a line on the ground: then
 * it has a plot of its own before. */
static bool is_dwarfed(const struct plot_series *live, const struct plot_level *levels,
                       size_t level_count, const struct plot_series *resident) {
    enum { TIMES = 4 };
    double high = highest(live);
    for (size_t i = 0; i < level_count; i++)
        high = fmax(high, levels[i].y);
    return highest(resident) > TIMES * high;
}

static void draw_samples(struct page *page, const struct judged_case *judged,
                         struct plot_point *live, struct plot_point *resident,
                         struct plot_band *bands) {
    const struct result *result = judged->result;
    struct plot_level levels[2];
    for (size_t i = 0; i < result->timeline_count; i++) {
        const struct result_sample *sample = &result->timeline[i];
        live[i] = (struct plot_point){(double)sample->at_ms, (double)sample->live_bytes};
        resident[i] = (struct plot_point){(double)sample->at_ms, (double)sample->rss_bytes};
    }
    for (size_t i = 0; i < result->phase_count; i++) {
        const struct result_phase *phase = &result->phases[i];
        bands[i] = (struct plot_band){phase->name, (double)phase->begin_ms, (double)phase->end_ms};
    }
    struct plot_series series[] = {
        {"live", PLOT_LIVE, PLOT_LINE, live, result->timeline_count},
        {"resident set", PLOT_RESIDENT, PLOT_LINE, resident, result->timeline_count}};
    struct plot plot = {.id = "live",
                        .title = "Live bytes over time",
                        .x_name = "time",
                        .y_name = "bytes",
                        .x_unit = PLOT_MILLISECONDS,
                        .y_unit = PLOT_BYTES,
                        .series = series,
                        .series_count = 1,
                        .levels = levels,
                        .level_count = find_levels(judged, levels),
                        .bands = bands,
                        .band_count = result->phase_count};
    if (result->scope != NULL)
        plot.note = "Above what was live when the scope began.";
    if (is_dwarfed(&series[0], levels, plot.level_count, &series[1]))
        plot_draw(page, &plot);
    plot.id = "time";
    plot.title = "Live bytes and resident set over time";
    plot.note = "What stays between them after a fall was freed and not returned to the system.";
    plot.series_count = 2;
    plot_draw(page, &plot);
}

static void draw_timeline(struct page *page, const struct judged_case *judged) {
    size_t count = judged->result->timeline_count;
    struct plot_point *live = calloc(count, sizeof *live);
    struct plot_point *resident = calloc(count, sizeof *resident);
    struct plot_band *bands = calloc(judged->result->phase_count + 1, sizeof *bands);
    if (live != NULL && resident != NULL && bands != NULL)
        draw_samples(page, judged, live, resident, bands);
    else
        page_fail(page);
    free(live);
    free(resident);
    free(bands);
}

static void draw_steps(struct page *page, const struct judged_case *judged) {
    const struct result *result = judged->result;
    struct plot_level levels[2];
    struct plot_point *live = calloc(result->step_count, sizeof *live);
    if (live == NULL) {
        page_fail(page);
        return;
    }
    for (size_t i = 0; i < result->step_count; i++)
        live[i] = (struct plot_point){(double)result->steps[i].allocated_bytes,
                                      (double)result->steps[i].live_bytes};
    struct plot_series series = {"live", PLOT_LIVE, PLOT_LINE, live, result->step_count};
    struct plot plot = {.id = "allocated",
                        .title = "Live bytes over bytes allocated",
                        .note = "The same in every run: it knows no clock.",
                        .x_name = "allocated so far",
                        .y_name = "live bytes",
                        .x_unit = PLOT_BYTES,
                        .y_unit = PLOT_BYTES,
                        .series = &series,
                        .series_count = 1,
                        .levels = levels,
                        .level_count = find_levels(judged, levels)};
    plot_draw(page, &plot);
    free(live);
}

void html_case_timeline(struct page *page, const struct judged_case *judged) {
    const struct result *result = judged->result;
    if (result->timeline_count == 0 && result->step_count == 0)
        return;
    html_section(page, "timeline", "Timeline");
    if (result->timeline_count > 0)
        draw_timeline(page, judged);
    if (result->step_count > 0)
        draw_steps(page, judged);
    html_close(page);
}

/* ---- Phases ---- */

static void put_phase(struct page *page, const struct result_phase *phase) {
    char text[SIZE_TEXT_BYTES];
    int64_t increment;
    if (__builtin_sub_overflow(phase->live_after_bytes, phase->live_before_bytes, &increment))
        increment = 0;
    html_open(page, "tr", NULL);
    html_open(page, "th", NULL);
    html_attribute(page, "scope", "row");
    html_text(page, phase->name);
    if (phase->sampled)
        html_text(page, " (marked from outside: about)");
    html_close(page);
    html_number(page, signed_format(phase->live_before_bytes, SIGN_MINUS, size_format, text));
    html_number(page, signed_format(phase->live_after_bytes, SIGN_MINUS, size_format, text));
    html_open(page, "td", "number");
    html_text(page, signed_format(increment, SIGN_CHANGE, size_format, text));
    html_close(page);
    html_number(page, signed_format(phase->peak_bytes, SIGN_MINUS, size_format, text));
    html_number(page, count_format(phase->allocations, text));
    html_open(page, "td", "number");
    html_textf(page, "%s ms", count_format(phase->end_ms - phase->begin_ms, text));
    html_close(page);
    html_close(page);
}

void html_case_phases(struct page *page, const struct result *result) {
    static const char *const columns[] = {
        "Phase",        "#Live before", "#Live after", "#Increment",
        "#Peak inside", "#Allocations", "#Took",       NULL};
    if (result->phase_count == 0)
        return;
    html_section(page, "phases", "Phases");
    html_table(page, "Live bytes of the process, from mark to mark", columns);
    for (size_t i = 0; i < result->phase_count; i++)
        put_phase(page, &result->phases[i]);
    html_table_end(page);
    html_close(page);
}

/* ---- Growth ---- */

static const char *amount(enum heapgate_metric metric, double value, char text[SIZE_TEXT_BYTES]) {
    int64_t whole = (int64_t)fmax(fmin(value, 9e18), -9e18);
    return signed_format(whole, SIGN_MINUS,
                         metric == HEAPGATE_METRIC_GROWTH ? size_format : count_format, text);
}

static void put_fit(struct page *page, enum heapgate_metric metric, const struct growth_fit *fit) {
    char rate[FIGURE_TEXT_BYTES], intercept[SIZE_TEXT_BYTES], residual[SIZE_TEXT_BYTES];
    bool bytes = metric == HEAPGATE_METRIC_GROWTH;
    rate_format((uint64_t)growth_figure(fit, metric), budget_metric_scale(metric), rate);
    html_open(page, "p", NULL);
    html_textf(page, "%s = %s + ", bytes ? "Peak" : "Allocations",
               amount(metric, fit->intercept, intercept));
    html_leaff(page, "strong", NULL, "%s%s", rate, bytes ? " B" : "");
    html_textf(page, " for each unit; the point farthest from that is off by %s.",
               amount(metric, fit->residual, residual));
    if (fit->super_linear)
        html_leaf(page, "strong", "over", " It grows faster and faster: more than linear.");
    else if (!(fit->per_unit > 0))
        html_text(page, " It does not grow with the work.");
    html_close(page);
}

static void draw_growth(struct page *page, const struct judged_case *judged,
                        enum heapgate_metric metric) {
    static const char *const texts[][3] = {
        {"growth-plot", "Peak over units of work", "peak"},
        {"calls-plot", "Calls that allocated over units of work", "calls"}};
    const struct result *result = judged->result;
    bool bytes = metric == HEAPGATE_METRIC_GROWTH;
    const struct growth_fit *fit = bytes ? &result->growth : &result->allocation_growth;
    struct plot_point measured[GROWTH_POINTS_MAX], fitted[2];
    struct plot_level levels[2];
    size_t count = result->point_count;
    for (size_t i = 0; i < count; i++)
        measured[i] = (struct plot_point){
            (double)result->points[i].units,
            (double)(bytes ? result->points[i].peak_bytes : result->points[i].allocations)};
    for (size_t i = 0; i < 2; i++) {
        double units = i == 0 ? 0 : measured[count - 1].x;
        fitted[i] = (struct plot_point){units, fit->intercept + fit->per_unit * units};
    }
    struct plot_series series[] = {{"measured", PLOT_LIVE, PLOT_DOTS, measured, count},
                                   {"fit", PLOT_RESIDENT, PLOT_LINE, fitted, 2}};
    size_t level_count = bytes ? find_levels(judged, levels) : 0;
    struct plot plot = {.id = texts[!bytes][0],
                        .title = texts[!bytes][1],
                        .x_name = "units",
                        .y_name = texts[!bytes][2],
                        .x_unit = PLOT_UNITS,
                        .y_unit = bytes ? PLOT_BYTES : PLOT_UNITS,
                        .series = series,
                        .series_count = sizeof series / sizeof series[0]};
    /* The limit only: the peak is the last point. */
    if (level_count > 0 && levels[level_count - 1].kind == PLOT_LIMIT) {
        plot.levels = &levels[level_count - 1];
        plot.level_count = 1;
    }
    put_fit(page, metric, fit);
    plot_draw(page, &plot);
}

void html_case_growth(struct page *page, const struct judged_case *judged) {
    if (judged->result->point_count < 2)
        return;
    html_section(page, "growth", "Growth");
    draw_growth(page, judged, HEAPGATE_METRIC_GROWTH);
    if (judged->result->points_have_allocations)
        draw_growth(page, judged, HEAPGATE_METRIC_ALLOCATION_GROWTH);
    html_close(page);
}
