/* What is said of a case that is not OK: enough to mend it without typing another command. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "gate/lead.h"
#include "report/escape.h"
#include "report/notes.h"
#include "report/phase_table.h"
#include "report/rerun.h"
#include "report/site_list.h"
#include "report/view.h"

enum { FRAMES_SHOWN = 10 };

static void put_heading(struct writer *writer, const struct judged_case *judged, bool colour) {
    put(writer, "%s%s%s ", colour ? "\033[1;31m" : "", report_verdict(judged->status),
        colour ? "\033[0m" : "");
    put_plain(writer, judged->case_key);
    put(writer, "\n");
}

static void put_place(struct writer *writer, const char *file, unsigned line) {
    put(writer, "    at          ");
    if (file == NULL) {
        put(writer, "the limit of --max\n");
        return;
    }
    put_plain(writer, file);
    put(writer, ":%u\n", line);
}

/* "98,304 B (96.0 KiB)"; what reads the same either way is said once. */
static void put_figure(struct writer *writer, enum heapgate_metric metric, int64_t value) {
    char exact[FIGURE_TEXT_BYTES], brief[FIGURE_TEXT_BYTES];
    report_figure(metric, value, exact);
    report_figure_short(metric, value, brief);
    put(writer, "%s", exact);
    int64_t kib = 1024 * (int64_t)budget_metric_scale(metric);
    if (budget_metric_is_size(metric) && (value >= kib || value <= -kib))
        put(writer, " (%s)", brief);
}

static void put_bound(struct writer *writer, const struct budget_row *bounds) {
    char bound[FIGURE_TEXT_BYTES];
    put(writer, "    budget      ");
    put_figure(writer, bounds->metric, (int64_t)bounds->budget);
    if (bounds->status == HEAPGATE_STALE)
        put(writer, ", at least %s with its slack",
            report_figure(bounds->metric, (int64_t)bounds->floor, bound));
    else if (bounds->limit != bounds->budget)
        put(writer, ", at most %s with its tolerance",
            report_figure(bounds->metric, (int64_t)bounds->limit, bound));
    put(writer, "\n");
}

/* How far outside it is, beyond the limit or the floor. */
static void put_difference(struct writer *writer, const struct budget_row *bounds) {
    put(writer, "    difference  ");
    if (bounds->status == HEAPGATE_OVER) {
        put(writer, "+");
        put_figure(writer, bounds->metric, -report_head_room(bounds));
        put(writer, " over");
        if (bounds->limit > 0 && (uint64_t)bounds->measured / 2 >= bounds->limit)
            put(writer, ", %" PRIu64 " times the limit",
                (uint64_t)bounds->measured / bounds->limit);
    } else {
        put_figure(writer, bounds->metric, bounds->measured - (int64_t)bounds->floor);
        put(writer, ", below its slack");
    }
    put(writer, "\n");
}

/* Engines that measured the same of a metric are told together. */
static bool is_same(const struct judged_row *row, const struct judged_row *other) {
    return row->bounds.metric == other->bounds.metric && row->bounds.phase == other->bounds.phase &&
           row->bounds.status == other->bounds.status && row->bounds.has_measured &&
           other->bounds.has_measured && row->bounds.measured == other->bounds.measured;
}

static void put_row(struct writer *writer, const struct judged_case *judged, size_t index) {
    const struct judged_row *row = &judged->rows[index];
    const struct budget_row *bounds = &row->bounds;
    if (bounds->status == HEAPGATE_OK || (index > 0 && is_same(row, row - 1)))
        return;
    if (bounds->status == HEAPGATE_STALE && judged->status != HEAPGATE_STALE)
        return; /* what fell is for when nothing is over */
    char name[REPORT_NAME_BYTES];
    put(writer, "  ");
    put_plain(writer, report_metric_name(bounds->metric, bounds->phase, name));
    put(writer, ", by %s", result_engine_names[row->engine]);
    for (size_t i = index + 1; i < judged->row_count && is_same(row, &judged->rows[i]); i++)
        put(writer, " and %s", result_engine_names[judged->rows[i].engine]);
    put(writer, "\n");
    put(writer, "    measured    ");
    if (bounds->has_measured)
        put_figure(writer, bounds->metric, bounds->measured);
    else
        put(writer, "nothing");
    put(writer, "\n");
    if (bounds->has_budget)
        put_bound(writer, bounds);
    if (bounds->has_budget && bounds->has_measured)
        put_difference(writer, bounds);
    put_place(writer, bounds->file, bounds->line);
}

static bool has_phase_outside(const struct judged_case *judged) {
    for (size_t i = 0; i < judged->row_count; i++)
        if (judged->rows[i].bounds.phase != NULL && judged->rows[i].bounds.status != HEAPGATE_OK &&
            judged->rows[i].bounds.has_measured)
            return true;
    return false;
}

static bool is_over(const struct judged_case *judged, enum heapgate_metric metric) {
    for (size_t i = 0; i < judged->row_count; i++) {
        const struct budget_row *bounds = &judged->rows[i].bounds;
        if (bounds->phase == NULL && bounds->metric == metric && bounds->status == HEAPGATE_OVER)
            return true;
    }
    return false;
}

/* Who held the memory at the peak explains most; but not who left some behind, nor who called
 * malloc more often. */
static enum report_by find_subject(const struct judged_case *judged) {
    const struct budget_row *lead = judged_lead(judged);
    if (lead != NULL && lead->metric == HEAPGATE_METRIC_LIVE)
        return REPORT_BY_LIVE;
    return lead != NULL && judged_is_by_calls(lead->metric) ? REPORT_BY_ALLOCATIONS
                                                            : REPORT_BY_PEAK;
}

static void put_new_sites(struct writer *writer, const struct judged_case *judged) {
    struct new_sites found;
    if (!new_sites_find(judged, &found))
        writer->failed = true;
    report_new_sites(&found, writer);
}

static void put_crossing(struct writer *writer, const struct judged_case *judged) {
    char **frames = judged->result != NULL ? judged->result->crossing : NULL;
    char limit[SIZE_TEXT_BYTES];
    if (frames == NULL || frames[0] == NULL || !is_over(judged, HEAPGATE_METRIC_PEAK))
        return;
    put(writer, "  the allocation that first went beyond %s:\n",
        size_format_exact(judged->result->limit_bytes, limit));
    size_t count = 0;
    for (; frames[count] != NULL; count++) {
        if (count >= FRAMES_SHOWN)
            continue;
        put(writer, "    #%-2zu ", count);
        put_plain(writer, frames[count]);
        put(writer, "\n");
    }
    if (count > FRAMES_SHOWN)
        put(writer, "    and %zu more\n", count - FRAMES_SHOWN);
}

/* The command that would make the case pass, where one can. */
static void put_command(struct writer *writer, const struct judged_case *judged,
                        const struct report_options *options) {
    bool over = judged->status == HEAPGATE_OVER, stale = judged->status == HEAPGATE_STALE;
    if (judged->result == NULL) {
        put(writer, "  to mend it: measure the case, or take it out of the budgets\n");
        return;
    }
    if (judged->not_held) {
        put(writer, "  to measure it again%s:\n    ", judged->by_ctest ? ", ctest or" : "");
        report_again(judged->result, options, writer);
        put(writer, "\n");
        return;
    }
    if (!(over || stale || judged->can_add) || (over && judged->file == NULL))
        return;
    if (result_environment(judged->result, "control") != NULL) {
        put(writer, "  a control build: its figures never become a budget\n");
        return;
    }
    put(writer, "  %s:\n",
        over    ? "if this is intended"
        : stale ? "to lower the budget to what was measured"
                : "to add it");
    if (options->results == NULL) { /* judged in memory: there is no result to update from yet */
        put(writer, "    heapgate run --case ");
        put_shell(writer, judged->case_key);
        put(writer, " -- THIS-PROGRAM\n");
    }
    put(writer, "    heapgate update --budgets ");
    put_shell(writer, options->budgets != NULL ? options->budgets : "budgets");
    if (options->results != NULL) {
        put(writer, " --results ");
        put_shell(writer, options->results);
    }
    put(writer, " --case ");
    put_shell(writer, judged->case_key);
    put(writer, "%s\n", stale ? "" : " --raise");
}

static void put_growth(struct writer *writer, const struct judged_case *judged) {
    const struct budget_row *bytes = NULL, *calls = NULL;
    for (size_t i = 0; i < judged->row_count; i++) {
        const struct budget_row *bounds = &judged->rows[i].bounds;
        if (bounds->metric == HEAPGATE_METRIC_GROWTH)
            bytes = bounds;
        if (bounds->metric == HEAPGATE_METRIC_ALLOCATION_GROWTH)
            calls = bounds;
    }
    if (judged->result == NULL)
        return;
    report_growth(judged->result, HEAPGATE_METRIC_GROWTH, bytes, writer);
    report_growth(judged->result, HEAPGATE_METRIC_ALLOCATION_GROWTH, calls, writer);
}

/* So that the block keeps to LINES_MAX, with room for what follows the stacks. */
static size_t stacks_that_fit(const struct buffer *out, size_t begin) {
    enum { LINES_MAX = 40, LINES_AROUND = 7 };
    size_t lines = LINES_AROUND;
    for (size_t i = begin; i < out->length; i++)
        lines += out->bytes[i] == '\n';
    return lines + REPORT_SITES_LEAST < LINES_MAX ? LINES_MAX - lines : REPORT_SITES_LEAST;
}

bool report_case_block(const struct judged_case *judged, const struct report_options *options,
                       struct buffer *out) {
    struct writer writer = {.buffer = out};
    size_t begin = out->length;
    if (judged->status == HEAPGATE_OK)
        return true;
    put_heading(&writer, judged, options->colour);
    if (judged->status == HEAPGATE_OVER || judged->status == HEAPGATE_STALE)
        report_other_environment(judged, &writer);
    if (judged->message[0] != '\0') {
        put(&writer, "  ");
        put_plain(&writer, judged->message);
        if (judged->file != NULL) {
            put(&writer, " (");
            put_plain(&writer, judged->file);
            put(&writer, ":%u)", judged->line);
        }
        put(&writer, "\n");
    }
    for (size_t i = 0; i < judged->row_count; i++)
        put_row(&writer, judged, i);
    if (judged->result != NULL && !options->figures_told)
        report_process(judged->result, &writer);
    if (has_phase_outside(judged))
        report_phases(judged->result, &writer);
    enum report_by subject = find_subject(judged);
    if (judged->status == HEAPGATE_OVER && judged->new_sites != NULL)
        report_new_sites(judged->new_sites, &writer);
    else if (judged->status == HEAPGATE_OVER)
        put_new_sites(&writer, judged);
    if (judged->status == HEAPGATE_OVER && judged->result != NULL && judged->result->site_count > 0)
        report_result_sites(judged->result, subject, stacks_that_fit(out, begin), &writer);
    else
        put_crossing(&writer, judged);
    if (judged->status == HEAPGATE_OVER)
        put_growth(&writer, judged);
    put_command(&writer, judged, options);
    return !writer.failed;
}
