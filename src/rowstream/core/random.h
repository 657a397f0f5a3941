/* Random numbers that are the same on every machine: SplitMix64, from the public description by
 * Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014). */
#ifndef ROWSTREAM_CORE_RANDOM_H
#define ROWSTREAM_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; /* the seed, to begin with */
};

/* All 64 bits. */
uint64_t random_next(struct random *random);
/* From 0 to below `bound`, which is not 0. */
uint64_t random_below(struct random *random, uint64_t bound);

enum { RANDOM_CHARACTER_BYTES = 4 };

/* Writes `characters` characters and a NUL; `text` has room for RANDOM_CHARACTER_BYTES each. Most
 * are letters, digits and spaces; about one in sixteen is one that some format must escape or that
 * is not ASCII. The first and last are letters or digits, as Django's XML reader strips spaces.
 * Returns the length in bytes. */
size_t random_text(struct random *random, size_t characters, char *text);

#endif
