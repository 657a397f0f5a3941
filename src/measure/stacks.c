#include "measure/stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

struct stack {
    struct profile_kept figures;
    size_t hash;
    size_t order; /* of the first time it was added: equal ones stay in it */
    size_t count;
    const struct symbols_line *lines[];
};

struct stacks {
    struct stack **table; /* a hash table, at most half full */
    size_t room;          /* a power of two */
    size_t count;
    struct stack **sorted; /* `count` of them, heaviest first; NULL until it is needed */
};

enum { ROOM_FIRST = 1024 };

struct stacks *stacks_new(void) {
    struct stacks *stacks = calloc(1, sizeof *stacks);
    if (stacks == NULL)
        return NULL;
    stacks->room = ROOM_FIRST;
    stacks->table = calloc(stacks->room, sizeof(struct stack *));
    if (stacks->table != NULL)
        return stacks;
    free(stacks);
    return NULL;
}

void stacks_free(struct stacks *stacks) {
    if (stacks == NULL)
        return;
    for (size_t i = 0; i < stacks->room; i++)
        free(stacks->table[i]);
    free(stacks->table);
    free(stacks->sorted);
    free(stacks);
}

static size_t hash_of(const struct symbols_stack *stack) {
    uint64_t hash = stack->count;
    for (size_t i = 0; i < stack->count; i++) {
        hash = (hash ^ (uintptr_t)stack->lines[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return (size_t)hash;
}

static bool grow(struct stacks *stacks) {
    size_t room = 2 * stacks->room;
    struct stack **table = calloc(room, sizeof(struct stack *));
    if (table == NULL)
        return false;
    for (size_t i = 0; i < stacks->room; i++) {
        struct stack *stack = stacks->table[i];
        if (stack == NULL)
            continue;
        size_t at = stack->hash & (room - 1);
        while (table[at] != NULL)
            at = (at + 1) & (room - 1);
        table[at] = stack;
    }
    free(stacks->table);
    stacks->table = table;
    stacks->room = room;
    return true;
}

/* Its place, where there is nothing yet or an equal one. */
static struct stack **find(struct stacks *stacks, const struct symbols_stack *wanted, size_t hash) {
    size_t at = hash & (stacks->room - 1);
    struct stack *found;
    for (; (found = stacks->table[at]) != NULL; at = (at + 1) & (stacks->room - 1))
        if (found->hash == hash && found->count == wanted->count &&
            memcmp(found->lines, wanted->lines, wanted->count * sizeof wanted->lines[0]) == 0)
            break;
    return &stacks->table[at];
}

static void add_held(struct profile_held *sum, struct profile_held held) {
    sum->bytes += held.bytes;
    sum->blocks += held.blocks;
}

bool stacks_add(struct stacks *stacks, const struct symbols_stack *wanted,
                const struct profile_kept *figures) {
    if (stacks->count >= stacks->room / 2 && !grow(stacks))
        return false;
    size_t hash = hash_of(wanted), bytes = wanted->count * sizeof wanted->lines[0];
    struct stack **place = find(stacks, wanted, hash);
    if (*place == NULL) {
        struct stack *made = calloc(1, sizeof *made + bytes);
        if (made == NULL)
            return false;
        made->hash = hash;
        made->order = stacks->count++;
        made->count = wanted->count;
        memcpy(made->lines, wanted->lines, bytes);
        *place = made;
    }
    struct profile_kept *sum = &(*place)->figures;
    add_held(&sum->peak, figures->peak);
    add_held(&sum->live, figures->live);
    sum->total_bytes += figures->total_bytes;
    sum->allocations += figures->allocations;
    return true;
}

static int heaviest_first(const void *left, const void *right) {
    const struct stack *a = *(struct stack *const *)left, *b = *(struct stack *const *)right;
    if (a->figures.peak.bytes != b->figures.peak.bytes)
        return a->figures.peak.bytes > b->figures.peak.bytes ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static bool sort(struct stacks *stacks) {
    size_t count = 0;
    if (stacks->sorted != NULL)
        return true;
    stacks->sorted = calloc(stacks->count + 1, sizeof(struct stack *));
    if (stacks->sorted == NULL)
        return false;
    for (size_t i = 0; i < stacks->room; i++)
        if (stacks->table[i] != NULL)
            stacks->sorted[count++] = stacks->table[i];
    qsort(stacks->sorted, count, sizeof(struct stack *), heaviest_first);
    return true;
}

static char **texts_of(const struct stack *stack) {
    struct symbols_stack shown = {.count = stack->count < RESULT_FRAMES_MAX ? stack->count
                                                                            : RESULT_FRAMES_MAX};
    memcpy(shown.lines, stack->lines, shown.count * sizeof shown.lines[0]);
    return symbols_texts(&shown);
}

static size_t find_own(const struct stack *stack) {
    for (size_t i = 0; i < stack->count && i < RESULT_FRAMES_MAX; i++)
        if (!stack->lines[i]->system)
            return i;
    return 0;
}

bool stacks_keep(struct stacks *stacks, struct result *result) {
    if (!sort(stacks))
        return false;
    result_free_sites(result);
    result->other_bytes = 0;
    result->sites = calloc(RESULT_SITES_MAX, sizeof *result->sites);
    if (result->sites == NULL)
        return false;
    for (size_t i = 0; i < stacks->count; i++) {
        const struct profile_kept *figures = &stacks->sorted[i]->figures;
        if (figures->peak.bytes <= 0 || result->site_count == RESULT_SITES_MAX) {
            result->other_bytes += figures->peak.bytes;
            continue;
        }
        char **frames = texts_of(stacks->sorted[i]);
        if (frames == NULL)
            return false;
        result->sites[result->site_count++] = (struct result_site){
            .bytes = figures->peak.bytes,
            /* How many blocks there were before the start is not known. */
            .blocks = figures->peak.blocks > 0 ? figures->peak.blocks : 0,
            .live_bytes = figures->live.bytes,
            .total_bytes = figures->total_bytes,
            .allocations = figures->allocations,
            .frames = frames,
            .own_frame = find_own(stacks->sorted[i]),
        };
    }
    return true;
}

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
    bool fine = sort(stacks) && buffer_append_text(&text, "");
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
