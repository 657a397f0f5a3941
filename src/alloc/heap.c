#include "alloc/heap.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <unistd.h>

#include "alloc/attach.h"
#include "alloc/capture.h"
#include "alloc/counter.h"
#include "alloc/next.h"
#include "alloc/profile.h"

/* 16 bytes before each block. `word` holds the requested bytes in its low 48 bits, the flag for
 * uncounted blocks in bit 55, and in its top byte how far before the block the memory of the next
 * allocator begins: 0 for the header alone, else the power of two of an aligned block. */
struct header {
    uint64_t word;
    uint64_t tag;
};

enum { HEADER_BYTES = sizeof(struct header), SHIFT_AT = 56 };
#define REQUEST_MASK ((UINT64_C(1) << 48) - 1)
#define UNCOUNTED (UINT64_C(1) << 55)
/* No glibc chunk size, which is what stands there in a block of glibc's, looks like this. In a
 * profiled process the low half is the number of the block's site instead; the high half is the
 * same in every block. */
#define TAG UINT64_C(0xfae1d3c7b59a8642)
#define TAG_HALF 32

/* Where to count, found once and kept: for the process while it has one thread, and per thread
 * afterwards. NULL sends the next event through find_lane. */
static struct record_lane *single_lane;
static _Thread_local struct record_lane *thread_lane __attribute__((tls_model("initial-exec")));
static _Thread_local uint32_t muted __attribute__((tls_model("initial-exec")));
static _Thread_local size_t last_muted __attribute__((tls_model("initial-exec")));
/* In a profiled process: what this thread allocated last. */
static _Thread_local struct header *newest __attribute__((tls_model("initial-exec")));

void heap_forget_lanes(void) {
    single_lane = NULL;
    thread_lane = NULL;
}

void heap_mute(void) {
    muted++;
    heap_forget_lanes();
}

void heap_unmute(void) {
    muted--;
}

size_t heap_last_muted(void) {
    return last_muted;
}

/* NULL while muted. */
static struct record_lane *own_lane(void) {
    struct record_lane *lane = __libc_single_threaded ? single_lane : thread_lane;
    if (lane != NULL || muted != 0)
        return lane;
    if (__libc_single_threaded)
        return single_lane = &attach_slot->lanes[0];
    return thread_lane = counter_claim_lane(attach_slot);
}

/* Returns `block`, for whom this is the last call. */
static __attribute__((noinline, cold)) void *
count_over_ceiling(struct record_lane *lane, uint64_t request, int64_t bytes, void *block) {
    int64_t live = 0;
    uint64_t limit = counter_grow(attach_slot, lane, bytes, &live);
    if (limit > 0) {
        int saved = errno;
        capture_crossing(attach_slot, limit, live, request);
        errno = saved;
    }
    return block;
}

/* Lane 0 is used while there is one thread, and needs no lock. */
static __attribute__((noinline)) bool count_shared(uint64_t request, int64_t bytes) {
    struct record_lane *lane = own_lane();
    if (lane == NULL)
        return false;
    bool locked = lane != &attach_slot->lanes[0];
    if (locked)
        counter_lock(&lane->lock);
    bool fits = counter_add(lane, request, bytes);
    if (locked)
        counter_unlock(&lane->lock);
    if (!fits)
        count_over_ceiling(lane, request, bytes, NULL);
    return true;
}

/* Counts a call. False when it must not be counted. */
static inline bool count(uint64_t request, int64_t bytes) {
    struct record_lane *lane = single_lane;
    if (__builtin_expect(!__libc_single_threaded || lane == NULL, 0))
        return count_shared(request, bytes);
    if (__builtin_expect(!counter_add(lane, request, bytes), 0))
        count_over_ceiling(lane, request, bytes, NULL);
    return true;
}

static __attribute__((noinline)) void uncount_shared(int64_t bytes) {
    struct record_lane *lane = own_lane();
    if (lane == NULL) /* muted, but the block was counted: that it goes counts too */
        lane = __libc_single_threaded ? &attach_slot->lanes[0] : counter_claim_lane(attach_slot);
    bool locked = lane != &attach_slot->lanes[0];
    if (locked)
        counter_lock(&lane->lock);
    counter_remove(lane, bytes);
    if (locked)
        counter_unlock(&lane->lock);
}

/* Counts bytes of a counted block that are about to be given back. */
static inline void uncount(int64_t bytes) {
    struct record_lane *lane = single_lane;
    if (__builtin_expect(!__libc_single_threaded || lane == NULL, 0))
        uncount_shared(bytes);
    else
        counter_remove(lane, bytes);
}

static inline struct header *header_of(void *block) {
    return (struct header *)block - 1;
}

static inline bool is_ours(void *block) {
    return __builtin_expect(header_of(block)->tag >> TAG_HALF == TAG >> TAG_HALF, 1);
}

static inline size_t request_of(void *block) {
    return header_of(block)->word & REQUEST_MASK;
}

static inline size_t offset_of(void *block) {
    uint64_t shift = header_of(block)->word >> SHIFT_AT;
    return shift == 0 ? HEADER_BYTES : (size_t)1 << shift;
}

static inline void *origin_of(void *block) {
    return (char *)block - offset_of(block);
}

/* ---- While the process is profiled: no lane is ever kept, so that every call comes here ---- */

static inline uint32_t site_of(const struct header *header) {
    return profile_site_of(profile_region, (uint32_t)header->tag);
}

static void give_site(struct header *header, uint32_t site) {
    header->tag = (TAG >> TAG_HALF << TAG_HALF) | profile_number_of(profile_region, site);
}

static inline __attribute__((always_inline)) int walk_stack(void **frames) {
    muted++;
    int count = capture_stack(frames, PROFILE_FRAMES);
    muted--;
    return count;
}

/* With the profile's lock. */
static void count_profiled(uint64_t request, int64_t bytes) {
    struct record_lane *lane = &attach_slot->lanes[0];
    if (!counter_add(lane, request, bytes))
        count_over_ceiling(lane, request, bytes, NULL);
}

static void *admit_muted(struct header *header, uint64_t request) {
    header->word |= UNCOUNTED;
    last_muted = request;
    return header + 1;
}

static __attribute__((noinline)) void *admit_profiled(struct header *header, uint64_t request) {
    void *frames[PROFILE_FRAMES];
    if (muted != 0)
        return admit_muted(header, request);
    int depth = walk_stack(frames);
    profile_lock();
    uint32_t site = profile_site_take(frames, depth);
    give_site(header, site);
    count_profiled(request, (int64_t)request);
    profile_add(profile_region, site, (int64_t)request);
    profile_unlock();
    newest = header;
    return header + 1;
}

static __attribute__((noinline)) void remove_profiled(struct header *header, int64_t bytes) {
    bool temporary = header == newest;
    profile_lock();
    counter_remove(&attach_slot->lanes[0], bytes);
    profile_remove(profile_region, site_of(header), bytes, temporary);
    profile_unlock();
    if (temporary)
        newest = NULL; /* its address may be another thread's next block */
}

static void resize_in_place(uint32_t site, int64_t more) {
    profile_lock();
    counter_remove(&attach_slot->lanes[0], -more);
    profile_resize(profile_region, site, more);
    profile_unlock();
}

/* The block belongs to who resized it last. */
static void move_profiled(struct header *moved, uint32_t from, int64_t old, int64_t bytes) {
    void *frames[PROFILE_FRAMES];
    int depth = walk_stack(frames);
    profile_lock();
    uint32_t site = profile_site_take(frames, depth);
    count_profiled((uint64_t)bytes, bytes > old ? bytes - old : 0);
    profile_move(profile_region, from, old, site, bytes);
    give_site(moved, site);
    profile_unlock();
    newest = moved;
}

/* ---- In all processes ---- */

/* The block behind an uncommon header, counted or marked as not. */
static __attribute__((noinline)) void *admit_otherwise(struct header *header, uint64_t request,
                                                       uint64_t flags) {
    header->word = request | flags;
    if (profile_region != NULL)
        return admit_profiled(header, request);
    return count_shared(request, (int64_t)request) ? header + 1 : admit_muted(header, request);
}

/* Writes the header of a new block and counts it. Flat, and with every call at its end, so that
 * the common way through malloc saves one register and takes no call but the next malloc's. */
static inline void *admit_block(struct header *header, size_t bytes, uint64_t flags) {
    struct record_lane *lane = single_lane;
    header->tag = TAG;
    header->word = bytes | flags;
    if (__builtin_expect(!__libc_single_threaded || lane == NULL, 0))
        return admit_otherwise(header, bytes, flags);
    if (__builtin_expect(!counter_add(lane, bytes, (int64_t)bytes), 0))
        return count_over_ceiling(lane, bytes, (int64_t)bytes, header + 1);
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
    atomic_fetch_add_explicit(&attach_slot->foreign_frees, 1, memory_order_relaxed);
}

static __attribute__((noinline)) void free_otherwise(void *block) {
    if (block == NULL)
        return;
    if (!is_ours(block)) {
        note_foreign();
        next_allocator.free(block);
        return;
    }
    void *origin = origin_of(block);
    uint64_t word = header_of(block)->word;
    if ((word & UNCOUNTED) == 0 && profile_region != NULL)
        remove_profiled(header_of(block), (int64_t)(word & REQUEST_MASK));
    else if ((word & UNCOUNTED) == 0)
        uncount((int64_t)(word & REQUEST_MASK));
    header_of(block)->tag = 0;
    if ((word & UNCOUNTED) != 0 && next_is_early(origin))
        return;
    next_allocator.free(origin);
}

/* Counted before the memory is given back: afterwards another thread may have it, and be counted,
 * while it still counts here, and a peak would be seen that never was. The common way: a counted
 * block right behind its header, in a process of one thread. */
void heap_free(void *block) {
    struct record_lane *lane = single_lane;
    if (__builtin_expect(block == NULL || lane == NULL || !__libc_single_threaded ||
                             header_of(block)->tag != TAG || header_of(block)->word >= UNCOUNTED,
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
    if (offset_of(block) == HEADER_BYTES && !next_is_early(header))
        return next_allocator.realloc(header, bytes + HEADER_BYTES);
    struct header *moved = next_allocator.malloc(bytes + HEADER_BYTES);
    if (moved == NULL)
        return NULL;
    size_t old = request_of(block);
    moved->tag = TAG;
    memcpy(moved + 1, block, old < bytes ? old : bytes);
    header->tag = 0;
    if (!next_is_early(header))
        next_allocator.free(origin_of(block));
    return moved;
}

/* As resize_block below, of a counted block. While muted, it changes where it is. */
static __attribute__((noinline)) void *resize_profiled(struct header *header, size_t bytes) {
    uint32_t site = site_of(header);
    int64_t old = (int64_t)(header->word & REQUEST_MASK), wanted = (int64_t)bytes;
    if (wanted < old)
        resize_in_place(site, wanted - old);
    struct header *moved = reallocate(header, bytes);
    if (moved == NULL) {
        if (wanted < old)
            resize_in_place(site, old - wanted);
        return NULL;
    }
    moved->word = bytes;
    give_site(moved, site);
    if (muted == 0)
        move_profiled(moved, site, wanted < old ? wanted : old, wanted);
    else if (wanted > old)
        resize_in_place(site, wanted - old);
    return moved + 1;
}

/* What shrinks is counted before it is given back, as in heap_free; what grows, when it is there. */
static void *resize_block(struct header *header, size_t bytes) {
    bool counted = (header->word & UNCOUNTED) == 0;
    if (counted && profile_region != NULL)
        return resize_profiled(header, bytes);
    int64_t more = (int64_t)bytes - (int64_t)(header->word & REQUEST_MASK);
    if (counted && more < 0)
        uncount(-more);
    struct header *moved = reallocate(header, bytes);
    if (moved == NULL) {
        if (counted && more < 0)
            uncount(more);
        return NULL;
    }
    moved->word = bytes | (counted ? 0 : UNCOUNTED);
    if (counted && !count(bytes, more > 0 ? more : 0) && more > 0)
        uncount(-more);
    return moved + 1;
}

void *heap_realloc(void *block, size_t bytes) {
    if (block == NULL)
        return heap_malloc(bytes);
    if (!is_ours(block)) {
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
    *block = admit_block((struct header *)((char *)origin + offset) - 1, bytes, shift << SHIFT_AT);
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
    if (!is_ours(block))
        return next_allocator.malloc_usable_size(block);
    return next_allocator.malloc_usable_size(origin_of(block)) - offset_of(block);
}
