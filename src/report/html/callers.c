/* The peak as a tree of callers: what allocated on top, unfolding to who called it. Frames that
 * have only one caller are listed together; a fold stands where callers differ. */
#include "report/html/call_tree.h"

#include "base/size.h"

enum { ROOTS_SHOWN = 15, OPEN_SHARE_PERCENT = 10, OPEN_DEPTH = 3 };

struct callers {
    struct page *page;
    int64_t total_bytes;
};

static double share(const struct callers *callers, int64_t bytes) {
    return 100.0 * (double)bytes / (double)callers->total_bytes;
}

static void put_figures(const struct callers *callers, int64_t bytes, int64_t blocks) {
    struct page *page = callers->page;
    char text[SIZE_TEXT_BYTES];
    html_leaf(page, "span", "size", size_format((uint64_t)(bytes > 0 ? bytes : 0), text));
    html_leaff(page, "span", "share", " %.1f%%, %s block%s ", share(callers, bytes),
               count_format((uint64_t)(blocks > 0 ? blocks : 0), text), blocks == 1 ? "" : "s");
}

static void put_frame(struct page *page, const struct call_node *node) {
    html_leaf(page, "code", node->library ? "library" : NULL, node->frame);
}

/* The callers up to where they differ; gives the last of them. */
static const struct call_node *put_chain(struct page *page, const struct call_node *node) {
    const struct call_node *last = node;
    if (node->child != NULL && node->child->next == NULL) {
        html_open(page, "ul", "places");
        while (last->child != NULL && last->child->next == NULL) {
            last = last->child;
            html_open(page, "li", NULL);
            html_text(page, "\xe2\x86\x90 "); /* an arrow to the left */
            put_frame(page, last);
            html_close(page);
        }
        html_close(page);
    }
    return last;
}

static void put_node(const struct callers *callers, const struct call_node *node, unsigned depth) {
    struct page *page = callers->page;
    if (node->child == NULL) {
        html_open(page, "div", "leaf");
        put_figures(callers, node->bytes, node->blocks);
        put_frame(page, node);
        html_close(page);
        return;
    }
    html_open(page, "details", NULL);
    if (depth < OPEN_DEPTH && share(callers, node->bytes) >= OPEN_SHARE_PERCENT)
        html_attribute(page, "open", "open");
    html_open(page, "summary", NULL);
    put_figures(callers, node->bytes, node->blocks);
    put_frame(page, node);
    html_close(page);
    const struct call_node *last = put_chain(page, node);
    for (const struct call_node *child = last->child; child != NULL; child = child->next)
        put_node(callers, child, depth + 1);
    html_close(page);
}

static void put_rest(const struct callers *callers, const struct call_node *rest) {
    struct page *page = callers->page;
    int64_t bytes = 0;
    size_t count = 0;
    char text[SIZE_TEXT_BYTES];
    for (const struct call_node *node = rest; node != NULL; node = node->next, count++)
        bytes += node->bytes;
    html_open(page, "details", NULL);
    html_open(page, "summary", NULL);
    html_leaf(page, "span", "size", size_format((uint64_t)(bytes > 0 ? bytes : 0), text));
    html_leaff(page, "span", "share", " %.1f%%, in %zu more places", share(callers, bytes), count);
    html_close(page);
    for (; rest != NULL; rest = rest->next)
        put_node(callers, rest, OPEN_DEPTH);
    html_close(page);
}

void callers_draw(struct page *page, const struct result_site *sites, size_t count,
                  int64_t total_bytes) {
    struct call_node *root = call_tree_new(sites, count, CALLERS_OUTWARD);
    struct callers callers = {.page = page, .total_bytes = total_bytes > 0 ? total_bytes : 1};
    char text[SIZE_TEXT_BYTES];
    if (root == NULL) {
        page_fail(page);
        return;
    }
    html_open(page, "div", "tree");
    const struct call_node *node = root->child;
    for (size_t i = 0; node != NULL && i < ROOTS_SHOWN; node = node->next, i++)
        put_node(&callers, node, 0);
    if (node != NULL)
        put_rest(&callers, node);
    if (total_bytes > root->bytes) {
        html_open(page, "div", "leaf");
        html_leaf(page, "span", "size", size_format((uint64_t)(total_bytes - root->bytes), text));
        html_leaff(page, "span", "share", " %.1f%% ", share(&callers, total_bytes - root->bytes));
        html_leaf(page, "span", "quiet", "in call stacks that the result does not list");
        html_close(page);
    }
    html_close(page);
    call_tree_free(root);
}
