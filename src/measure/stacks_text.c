/* The stacks as other tools take them: collapsed for flame graphs, and as a Massif file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "massif/massif.h"
#include "measure/stacks_set.h"

/* ---- Collapsed ---- */

/* ";" separates frames, and C++ has none in a name. */
static bool fold(const struct stack *stack, struct buffer *text) {
    for (size_t i = stack->count; i-- > 0;) {
        size_t begin = text->length;
        if (!buffer_append_text(text, stack->lines[i]->text))
            return false;
        for (char *at = text->bytes + begin; (at = strpbrk(at, ";\n")) != NULL;)
            *at = ',';
        if (i > 0 && !buffer_append_text(text, ";"))
            return false;
    }
    return buffer_printf(text, " %lld\n", (long long)stack->figures.peak.bytes);
}

/* What there is no room for. */
static bool fold_rest(const struct stacks *stacks, size_t begin, struct buffer *text) {
    int64_t bytes = 0;
    for (size_t i = begin; i < stacks->count; i++)
        if (stacks->sorted[i]->figures.peak.bytes > 0)
            bytes += stacks->sorted[i]->figures.peak.bytes;
    return bytes == 0 || buffer_printf(text, "(other call stacks) %lld\n", (long long)bytes);
}

char *stacks_folded(struct stacks *stacks, size_t maximum_bytes) {
    enum { REST_BYTES = 64 };
    struct buffer text = BUFFER_INIT(maximum_bytes - REST_BYTES);
    bool fine = stacks_sort(stacks) && buffer_append_text(&text, "");
    size_t i = 0;
    for (; fine && i < stacks->count; i++) {
        size_t length = text.length;
        if (stacks->sorted[i]->figures.peak.bytes <= 0 || fold(stacks->sorted[i], &text))
            continue;
        fine = errno == EFBIG;
        text.length = length;
        text.bytes[length] = '\0';
        break;
    }
    text.maximum = maximum_bytes;
    if (fine && fold_rest(stacks, i, &text))
        return text.bytes;
    buffer_fini(&text);
    return NULL;
}

/* ---- Massif ----
 *
 * A tree's node is a frame, its children the callers. Stacks are sorted by their frames, so that
 * all that share their innermost frames stand together: a node is such a run of stacks, and the
 * children are the shorter runs in it. What holds less than the threshold gets no line, so only a
 * thousand runs are ever looked into, however many stacks there are. */

enum { THRESHOLD_PART = 1000 }; /* 0.1% of the whole */

struct tree {
    struct massif_writer writer;
    const struct stack **stacks;
    int64_t (*bytes_of)(const struct stack *stack);
    int64_t total_bytes;
    bool failed;
};

/* Stacks with the same frame at a depth, and what they hold. */
struct branch {
    size_t begin, end;
    size_t order; /* the earliest, where two hold the same */
    int64_t bytes;
};

static int64_t at_peak(const struct stack *stack) {
    return stack->figures.peak.bytes;
}

static int64_t at_end(const struct stack *stack) {
    return stack->figures.live.bytes;
}

static int by_frames(const void *left, const void *right) {
    const struct stack *a = *(const struct stack *const *)left;
    const struct stack *b = *(const struct stack *const *)right;
    for (size_t i = 0; i < a->count && i < b->count; i++)
        if (a->lines[i] != b->lines[i])
            return a->lines[i] < b->lines[i] ? -1 : 1;
    return a->count < b->count ? -1 : a->count > b->count;
}

static int heaviest_first(const void *left, const void *right) {
    const struct branch *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

/* The branch that begins with a stack. */
static struct branch measure_branch(const struct tree *tree, size_t begin, size_t end,
                                    size_t depth) {
    struct branch branch = {.begin = begin, .end = begin, .order = SIZE_MAX};
    const struct symbols_line *line = tree->stacks[begin]->lines[depth];
    for (; branch.end < end && tree->stacks[branch.end]->lines[depth] == line; branch.end++) {
        branch.bytes += tree->bytes_of(tree->stacks[branch.end]);
        if (tree->stacks[branch.end]->order < branch.order)
            branch.order = tree->stacks[branch.end]->order;
    }
    return branch;
}

struct branches {
    struct branch *items; /* those with a line of their own, heaviest first; owned */
    size_t count;
    uint64_t below_count;
    int64_t below_bytes;
};

/* NULL items when memory is out. */
static struct branches find_branches(const struct tree *tree, const struct branch *node,
                                     size_t depth) {
    struct branches found = {.items = calloc(THRESHOLD_PART + 1, sizeof *found.items)};
    size_t at = node->begin;
    while (found.items != NULL && at < node->end) {
        if (tree->stacks[at]->count == depth) { /* nobody called it; it comes before those */
            at++;
            continue;
        }
        struct branch branch = measure_branch(tree, at, node->end, depth);
        at = branch.end;
        if (branch.bytes > 0 &&
            branch.bytes >= (tree->total_bytes + THRESHOLD_PART - 1) / THRESHOLD_PART) {
            found.items[found.count++] = branch;
            continue;
        }
        found.below_count++;
        found.below_bytes += branch.bytes;
    }
    if (found.items != NULL)
        qsort(found.items, found.count, sizeof *found.items, heaviest_first);
    return found;
}

static struct massif_slice slice_of(const char *text) {
    return text != NULL ? (struct massif_slice){text, strlen(text)} : (struct massif_slice){"", 0};
}

static void write_line(struct tree *tree, const struct branch *node, uint64_t children,
                       const struct symbols_line *line) {
    uint64_t bytes = (uint64_t)node->bytes;
    if (line == NULL) {
        massif_write_root(&tree->writer, children, bytes);
        return;
    }
    const struct massif_frame frame = {
        .address = line->address,
        .function = slice_of(line->address == 0 ? line->text : line->function),
        .file = slice_of(line->file),
        .line = (uint64_t)line->number,
        .module = slice_of(line->module),
    };
    massif_write_call(&tree->writer, children, bytes, &frame);
}

static void write_node(struct tree *tree, const struct branch *node, size_t depth) {
    const struct symbols_line *line =
        depth > 0 ? tree->stacks[node->begin]->lines[depth - 1] : NULL;
    struct branches callers = find_branches(tree, node, depth);
    tree->failed = tree->failed || callers.items == NULL;
    bool has_below = callers.below_bytes > 0;
    write_line(tree, node, callers.count + has_below, line);
    for (size_t i = 0; i < callers.count; i++)
        write_node(tree, &callers.items[i], depth + 1);
    if (has_below)
        massif_write_below(&tree->writer, (uint64_t)callers.below_bytes, callers.below_count,
                           100.0 / THRESHOLD_PART);
    free(callers.items);
}

/* Stacks that hold nothing, or less than when the scope began, are left out of the tree. */
static void write_snapshot(struct tree *tree, struct stacks *stacks, uint64_t time,
                           enum massif_detail detail, int64_t (*bytes_of)(const struct stack *)) {
    struct branch root = {.begin = 0};
    int64_t sum = 0;
    for (size_t i = 0; bytes_of != NULL && i < stacks->count; i++) {
        int64_t bytes = bytes_of(stacks->sorted[i]);
        sum += bytes;
        if (bytes > 0)
            tree->stacks[root.end++] = stacks->sorted[i];
    }
    const struct massif_snapshot snapshot = {
        .time = time,
        .heap_bytes = sum > 0 ? (uint64_t)sum : 0,
        .detail = root.end > 0 && sum > 0 ? detail : MASSIF_EMPTY,
    };
    massif_write_snapshot(&tree->writer, &snapshot);
    if (snapshot.detail == MASSIF_EMPTY)
        return;
    if (root.end > 1)
        qsort(tree->stacks, root.end, sizeof *tree->stacks, by_frames);
    root.bytes = tree->total_bytes = sum;
    tree->bytes_of = bytes_of;
    write_node(tree, &root, 0);
}

char *stacks_massif(struct stacks *stacks, const char *command, const struct profile_times *times,
                    size_t maximum_bytes) {
    struct buffer text = BUFFER_INIT(maximum_bytes);
    struct tree *tree = calloc(1, sizeof *tree);
    if (tree == NULL || !stacks_sort(stacks) ||
        (tree->stacks = calloc(stacks->count + 1, sizeof(struct stack *))) == NULL) {
        free(tree);
        return NULL;
    }
    const struct massif_header header = {.description = slice_of("heapgate run --engine profile"),
                                         .command = slice_of(command),
                                         .time_unit = MASSIF_ALLOCATED_BYTES};
    tree->writer.text = &text;
    massif_write_header(&tree->writer, &header);
    write_snapshot(tree, stacks, 0, MASSIF_EMPTY, NULL);
    write_snapshot(tree, stacks, times->peak_at_bytes, MASSIF_PEAK, at_peak);
    write_snapshot(tree, stacks, times->end_at_bytes, MASSIF_DETAILED, at_end);
    bool fine = !tree->failed && massif_write_end(&tree->writer);
    free(tree->stacks);
    free(tree);
    if (fine)
        return text.bytes;
    buffer_fini(&text);
    return NULL;
}
