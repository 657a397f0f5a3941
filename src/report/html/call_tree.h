/* The call stacks of a peak as one tree: frames that stacks share are one node. Two views draw it,
 * from the outermost frame inwards (the icicle) and from the innermost outwards (the tree of
 * callers). */
#ifndef REPORT_HTML_CALL_TREE_H
#define REPORT_HTML_CALL_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/html/page.h"
#include "result/result.h"

struct call_node {
    const char *frame; /* of the sites; NULL for the root */
    int64_t bytes, blocks;
    bool library;            /* under the program's own frames in every stack */
    struct call_node *child; /* the heaviest */
    struct call_node *next;  /* the next heaviest with the same parent */
};

enum call_direction { CALLS_INWARD, CALLERS_OUTWARD };

/* Refers to the sites' frames. The root holds the sum of the sites. NULL when memory is out; free
 * with call_tree_free. */
struct call_node *call_tree_new(const struct result_site *sites, size_t count,
                                enum call_direction direction);
void call_tree_free(struct call_node *root);

/* Both draw the sites, which hold `total_bytes` with all that is in other stacks; `id` is unique in
 * the page. A failure stays with the page. */
void icicle_draw(struct page *page, const char *id, const struct result_site *sites, size_t count,
                 int64_t total_bytes);
void callers_draw(struct page *page, const struct result_site *sites, size_t count,
                  int64_t total_bytes);

#endif
