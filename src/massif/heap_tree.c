/* One tree as a list of call stacks, heaviest first.
 *
 * The tree is walked as it is read: `open` and `stack` hold the path from the root to the node last
 * read, so memory is needed for that path and for the sites that are kept, however large the tree.
 * A node gives a site when it is closed and its children have not accounted for all of its bytes;
 * one without children gives all of them. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "massif/massif.h"

enum { STACK_TEXT_BYTES_MAX = 64 << 20 };

struct open_node {
    uint64_t bytes;
    uint64_t child_bytes; /* of the children that are closed; stops at UINT64_MAX */
    uint64_t children_left;
    uint64_t places;
    size_t text_length; /* of the stack down to this node */
};

struct walk {
    struct massif_sites *sites;
    uint64_t index;
    size_t wanted;
    const char *path;
    uint64_t snapshot_count;
    bool inside; /* the wanted snapshot's tree is next, or being read */
    bool done;
    struct buffer stack; /* the frames' texts, a newline after each */
    size_t depth;
    struct open_node open[MASSIF_DEPTH_MAX + 1];
};

static bool out_of_memory(const struct walk *walk, struct error *error) {
    error_set(error, "%s: out of memory for the call stacks of snapshot %llu", walk->path,
              (unsigned long long)walk->index);
    return false;
}

/* Copies the stack into one block: the frames, then the text that their slices are in. */
static bool copy_frames(const struct walk *walk, size_t text_length, struct massif_site *site) {
    size_t count = 0;
    for (size_t at = 0; at < text_length; at++)
        count += walk->stack.bytes[at] == '\n';
    site->frame_count = count;
    site->frames = NULL;
    if (count == 0)
        return true;
    site->frames = malloc(count * sizeof *site->frames + text_length);
    if (site->frames == NULL)
        return false;
    char *text = (char *)(site->frames + count);
    memcpy(text, walk->stack.bytes, text_length);
    for (size_t at = 0; at < count; at++) {
        char *end = rawmemchr(text, '\n');
        massif_frame_parse((struct massif_slice){text, (size_t)(end - text)}, &site->frames[at]);
        text = end + 1;
    }
    return true;
}

static void leave_out(struct massif_sites *sites, uint64_t bytes) {
    sites->other_count++;
    if (__builtin_add_overflow(sites->other_bytes, bytes, &sites->other_bytes))
        sites->other_bytes = UINT64_MAX;
}

/* Puts a site where it belongs, if it is heavy enough, and the lightest out when there are more
 * than wanted. */
static bool add_site(struct walk *walk, const struct open_node *node, uint64_t bytes,
                     struct error *error) {
    struct massif_sites *sites = walk->sites;
    size_t at = sites->count;
    while (at > 0 && sites->items[at - 1].bytes < bytes)
        at--;
    if (at == walk->wanted) {
        leave_out(sites, bytes);
        return true;
    }
    struct massif_site site = {.bytes = bytes, .places = node->places};
    if (!copy_frames(walk, node->text_length, &site))
        return out_of_memory(walk, error);
    if (sites->count == walk->wanted) {
        struct massif_site *lightest = &sites->items[--sites->count];
        leave_out(sites, lightest->bytes);
        free(lightest->frames);
    }
    memmove(&sites->items[at + 1], &sites->items[at], (sites->count - at) * sizeof site);
    sites->items[at] = site;
    sites->count++;
    return true;
}

/* Closes the node last opened and those whose last child it was. */
static bool close_nodes(struct walk *walk, struct error *error) {
    while (walk->depth > 0 && walk->open[walk->depth - 1].children_left == 0) {
        struct open_node *node = &walk->open[--walk->depth];
        if (node->bytes > node->child_bytes &&
            !add_site(walk, node, node->bytes - node->child_bytes, error))
            return false;
        if (walk->depth == 0)
            break;
        struct open_node *parent = node - 1;
        parent->children_left--;
        if (__builtin_add_overflow(parent->child_bytes, node->bytes, &parent->child_bytes))
            parent->child_bytes = UINT64_MAX;
        walk->stack.length = parent->text_length;
    }
    return true;
}

static bool walk_node(void *context, const struct massif_node *node, struct error *error) {
    struct walk *walk = context;
    if (!walk->inside)
        return true;
    if (node->kind == MASSIF_CALL &&
        (!buffer_append(&walk->stack, node->text.bytes, node->text.length) ||
         !buffer_append_text(&walk->stack, "\n")))
        return out_of_memory(walk, error);
    walk->open[walk->depth++] = (struct open_node){.bytes = node->bytes,
                                                   .children_left = node->children,
                                                   .places = node->places,
                                                   .text_length = walk->stack.length};
    if (!close_nodes(walk, error))
        return false;
    walk->done = walk->depth == 0;
    return !walk->done;
}

static bool find_snapshot(void *context, const struct massif_snapshot *snapshot,
                          struct error *error) {
    struct walk *walk = context;
    walk->snapshot_count++;
    if (snapshot->index != walk->index)
        return true;
    if (snapshot->detail == MASSIF_EMPTY) {
        error_set(error,
                  "%s: snapshot %llu has no tree: only those with heap_tree=detailed or "
                  "heap_tree=peak have one",
                  walk->path, (unsigned long long)walk->index);
        return false;
    }
    walk->sites->heap_bytes = snapshot->heap_bytes;
    walk->inside = true;
    return true;
}

static bool read_sites(struct walk *walk, struct error *error) {
    static const struct massif_handler handler = {.snapshot = find_snapshot, .node = walk_node};
    walk->sites->items = malloc((walk->wanted + 1) * sizeof *walk->sites->items);
    if (walk->sites->items == NULL)
        return out_of_memory(walk, error);
    bool whole = massif_read(walk->path, &handler, walk, error);
    if (whole)
        error_set(error, "%s: there is no snapshot %llu: the file has %llu, counted from 0",
                  walk->path, (unsigned long long)walk->index,
                  (unsigned long long)walk->snapshot_count);
    return walk->done;
}

bool massif_sites_read(const char *path, uint64_t index, size_t wanted, struct massif_sites *sites,
                       struct error *error) {
    *sites = (struct massif_sites){0};
    struct walk *walk = malloc(sizeof *walk);
    if (walk == NULL) {
        error_set(error, "%s: out of memory", path);
        return false;
    }
    walk->sites = sites;
    walk->index = index;
    walk->wanted = wanted < MASSIF_SITES_MAX ? wanted : MASSIF_SITES_MAX;
    walk->path = path;
    walk->snapshot_count = 0;
    walk->inside = walk->done = false;
    walk->stack = (struct buffer)BUFFER_INIT(STACK_TEXT_BYTES_MAX);
    walk->depth = 0;
    bool read = read_sites(walk, error);
    if (!read)
        massif_sites_fini(sites);
    buffer_fini(&walk->stack);
    free(walk);
    return read;
}

void massif_sites_fini(struct massif_sites *sites) {
    for (size_t at = 0; at < sites->count; at++)
        free(sites->items[at].frames);
    free(sites->items);
    *sites = (struct massif_sites){0};
}
