/* Views of a comparison on standard output. Adding one is a file with its table entry and a line in
 * the registry in view.c. */
#ifndef REPORT_COMPARE_COMPARISON_VIEW_H
#define REPORT_COMPARE_COMPARISON_VIEW_H

#include "report/compare/comparison.h"
#include "report/escape.h"

struct compare_output {
    struct writer writer;
    /* Takes what is in the writer's buffer and empties it: called after each case, so that a view
     * of many cases is never whole in memory. */
    bool (*flush)(struct compare_output *output, struct error *error);
};

struct compare_view {
    const char *name; /* --format NAME */
    const char *help; /* one line */
    /* False with the error: memory is out, a result cannot be read any more, the output is full. */
    bool (*render)(const struct comparison *comparison, struct compare_output *output,
                   struct error *error);
};

extern const struct compare_view *const compare_views[]; /* ends with NULL */

/* NULL, with an error that lists the formats. */
const struct compare_view *compare_view_find(const char *name, struct error *error);

/* Calls `draw` with every case that is not the same in both, and what it has of results. */
bool compare_each_changed(const struct comparison *comparison, struct compare_output *output,
                          void (*draw)(const struct comparison *comparison,
                                       const struct compare_case *compared,
                                       struct result *const results[COMPARE_SIDES],
                                       struct writer *writer),
                          struct error *error);

#endif
