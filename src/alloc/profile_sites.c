/* The sites and their figures: no system, no lock. Also read from outside, and tested by itself. */
#include <string.h>

#include "alloc/profile.h"
#include "alloc/profile_snapshot.h"
#include "alloc/profile_timeline.h"

/* ---- Stacks: found without the lock, which only a new one needs ---- */

static inline uint64_t mix(uint64_t hash, const void *frame) {
    hash = (hash ^ (uint64_t)(uintptr_t)frame) * UINT64_C(0x9e3779b97f4a7c15);
    return hash << 32 | hash >> 32;
}

/* Each step waits for the one before it: two of them side by side take half the time. */
static uint64_t hash_of(void *const *frames, int count, uint32_t generation) {
    uint64_t even = (uint64_t)count + ((uint64_t)generation << 32), odd = ~even;
    int i = 0;
    for (; i + 1 < count; i += 2) {
        even = mix(even, frames[i]);
        odd = mix(odd, frames[i + 1]);
    }
    if (i < count)
        even = mix(even, frames[i]);
    return (even ^ odd << 1) * UINT64_C(0x9e3779b97f4a7c15) >> 11;
}

/* By hand: a call of memcmp takes longer than what it compares here. */
static bool is_site(const struct profile_region *region, const struct profile_site *site,
                    uint64_t hash, void *const *frames, int count) {
    const uint64_t *kept = &region->frames[site->frame_at];
    uint64_t difference = 0;
    if (site->hash != hash || site->frame_count != (uint32_t)count)
        return false;
    for (int i = 0; i < count; i++)
        difference |= kept[i] ^ (uint64_t)(uintptr_t)frames[i];
    return difference == 0;
}

/* The index of the site, or 0; then *bucket is where it would be. */
static uint32_t look_up(const struct profile_region *region, uint64_t hash, void *const *frames,
                        int count, uint32_t *bucket) {
    uint32_t found;
    *bucket = (uint32_t)hash & (PROFILE_BUCKETS - 1);
    while ((found = __atomic_load_n(&region->buckets[*bucket], __ATOMIC_ACQUIRE)) != 0 &&
           !is_site(region, &region->sites[found], hash, frames, count))
        *bucket = (*bucket + 1) & (PROFILE_BUCKETS - 1);
    return found;
}

uint32_t profile_site_known(const struct profile_region *region, void *const *frames, int count) {
    uint32_t bucket;
    if (count <= 0)
        return PROFILE_SITE_OTHER;
    uint32_t generation = atomic_load_explicit(&region->generation, memory_order_relaxed);
    return look_up(region, hash_of(frames, count, generation), frames, count, &bucket);
}

uint32_t profile_site_find(struct profile_region *region, void *const *frames, int count) {
    uint32_t generation = atomic_load_explicit(&region->generation, memory_order_relaxed), bucket;
    if (count <= 0)
        return PROFILE_SITE_OTHER;
    uint64_t hash = hash_of(frames, count, generation);
    uint32_t found = look_up(region, hash, frames, count, &bucket);
    uint32_t index = region->site_count;
    if (found != 0)
        return found;
    if (index == PROFILE_SITES || (uint64_t)count > profile_words_left(region))
        return PROFILE_SITE_OTHER;
    struct profile_site *site = &region->sites[index];
    site->hash = hash;
    site->frame_at = region->frame_count;
    site->frame_count = (uint16_t)count;
    site->generation = (uint16_t)generation;
    memcpy(&region->frames[site->frame_at], frames, (size_t)count * sizeof *frames);
    region->frame_count += (uint32_t)count;
    region->site_count = index + 1;
    __atomic_store_n(&region->buckets[bucket], index, __ATOMIC_RELEASE);
    return index;
}

struct profile_held profile_at_peak(const struct profile_region *region,
                                    const struct profile_site *site) {
    return site->epoch == region->peak.epoch ? site->peak : site->live;
}

static void restart_peak(struct profile_region *region) {
    region->peak.peak_bytes = region->peak.live_bytes;
    region->peak.at_bytes = region->peak.allocated_bytes;
    region->peak.epoch++;
    for (uint32_t i = 0; i < region->site_count; i++) {
        struct profile_site *site = &region->sites[i];
        site->total_bytes = site->allocations = site->temporary = 0;
    }
}

void profile_begin(struct profile_region *region) {
    restart_peak(region);
    for (uint32_t i = 0; i < region->site_count; i++)
        region->sites[i].begin = region->sites[i].live;
    region->begin_bytes = region->peak.live_bytes;
    region->begin_at_bytes = region->peak.allocated_bytes;
    profile_steps_begin(&region->steps, region->begin_bytes);
}

static struct profile_held since(struct profile_held now, struct profile_held begin) {
    return (struct profile_held){now.bytes - begin.bytes, now.blocks - begin.blocks};
}

static struct profile_times times_since(const struct profile_peak *peak, uint64_t begin_at_bytes) {
    return (struct profile_times){peak->at_bytes - begin_at_bytes,
                                  peak->allocated_bytes - begin_at_bytes};
}

/* Whether what ends now had the highest peak of its name. */
static bool is_highest(const struct profile_region *region) {
    return !region->has_kept ||
           region->peak.peak_bytes - region->begin_bytes > region->kept_peak_bytes;
}

static void keep_peak(struct profile_region *region) {
    region->has_kept = 1;
    region->kept_peak_bytes = region->peak.peak_bytes - region->begin_bytes;
    region->kept_begin_bytes = region->begin_bytes;
    region->kept_steps = region->steps;
    profile_steps_end(&region->kept_steps, region->peak.live_bytes);
    region->kept_times = times_since(&region->peak, region->begin_at_bytes);
}

void profile_end(struct profile_region *region) {
    if (!is_highest(region))
        return;
    keep_peak(region);
    for (uint32_t i = 0; i < region->site_count; i++) {
        struct profile_site *site = &region->sites[i];
        site->kept = (struct profile_kept){
            .peak = since(profile_at_peak(region, site), site->begin),
            .live = since(site->live, site->begin),
            .total_bytes = site->total_bytes,
            .allocations = site->allocations,
            .temporary = site->temporary,
        };
    }
}

void profile_begin_phase(struct profile_region *region) {
    restart_peak(region);
    for (uint32_t i = 0; i < region->site_count; i++)
        region->sites[i].phase = region->sites[i].live;
    region->in_phase = 1;
}

/* With the phase that is open. */
static struct profile_kept with_phase(const struct profile_region *region,
                                      const struct profile_site *site) {
    struct profile_kept sum = site->kept;
    struct profile_held added = since(site->live, site->phase);
    if (is_highest(region))
        sum.peak = since(profile_at_peak(region, site), site->begin);
    sum.live.bytes += added.bytes;
    sum.live.blocks += added.blocks;
    sum.total_bytes += site->total_bytes;
    sum.allocations += site->allocations;
    sum.temporary += site->temporary;
    return sum;
}

void profile_end_phase(struct profile_region *region) {
    if (!region->in_phase)
        return;
    for (uint32_t i = 0; i < region->site_count; i++)
        region->sites[i].kept = with_phase(region, &region->sites[i]);
    if (is_highest(region))
        keep_peak(region);
    region->in_phase = 0;
}

struct profile_kept profile_figures(const struct profile_region *region,
                                    const struct profile_site *site) {
    if (region->in_phase)
        return with_phase(region, site);
    if (region->has_kept)
        return site->kept;
    return (struct profile_kept){.peak = profile_at_peak(region, site),
                                 .live = site->live,
                                 .total_bytes = site->total_bytes,
                                 .allocations = site->allocations,
                                 .temporary = site->temporary};
}

struct profile_times profile_times(const struct profile_region *region) {
    return region->has_kept ? region->kept_times : times_since(&region->peak, 0);
}
