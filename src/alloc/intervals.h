/* Which parts of the address space hold what the program mapped: a sorted table of intervals that
 * do not overlap, in memory of a fixed size.
 *
 * Neighbours of one state are one interval, so that a table never has more of them than the kernel
 * has mappings. INTERVALS_MAX is a little more than the kernel allows a process unless it is told
 * otherwise (vm.max_map_count). When the table is full it says so and stays as it was.
 *
 * Nothing here allocates or locks. Addresses are whole pages: multiples of 4,096. */
#ifndef ALLOC_INTERVALS_H
#define ALLOC_INTERVALS_H

#include <stdbool.h>
#include <stdint.h>

enum { INTERVALS_MAX = 1 << 16 };

enum interval_state {
    INTERVAL_NONE,     /* free, or never seen */
    INTERVAL_RESERVED, /* anonymous, and PROT_NONE: addresses, but no memory */
    INTERVAL_USABLE,   /* anonymous, and may be read, written or executed */
    INTERVAL_FILE,     /* a file's */
    INTERVAL_STATES
};

struct interval {
    uint64_t begin;
    uint64_t end : 62;
    uint64_t state : 2;
};

/* All zeroes is an empty table. */
struct intervals {
    uint64_t bytes[INTERVAL_STATES]; /* the sum of the intervals of each state; of NONE it is 0 */
    uint32_t count;
    struct interval items[INTERVALS_MAX];
};

/* From `begin` to `end` is now of this state, whatever was there before. False when the table is
 * full; then it is as before. */
bool intervals_set(struct intervals *table, uint64_t begin, uint64_t end,
                   enum interval_state state);

/* What is anonymous from `begin` to `end` is now of this state, RESERVED or USABLE; what is not
 * stays as it is. False when the table is full; then a part may be changed. */
bool intervals_protect(struct intervals *table, uint64_t begin, uint64_t end,
                       enum interval_state state);

/* Whether all from `begin` to `end` is of one state, and of which. */
bool intervals_are(const struct intervals *table, uint64_t begin, uint64_t end,
                   enum interval_state *state);

/* Whether anything from `begin` to `end` is anonymous. */
bool intervals_has_anonymous(const struct intervals *table, uint64_t begin, uint64_t end);

#endif
