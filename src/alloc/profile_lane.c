#include "alloc/profile_lane.h"

#include <string.h>

#include "alloc/profile_change.h"

static uint32_t bucket_of(uint32_t site) {
    return (site * UINT32_C(0x9e3779b1)) >> 21 & (PROFILE_LANE_BUCKETS - 1);
}

static struct profile_change *find(struct profile_lane *lane, uint32_t site) {
    uint32_t bucket = bucket_of(site);
    for (; lane->buckets[bucket] != 0; bucket = (bucket + 1) & (PROFILE_LANE_BUCKETS - 1)) {
        struct profile_change *change = &lane->changes[lane->buckets[bucket] - 1];
        if (change->site == site)
            return change;
    }
    struct profile_change *made = &lane->changes[lane->count];
    *made = (struct profile_change){.site = site};
    lane->buckets[bucket] = (uint16_t)++lane->count;
    return made;
}

static void merge(struct profile_change *sum, const struct profile_change *change) {
    sum->live.bytes += change->live.bytes;
    sum->live.blocks += change->live.blocks;
    sum->total_bytes += change->total_bytes;
    sum->allocations += change->allocations;
    sum->temporary += change->temporary;
}

bool profile_lane_keep(struct profile_lane *lane, const struct profile_change *changes, int count) {
    if (lane->count + (uint32_t)count > PROFILE_CHANGES)
        return false;
    for (int i = 0; i < count; i++)
        merge(find(lane, changes[i].site), &changes[i]);
    return true;
}

uint64_t profile_lane_apply(struct profile_region *region, struct profile_lane *lane) {
    uint64_t allocated_bytes = 0;
    uint32_t count = lane->count < PROFILE_CHANGES ? lane->count : PROFILE_CHANGES;
    if (count == 0)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct profile_change *change = &lane->changes[i];
        if (change->site >= PROFILE_SITES)
            continue;
        profile_apply(region, change);
        allocated_bytes += change->total_bytes;
    }
    if (count < PROFILE_LANE_BUCKETS / 16) {
        for (uint32_t i = 0; i < count; i++)
            for (uint32_t bucket = bucket_of(lane->changes[i].site); lane->buckets[bucket] != 0;
                 bucket = (bucket + 1) & (PROFILE_LANE_BUCKETS - 1))
                lane->buckets[bucket] = 0;
    } else {
        memset(lane->buckets, 0, sizeof lane->buckets);
    }
    lane->count = 0;
    return allocated_bytes;
}

void profile_lanes_apply(struct profile_region *region) {
    uint64_t allocated_bytes = 0;
    for (uint32_t i = 0; i < region->lanes_used && i < RECORD_LANES; i++)
        allocated_bytes += profile_lane_apply(region, &region->lanes[i]);
    profile_see(region, (int64_t)allocated_bytes);
}
