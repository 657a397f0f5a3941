/* Marks that a program sends while it runs: the phase that begins, the work done so far.
 *
 * They are in the preload library too, where a program finds them by their names without linking
 * anything: dlsym(RTLD_DEFAULT, "heapgate_phase"), or Python's ctypes.CDLL(None). */
#include <string.h>

#include <heapgate/heapgate.h>

#include "alloc/clock.h"
#include "alloc/counter.h"
#include "alloc/own.h"
#include "alloc/place.h"
#include "alloc/profile.h"

heapgate_status heapgate_phase(const char *name) {
    if (own_inactive() != NULL)
        return HEAPGATE_INVALID;
    if (name != NULL && (name[0] == '\0' || strlen(name) >= HEAPGATE_NAME_BYTES))
        return HEAPGATE_USAGE;
    uint64_t now_ns = clock_now_ns();
    struct profile_hold hold;
    place_find_always(); /* in a child of fork: own_slot is its own from here on */
    profile_hold(&hold);
    uint32_t before = own_slot->phase_count;
    bool marked = counter_phase(own_slot, name, now_ns);
    if (marked) {
        profile_phase(name);
        profile_snapshot_phase(name, before > 0 ? own_slot->phases[before - 1].name : NULL, now_ns);
    }
    profile_release(&hold);
    return marked ? HEAPGATE_OK : HEAPGATE_USAGE;
}

heapgate_status heapgate_progress(uint64_t units) {
    if (own_inactive() != NULL)
        return HEAPGATE_INVALID;
    atomic_store_explicit(&own_slot->units_done, units, memory_order_relaxed);
    if (profile_wants_units(units)) {
        struct profile_hold hold;
        profile_hold(&hold);
        profile_snapshot_units(units, clock_now_ns());
        profile_release(&hold);
    }
    return HEAPGATE_OK;
}
