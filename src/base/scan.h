/* The next of a few bytes in a text, sixteen at a time: texts are copied by runs of what nobody has
 * to look at. */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include <stddef.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What to stop at. Constants, so that the compiler makes a handful of comparisons of them. */
struct marks {
    unsigned char below;    /* every byte below this */
    unsigned char from;     /* every byte from this on; 0xFF, which is in no text, for none */
    unsigned char bytes[5]; /* and these; a NUL, which is in no text either, for none */
};

enum { SCAN_BLOCK_BYTES = 16 };
typedef unsigned char scan_block __attribute__((vector_size(SCAN_BLOCK_BYTES)));

static inline int scan_is_mark(unsigned char byte, struct marks marks) {
    return byte < marks.below || byte >= marks.from || byte == marks.bytes[0] ||
           byte == marks.bytes[1] || byte == marks.bytes[2] || byte == marks.bytes[3] ||
           byte == marks.bytes[4];
}

/* One bit for each of the sixteen bytes, the lowest for the first; set where there is a mark. */
static inline unsigned scan_marks(const char *text, struct marks marks) {
    scan_block block;
    memcpy(&block, text, sizeof block);
    scan_block found =
        (scan_block)((block < marks.below) | (block >= marks.from) | (block == marks.bytes[0]) |
                     (block == marks.bytes[1]) | (block == marks.bytes[2]) |
                     (block == marks.bytes[3]) | (block == marks.bytes[4]));
#ifdef __SSE2__
    return (unsigned)_mm_movemask_epi8((__m128i)found);
#else
    unsigned bits = 0;
    for (unsigned i = 0; i < SCAN_BLOCK_BYTES; i++)
        bits |= (found[i] & 1u) << i;
    return bits;
#endif
}

/* The offset of the first mark from `at` on; `length` when there is none. */
static inline __attribute__((always_inline)) size_t scan(const char *text, size_t at, size_t length,
                                                         struct marks marks) {
    for (; at + SCAN_BLOCK_BYTES <= length; at += SCAN_BLOCK_BYTES) {
        unsigned found = scan_marks(text + at, marks);
        if (found != 0)
            return at + (unsigned)__builtin_ctz(found);
    }
    if (at < length && length >= SCAN_BLOCK_BYTES) { /* the last block, without what is done */
        size_t start = length - SCAN_BLOCK_BYTES;
        unsigned found = scan_marks(text + start, marks) >> (at - start);
        return found != 0 ? at + (unsigned)__builtin_ctz(found) : length;
    }
    while (at < length && !scan_is_mark((unsigned char)text[at], marks))
        at++;
    return at;
}

#endif
