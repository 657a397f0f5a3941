#include "measure/stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/stacks_set.h"

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
    sum->temporary += figures->temporary;
    return true;
}

static int heaviest_first(const void *left, const void *right) {
    const struct stack *a = *(struct stack *const *)left, *b = *(struct stack *const *)right;
    if (a->figures.peak.bytes != b->figures.peak.bytes)
        return a->figures.peak.bytes > b->figures.peak.bytes ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

bool stacks_sort(struct stacks *stacks) {
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
