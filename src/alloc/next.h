/* The allocator behind this one: the next definition of each function after this object, which is
 * whatever the program uses (glibc, jemalloc, tcmalloc, mimalloc). */
#ifndef ALLOC_NEXT_H
#define ALLOC_NEXT_H

#include <stdbool.h>
#include <stddef.h>

struct next_allocator {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    int (*posix_memalign)(void **, size_t, size_t);
    size_t (*malloc_usable_size)(void *);
};

/* Every function can be called from the start: the first call of any looks all of them up. What
 * dlsym itself allocates meanwhile comes from a small static area, muted. */
extern struct next_allocator next_allocator;

/* Whether the allocator behind this one is a second heapgate, preloaded, which is then passed
 * by. */
bool next_has_preload(void);

/* Whether the next allocator, asked by its memalign or aligned_alloc for such a block, gives one:
 * what it makes of odd alignments and of sizes beyond all memory is its own to say, errno included.
 * Where it has no such function, as glibc's. The block is given back. */
bool next_grants_memalign(size_t alignment, size_t bytes);
bool next_grants_aligned_alloc(size_t alignment, size_t bytes);
/* The same of posix_memalign: its value. */
int next_tries_posix_memalign(size_t alignment, size_t bytes);
/* Whether its realloc to nothing keeps the block, as mimalloc's does. */
bool next_reallocs_to_nothing(void);

/* Whether memory is of that area: it must not be passed to free or realloc. */
bool next_is_early(const void *memory);

#endif
