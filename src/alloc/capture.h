/* Call stacks: that of the allocation which crossed the limit, or, in a profiled process, of
 * each. */
#ifndef ALLOC_CAPTURE_H
#define ALLOC_CAPTURE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc/record.h"

/* Loads libunwind, when a limit is armed or the process is profiled: not at the crossing, where the
 * program may hold any lock. Without libunwind the crossing is recorded without frames. */
void capture_prepare(void);

/* In a child of fork. If its parent had threads, stacks are not walked any more: one of them may
 * have held a lock that a walk needs. */
void capture_begin_child(bool had_threads);

/* Fills slot->crossing, in place of that of a lower limit. Called by the thread that crossed; of
 * two that cross at nearly the same time one may leave its stack out. */
void capture_crossing(struct record_slot *slot, uint64_t limit_bytes, int64_t live_bytes,
                      uint64_t request_bytes);

/* Fills in the call stack of its caller, innermost first; returns how many frames there are, at the
 * most `maximum`. */
typedef int capture_walker(void **frames, int maximum);

/* libunwind's unw_backtrace; NULL before capture_prepare. The first walk of a thread fills a table
 * of half a megabyte for it. */
extern capture_walker *capture_walk;
/* The same frames by unw_step, which costs ten times as much and needs no such table. NULL where
 * capture_walk is, or where libunwind has it not. */
extern capture_walker *capture_step;

/* The call stack of this call by either of them; -1 where that is NULL. Leaves errno alone.
 * Inlined, because each frame between the walk and the program costs as much as one of the
 * program's own. */
static inline __attribute__((always_inline)) int capture_stack(capture_walker *walk, void **frames,
                                                               int maximum) {
    int saved = errno;
    int count = walk != NULL ? walk(frames, maximum) : -1;
    errno = saved;
    return count;
}

#endif
