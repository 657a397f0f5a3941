/* What went past the counting allocator in processes that count: the figures lack it.
 *
 * A block that was not allocated through the allocator, and comes back through its free, is a
 * foreign free. Honest programs have few or none: a library that was linked with its own malloc and
 * hands out a block, a constructor that ran before all others. What such a block held is not known,
 * so any is told; and where they are many, more was allocated past the allocator than a tolerance
 * should hide. */
#ifndef MEASURE_BYPASS_H
#define MEASURE_BYPASS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "measure/run_record.h"

/* What a process may have of foreign frees: so many, and no more than this part of its
 * allocations. */
enum { PAST_FOREIGN_MAX = 100, PAST_FOREIGN_PERCENT = 1 };

/* Sums, over all processes. */
struct past {
    uint64_t foreign_frees;
    uint64_t deep_binds; /* calls of dlopen whose RTLD_DEEPBIND was cleared: nothing is lacking */
};

/* After the end of the run. False with the reason where a process has more foreign frees than it
 * may, or loaded something into a namespace of its own; `past` is filled all the same. */
bool bypass_take(const struct run_record *record, struct past *past, struct error *error);

#endif
