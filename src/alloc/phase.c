/* Marks that a program sends while it runs: the phase that begins, the work done so far.
 *
 * They are in the preload library too, where a program finds them by their names without linking
 * anything: dlsym(RTLD_DEFAULT, "heapgate_phase"), or Python's ctypes.CDLL(None). */
#include "alloc/phase.h"

#include <string.h>
#include <time.h>

#include <heapgate/heapgate.h>

#include "alloc/attach.h"
#include "alloc/counter.h"
#include "alloc/place.h"
#include "alloc/profile.h"

uint64_t phase_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

heapgate_status heapgate_phase(const char *name) {
    if (attach_inactive() != NULL)
        return HEAPGATE_INVALID;
    if (name != NULL && (name[0] == '\0' || strlen(name) >= HEAPGATE_NAME_BYTES))
        return HEAPGATE_USAGE;
    uint64_t now_ns = phase_now_ns();
    struct profile_hold hold;
    place_find_always(); /* in a child of fork: attach_slot is its own from here on */
    profile_hold(&hold);
    uint32_t before = attach_slot->phase_count;
    bool marked = counter_phase(attach_slot, name, now_ns);
    if (marked) {
        profile_phase(name);
        profile_snapshot_phase(name, before > 0 ? attach_slot->phases[before - 1].name : NULL,
                               now_ns);
    }
    profile_release(&hold);
    return marked ? HEAPGATE_OK : HEAPGATE_USAGE;
}

heapgate_status heapgate_progress(uint64_t units) {
    if (attach_inactive() != NULL)
        return HEAPGATE_INVALID;
    atomic_store_explicit(&attach_slot->units_done, units, memory_order_relaxed);
    if (profile_wants_units(units)) {
        struct profile_hold hold;
        profile_hold(&hold);
        profile_snapshot_units(units, phase_now_ns());
        profile_release(&hold);
    }
    return HEAPGATE_OK;
}
