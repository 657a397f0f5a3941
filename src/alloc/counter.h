/* Exact counters of live bytes and their peak, for any number of threads and their signal handlers.
 *
 * A peak is the maximum over time of one sum, and two threads that add to one number pay for it
 * with a cache line that travels between them: five times the cost of malloc itself. So each
 * thread adds to a lane of its own and tells nobody, for as long as that cannot matter:
 *
 *   - a lane's balance is what its thread allocated less what it freed; what is live is the
 *     inherited bytes and the sum of all balances;
 *   - a lane's balance may grow to the lane's ceiling and no further;
 *   - inherited_bytes + all ceilings + pool_bytes never passes the peak already seen (nor, with
 *     what the program has mapped itself, the peak of both).
 *
 * While every lane stays below its ceiling the true sum is below the peak, whatever the order of
 * events, so no peak can be missed. A lane that needs more takes room from the pool under the
 * slot's lock; when the pool is empty the lanes are settled: summed, the peak is raised if the sum
 * passed it, every ceiling is brought down to its lane's balance, and the room between sum and peak
 * is the new pool. A steady program settles rarely; one that sets a new peak with every allocation
 * settles each time, as it must.
 *
 * Nothing waits in the common case. A thread adds first and looks at its ceiling then, with a full
 * barrier between the two; who settles lowers all ceilings below every balance first and reads the
 * balances then, with a full barrier too: either the sum has what was added, or its thread finds
 * the low ceiling and waits for the slot's lock. What comes while the sum is made shows by
 * `allocated`, and it is made again. A free only lowers the sum and needs none of this. A process
 * that has one thread uses lane 0, without barriers.
 *
 * What may be interrupted by a signal handler that allocates:
 *   - adding and removing: each is one instruction on a number that one thread writes (owned.h);
 *   - taking from the pool, and settling: the handler finds that its own thread has the lock, and
 *     settles itself. `settles` tells the one that was interrupted, which begins again.
 *   - beginning and ending a window: signals are blocked.
 *
 * No lock is held while a process forks: the one that forks waits for locks of libc's, whose
 * holders may be waiting for these. The child counts in a slot of its own (attach.c).
 *
 * Scopes are windows: a new one starts with the peak at what is live, and when it ends its peak is
 * merged into the window below, so the outer scope loses nothing. The phase of a process is one
 * window more: it ends at the next mark, or with the scope that it began in.
 *
 * Nothing here allocates, calls libc's allocator or touches errno. All functions may be called by
 * any thread of the process the slot belongs to; by signal handlers those down to
 * counter_see_mapped. */
#ifndef ALLOC_COUNTER_H
#define ALLOC_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "alloc/owned.h"
#include "alloc/read.h"
#include "alloc/record.h"

/* The index of a lane for this thread of a process with several; RECORD_LANE_COMMON when all are
 * taken. */
uint32_t counter_claim_lane(struct record_slot *slot);
/* The lane may be another thread's. What was counted in it stays. */
void counter_leave_lane(struct record_slot *slot, uint32_t index);

/* The highest that is used: that of a measured process, which may have damaged its slot, too. */
uint32_t counter_last_lane(const struct record_slot *slot);

void counter_raise_largest(struct record_lane *lane, int64_t request);

static inline void counter_note_request(struct record_lane *lane, uint64_t request) {
    if (__builtin_expect((int64_t)request > __atomic_load_n(&lane->largest_bytes, __ATOMIC_RELAXED),
                         0))
        counter_raise_largest(lane, (int64_t)request);
}

static inline bool counter_fits(const struct record_lane *lane, int64_t allocated_bytes) {
    return __builtin_expect(allocated_bytes -
                                    __atomic_load_n(&lane->freed_bytes, __ATOMIC_RELAXED) <=
                                __atomic_load_n(&lane->ceiling_bytes, __ATOMIC_RELAXED),
                            1);
}

/* These count a call that asked for `request` bytes and made `bytes` more live. False when that
 * passes the ceiling: then counter_grow must follow. Of a process with one thread: */
static inline bool counter_add(struct record_lane *lane, uint64_t request, int64_t bytes) {
    owned_count(&lane->allocations);
    counter_note_request(lane, request);
    owned_add(&lane->allocated_bytes, bytes);
    return counter_fits(lane, lane->allocated_bytes);
}

/* Of one with several, in the thread's own lane: */
static inline bool counter_add_shared(struct record_lane *lane, uint64_t request, int64_t bytes) {
    owned_count(&lane->allocations);
    counter_note_request(lane, request);
    return counter_fits(
        lane, bytes + __atomic_fetch_add(&lane->allocated_bytes, bytes, __ATOMIC_SEQ_CST));
}

/* And in the common lane: */
static inline bool counter_add_common(struct record_lane *lane, uint64_t request, int64_t bytes) {
    __atomic_fetch_add(&lane->allocations, 1, __ATOMIC_RELAXED);
    counter_note_request(lane, request);
    return counter_fits(
        lane, bytes + __atomic_fetch_add(&lane->allocated_bytes, bytes, __ATOMIC_SEQ_CST));
}

/* In a lane that is this thread's own, or the only one. */
static inline void counter_remove(struct record_lane *lane, int64_t bytes) {
    owned_add(&lane->freed_bytes, bytes);
}

static inline void counter_remove_common(struct record_lane *lane, int64_t bytes) {
    __atomic_fetch_add(&lane->freed_bytes, bytes, __ATOMIC_RELAXED);
}

/* What is live of what the lane's threads allocated, less what they freed of others'. */
int64_t counter_balance(const struct record_lane *lane);

/* What follows when a lane has passed its ceiling. `alone`: no other thread can count meanwhile.
 * Returns the limit when it is the first to pass it, or the highest doubling of it that was passed,
 * else 0; then *live is what is live, from where the limit counts. */
uint64_t counter_grow(struct record_slot *slot, struct record_lane *lane, bool alone,
                      int64_t *live);

/* What the process has mapped itself changed, in slot->mapped: the peak of both together is exact
 * too, so the pool is also the room below that. With all signals blocked. */
void counter_see_mapped(struct record_slot *slot);

/* ---- Not from signal handlers ---- */

/* Readies a zeroed slot for a process that begins with a heap: a child of fork. */
void counter_inherit(struct record_slot *slot, int64_t live_bytes);

/* Makes a slot that was copied by a fork this process's: other threads are gone, whatever they were
 * doing. In the one thread there is. */
void counter_recover(struct record_slot *slot);

/* Forgets what was counted so far, but for what is live. In a slot that nobody else uses yet. */
void counter_restart(struct record_slot *slot);

/* Arms the limit for the whole process, in a slot that nobody else uses yet. */
void counter_arm(struct record_slot *slot, uint64_t limit_bytes);

/* The process so far. `peak_bytes` is absolute: the heap began at 0. */
void counter_read(struct record_slot *slot, heapgate_usage *usage);

/* Opens a window for slot->scopes[scope]; `limit_bytes` above what is live now becomes the limit
 * unless it is 0. False when too many are open. */
bool counter_begin(struct record_slot *slot, uint32_t scope, uint64_t limit_bytes);
/* Closes it, and the phase that began in it, and fills the scope's usage. */
void counter_end(struct record_slot *slot, uint32_t scope, uint64_t now_ns);

/* Ends the phase that goes on, if one does, and begins one of that name; NULL: only ends.
 * `now_ns` is CLOCK_MONOTONIC. False when there is no room for another: then the one that goes
 * on goes on. */
bool counter_phase(struct record_slot *slot, const char *name, uint64_t now_ns);

#endif
