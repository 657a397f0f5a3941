/* Numbers with decimals, kept as a whole number of parts: so many bytes or calls per unit of
 * work. */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { RATE_TEXT_BYTES = 40 };

/* What an error message says a size per unit should look like. */
#define RATE_SIZE_ACCEPTED "a number of bytes, or one with B, KiB, MiB or GiB (such as 0.9 B)"

/* Parses all of `text` as a number with at most as many decimals as `scale`, a power of 10, has
 * zeros; `is_size`: it may have the unit of a size. `*parts` is the number times the scale. False,
 * with the error set, for anything else, and for what is over 2^63-1 parts. */
bool rate_parse(const char *text, uint64_t scale, bool is_size, uint64_t *parts,
                struct error *error);

/* "1,191.49", "0.9", "12": no zero stands at the end of the decimals. rate_digits leaves out the
 * commas, for a file. */
const char *rate_format(uint64_t parts, uint64_t scale, char text[RATE_TEXT_BYTES]);
const char *rate_digits(uint64_t parts, uint64_t scale, char text[RATE_TEXT_BYTES]);

#endif
