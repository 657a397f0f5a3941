#include "report/compare/tables.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "report/view.h"

/* ---- A table ---- */

static void begin(struct compare_table *table, const char *const *columns) {
    *table = (struct compare_table){.columns = columns};
    while (columns[table->column_count] != NULL)
        table->column_count++;
}

/* The next cell, row by row. */
__attribute__((format(printf, 2, 3))) static void add(struct compare_table *table,
                                                      const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    if (table->cell_count == table->room) {
        size_t room = table->room > 0 ? 2 * table->room : 64;
        char **cells = reallocarray(table->cells, room, sizeof *cells);
        if (cells == NULL) {
            table->failed = true;
            return;
        }
        table->cells = cells;
        table->room = room;
    }
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        table->failed = true;
    else
        table->cells[table->cell_count++] = text;
    va_end(arguments);
}

size_t compare_table_rows(const struct compare_table *table) {
    return table->cell_count / table->column_count;
}

const char *compare_table_cell(const struct compare_table *table, size_t row, size_t column) {
    return table->cells[row * table->column_count + column];
}

void compare_table_free(struct compare_table *table) {
    for (size_t i = 0; i < table->cell_count; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct compare_table){0};
}

/* ---- Figures as texts ---- */

enum { TEXT_BYTES = FIGURE_TEXT_BYTES + 8 };
typedef const char *figure_writer(enum heapgate_metric, int64_t, char[FIGURE_TEXT_BYTES]);

static const char *signed_text(enum heapgate_metric metric, int64_t value, figure_writer *writer,
                               char text[TEXT_BYTES]) {
    char figure[FIGURE_TEXT_BYTES];
    snprintf(text, TEXT_BYTES, "%s%s", value > 0 ? "+" : "", writer(metric, value, figure));
    return text;
}

/* "1.05x"; as many digits as it takes to be told from 1. Nothing where it would say nothing. */
static const char *ratio_text(int64_t base, int64_t head, char text[TEXT_BYTES]) {
    char number[SIZE_TEXT_BYTES];
    double ratio = base > 0 ? (double)head / (double)base : 0;
    if (base <= 0 || head < 0)
        snprintf(text, TEXT_BYTES, "%s", base == head ? "1x" : "");
    else if (base == head)
        snprintf(text, TEXT_BYTES, "1x");
    else if (ratio >= 10)
        snprintf(text, TEXT_BYTES, "%sx", count_format((uint64_t)(ratio + 0.5), number));
    else if (ratio >= 0.1 && (ratio < 0.995 || ratio >= 1.005))
        snprintf(text, TEXT_BYTES, "%.2fx", ratio);
    else if (ratio >= 0.1)
        snprintf(text, TEXT_BYTES, "%.5fx", ratio);
    else
        snprintf(text, TEXT_BYTES, "%.2gx", ratio);
    return text;
}

/* The four cells of a figure: base, head, difference, ratio. */
static void add_figure(struct compare_table *table, enum heapgate_metric metric,
                       const struct compare_figure *figure, figure_writer *writer) {
    char text[TEXT_BYTES];
    bool both = figure->has[COMPARE_BASE] && figure->has[COMPARE_HEAD];
    for (int side = 0; side < COMPARE_SIDES; side++)
        add(table, "%s", figure->has[side] ? writer(metric, figure->value[side], text) : "-");
    add(table, "%s", both ? signed_text(metric, compare_difference(figure), writer, text) : "");
    add(table, "%s",
        both ? ratio_text(figure->value[COMPARE_BASE], figure->value[COMPARE_HEAD], text) : "");
}

/* ---- The overview ---- */

/* The peak tells most, but a case may have changed in another figure alone. */
static void add_note(struct compare_table *table, const struct comparison *comparison,
                     const struct compare_case *compared, bool reasons) {
    static const char *const words[COMPARE_KINDS] = {
        [COMPARE_ADDED] = "added", [COMPARE_GONE] = "gone", [COMPARE_REFUSED] = "not compared"};
    const struct compare_figure *peak = &compared->figures[HEAPGATE_METRIC_PEAK];
    if (compared->reason != NULL && reasons)
        add(table, "%s: %s", words[compared->kind], compared->reason);
    else if (words[compared->kind] != NULL)
        add(table, "%s", words[compared->kind]);
    else if (compared->kind == COMPARE_SAME)
        add(table, "same");
    else if (!compared->over && !compared->missing)
        add(table, "%s",
            compare_difference(peak) > 0   ? "grew"
            : compare_difference(peak) < 0 ? "shrank"
                                           : "changed");
    else
        for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++) {
            const struct compare_figure *figure = &compared->figures[metric];
            if (!(compared->over ? figure->over : figure->missing))
                continue;
            add(table, compared->over ? "OVER: %s by more than %s" : "UNKNOWN: %s, held to %s",
                budget_metric_name((enum heapgate_metric)metric), comparison->limits.texts[metric]);
            break;
        }
}

void compare_overview(const struct comparison *comparison, bool changed_only, bool reasons,
                      struct compare_table *table) {
    static const char *const columns[] = {"case",   "#base", "#head", "#difference",
                                          "#ratio", "peak",  NULL};
    begin(table, columns);
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compare_case *compared = &comparison->items[i];
        if (changed_only && compared->kind == COMPARE_SAME)
            continue;
        add(table, "%s", compared->case_key);
        add_figure(table, HEAPGATE_METRIC_PEAK, &compared->figures[HEAPGATE_METRIC_PEAK],
                   report_figure_short);
        add_note(table, comparison, compared, reasons);
    }
}

void compare_metrics(const struct comparison *comparison, const struct compare_case *compared,
                     struct compare_table *table) {
    static const char *const columns[] = {"metric",      "#base",  "#head",
                                          "#difference", "#ratio", NULL};
    static const char *const held[] = {"metric", "#base",   "#head", "#difference",
                                       "#ratio", "held to", NULL};
    bool limited = compare_limits_any(&comparison->limits);
    begin(table, limited ? held : columns);
    for (int i = 0; i < HEAPGATE_METRIC_COUNT; i++) {
        enum heapgate_metric metric = (enum heapgate_metric)i;
        const struct compare_figure *figure = &compared->figures[metric];
        if (!figure->has[COMPARE_BASE] && !figure->has[COMPARE_HEAD])
            continue;
        add(table, "%s", budget_metric_name(metric));
        add_figure(table, metric, figure, report_figure);
        const char *limit = comparison->limits.texts[metric];
        if (limited)
            add(table, "%s%s",
                figure->over      ? "OVER: "
                : figure->missing ? "UNKNOWN: "
                                  : "",
                limit != NULL ? limit : "");
    }
}

/* ---- Call stacks ---- */

/* At most so many, and none whose difference is less than a part of the largest. */
enum { STACKS_SHOWN = 10, LARGEST_PART = 1000 };

static bool is_told(const struct compare_sites *sites, size_t index) {
    double largest = fabs((double)compare_site_difference(&sites->items[0]));
    double difference = fabs((double)compare_site_difference(&sites->items[index]));
    return difference > 0 && difference * LARGEST_PART >= largest;
}

/* Of a side that was not profiled nothing is known: no kind, and no difference. */
static void add_stack(struct compare_table *table, const struct compare_sites *sites,
                      const char *kind, const int64_t bytes[COMPARE_SIDES]) {
    char text[TEXT_BYTES];
    const struct compare_figure figure = {.value = {bytes[COMPARE_BASE], bytes[COMPARE_HEAD]}};
    bool both = sites->has[COMPARE_BASE] && sites->has[COMPARE_HEAD];
    add(table, "%s", both ? kind : "");
    for (int side = 0; side < COMPARE_SIDES; side++)
        add(table, "%s",
            sites->has[side] ? report_figure_short(HEAPGATE_METRIC_PEAK, bytes[side], text) : "-");
    add(table, "%s",
        both ? signed_text(HEAPGATE_METRIC_PEAK, compare_difference(&figure), report_figure, text)
             : "");
}

void compare_stacks(const struct compare_sites *sites, struct compare_table *table) {
    static const char *const columns[] = {"change",      "#base",      "#head",
                                          "#difference", "call stack", NULL};
    int64_t rest[COMPARE_SIDES] = {sites->other_bytes[COMPARE_BASE],
                                   sites->other_bytes[COMPARE_HEAD]};
    size_t shown = 0;
    begin(table, columns);
    for (size_t i = 0; i < sites->count; i++) {
        const struct compare_site *site = &sites->items[i];
        if (shown < STACKS_SHOWN && is_told(sites, i)) {
            add_stack(table, sites, compare_site_kind(site), site->bytes);
            add(table, "%s", site->frames);
            shown++;
            continue;
        }
        for (int side = 0; side < COMPARE_SIDES; side++)
            if (__builtin_add_overflow(rest[side], site->bytes[side], &rest[side]))
                rest[side] = INT64_MAX;
    }
    if (rest[COMPARE_BASE] != 0 || rest[COMPARE_HEAD] != 0) {
        add_stack(table, sites, "", rest);
        add(table, "all other call stacks");
    }
}

/* ---- Environment and phases ---- */

static void add_difference(struct compare_table *table, const char *name, const char *base,
                           const char *head) {
    if (base != NULL && head != NULL && strcmp(base, head) == 0)
        return;
    add(table, "%s", name);
    add(table, "%s", base != NULL ? base : "-");
    add(table, "%s", head != NULL ? head : "-");
}

void compare_environment(struct result *const results[COMPARE_SIDES], struct compare_table *table) {
    static const char *const columns[] = {"environment", "base", "head", NULL};
    const struct result *base = results[COMPARE_BASE], *head = results[COMPARE_HEAD];
    begin(table, columns);
    if (base == NULL || head == NULL)
        return;
    for (size_t i = 0; i < base->environment_count; i++)
        add_difference(table, base->environment[i].name, base->environment[i].value,
                       result_environment(head, base->environment[i].name));
    for (size_t i = 0; i < head->environment_count; i++)
        if (result_environment(base, head->environment[i].name) == NULL)
            add_difference(table, head->environment[i].name, NULL, head->environment[i].value);
}

/* The peak in a phase; one that comes again counts as one. */
static bool phase_peak(const struct result *result, const char *name, int64_t *peak_bytes) {
    bool found = false;
    for (size_t i = 0; result != NULL && i < result->phase_count; i++) {
        const struct result_phase *phase = &result->phases[i];
        if (strcmp(phase->name, name) != 0)
            continue;
        if (!found || phase->peak_bytes > *peak_bytes)
            *peak_bytes = phase->peak_bytes;
        found = true;
    }
    return found;
}

static bool was_before(struct result *const results[COMPARE_SIDES], int side, size_t index) {
    const char *name = results[side]->phases[index].name;
    int64_t ignored;
    for (size_t i = 0; i < index; i++)
        if (strcmp(results[side]->phases[i].name, name) == 0)
            return true;
    return side > 0 && phase_peak(results[side - 1], name, &ignored);
}

void compare_phases(struct result *const results[COMPARE_SIDES], struct compare_table *table) {
    static const char *const columns[] = {"peak in phase", "#base",  "#head",
                                          "#difference",   "#ratio", NULL};
    begin(table, columns);
    for (int side = 0; side < COMPARE_SIDES; side++)
        for (size_t i = 0; results[side] != NULL && i < results[side]->phase_count; i++) {
            struct compare_figure figure = {.over = false};
            const char *name = results[side]->phases[i].name;
            if (was_before(results, side, i))
                continue;
            for (int other = 0; other < COMPARE_SIDES; other++)
                figure.has[other] = phase_peak(results[other], name, &figure.value[other]);
            add(table, "%s", name);
            add_figure(table, HEAPGATE_METRIC_PEAK, &figure, report_figure);
        }
}

/* ---- Summaries ---- */

void compare_summary(const struct comparison *comparison, char *text, size_t text_bytes) {
    static const struct {
        enum compare_kind kind;
        const char *word;
    } kinds[] = {{COMPARE_CHANGED, "changed"},
                 {COMPARE_SAME, "the same"},
                 {COMPARE_REFUSED, "not compared"},
                 {COMPARE_ADDED, "added"},
                 {COMPARE_GONE, "gone"}};
    char number[SIZE_TEXT_BYTES];
    size_t used =
        (size_t)snprintf(text, text_bytes, "%s case%s:", count_format(comparison->count, number),
                         comparison->count == 1 ? "" : "s");
    const char *before = " ";
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && used < text_bytes; i++) {
        size_t count = comparison->counts[kinds[i].kind];
        if (count == 0)
            continue;
        used += (size_t)snprintf(text + used, text_bytes - used, "%s%s %s", before,
                                 count_format(count, number), kinds[i].word);
        before = ", ";
    }
}

void compare_verdict(const struct comparison *comparison, char *text, size_t text_bytes) {
    size_t unknown = compare_unknown(comparison);
    bool limited = compare_limits_any(&comparison->limits);
    text[0] = '\0';
    if (comparison->counts[COMPARE_SAME] + comparison->counts[COMPARE_CHANGED] == 0)
        snprintf(text, text_bytes, "INVALID: there was nothing to compare");
    else if (limited && unknown > 0)
        snprintf(text, text_bytes, "INVALID: %zu case%s may have grown and could not be compared",
                 unknown, unknown == 1 ? "" : "s");
    else if (comparison->over_count > 0)
        snprintf(text, text_bytes, "OVER: %zu case%s grew by more than --fail-on allows",
                 comparison->over_count, comparison->over_count == 1 ? "" : "s");
    else if (limited)
        snprintf(text, text_bytes, "ok: no case grew by more than --fail-on allows");
}
