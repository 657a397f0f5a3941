/* Sizes and counts as people write and read them.
 *
 * A size is a whole number of bytes, or a whole number with the unit B, KiB, MiB or GiB (powers of
 * 1024), with or without spaces between: "98304", "98304 B", "96 KiB", "96KiB". */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { SIZE_TEXT_BYTES = 32 };

/* What an error message says a size should look like. */
#define SIZE_ACCEPTED "a whole number of bytes, or one with B, KiB, MiB or GiB (such as 96 KiB)"

/* Parses all of `text`. False, with the error set, for anything that is not a size, for a negative
 * one and for one over 2^63-1 bytes. */
bool size_parse(const char *text, uint64_t *bytes, struct error *error);

/* Parses all of `text` as a whole number without unit, at most 2^63-1. */
bool count_parse(const char *text, uint64_t *count, struct error *error);

/* Sums and differences of figures that a file may have made up: what does not fit wraps round, and
 * no more harm is done. */
static inline int64_t figure_add(int64_t left, int64_t right) {
    return (int64_t)((uint64_t)left + (uint64_t)right);
}
static inline int64_t figure_subtract(int64_t left, int64_t right) {
    return (int64_t)((uint64_t)left - (uint64_t)right);
}

/* Write into the caller's SIZE_TEXT_BYTES and return it: "57,158,809 B" keeps every digit;
 * "54.5 MiB" is for reading; "57,158,809" is a count. */
const char *size_format_exact(uint64_t bytes, char text[SIZE_TEXT_BYTES]);
const char *size_format(uint64_t bytes, char text[SIZE_TEXT_BYTES]);
const char *count_format(uint64_t count, char text[SIZE_TEXT_BYTES]);

/* The same of a number that may be negative, by one of the three above. */
enum sign {
    SIGN_MINUS,  /* "-12 B", "0 B", "12 B" */
    SIGN_CHANGE, /* "-12 B", "0 B", "+12 B" */
    SIGN_ALWAYS, /* "-12 B", "+0 B", "+12 B" */
};
const char *signed_format(int64_t value, enum sign sign,
                          const char *(*format)(uint64_t, char[SIZE_TEXT_BYTES]),
                          char text[SIZE_TEXT_BYTES]);

#endif
