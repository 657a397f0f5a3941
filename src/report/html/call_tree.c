#include "report/html/call_tree.h"

#include <stdlib.h>
#include <string.h>

/* The root and one node for each frame at most, in one piece. */
struct arena {
    struct call_node *nodes;
    size_t used;
};

/* A file may have longer stacks than were ever written; the views recurse. */
static size_t count_frames(const struct result_site *site) {
    size_t count = 0;
    while (count < RESULT_FRAMES_MAX && site->frames[count] != NULL)
        count++;
    return count;
}

/* A file may also have figures that no program had. */
static void add(int64_t *sum, int64_t more) {
    if (__builtin_add_overflow(*sum, more, sum))
        *sum = more < 0 ? INT64_MIN : INT64_MAX;
}

static struct call_node *find_or_add(struct arena *arena, struct call_node *parent,
                                     const char *frame) {
    struct call_node **link = &parent->child;
    for (; *link != NULL; link = &(*link)->next)
        if (strcmp((*link)->frame, frame) == 0)
            return *link;
    *link = &arena->nodes[arena->used++];
    **link = (struct call_node){.frame = frame, .library = true};
    return *link;
}

static void add_site(struct arena *arena, const struct result_site *site,
                     enum call_direction direction) {
    size_t frames = count_frames(site);
    struct call_node *node = arena->nodes;
    for (size_t i = 0; i <= frames; i++) {
        add(&node->bytes, site->bytes);
        add(&node->blocks, site->blocks);
        if (i == frames)
            break;
        size_t at = direction == CALLS_INWARD ? frames - 1 - i : i;
        node = find_or_add(arena, node, site->frames[at]);
        node->library = node->library && at < site->own_frame;
    }
}

/* Puts a list in order, heaviest first, by inserting each into the sorted part: lists are short. */
static struct call_node *sort_nodes(struct call_node *list) {
    struct call_node *sorted = NULL;
    while (list != NULL) {
        struct call_node *node = list, **link = &sorted;
        list = list->next;
        while (*link != NULL && (*link)->bytes >= node->bytes)
            link = &(*link)->next;
        node->next = *link;
        *link = node;
    }
    return sorted;
}

struct call_node *call_tree_new(const struct result_site *sites, size_t count,
                                enum call_direction direction) {
    size_t nodes = 1;
    for (size_t i = 0; i < count; i++)
        nodes += count_frames(&sites[i]);
    struct arena arena = {.nodes = calloc(nodes, sizeof *arena.nodes), .used = 1};
    if (arena.nodes == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        add_site(&arena, &sites[i], direction);
    for (size_t i = 0; i < arena.used; i++)
        arena.nodes[i].child = sort_nodes(arena.nodes[i].child);
    return arena.nodes;
}

void call_tree_free(struct call_node *root) {
    free(root);
}
