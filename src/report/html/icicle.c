/* The peak as an icicle: the whole on top, each frame under its caller and as wide as what it
 * held. A flame graph that hangs, so that the eye starts where the program does. */
#include "report/html/call_tree.h"

#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "report/html/svg.h"

enum { WIDTH = 1000, ROW = 19, PADDING = 5 };

/* Narrower than this is not to be seen; it stays blank, as what is in other stacks does. */
static const double narrowest = 0.7;

struct icicle {
    struct page *page;
    double unit_width; /* of a byte */
    int64_t total_bytes;
    int rows;
};

static double width_of(const struct icicle *icicle, const struct call_node *node) {
    return (double)node->bytes * icicle->unit_width;
}

static int count_rows(const struct icicle *icicle, const struct call_node *node) {
    int rows = 0;
    for (const struct call_node *child = node->child; child != NULL; child = child->next) {
        int below = width_of(icicle, child) >= narrowest ? count_rows(icicle, child) : 0;
        rows = below > rows ? below : rows;
    }
    return rows + 1;
}

/* One of three shades for each file or module, so that neighbours are told apart. */
static unsigned shade(const char *frame) {
    const char *place = strstr(frame, " (");
    unsigned hash = 5381;
    if (place == NULL)
        place = strstr(frame, " in ");
    for (const char *at = place != NULL ? place : frame; *at != '\0' && *at != ':'; at++)
        hash = hash * 33 + (unsigned char)*at;
    return hash % 3 + 1;
}

static void draw_node(const struct icicle *icicle, const struct call_node *node, double x,
                      int row) {
    char exact[SIZE_TEXT_BYTES], blocks[SIZE_TEXT_BYTES], class[16] = "root";
    struct page *page = icicle->page;
    double width = width_of(icicle, node);
    if (width < narrowest || node->bytes <= 0)
        return;
    const char *frame = node->frame != NULL ? node->frame : "the peak";
    if (node->frame != NULL)
        snprintf(class, sizeof class, "%s%u", node->library ? "lib" : "own", shade(frame));
    html_open(page, "g", class);
    html_open(page, "title", NULL);
    html_textf(page, "%s\n%s, %.1f%%, %s blocks", frame,
               size_format_exact((uint64_t)node->bytes, exact),
               100.0 * (double)node->bytes / (double)icicle->total_bytes,
               count_format((uint64_t)node->blocks, blocks));
    html_close(page);
    svg_rect(page, NULL, x, row * ROW, width, ROW);
    html_close(page);
    svg_text(page, NULL, x + PADDING, row * ROW + 13.5, SVG_START, width - 2 * PADDING, frame);
    html_close(page);
    for (const struct call_node *child = node->child; child != NULL; child = child->next) {
        draw_node(icicle, child, x, row + 1);
        x += width_of(icicle, child);
    }
}

void icicle_draw(struct page *page, const char *id, const struct result_site *sites, size_t count,
                 int64_t total_bytes) {
    struct call_node *root = call_tree_new(sites, count, CALLS_INWARD);
    char text[SIZE_TEXT_BYTES];
    if (root == NULL) {
        page_fail(page);
        return;
    }
    struct icicle icicle = {.page = page,
                            .unit_width = WIDTH / (double)(total_bytes > 0 ? total_bytes : 1),
                            .total_bytes = total_bytes > 0 ? total_bytes : 1};
    icicle.rows = count_rows(&icicle, root);
    html_open(page, "figure", "icicle");
    html_open(page, "figcaption", NULL);
    html_leaff(page, "strong", NULL, "The peak by call stack, %s",
               size_format((uint64_t)icicle.total_bytes, text));
    html_text(page, " Each frame is under its caller and as wide as what it held: the program's "
                    "own frames warm, libraries' cool. Point at one for its figures.");
    html_close(page);
    html_scroller(page, "The peak by call stack");
    svg_open(page, id, NULL, WIDTH, icicle.rows * ROW);
    svg_describe(page, id, "The peak by call stack",
                 "The same call stacks, with their figures, are in the tree of callers below.");
    draw_node(&icicle, root, 0, 0);
    html_close(page);
    html_close(page);
    html_close(page);
    call_tree_free(root);
}
