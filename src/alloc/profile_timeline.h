#ifndef ALLOC_PROFILE_TIMELINE_H
#define ALLOC_PROFILE_TIMELINE_H

#include "alloc/profile_record.h"
#include "alloc/read.h"

/* A new beginning, with `live_bytes` live. */
void profile_steps_begin(struct profile_steps *steps, int64_t live_bytes);
void profile_steps_push(struct profile_steps *steps, int64_t live_bytes);

/* `bytes` more were allocated since the last call, and live_bytes are live with them. */
static inline void profile_steps_see(struct profile_steps *steps, int64_t bytes,
                                     int64_t live_bytes) {
    steps->allocated_bytes += (uint64_t)bytes;
    if (live_bytes > steps->highest_bytes)
        steps->highest_bytes = live_bytes;
    if (__builtin_expect(steps->allocated_bytes >= steps->next_bytes, 0))
        profile_steps_push(steps, live_bytes);
}

#endif
