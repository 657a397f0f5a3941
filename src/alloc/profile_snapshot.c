#include "alloc/profile_snapshot.h"

#include <string.h>

enum { ENTRY_WORDS = sizeof(struct profile_entry) / sizeof(uint64_t) };

uint64_t profile_words_left(const struct profile_region *region) {
    return PROFILE_FRAMES_TOTAL - region->frame_count - region->entry_count * ENTRY_WORDS;
}

struct profile_entry *profile_entry_at(const struct profile_region *region, uint64_t index) {
    const char *end = (const char *)region + PROFILE_REGION_BYTES;
    return (struct profile_entry *)(uintptr_t)end - 1 - index;
}

bool profile_snapshot_take(struct profile_region *region, const char *name, uint64_t at_ns) {
    uint64_t held = 0;
    for (uint32_t i = 0; i < region->site_count; i++)
        held += region->sites[i].live.bytes != 0 || region->sites[i].live.blocks != 0;
    if (region->snapshot_count == PROFILE_SNAPSHOTS ||
        held * ENTRY_WORDS > profile_words_left(region)) {
        region->snapshots_lost++;
        return false;
    }
    struct profile_snapshot *snapshot = &region->snapshots[region->snapshot_count];
    *snapshot = (struct profile_snapshot){.at_ns = at_ns,
                                          .live_bytes = region->peak.live_bytes,
                                          .first_entry = region->entry_count,
                                          .entry_count = held};
    strncpy(snapshot->name, name, sizeof snapshot->name - 1);
    for (uint32_t i = 0; i < region->site_count; i++) {
        struct profile_held live = region->sites[i].live;
        if (live.bytes != 0 || live.blocks != 0)
            *profile_entry_at(region, region->entry_count++) = (struct profile_entry){i, live};
    }
    __atomic_store_n(&region->snapshot_count, region->snapshot_count + 1, __ATOMIC_RELEASE);
    return true;
}
