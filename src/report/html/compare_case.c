/* A case's page of a comparison: its figures, both timelines on one plot, and the call stacks that
 * changed. */
#include <stdio.h>
#include <stdlib.h>

#include "report/compare/site_pairs.h"
#include "report/html/comparison_pages.h"
#include "report/html/html.h"
#include "report/html/plot.h"

/* Of the two lines the head's is the one that a report of it has; each colour has dashes of its
 * own. */
static const unsigned colours[COMPARE_SIDES] = {2, PLOT_LIVE};

/* ---- Plots ---- */

typedef size_t point_counter(const struct result *result);
typedef struct plot_point point_reader(const struct result *result, size_t index);

static size_t count_samples(const struct result *result) {
    return result->timeline_count;
}
static struct plot_point read_sample(const struct result *result, size_t index) {
    const struct result_sample *sample = &result->timeline[index];
    return (struct plot_point){(double)sample->at_ms, (double)sample->live_bytes};
}
static size_t count_steps(const struct result *result) {
    return result->step_count;
}
static struct plot_point read_step(const struct result *result, size_t index) {
    const struct result_step *step = &result->steps[index];
    return (struct plot_point){(double)step->allocated_bytes, (double)step->live_bytes};
}
static size_t count_sizes(const struct result *result) {
    return result->point_count;
}
static struct plot_point read_size(const struct result *result, size_t index) {
    const struct growth_point *point = &result->points[index];
    return (struct plot_point){(double)point->units, (double)point->peak_bytes};
}

static size_t count_sized_calls(const struct result *result) {
    return result->points_have_allocations ? result->point_count : 0;
}
static struct plot_point read_sized_calls(const struct result *result, size_t index) {
    const struct growth_point *point = &result->points[index];
    return (struct plot_point){(double)point->units, (double)point->allocations};
}

static const struct line_plot {
    struct plot plot;
    bool has_peaks; /* the peaks are levels of it, not points */
    point_counter *count;
    point_reader *read;
} line_plots[] = {
    {{.id = "time",
      .title = "Live bytes over time",
      .x_name = "time",
      .y_name = "live bytes",
      .x_unit = PLOT_MILLISECONDS,
      .y_unit = PLOT_BYTES},
     true,
     count_samples,
     read_sample},
    {{.id = "allocated",
      .title = "Live bytes over bytes allocated",
      .note = "The same in every run: it knows no clock.",
      .x_name = "allocated so far",
      .y_name = "live bytes",
      .x_unit = PLOT_BYTES,
      .y_unit = PLOT_BYTES},
     true,
     count_steps,
     read_step},
    {{.id = "growth",
      .title = "Peak over units of work",
      .x_name = "units",
      .y_name = "peak",
      .x_unit = PLOT_UNITS,
      .y_unit = PLOT_BYTES},
     false,
     count_sizes,
     read_size},
    {{.id = "calls",
      .title = "Calls that allocated over units of work",
      .x_name = "units",
      .y_name = "calls",
      .x_unit = PLOT_UNITS,
      .y_unit = PLOT_UNITS},
     false,
     count_sized_calls,
     read_sized_calls},
};
enum { LINE_PLOTS = sizeof line_plots / sizeof line_plots[0] };

static bool has_points(const struct line_plot *line, struct result *const results[COMPARE_SIDES]) {
    for (int side = 0; side < COMPARE_SIDES; side++)
        if (results[side] != NULL && line->count(results[side]) > 0)
            return true;
    return false;
}

static size_t find_peaks(const struct compare_case *compared,
                         struct plot_level levels[COMPARE_SIDES]) {
    static const char *const names[COMPARE_SIDES] = {"base's peak", "head's peak"};
    const struct compare_figure *peak = &compared->figures[HEAPGATE_METRIC_PEAK];
    size_t count = 0;
    for (int side = 0; side < COMPARE_SIDES; side++)
        if (peak->has[side])
            levels[count++] =
                (struct plot_level){names[side], (double)peak->value[side], PLOT_MEASURED};
    return count;
}

static void draw_lines(struct page *page, const struct compare_case *compared,
                       const struct line_plot *line, struct result *const results[COMPARE_SIDES]) {
    struct plot_level levels[COMPARE_SIDES];
    struct plot_series series[COMPARE_SIDES];
    struct plot_point *points[COMPARE_SIDES] = {NULL};
    struct plot plot = line->plot;
    bool fine = true;
    for (int side = 0; side < COMPARE_SIDES; side++) {
        size_t count = results[side] != NULL ? line->count(results[side]) : 0;
        points[side] = calloc(count + 1, sizeof *points[side]);
        fine = fine && points[side] != NULL;
        for (size_t i = 0; fine && i < count; i++)
            points[side][i] = line->read(results[side], i);
        series[side] = (struct plot_series){compare_side_names[side], colours[side], PLOT_LINE,
                                            points[side], count};
    }
    plot.series = series;
    plot.series_count = COMPARE_SIDES;
    plot.levels = levels;
    plot.level_count = line->has_peaks ? find_peaks(compared, levels) : 0;
    if (fine)
        plot_draw(page, &plot);
    else
        page_fail(page);
    for (int side = 0; side < COMPARE_SIDES; side++)
        free(points[side]);
}

static void put_plots(struct page *page, const struct compare_case *compared,
                      struct result *const results[COMPARE_SIDES]) {
    bool any = false;
    for (size_t i = 0; i < LINE_PLOTS; i++)
        any = any || has_points(&line_plots[i], results);
    if (!any)
        return;
    html_section(page, "lines", "Both in one plot");
    for (size_t i = 0; i < LINE_PLOTS; i++)
        if (has_points(&line_plots[i], results))
            draw_lines(page, compared, &line_plots[i], results);
    html_close(page);
}

/* ---- Call stacks ---- */

static void put_stacks(struct page *page, struct result *const results[COMPARE_SIDES]) {
    struct compare_sites sites;
    struct compare_table table;
    if (!compare_sites_build(results, &sites))
        page_fail(page);
    compare_stacks(&sites, &table);
    if (table.cell_count > 0) {
        html_section(page, "stacks", "Who held the memory at the peak");
        html_leaf(page, "p", NULL,
                  sites.has[COMPARE_BASE] && sites.has[COMPARE_HEAD]
                      ? COMPARE_SITES_RULE
                      : "Only one side was measured by the engine profile: nothing is known of the "
                        "other's call stacks.");
        html_compare_table(page, "The largest differences first", &table);
        html_close(page);
    } else {
        compare_table_free(&table);
    }
    compare_sites_free(&sites);
}

/* ---- The page ---- */

static void put_command(struct page *page, const char *side, char *const *argv) {
    if (argv == NULL || argv[0] == NULL)
        return;
    html_open(page, "p", NULL);
    html_textf(page, "%s: ", side);
    html_open(page, "code", NULL);
    for (size_t i = 0; argv[i] != NULL; i++)
        html_textf(page, "%s%s", i > 0 ? " " : "", argv[i]);
    html_close(page);
    html_close(page);
}

static void put_figures(struct page *page, const struct comparison *comparison,
                        const struct compare_case *compared,
                        struct result *const results[COMPARE_SIDES]) {
    struct compare_table table;
    html_section(page, "figures", "Figures");
    compare_metrics(comparison, compared, &table);
    html_compare_table(page, "Each figure, base and head", &table);
    compare_phases(results, &table);
    html_compare_table(page, "The highest that live bytes went in each phase", &table);
    compare_environment(results, &table);
    html_compare_table(page, "What differs between the two systems", &table);
    for (int side = 0; side < COMPARE_SIDES; side++)
        if (results[side] != NULL)
            put_command(page, compare_side_names[side], results[side]->argv);
    html_close(page);
}

static void put_state(struct page *page, const struct compare_case *compared) {
    static const char *const words[COMPARE_KINDS] = {[COMPARE_ADDED] = "Only head has it.",
                                                     [COMPARE_GONE] = "Only base has it.",
                                                     [COMPARE_REFUSED] = "Not compared."};
    html_open(page, "p", NULL);
    if (compared->over) {
        html_verdict(page, HEAPGATE_OVER);
        html_text(page, " It grew by more than its limit.");
    } else if (compared->reason != NULL || compared->missing) {
        html_verdict(page, HEAPGATE_INVALID);
        html_text(page, compared->missing ? " A figure that has a limit is missing in head." : "");
    }
    if (words[compared->kind] != NULL)
        html_textf(page, " %s", words[compared->kind]);
    if (compared->reason != NULL)
        html_textf(page, " %s", compared->reason);
    else
        html_textf(page, " Measured by %s.", result_engine_names[compared->engine]);
    html_close(page);
}

bool html_compare_case(const char *folder, const struct comparison *comparison,
                       const struct compare_case *compared, struct error *error) {
    struct result *results[COMPARE_SIDES];
    char *path = html_case_path(compared->case_key);
    struct page *page = NULL;
    if (path == NULL)
        error_set(error, "%s: out of memory", compared->case_key);
    if (path == NULL || !compare_read_case(comparison, compared, results, error)) {
        free(path);
        return false;
    }
    struct page_head head = {
        .folder = folder, .path = path, .title = compared->case_key, .trail = "All cases"};
    page = page_open(&head, error);
    if (page != NULL) {
        put_state(page, compared);
        if (compared->reason == NULL) {
            put_figures(page, comparison, compared, results);
            put_plots(page, compared, results);
            put_stacks(page, results);
        }
    }
    for (int side = 0; side < COMPARE_SIDES; side++)
        result_free(results[side]);
    free(path);
    return page != NULL && page_close(page, error);
}
