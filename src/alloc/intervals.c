#include "alloc/intervals.h"

#include <string.h>

/* The first interval that ends after `address`. */
static uint32_t find_after(const struct intervals *table, uint64_t address) {
    uint32_t low = 0, high = table->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (table->items[middle].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

#define END_MASK ((UINT64_C(1) << 62) - 1) /* no address of a program is that high */

/* Adds to the pieces, or to the last of them where it is the same and touches. */
static void add_piece(struct interval *pieces, uint32_t *count, uint64_t begin, uint64_t end,
                      unsigned state) {
    if (begin >= end || state == INTERVAL_NONE)
        return;
    struct interval *last = *count > 0 ? &pieces[*count - 1] : NULL;
    if (last != NULL && last->end == begin && last->state == state)
        last->end = end & END_MASK;
    else
        pieces[(*count)++] =
            (struct interval){.begin = begin, .end = end & END_MASK, .state = state & 3};
}

bool intervals_set(struct intervals *table, uint64_t begin, uint64_t end,
                   enum interval_state state) {
    if (begin >= end)
        return true;
    /* All that overlaps, and the neighbours that touch, give way to at most three pieces. */
    uint32_t first = find_after(table, begin > 0 ? begin - 1 : 0), last = first, count = 0;
    struct interval pieces[3];
    while (last < table->count && table->items[last].begin <= end)
        last++;
    if (last > first)
        add_piece(pieces, &count, table->items[first].begin,
                  table->items[first].end < begin ? table->items[first].end : begin,
                  table->items[first].state);
    add_piece(pieces, &count, begin, end, state);
    if (last > first) {
        const struct interval *right = &table->items[last - 1];
        add_piece(pieces, &count, right->begin > end ? right->begin : end, right->end,
                  right->state);
    }
    uint32_t removed = last - first;
    if (count > removed && table->count + (count - removed) > INTERVALS_MAX)
        return false;
    for (uint32_t i = first; i < last; i++)
        table->bytes[table->items[i].state] -= table->items[i].end - table->items[i].begin;
    for (uint32_t i = 0; i < count; i++)
        table->bytes[pieces[i].state] += pieces[i].end - pieces[i].begin;
    memmove(&table->items[first + count], &table->items[last],
            (table->count - last) * sizeof table->items[0]);
    memcpy(&table->items[first], pieces, count * sizeof pieces[0]);
    table->count = table->count - removed + count;
    return true;
}

bool intervals_protect(struct intervals *table, uint64_t begin, uint64_t end,
                       enum interval_state state) {
    for (uint64_t at = begin; at < end;) {
        uint32_t index = find_after(table, at);
        if (index == table->count || table->items[index].begin >= end)
            return true;
        struct interval found = table->items[index];
        uint64_t from = found.begin > at ? found.begin : at, to = found.end < end ? found.end : end;
        if (found.state != state && found.state != INTERVAL_FILE &&
            !intervals_set(table, from, to, state))
            return false;
        at = to;
    }
    return true;
}

bool intervals_are(const struct intervals *table, uint64_t begin, uint64_t end,
                   enum interval_state *state) {
    uint32_t index = find_after(table, begin);
    *state = INTERVAL_NONE;
    if (index == table->count || table->items[index].begin >= end)
        return true;
    *state = (enum interval_state)table->items[index].state;
    return table->items[index].begin <= begin && table->items[index].end >= end;
}

bool intervals_has_anonymous(const struct intervals *table, uint64_t begin, uint64_t end) {
    for (uint32_t i = find_after(table, begin); i < table->count && table->items[i].begin < end;
         i++)
        if (table->items[i].state != INTERVAL_FILE)
            return true;
    return false;
}
