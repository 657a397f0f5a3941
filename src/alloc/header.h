/* What stands before each block: how much was asked for, and that it came from here. */
#ifndef ALLOC_HEADER_H
#define ALLOC_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 16 bytes before each block. `word` holds the requested bytes in its low 48 bits, the flag for
 * uncounted blocks in bit 55, and in its top byte how far before the block the memory of the next
 * allocator begins: 0 for the header alone, else the power of two of an aligned block. */
struct header {
    uint64_t word;
    uint64_t tag;
};

enum { HEADER_BYTES = sizeof(struct header), HEADER_SHIFT_AT = 56, HEADER_TAG_HALF = 32 };
#define HEADER_REQUEST_MASK ((UINT64_C(1) << 48) - 1)
#define HEADER_UNCOUNTED (UINT64_C(1) << 55)
/* No glibc chunk size, which is what stands there in a block of glibc's, looks like this. In a
 * profiled process the low half is the number of the block's site instead; the high half is the
 * same in every block. */
#define HEADER_TAG UINT64_C(0xfae1d3c7b59a8642)

static inline struct header *header_of(void *block) {
    return (struct header *)block - 1;
}

static inline bool header_is_ours(void *block) {
    return __builtin_expect(
        header_of(block)->tag >> HEADER_TAG_HALF == HEADER_TAG >> HEADER_TAG_HALF, 1);
}

static inline size_t header_request(void *block) {
    return header_of(block)->word & HEADER_REQUEST_MASK;
}

static inline size_t header_offset(void *block) {
    uint64_t shift = header_of(block)->word >> HEADER_SHIFT_AT;
    return shift == 0 ? HEADER_BYTES : (size_t)1 << shift;
}

static inline void *header_origin(void *block) {
    return (char *)block - header_offset(block);
}

#endif
