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

/* Whether the allocator behind this one is a second heapgate, preloaded, which is then passed by. */
bool next_has_preload(void);

/* Whether memory is of that area: it must not be passed to free or realloc. */
bool next_is_early(const void *memory);

#endif
