/* A case's page: its verdict and why, its figures beside their budgets, and how to get them again.
 * What is plotted in between is case_plots.c's and case_sites.c's. */
#include "report/html/html.h"
#include "report/notes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "report/escape.h"
#include "report/site_list.h"

/* ---- Its place ---- */

static uint64_t hash(const char *text) {
    uint64_t value = 0xcbf29ce484222325;
    for (; *text != '\0'; text++)
        value = (value ^ (unsigned char)*text) * 0x100000001b3;
    return value;
}

/* All pages stand in one folder, with "~" for the case's "/": a case may be the start of another's
 * name. A budget's key need not be one that a case can have; of such a one the letters are kept,
 * and a hash tells it from others. */
char *html_case_path(const char *case_key) {
    char *path = NULL;
    bool valid = result_case_valid(case_key, NULL);
    int length = valid ? (int)strlen(case_key) : (int)strnlen(case_key, 60);
    if (asprintf(&path, "cases/%.*s", length, case_key) < 0)
        return NULL;
    for (char *at = strchr(path, '/') + 1; *at != '\0'; at++)
        if (*at == '/' || (!valid && !(isascii(*at) && isalnum(*at))))
            *at = valid ? '~' : '_';
    char *whole = NULL;
    int made = valid
                   ? asprintf(&whole, "%s.html", path)
                   : asprintf(&whole, "%s~~%016llx.html", path, (unsigned long long)hash(case_key));
    free(path);
    return made < 0 ? NULL : whole;
}

/* ---- Verdict ---- */

static void put_run(struct page *page, const struct result_identity *identity) {
    if (identity->run == NULL)
        return;
    html_textf(page, " It was measured at %s in the run ",
               identity->start != NULL ? identity->start : "an unknown time");
    html_leaf(page, "code", NULL, identity->run);
    if (identity->host != NULL)
        html_textf(page, " on %s", identity->host);
    if (identity->revision != NULL)
        html_textf(page, ", at the revision %.12s%s", identity->revision,
                   identity->dirty ? " with changes" : "");
    html_text(page, ".");
}

static void put_verdict(struct page *page, const struct judged_case *judged) {
    const struct result *result = judged->result;
    char number[SIZE_TEXT_BYTES];
    html_open(page, "p", NULL);
    html_verdict(page, judged->status);
    if (judged->file != NULL) {
        html_text(page, " Its budget is ");
        html_leaff(page, "code", NULL, "%s:%u", judged->file, judged->line);
        html_text(page, ".");
    } else {
        html_text(page, " It has no budget.");
    }
    if (result != NULL && result->has_units)
        html_textf(page, " It did %s unit%s of work.", count_format(result->units, number),
                   result->units == 1 ? "" : "s");
    if (result != NULL && result->scope != NULL)
        html_text(page, " The figures are those of its scope, not of the whole process.");
    if (result != NULL)
        put_run(page, &result->identity);
    html_close(page);
}

/* The words that a terminal gets, which name everything that has to be known. */
static void put_failure(struct page *page, const struct judged_case *judged,
                        const struct report_options *options) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    if (judged->status == HEAPGATE_OK || judged->status == JUDGED_MEASURED)
        return;
    html_section(page, "why", "Why, and what would accept it");
    if (report_case_block(judged, options, &text) && text.length > 0) {
        html_open(page, "div", "panel failure");
        html_scroller(page, "Why the case fails");
        html_leaf(page, "pre", NULL, text.bytes);
        html_close(page);
        html_close(page);
    } else {
        page_fail(page);
    }
    html_close(page);
    buffer_fini(&text);
}

/* ---- Figures ---- */

static void put_figure(struct page *page, enum heapgate_metric metric, bool has, int64_t value) {
    char exact[FIGURE_TEXT_BYTES], brief[FIGURE_TEXT_BYTES];
    html_open(page, "td", "number");
    if (has) {
        report_figure(metric, value, exact);
        report_figure_short(metric, value, brief);
        html_text(page, exact);
        int64_t kib = 1024 * (int64_t)budget_metric_scale(metric);
        if (strcmp(exact, brief) != 0 && (value >= kib || value <= -kib))
            html_leaff(page, "span", "quiet", " %s", brief);
    }
    html_close(page);
}

static void put_row(struct page *page, const struct judged_row *row) {
    const struct budget_row *bounds = &row->bounds;
    char text[FIGURE_TEXT_BYTES + 64], name[REPORT_NAME_BYTES];
    html_open(page, "tr", NULL);
    html_open(page, "th", NULL);
    html_attribute(page, "scope", "row");
    html_text(page, report_metric_name(bounds->metric, bounds->phase, name));
    html_close(page);
    html_leaf(page, "td", NULL, result_engine_names[row->engine]);
    put_figure(page, bounds->metric, bounds->has_measured, bounds->measured);
    put_figure(page, bounds->metric, bounds->has_budget, (int64_t)bounds->budget);
    put_figure(page, bounds->metric, bounds->has_budget, (int64_t)bounds->limit);
    html_number(page, bounds->has_measured && bounds->has_budget
                          ? html_room(bounds, text, sizeof text)
                          : "");
    html_open(page, "td", NULL);
    html_verdict(page, bounds->status);
    html_close(page);
    html_open(page, "td", "key");
    if (bounds->file != NULL)
        html_textf(page, "%s:%u", bounds->file, bounds->line);
    html_close(page);
    html_close(page);
}

static void put_budgeted(struct page *page, const struct judged_case *judged) {
    static const char *const columns[] = {"Metric",     "Engine",  "#Measured", "#Budget", "#Limit",
                                          "#Head-room", "Verdict", "Where",     NULL};
    if (judged->row_count == 0)
        return;
    html_table(page, "Held to a budget. The limit is the budget with its tolerance.", columns);
    for (size_t i = 0; i < judged->row_count; i++)
        put_row(page, &judged->rows[i]);
    html_table_end(page);
}

static void put_plain_row(struct page *page, const struct result *result, const char *name,
                          const char *unit, uint64_t (*figure)(const struct result_usage *usage)) {
    char number[SIZE_TEXT_BYTES];
    bool any = false;
    for (int engine = 0; engine < RESULT_ENGINES; engine++)
        any = any || (result->engines[engine].present && figure(&result->engines[engine]) > 0);
    if (!any)
        return;
    html_open(page, "tr", NULL);
    html_open(page, "th", NULL);
    html_attribute(page, "scope", "row");
    html_text(page, name);
    html_close(page);
    for (int engine = 0; engine < RESULT_ENGINES; engine++) {
        uint64_t value = result->engines[engine].present ? figure(&result->engines[engine]) : 0;
        if (!result->engines[engine].present)
            continue;
        html_open(page, "td", "number");
        if (value > 0)
            html_textf(page, "%s%s", count_format(value, number), unit);
        html_close(page);
    }
    html_close(page);
}

static uint64_t allocated(const struct result_usage *usage) {
    return usage->allocated_bytes;
}
static uint64_t overhead(const struct result_usage *usage) {
    return usage->overhead_bytes;
}
static uint64_t processes(const struct result_usage *usage) {
    return usage->processes;
}
static uint64_t sum_peak(const struct result_usage *usage) {
    return usage->sum_peak_bytes;
}
static uint64_t wall(const struct result_usage *usage) {
    return usage->wall_ms;
}

static void put_metric_row(struct page *page, const struct result *result,
                           enum heapgate_metric metric) {
    bool any = false;
    for (int engine = 0; engine < RESULT_ENGINES; engine++)
        any = any || (result->engines[engine].present && result->engines[engine].has[metric]);
    if (!any)
        return;
    html_open(page, "tr", NULL);
    html_open(page, "th", NULL);
    html_attribute(page, "scope", "row");
    html_text(page, budget_metric_name(metric));
    html_close(page);
    for (int engine = 0; engine < RESULT_ENGINES; engine++)
        if (result->engines[engine].present)
            put_figure(page, metric, result->engines[engine].has[metric],
                       result->engines[engine].figures[metric]);
    html_close(page);
}

static void put_engines(struct page *page, const struct result *result) {
    char names[RESULT_ENGINES][32];
    const char *columns[RESULT_ENGINES + 2] = {"Figure"};
    size_t count = 1;
    for (int engine = 0; engine < RESULT_ENGINES; engine++) {
        if (!result->engines[engine].present)
            continue;
        snprintf(names[engine], sizeof names[engine], "#%s", result_engine_names[engine]);
        columns[count++] = names[engine];
    }
    if (count == 1)
        return;
    html_table(page, "Everything that was measured, by engine", columns);
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        put_metric_row(page, result, (enum heapgate_metric)metric);
    put_plain_row(page, result, "allocated in all", " B", allocated);
    put_plain_row(page, result, "the allocator's own at the peak", " B", overhead);
    put_plain_row(page, result, "processes", "", processes);
    put_plain_row(page, result, "sum of the processes' peaks", " B", sum_peak);
    put_plain_row(page, result, "took", " ms", wall);
    html_table_end(page);
}

/* ---- How to get it again ---- */

static bool was_swept(const struct result *result) {
    return result->point_count > 0;
}

/* A word of a command, which a line does not break in unless it must. */
static void put_word(struct page *page, const char *word, bool quoted) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    struct writer writer = {.buffer = &text};
    html_open(page, "span", "word");
    if (quoted)
        put_shell(&writer, word);
    if (writer.failed)
        page_fail(page);
    else
        html_text(page, quoted ? text.bytes : word);
    html_close(page);
    buffer_fini(&text);
}

static void put_option(struct page *page, const char *option, const char *value) {
    html_text(page, " ");
    put_word(page, option, false);
    html_text(page, " ");
    put_word(page, value, true);
}

/* The command as a shell takes it. Of a sweep the sizes are known, but not where they stood. */
static void put_words(struct page *page, const struct judged_case *judged,
                      const struct report_options *options) {
    const struct result *result = judged->result;
    char engines[64] = "", units[32];
    for (int engine = 0; engine < RESULT_ENGINES; engine++) {
        size_t used = strlen(engines);
        if (result->engines[engine].present)
            snprintf(engines + used, sizeof engines - used, "%s%s", used > 0 ? "," : "",
                     result_engine_names[engine]);
    }
    put_word(page, "heapgate", false);
    html_text(page, " ");
    put_word(page, "run", false);
    put_option(page, "--case", result->case_key);
    if (engines[0] != '\0')
        put_option(page, "--engine", engines);
    if (judged->file != NULL && options->budgets != NULL)
        put_option(page, "--budgets", options->budgets);
    if (options->results != NULL)
        put_option(page, "--results", options->results);
    if (result->has_units && result->scope == NULL && !was_swept(result)) {
        snprintf(units, sizeof units, "%llu", (unsigned long long)result->units);
        put_option(page, "--units", units);
    }
    if (result->process.chosen_by != NULL)
        put_option(page, "--process", result->process.chosen_by);
    html_text(page, " ");
    put_word(page, "--", false);
    for (char **argument = result->argv; *argument != NULL; argument++) {
        html_text(page, " ");
        put_word(page, *argument, true);
    }
}

static void put_process(struct page *page, const struct result *result) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    struct writer writer = {.buffer = &text};
    report_process(result, &writer);
    if (text.length > 0)
        html_leaf(page, "pre", "wrap", text.bytes);
    buffer_fini(&text);
}

static void put_command(struct page *page, const struct judged_case *judged,
                        const struct report_options *options) {
    const struct result *result = judged->result;
    if (result->argv == NULL || result->argv[0] == NULL)
        return;
    html_section(page, "again", "Measure it again");
    html_open(page, "div", "panel");
    html_open(page, "pre", "wrap");
    put_words(page, judged, options);
    html_close(page);
    html_close(page);
    if (was_swept(result))
        html_leaf(page, "p", "quiet",
                  "It was swept over several sizes, of which this is the largest: name them with "
                  "--sweep, and put {N} where the size stands.");
    html_leaff(page, "p", "quiet", "The command ended with status %d.", result->exit_status);
    html_close(page);
}

static void put_environment(struct page *page, const struct result *result) {
    static const char *const columns[] = {"Name", "Value", NULL};
    if (result->environment_count == 0)
        return;
    html_section(page, "environment", "Environment");
    html_table(page, "What it was measured with", columns);
    for (size_t i = 0; i < result->environment_count; i++) {
        html_open(page, "tr", NULL);
        html_open(page, "th", NULL);
        html_attribute(page, "scope", "row");
        html_text(page, result->environment[i].name);
        html_close(page);
        html_leaf(page, "td", "text", result->environment[i].value);
        html_close(page);
    }
    html_table_end(page);
    html_close(page);
}

/* ---- The page ---- */

static void put_sections(struct page *page, const struct judged_case *judged,
                         const struct report_options *options) {
    put_verdict(page, judged);
    put_failure(page, judged, options);
    if (judged->result == NULL)
        return;
    html_section(page, "figures", "Figures");
    put_budgeted(page, judged);
    put_engines(page, judged->result);
    put_process(page, judged->result);
    html_close(page);
    html_case_timeline(page, judged);
    html_case_phases(page, judged->result);
    html_case_growth(page, judged);
    html_case_sites(page, judged->result);
    html_case_snapshots(page, judged->result);
    put_command(page, judged, options);
    put_environment(page, judged->result);
}

bool html_case_page(const char *folder, const struct judged_case *judged,
                    const struct report_options *options, struct error *error) {
    char *path = html_case_path(judged->case_key);
    struct page_head head = {
        .folder = folder, .path = path, .title = judged->case_key, .trail = "All cases"};
    if (path == NULL) {
        error_set(error, "%s: out of memory", judged->case_key);
        return false;
    }
    struct page *page = page_open(&head, error);
    bool written = page != NULL;
    if (written) {
        put_sections(page, judged, options);
        written = page_close(page, error);
    }
    free(path);
    return written;
}
