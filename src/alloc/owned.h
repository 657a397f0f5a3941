/* What keeps the counters right when a signal handler allocates: arithmetic on variables that one
 * thread owns, and a lock that knows its owner.
 *
 * A handler runs in the middle of whatever its thread was doing, so a counter that is read, changed
 * and written in three steps loses what the handler added between them. Where only one thread
 * writes, one instruction is enough: a signal comes before it or after it. A locked instruction,
 * which other processors wait for, would cost as much as malloc itself. */
#ifndef ALLOC_OWNED_H
#define ALLOC_OWNED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* In one instruction as far as this thread's own signal handlers can see; others may only read. */
static inline void owned_add(int64_t *value, int64_t more) {
#if defined(__x86_64__)
    __asm__ volatile("addq %1, %0" : "+m"(*value) : "er"(more) : "cc");
#else
    __atomic_fetch_add(value, more, __ATOMIC_RELAXED);
#endif
}

static inline void owned_count(uint64_t *value) {
#if defined(__x86_64__)
    __asm__ volatile("addq $1, %0" : "+m"(*value) : : "cc");
#else
    __atomic_fetch_add(value, 1, __ATOMIC_RELAXED);
#endif
}

/* What was there before `more` was added. */
static inline uint64_t owned_fetch_add(uint64_t *value, uint64_t more) {
#if defined(__x86_64__)
    __asm__ volatile("xaddq %0, %1" : "+r"(more), "+m"(*value) : : "cc");
    return more;
#else
    return __atomic_fetch_add(value, more, __ATOMIC_RELAXED);
#endif
}

/* Puts `next` in place of `seen`, if that is still there. */
static inline bool owned_replace(uint64_t *value, uint64_t seen, uint64_t next) {
#if defined(__x86_64__)
    bool replaced;
    __asm__ volatile("cmpxchgq %3, %2" : "=@cce"(replaced), "+a"(seen), "+m"(*value) : "r"(next));
    return replaced;
#else
    return __atomic_compare_exchange_n(value, &seen, next, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
#endif
}

/* The maximum of what is there and `least`. */
static inline void owned_raise(int64_t *value, int64_t least) {
    int64_t seen;
    do
        seen = __atomic_load_n(value, __ATOMIC_RELAXED);
    while (seen < least && !owned_replace((uint64_t *)value, (uint64_t)seen, (uint64_t)least));
}

/* What was written before is seen by others before what is read after is read. ThreadSanitizer
 * knows no fences. */
static inline void owned_barrier(void) {
#ifdef __SANITIZE_THREAD__
    static _Atomic uint32_t anything;
    atomic_fetch_add(&anything, 1);
#else
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

/* Held for a few instructions by a thread, whose number stands in it. A handler that interrupted
 * the holder must not wait for it: owned_lock_mine tells it so. */
typedef _Atomic uint64_t owned_lock;

/* Another number in each thread of a process, and never 0. */
uint64_t owned_self(void);

static inline bool owned_lock_mine(owned_lock *lock) {
    return *lock == owned_self();
}

void owned_lock_take(owned_lock *lock);

static inline void owned_lock_release(owned_lock *lock) {
    __atomic_store_n((uint64_t *)lock, 0, __ATOMIC_RELEASE);
}

/* Where the lock must not be taken while its thread handles a signal: all signals wait. */
struct owned_signals {
    unsigned long saved[2];
};
void owned_block_signals(struct owned_signals *signals);
void owned_unblock_signals(const struct owned_signals *signals);

#endif
