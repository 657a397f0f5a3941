/* The next of a few bytes in a text, sixteen at a time: texts are copied by runs of what nobody has
 * to look at. */
#ifndef ROWSTREAM_SCAN_H
#define ROWSTREAM_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What to stop at. Constants, so that the compiler makes a handful of comparisons of them. */
struct marks {
    unsigned char below;    /* every byte below this */
    unsigned char from;     /* every byte from this on; 0xFF, which is in no text, for none */
    unsigned char bytes[5]; /* and these; a NUL, which is in no text either, for none */
};

enum { SCAN_BLOCK_BYTES = 16 };
typedef unsigned char scan_block __attribute__((vector_size(SCAN_BLOCK_BYTES)));
typedef uint64_t scan_halves __attribute__((vector_size(SCAN_BLOCK_BYTES)));

static inline int scan_is_mark(unsigned char byte, struct marks marks) {
    return byte < marks.below || byte >= marks.from || byte == marks.bytes[0] ||
           byte == marks.bytes[1] || byte == marks.bytes[2] || byte == marks.bytes[3] ||
           byte == marks.bytes[4];
}

/* 0xFF in place of every mark. */
static inline scan_halves scan_marks(const char *text, struct marks marks) {
    scan_block block;
    memcpy(&block, text, sizeof block);
    return (scan_halves)((block < marks.below) | (block >= marks.from) |
                         (block == marks.bytes[0]) | (block == marks.bytes[1]) |
                         (block == marks.bytes[2]) | (block == marks.bytes[3]) |
                         (block == marks.bytes[4]));
}

/* Where the first 0xFF of a half is; the half is not zero. */
static inline size_t scan_first(uint64_t half) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (size_t)__builtin_ctzll(half) / 8;
#else
    return (size_t)__builtin_clzll(half) / 8;
#endif
}

/* The offset of the first mark from `at` on; `length` when there is none. */
static inline __attribute__((always_inline)) size_t scan(const char *text, size_t at,
                                                         size_t length, struct marks marks) {
    for (; length - at >= SCAN_BLOCK_BYTES; at += SCAN_BLOCK_BYTES) {
        scan_halves found = scan_marks(text + at, marks);
        if (found[0] != 0)
            return at + scan_first(found[0]);
        if (found[1] != 0)
            return at + 8 + scan_first(found[1]);
    }
    while (at < length && !scan_is_mark((unsigned char)text[at], marks))
        at++;
    return at;
}

#endif
