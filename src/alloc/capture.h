/* The one call stack a record keeps: that of the allocation which crossed the limit. */
#ifndef ALLOC_CAPTURE_H
#define ALLOC_CAPTURE_H

#include <stdint.h>

#include "alloc/record.h"

/* Loads libunwind, when a limit is armed: not at the crossing, where the program may hold any
 * lock. Without libunwind the crossing is recorded without frames. */
void capture_prepare(void);

/* Fills slot->crossing, in place of that of a lower limit. Called by the thread that crossed; of two
 * that cross at nearly the same time one may leave its stack out. */
void capture_crossing(struct record_slot *slot, uint64_t limit_bytes, int64_t live_bytes,
                      uint64_t request_bytes);

#endif
