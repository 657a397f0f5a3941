/* The malloc family, counted: what each interposed symbol does. Same arguments, results, errno
 * and alignment as malloc(3), posix_memalign(3) and malloc_usable_size(3) promise.
 *
 * Every block has a 16-byte header before the address the caller sees: the bytes that were asked
 * for, and a tag by which a block that was not allocated here (by a library that reached libc's
 * malloc directly) is known and passed on uncounted. */
#ifndef ALLOC_HEAP_H
#define ALLOC_HEAP_H

#include <stdbool.h>
#include <stddef.h>

void *heap_malloc(size_t bytes);
void *heap_calloc(size_t count, size_t bytes);
void *heap_realloc(void *block, size_t bytes);
void *heap_reallocarray(void *block, size_t count, size_t bytes);
void heap_free(void *block);
int heap_posix_memalign(void **block, size_t alignment, size_t bytes);
void *heap_memalign(size_t alignment, size_t bytes);
void *heap_aligned_alloc(size_t alignment, size_t bytes);
void *heap_aligned_alloc(size_t alignment, size_t bytes);
void *heap_valloc(size_t bytes);
void *heap_pvalloc(size_t bytes);
size_t heap_usable_size(void *block);

/* The size of the last block that this thread asked for while muted. */
size_t heap_last_muted(void);

#endif
