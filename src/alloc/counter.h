/* Exact counters of live bytes and their peak, for any number of threads.
 *
 * A peak is the maximum over time of one sum, and two threads that add to one number pay for it
 * with a cache line that travels between them: five times the cost of malloc itself. So each
 * thread adds to a lane of its own and tells nobody, for as long as that cannot matter:
 *
 *   - a lane's balance is what its threads allocated less what they freed; what is live is the
 *     inherited bytes and the sum of all balances;
 *   - a lane's balance may grow to the lane's ceiling and no further (`allowed_bytes` is where that
 *     is met: the ceiling and what was freed, so that malloc compares once and free adds once);
 *   - inherited_bytes + all ceilings + pool_bytes never passes the peak already seen.
 *
 * While every lane stays below its ceiling the true sum is below the peak, whatever the order of
 * events, so no peak can be missed. A lane that needs more takes room from the pool under the
 * slot's lock; when the pool is empty all lanes are locked and summed, the peak is raised if the
 * sum passed it, every ceiling is brought down to its lane's balance, and the room between sum and
 * peak is the new pool. A steady program settles like this rarely; one that sets a new peak with
 * every allocation settles each time, as it must.
 *
 * A lane's lock is its own thread's but while somebody settles, so taking it costs one
 * uncontended atomic exchange. A process that has one thread uses lane 0 and skips even that.
 *
 * Scopes are windows: a new one starts with the peak at what is live, and when it ends its peak is
 * merged into the window below, so the outer scope loses nothing. The phase of a process is one
 * window more: it ends at the next mark, or with the scope that it began in.
 *
 * Nothing here allocates, calls libc's allocator or touches errno. All functions may be called by
 * any thread of the process the slot belongs to. */
#ifndef ALLOC_COUNTER_H
#define ALLOC_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "alloc/record.h"

/* Readies a zeroed slot for a process that begins with a heap: a child of fork. */
void counter_inherit(struct record_slot *slot, int64_t live_bytes);

/* Forgets what was counted so far, but for what is live. In a slot that nobody else uses yet. */
void counter_restart(struct record_slot *slot);

/* Arms the limit for the whole process, in a slot that nobody else uses yet. */
void counter_arm(struct record_slot *slot, uint64_t limit_bytes);

/* The lane of a thread of a process with several: never lane 0, which has no use of its lock. */
struct record_lane *counter_claim_lane(struct record_slot *slot);

/* The slow half of counter_add: counts `bytes` more live, however far that goes. Returns the limit
 * when they are the first to pass it, or the highest doubling of it that they pass, else 0; then
 * *live is what is live with them, from where the limit counts. `lane` must not be locked. */
uint64_t counter_grow(struct record_slot *slot, struct record_lane *lane, int64_t bytes,
                      int64_t *live);

void counter_lock(_Atomic uint32_t *lock);

static inline void counter_unlock(_Atomic uint32_t *lock) {
    atomic_store_explicit(lock, 0, memory_order_release);
}

/* With the lane to oneself: counts a call that asked for `request` bytes and made `bytes` more
 * live. False when the bytes do not fit under the ceiling; then the call is counted, the bytes are
 * not, and counter_grow must follow. */
static inline bool counter_add(struct record_lane *lane, uint64_t request, int64_t bytes) {
    int64_t allocated_bytes = lane->allocated_bytes + bytes;
    lane->allocations++;
    if (__builtin_expect(request > lane->largest_bytes, 0))
        lane->largest_bytes = request;
    if (__builtin_expect(allocated_bytes > lane->allowed_bytes, 0))
        return false;
    lane->allocated_bytes = allocated_bytes;
    return true;
}

/* With the lane to oneself. */
static inline void counter_remove(struct record_lane *lane, int64_t bytes) {
    lane->allowed_bytes += bytes;
}

/* The process so far. `peak_bytes` is absolute: the heap began at 0. */
void counter_read(struct record_slot *slot, heapgate_usage *usage);

/* Opens a window for slot->scopes[scope]; `limit_bytes` above what is live now becomes the limit
 * unless it is 0. False when too many are open. */
bool counter_begin(struct record_slot *slot, uint32_t scope, uint64_t limit_bytes);
/* Closes it, and the phase that began in it, and fills the scope's usage. */
void counter_end(struct record_slot *slot, uint32_t scope, uint64_t now_ns);

/* Ends the phase that goes on, if one does, and begins one of that name; NULL: only ends. `now_ns` is
 * CLOCK_MONOTONIC. False when there is no room for another: then the one that goes on goes on. */
bool counter_phase(struct record_slot *slot, const char *name, uint64_t now_ns);

/* Holds every lock, while the process forks, and returns what is live. */
int64_t counter_hold(struct record_slot *slot);
void counter_release(struct record_slot *slot);

/* The figures of a slot that may belong to another process, read without locks: exact once that
 * process has ended or stands still. */
void counter_peek(const struct record_slot *slot, heapgate_usage *usage);

/* A look at a process that runs on, from another one: what is live at about this moment, and the
 * highest that it was, ever and since the newest window began. `window` is another number when that
 * is another one. */
struct counter_glance {
    int64_t live_bytes, peak_bytes, window_peak_bytes;
    uint64_t window;
    uint64_t allocations, allocated_bytes;
};
void counter_glance(const struct record_slot *slot, struct counter_glance *glance);
/* The phase as it stands: one that has not ended is seen up to now. */
void counter_peek_phase(const struct record_slot *slot, uint32_t index, struct record_phase *phase);

#endif
