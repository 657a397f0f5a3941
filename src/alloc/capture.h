/* The one call stack a record keeps: that of the allocation which crossed the limit. */
#ifndef ALLOC_CAPTURE_H
#define ALLOC_CAPTURE_H

#include <stdint.h>

#include "alloc/record.h"

/* Loads libunwind, when a limit is armed: not at the crossing, where the program may hold any
 * lock. Without libunwind the crossing is recorded without frames. */
void capture_prepare(void);

/* Fills slot->crossing. Called once per slot, by the thread that crossed. */
void capture_crossing(struct record_slot *slot, int64_t live_bytes, uint64_t request_bytes);

#endif
