/* The call stacks of two results side by side: who held the memory at the peak, then and now.
 *
 * A stack is known again by three frames (the first two that are the program's own, and the one
 * which they called), each by its function and its file, or its library where there is no file.
 * Line numbers and versions do not count: a stack survives edits, rebuilds and upgrades. Stacks
 * that are the same by this rule are summed. */
#ifndef REPORT_COMPARE_SITE_PAIRS_H
#define REPORT_COMPARE_SITE_PAIRS_H

#include "report/compare/comparison.h"

/* The rule, for the head of a report. */
#define COMPARE_SITES_RULE                                                                         \
    "Call stacks are matched by the frames shown: by function and file, or library where there "   \
    "is "                                                                                          \
    "no file; line numbers and versions do not count."

struct compare_site {
    char *frames; /* one a line, innermost first; owned */
    bool in[COMPARE_SIDES];
    int64_t bytes[COMPARE_SIDES], blocks[COMPARE_SIDES];
};

struct compare_sites {
    struct compare_site *items; /* the largest difference first; owned */
    size_t count;
    bool has[COMPARE_SIDES];            /* a side without call stacks has nothing to match */
    int64_t other_bytes[COMPARE_SIDES]; /* of the stacks that the result does not list */
};

/* Either result may be NULL. False when memory is out; free what was built in any case. */
bool compare_sites_build(struct result *const results[COMPARE_SIDES], struct compare_sites *sites);
void compare_sites_free(struct compare_sites *sites);

int64_t compare_site_difference(const struct compare_site *site);
/* "added", "gone", "grown", "shrunk" or "same". */
const char *compare_site_kind(const struct compare_site *site);

#endif
