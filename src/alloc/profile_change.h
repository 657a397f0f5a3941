/* Applying a change to a region. */
#ifndef ALLOC_PROFILE_CHANGE_H
#define ALLOC_PROFILE_CHANGE_H

#include "alloc/profile_record.h"
#include "alloc/profile_timeline.h"

/* Changes a site and what is live, with the lock; profile_see follows an event, or several, of
 * which the last is told: whether that is a peak. `allocated_bytes`: by all of these. */
static inline void profile_apply(struct profile_region *region,
                                 const struct profile_change *change) {
    struct profile_site *site = &region->sites[change->site];
    if (site->epoch != region->peak.epoch) {
        site->peak = site->live;
        site->epoch = region->peak.epoch;
    }
    site->live.bytes += change->live.bytes;
    site->live.blocks += change->live.blocks;
    site->total_bytes += change->total_bytes;
    site->allocations += change->allocations;
    site->temporary += change->temporary;
    region->peak.live_bytes += change->live.bytes;
}

static inline void profile_see(struct profile_region *region, int64_t allocated_bytes) {
    struct profile_peak *peak = &region->peak;
    peak->allocated_bytes += (uint64_t)allocated_bytes;
    if (peak->live_bytes > peak->peak_bytes) {
        peak->peak_bytes = peak->live_bytes;
        peak->at_bytes = peak->allocated_bytes;
        peak->epoch++;
    }
    profile_steps_see(&region->steps, allocated_bytes, peak->live_bytes);
}

#endif
