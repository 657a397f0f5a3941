/* The profile of this process: its region, the locks (which nobody needs while there is one
 * thread), and the modules its addresses are in.
 *
 * Modules come and go, and the process may be killed at any time, so they cannot be left to the
 * end: when a new site has an address outside of all known modules, they are read again. When one
 * goes away a generation ends: what is at its addresses afterwards is another site. Code that
 * is in no file (a just-in-time compiler's) must not cause that each time: after a reading in
 * vain the next one waits until there are twice as many sites. */
#include "alloc/profile.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <unistd.h>

#include "alloc/clock.h"
#include "alloc/maps.h"
#include "alloc/own.h"
#include "alloc/profile_lane.h"
#include "alloc/profile_snapshot.h"
#include "alloc/profile_timeline.h"

struct profile_region *profile_region;

enum { RANGES_MAX = 4096 };
static struct range {
    uint64_t begin, end;
} ranges[RANGES_MAX]; /* of executable, file-backed memory; ascending */
static uint32_t range_count;
static uint32_t read_again_at; /* sites */

static struct profile_region *map_region(uint32_t index, uint32_t first_number,
                                         int64_t live_bytes) {
    struct profile_region *region = reach_map(&own_regions, index);
    if (region == NULL)
        return NULL;
    region->version = PROFILE_VERSION;
    region->first_number = first_number;
    region->site_count = PROFILE_SITE_OTHER + 1;
    region->requests_seen = atomic_load(&own_header->snapshot_requests);
    region->peak =
        (struct profile_peak){.live_bytes = live_bytes, .peak_bytes = live_bytes, .epoch = 1};
    region->sites[PROFILE_SITE_BEFORE].live.bytes = live_bytes;
    profile_steps_begin(&region->steps, live_bytes);
    memcpy(region->magic, PROFILE_MAGIC, sizeof region->magic);
    return region;
}

bool profile_open(uint32_t index, int64_t live_bytes) {
    profile_region = map_region(index, 0, live_bytes);
    return profile_region != NULL;
}

void profile_open_child(bool claimed, uint32_t index, int64_t live_bytes, bool had_threads) {
    struct profile_region *parent = profile_region;
    if (parent == NULL)
        return;
    /* The parent goes on to number sites: no matter, this process has none of those blocks. */
    uint32_t next = parent->first_number + parent->site_count;
    struct profile_region *own = claimed ? map_region(index, next, live_bytes) : NULL;
    range_count = read_again_at = 0; /* the new region has no modules yet */
    if (own == NULL) {
        profile_region = NULL;
        own = mmap(NULL, PROFILE_REGION_BYTES, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (own == MAP_FAILED)
            return;
    }
    own->unwalked = had_threads;
    /* At the same address: what was interrupted may still write there. */
    mremap(own, PROFILE_REGION_BYTES, PROFILE_REGION_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, parent);
    reach_moved(&own_regions, profile_region);
}

static uint64_t parse_hex(const char **text) {
    uint64_t value = 0;
    for (;; ++*text) {
        char digit = **text;
        if (digit >= '0' && digit <= '9')
            value = value * 16 + (uint64_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            value = value * 16 + (uint64_t)(digit - 'a' + 10);
        else
            return value;
    }
}

/* Lines are "BEGIN-END rwxp ...": whole ones, as the kernel writes them. */
static void keep_ranges(const char *text, const char *end) {
    range_count = 0;
    while (text < end && range_count < RANGES_MAX) {
        struct range range = {.begin = parse_hex(&text)};
        text++;
        range.end = parse_hex(&text);
        if (text + 3 < end && text[3] == 'x')
            ranges[range_count++] = range;
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        text = line_end != NULL ? line_end + 1 : end;
    }
}

static bool is_known(uint64_t address) {
    uint32_t low = 0, high = range_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (address >= ranges[middle].end)
            low = middle + 1;
        else
            high = middle;
    }
    return low < range_count && address >= ranges[low].begin;
}

static bool all_known(void *const *frames, int count) {
    for (int i = 0; i < count; i++)
        if (!is_known((uint64_t)(uintptr_t)frames[i] - 1))
            return false;
    return true;
}

/* With the lock. */
static void note_modules(struct profile_region *region, void *const *frames, int count) {
    if (all_known(frames, count) || region->site_count < read_again_at)
        return;
    char *text = region->maps + region->maps_bytes;
    size_t bytes = maps_read(text, PROFILE_MAPS_BYTES - region->maps_bytes);
    keep_ranges(text, text + bytes);
    region->maps_bytes += (uint32_t)bytes;
    if (!all_known(frames, count))
        read_again_at = 2 * region->site_count;
}

uint32_t profile_site_take(void *const *frames, int count) {
    struct profile_region *region = profile_region;
    if (count < 0)
        return region->unwalked ? PROFILE_SITE_OTHER : PROFILE_SITE_BEFORE;
    uint32_t site = profile_site_known(region, frames, count);
    if (site != 0)
        return site;
    bool locks = !__libc_single_threaded;
    if (locks)
        owned_lock_take(&region->lock);
    uint32_t before = region->site_count;
    site = profile_site_find(region, frames, count);
    if (region->site_count != before)
        note_modules(region, frames, count);
    if (locks)
        owned_lock_release(&region->lock);
    return site;
}

/* Of a generation in which no site was found nothing needs to be kept. */
void profile_modules_gone(void) {
    static uint32_t sites_before;
    struct profile_region *region = profile_region;
    struct profile_hold hold;
    if (region == NULL)
        return;
    profile_hold(&hold);
    uint32_t generation = region->generation;
    if (region->site_count != sites_before && generation < PROFILE_GENERATIONS - 1) {
        region->generation_maps[generation] = region->maps_bytes;
        region->generation = generation + 1;
    }
    sites_before = region->site_count;
    range_count = read_again_at = 0;
    profile_release(&hold);
}

static bool tells_a_phase(void) {
    return profile_region != NULL && own_header->profile_phase[0] != '\0';
}

void profile_scope_begin(void) {
    if (profile_region != NULL)
        profile_begin(profile_region);
}

void profile_scope_end(void) {
    if (tells_a_phase())
        profile_end_phase(profile_region); /* the counters end it too */
    else if (profile_region != NULL)
        profile_end(profile_region);
}

void profile_phase(const char *name) {
    if (!tells_a_phase())
        return;
    profile_end_phase(profile_region);
    if (name != NULL && strcmp(name, own_header->profile_phase) == 0)
        profile_begin_phase(profile_region);
}

static bool wants_snapshots(void) {
    return profile_region != NULL && own_header->snapshot_wanted;
}

void profile_snapshot_phase(const char *name, const char *ended, uint64_t now_ns) {
    char text[PROFILE_NAME_BYTES] = "after ";
    if (!wants_snapshots() || !own_header->snapshot_phases || (name == NULL && ended == NULL))
        return;
    if (name == NULL)
        strncat(text, ended, sizeof text - sizeof "after ");
    profile_snapshot_take(profile_region, name != NULL ? name : text, now_ns);
}

/* Runs in the measured process: no stdio. */
static void write_decimal(char *text, uint64_t number) {
    char digits[20];
    int count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        *text++ = digits[--count];
    *text = '\0';
}

bool profile_wants_units(uint64_t units) {
    return wants_snapshots() && own_header->snapshot_units > 0 &&
           units / own_header->snapshot_units != profile_region->units_seen;
}

void profile_snapshot_units(uint64_t units, uint64_t now_ns) {
    char text[PROFILE_NAME_BYTES] = "units=";
    if (!profile_wants_units(units))
        return;
    profile_region->units_seen = units / own_header->snapshot_units;
    write_decimal(text + strlen(text), units);
    profile_snapshot_take(profile_region, text, now_ns);
}

void profile_snapshot_scope(const char *moment, uint64_t now_ns) {
    if (wants_snapshots())
        profile_snapshot_take(profile_region, moment, now_ns);
}

/* ---- Locks ---- */

void profile_lock_lanes(void) {
    for (uint32_t i = 0; i < profile_region->lanes_used; i++)
        owned_lock_take(&profile_region->lanes[i].lock);
}

void profile_unlock_lanes(void) {
    for (uint32_t i = 0; i < profile_region->lanes_used; i++)
        owned_lock_release(&profile_region->lanes[i].lock);
}

void profile_hold(struct profile_hold *hold) {
    struct profile_region *region = profile_region;
    if (region == NULL)
        return;
    owned_block_signals(&hold->signals);
    owned_lock_take(&region->lock);
    profile_lock_lanes();
    profile_lanes_apply(region);
    if (profile_is_asked(region)) {
        region->requests_seen = atomic_load(&own_header->snapshot_requests);
        profile_snapshot_take(region, "SIGUSR1", clock_now_ns());
    }
}

void profile_release(const struct profile_hold *hold) {
    if (profile_region == NULL)
        return;
    profile_unlock_lanes();
    owned_lock_release(&profile_region->lock);
    owned_unblock_signals(&hold->signals);
}
