/* Reports: views over judged cases. Adding one is a file with its table entry and a line in the
 * list in views.c. */
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/rate.h"
#include "gate/judged.h"

enum { REPORT_BYTES_MAX = 64 << 20 }; /* what to give a report's buffer as its maximum */

struct report_options {
    const char *budgets; /* path for the command that accepts a figure; NULL: its default */
    const char *results; /* likewise; NULL: nothing was kept, so the case must be run first */
    bool figures_told;   /* the figures stand before the block already: not again whose they are */
    bool colour;         /* ANSI colours, for a terminal; only the text view has them */
};

struct report_view {
    const char *name; /* --format NAME */
    const char *help; /* one line */
    /* Appends the whole report. False when memory is out or the buffer's maximum reached. */
    bool (*render)(const struct judged_list *list, const struct report_options *options,
                   struct buffer *out);
};

extern const struct report_view *const report_views[]; /* ends with NULL */

/* NULL, with an error that lists the formats. */
const struct report_view *report_view_find(const char *name, struct error *error);

/* All that is to be said of one case that is not OK, on several lines: what is wrong, each metric
 * out of bounds with measured, budget, difference and the budget's place, who held the memory (or
 * the stack that crossed the limit), what is new of it, the growth, and the command that would
 * accept it: about 40 lines. Nothing for a case that is OK. */
bool report_case_block(const struct judged_case *judged, const struct report_options *options,
                       struct buffer *out);

/* "ok", "OVER", "INVALID", "STALE". */
const char *report_verdict(enum heapgate_status status);

enum { REPORT_NAME_BYTES = HEAPGATE_NAME_BYTES + 32 };
/* "peak", or of a phase "peak in rows"; `phase` NULL or empty: of the case. A phase's name comes
 * from outside, and is to be escaped. */
const char *report_metric_name(enum heapgate_metric metric, const char *phase,
                               char text[REPORT_NAME_BYTES]);

enum { FIGURE_TEXT_BYTES = 80 };
/* "98,304 B", "1,250,100", "0.9 B per unit", "3.002 per unit"; short: "96.0 KiB", ... */
const char *report_figure(enum heapgate_metric metric, int64_t value, char text[FIGURE_TEXT_BYTES]);
const char *report_figure_short(enum heapgate_metric metric, int64_t value,
                                char text[FIGURE_TEXT_BYTES]);
/* For machines: "98304", "0.9". */
const char *report_figure_number(enum heapgate_metric metric, int64_t value,
                                 char text[RATE_TEXT_BYTES]);
/* What is left below the limit; negative when over, and at least INT64_MIN + 1. */
int64_t report_head_room(const struct budget_row *bounds);

/* How many cases ended with a status. */
size_t report_count(const struct judged_list *list, enum heapgate_status status);
/* "12 cases: 10 within budget, 1 over, 1 invalid". */
void report_summary(const struct judged_list *list, char *text, size_t text_bytes);

#endif
