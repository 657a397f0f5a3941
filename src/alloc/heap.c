#include "alloc/heap.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <unistd.h>

#include "alloc/capture.h"
#include "alloc/counter.h"
#include "alloc/header.h"
#include "alloc/next.h"
#include "alloc/own.h"
#include "alloc/place.h"
#include "alloc/profile.h"
#include "alloc/profiled.h"

static _Thread_local size_t last_muted __attribute__((tls_model("initial-exec")));

size_t heap_last_muted(void) {
    return last_muted;
}

/* ---- Counting ---- */

/* Returns `block`, for whom this is the last call. */
static __attribute__((noinline, cold)) void *
count_over_ceiling(struct record_lane *lane, bool alone, uint64_t request, void *block) {
    int64_t live = 0;
    uint64_t limit = counter_grow(own_slot, lane, alone, &live);
    if (limit > 0) {
        int saved = errno;
        capture_crossing(own_slot, limit, live, request);
        errno = saved;
    }
    return block;
}

/* The lane that this thread counts in, and its index, or NULL while it is muted. */
static inline struct record_lane *find_lane(uint32_t *index) {
    *index = place_index;
    struct record_lane *lane = *index != 0 ? place_here.lanes[*index] : NULL;
    if (__builtin_expect(lane != NULL, 1))
        return lane;
    *index = place_find();
    return *index != PLACE_NONE ? place_here.lanes[*index] : NULL;
}

/* False when it must not be counted. */
static __attribute__((noinline)) bool count_shared(uint64_t request, int64_t bytes) {
    uint32_t index;
    struct record_lane *lane = find_lane(&index);
    bool fits;
    if (lane == NULL)
        return false;
    if (index > RECORD_LANE_COMMON) {
        owned_add(&place_balances[index].bytes, bytes);
        fits = counter_add_shared(lane, request, bytes);
    } else if (index == RECORD_LANE_ALONE) {
        owned_add(&place_balances[index].bytes, bytes);
        fits = counter_add(lane, request, bytes);
    } else {
        __atomic_fetch_add(&place_balances[index].bytes, bytes, __ATOMIC_RELAXED);
        fits = counter_add_common(lane, request, bytes);
    }
    if (__builtin_expect(!fits, 0))
        count_over_ceiling(lane, index == RECORD_LANE_ALONE, request, NULL);
    return true;
}

/* The lane of a process with one thread; NULL: look it up. */
static inline struct record_lane *lane_alone(void) {
    struct record_lane *lane = place_here.alone;
    return __builtin_expect(__libc_single_threaded, 1) ? lane : NULL;
}

/* Counts a call. False when it must not be counted. */
static inline bool count(uint64_t request, int64_t bytes) {
    struct record_lane *lane = lane_alone();
    if (__builtin_expect(lane == NULL, 0))
        return count_shared(request, bytes);
    if (__builtin_expect(!counter_add(lane, request, bytes), 0))
        count_over_ceiling(lane, true, request, NULL);
    return true;
}

static __attribute__((noinline)) void uncount_shared(int64_t bytes) {
    uint32_t index;
    struct record_lane *lane = find_lane(&index);
    if (lane == NULL) { /* muted, but the block was counted: that it goes counts too */
        index = place_find_always();
        lane = place_here.lanes[index];
    }
    if (__builtin_expect(index == RECORD_LANE_COMMON, 0)) {
        __atomic_fetch_sub(&place_balances[index].bytes, bytes, __ATOMIC_RELAXED);
        counter_remove_common(lane, bytes);
    } else {
        owned_add(&place_balances[index].bytes, -bytes);
        counter_remove(lane, bytes);
    }
}

/* Counts bytes of a counted block that are about to be given back. */
static inline void uncount(int64_t bytes) {
    struct record_lane *lane = lane_alone();
    if (__builtin_expect(lane == NULL, 0))
        uncount_shared(bytes);
    else
        counter_remove(lane, bytes);
}

static void *admit_muted(struct header *header, uint64_t request) {
    header->word |= HEADER_UNCOUNTED;
    last_muted = request;
    return header + 1;
}

/* The block behind an uncommon header, counted or marked as not. In a profiled process no lane is
 * ever kept, so that every block comes here. */
static __attribute__((noinline)) void *admit_otherwise(struct header *header, uint64_t request,
                                                       uint64_t flags) {
    header->word = request | flags;
    if (profile_region == NULL)
        return count_shared(request, (int64_t)request) ? header + 1 : admit_muted(header, request);
    if (place_muted != 0)
        return admit_muted(header, request);
    return profiled_add(header, request);
}

/* Writes the header of a new block and counts it. Flat, and with every call at its end, so that
 * the common way through malloc saves one register and takes no call but the next malloc's. */
static inline void *admit_block(struct header *header, size_t bytes, uint64_t flags) {
    struct record_lane *lane = lane_alone();
    header->tag = HEADER_TAG;
    header->word = bytes | flags;
    if (__builtin_expect(lane == NULL, 0))
        return admit_otherwise(header, bytes, flags);
    if (__builtin_expect(!counter_add(lane, bytes, (int64_t)bytes), 0))
        return count_over_ceiling(lane, true, bytes, header + 1);
    return header + 1;
}

static void *out_of_memory(void) {
    errno = ENOMEM;
    return NULL;
}

void *heap_malloc(size_t bytes) {
    size_t total;
    if (__builtin_expect(__builtin_add_overflow(bytes, (size_t)HEADER_BYTES, &total), 0))
        return out_of_memory();
    struct header *header = next_allocator.malloc(total);
    return __builtin_expect(header == NULL, 0) ? NULL : admit_block(header, bytes, 0);
}

void *heap_calloc(size_t count_of, size_t bytes) {
    size_t total;
    if (__builtin_mul_overflow(count_of, bytes, &total) || total > PTRDIFF_MAX - HEADER_BYTES)
        return out_of_memory();
    struct header *header = next_allocator.calloc(1, total + HEADER_BYTES);
    return header == NULL ? NULL : admit_block(header, total, 0);
}

/* A block that was not allocated here: by a library that reached libc's malloc past this one. */
static __attribute__((noinline, cold)) void note_foreign(void) {
    atomic_fetch_add_explicit(&own_slot->foreign_frees, 1, memory_order_relaxed);
}

static __attribute__((noinline)) void free_otherwise(void *block) {
    if (block == NULL)
        return;
    if (!header_is_ours(block)) {
        note_foreign();
        next_allocator.free(block);
        return;
    }
    void *origin = header_origin(block);
    uint64_t word = header_of(block)->word;
    if ((word & HEADER_UNCOUNTED) == 0 && profile_region != NULL)
        profiled_remove(header_of(block), (int64_t)(word & HEADER_REQUEST_MASK));
    else if ((word & HEADER_UNCOUNTED) == 0)
        uncount((int64_t)(word & HEADER_REQUEST_MASK));
    header_of(block)->tag = 0;
    if ((word & HEADER_UNCOUNTED) != 0 && next_is_early(origin))
        return;
    next_allocator.free(origin);
}

/* Counted before the memory is given back: afterwards another thread may have it, and be counted,
 * while it still counts here, and a peak would be seen that never was. The common way: a counted
 * block right behind its header, in a process of one thread. */
void heap_free(void *block) {
    struct record_lane *lane = lane_alone();
    if (__builtin_expect(block == NULL || lane == NULL || header_of(block)->tag != HEADER_TAG ||
                             header_of(block)->word >= HEADER_UNCOUNTED,
                         0)) {
        free_otherwise(block);
        return;
    }
    struct header *header = header_of(block);
    header->tag = 0;
    counter_remove(lane, (int64_t)header->word);
    next_allocator.free(header);
}

/* The next allocator's realloc, where that keeps the header before the block; an aligned block and
 * one from the early area are copied. The old block stays as it is on failure. */
static struct header *reallocate(struct header *header, size_t bytes) {
    void *block = header + 1;
    if (header_offset(block) == HEADER_BYTES && !next_is_early(header))
        return next_allocator.realloc(header, bytes + HEADER_BYTES);
    struct header *moved = next_allocator.malloc(bytes + HEADER_BYTES);
    if (moved == NULL)
        return NULL;
    size_t old = header_request(block);
    moved->tag = HEADER_TAG;
    memcpy(moved + 1, block, old < bytes ? old : bytes);
    header->tag = 0;
    if (!next_is_early(header))
        next_allocator.free(header_origin(block));
    return moved;
}

/* As resize_block below, of a counted block. While muted, it changes where it is. */
static __attribute__((noinline)) void *resize_profiled(struct header *header, size_t bytes) {
    place_find_always(); /* in a child of fork, sites are of its own region */
    uint32_t site = profiled_site(header);
    int64_t old = (int64_t)(header->word & HEADER_REQUEST_MASK), wanted = (int64_t)bytes;
    if (wanted < old)
        profiled_resize(site, wanted - old);
    struct header *moved = reallocate(header, bytes);
    if (moved == NULL) {
        if (wanted < old)
            profiled_resize(site, old - wanted);
        return NULL;
    }
    moved->word = bytes;
    profiled_give_site(moved, site);
    if (place_muted == 0)
        return profiled_move(moved, site, wanted < old ? wanted : old, wanted);
    if (wanted > old)
        profiled_resize(site, wanted - old);
    return moved + 1;
}

/* What shrinks is counted before it is given back, as in heap_free; what grows, when it is
 * there. */
static void *resize_block(struct header *header, size_t bytes) {
    bool counted = (header->word & HEADER_UNCOUNTED) == 0;
    if (counted && profile_region != NULL)
        return resize_profiled(header, bytes);
    int64_t more = (int64_t)bytes - (int64_t)(header->word & HEADER_REQUEST_MASK);
    if (counted && more < 0)
        uncount(-more);
    struct header *moved = reallocate(header, bytes);
    if (moved == NULL) {
        if (counted && more < 0)
            uncount(more);
        return NULL;
    }
    moved->word = bytes | (counted ? 0 : HEADER_UNCOUNTED);
    if (counted && !count(bytes, more > 0 ? more : 0) && more > 0)
        uncount(-more);
    return moved + 1;
}

void *heap_realloc(void *block, size_t bytes) {
    if (block == NULL)
        return heap_malloc(bytes);
    if (!header_is_ours(block)) {
        note_foreign();
        return next_allocator.realloc(block, bytes);
    }
    if (bytes == 0 && !next_reallocs_to_nothing()) {
        heap_free(block);
        return NULL;
    }
    if (bytes > PTRDIFF_MAX - HEADER_BYTES)
        return out_of_memory();
    return resize_block(header_of(block), bytes);
}

void *heap_reallocarray(void *block, size_t count_of, size_t bytes) {
    size_t total;
    if (__builtin_mul_overflow(count_of, bytes, &total))
        return out_of_memory();
    return heap_realloc(block, total);
}

/* The header needs room before the block, and the block its alignment: the room is one alignment
 * unit, so that both are aligned. Returns an errno value. */
static int aligned_block(void **block, size_t alignment, size_t bytes) {
    size_t offset = alignment < HEADER_BYTES ? HEADER_BYTES : alignment;
    void *origin;
    if (bytes > PTRDIFF_MAX - HEADER_BYTES || offset > PTRDIFF_MAX - bytes)
        return ENOMEM;
    int failed = next_allocator.posix_memalign(&origin, offset, bytes + offset);
    if (failed != 0)
        return failed;
    uint64_t shift = offset == HEADER_BYTES ? 0 : (uint64_t)__builtin_ctzl(offset);
    *block = admit_block((struct header *)((char *)origin + offset) - 1, bytes,
                         shift << HEADER_SHIFT_AT);
    return 0;
}

static bool is_power_of_two(size_t alignment) {
    return alignment != 0 && (alignment & (alignment - 1)) == 0;
}

/* A block of the next power of two; NULL without. Leaves errno alone where there is a block. */
static void *aligned_up(size_t alignment, size_t bytes) {
    void *block;
    size_t power = sizeof(void *);
    int saved = errno;
    if (alignment > SIZE_MAX / 2 + 1)
        return NULL;
    while (power < alignment)
        power *= 2;
    if (aligned_block(&block, power, bytes) != 0)
        return NULL;
    errno = saved;
    return block;
}

/* What the next allocator makes of an odd alignment, and what is in errno after a failure, is asked
 * of itself. */
int heap_posix_memalign(void **block, size_t alignment, size_t bytes) {
    bool odd = !is_power_of_two(alignment) || alignment % sizeof(void *) != 0;
    int reason = odd ? next_tries_posix_memalign(alignment, bytes) : 0;
    if (reason != 0)
        return reason;
    void *made = aligned_up(alignment, bytes);
    if (made == NULL) {
        reason = next_tries_posix_memalign(alignment, bytes);
        return reason != 0 ? reason : ENOMEM;
    }
    *block = made;
    return 0;
}

static void *aligned_as(bool (*grants)(size_t, size_t), size_t alignment, size_t bytes) {
    if (!is_power_of_two(alignment) && !grants(alignment, bytes))
        return NULL;
    void *block = aligned_up(alignment, bytes);
    if (block == NULL && grants(alignment, bytes))
        errno = ENOMEM;
    return block;
}

void *heap_memalign(size_t alignment, size_t bytes) {
    return aligned_as(next_grants_memalign, alignment, bytes);
}

void *heap_aligned_alloc(size_t alignment, size_t bytes) {
    return aligned_as(next_grants_aligned_alloc, alignment, bytes);
}

void *heap_valloc(size_t bytes) {
    return heap_memalign((size_t)sysconf(_SC_PAGESIZE), bytes);
}

/* pvalloc(3) allocates whole pages, and whole pages are what is counted. */
void *heap_pvalloc(size_t bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (bytes > PTRDIFF_MAX - page)
        return out_of_memory();
    return heap_memalign(page, (bytes + page - 1) & ~(page - 1));
}

size_t heap_usable_size(void *block) {
    if (block == NULL)
        return 0;
    if (!header_is_ours(block))
        return next_allocator.malloc_usable_size(block);
    return next_allocator.malloc_usable_size(header_origin(block)) - header_offset(block);
}
