/* What the malloc family does in a profiled process instead of counting in a lane. */
#ifndef ALLOC_PROFILED_H
#define ALLOC_PROFILED_H

#include <stdbool.h>
#include <stdint.h>

#include "alloc/header.h"

/* Of a block whose header has its request: its site is found, and it is counted. Returns the block,
 * so that this is its caller's last call: each frame on the stack costs a walk as much as one of
 * the program's. */
void *profiled_add(struct header *header, uint64_t request);
/* Before a counted block is given back. */
void profiled_remove(struct header *header, int64_t bytes);
/* The site of a block, and to give it one. */
uint32_t profiled_site(const struct header *header);
void profiled_give_site(struct header *header, uint32_t site);
/* A block's size changes and nobody asked: it begins to shrink, fails to, or heapgate itself
 * does. */
void profiled_resize(uint32_t site, int64_t more_bytes);
/* A call made a block of `old` bytes, of the site `from`, one of `bytes`: it belongs to who resized
 * it last. Returns the block. */
void *profiled_move(struct header *moved, uint32_t from, int64_t old, int64_t bytes);

/* What the program has mapped itself changed: counter_see_mapped, and so with all signals blocked.
 * In the middle of an event of the same thread's it is seen when that is done. */
void profiled_see_mapped(void);

/* In a child of fork that has a region of its own: if it goes on with an event that was interrupted
 * in its parent, its figures do not hold. */
void profiled_begin_child(void);

#endif
