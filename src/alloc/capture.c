/* Addresses and the module map only: what they mean is found out by heapgate, in another process.
 * libunwind is loaded rather than linked, and privately: linked into a preloaded library it would
 * put its own _Unwind_RaiseException in front of libgcc's in every C++ program. */
#include "alloc/capture.h"

#include <dlfcn.h>
#include <stdbool.h>

#include "alloc/maps.h"
#include "alloc/modules.h"
#include "alloc/own.h"
#include "alloc/place.h"
#include "alloc/profile.h"

int (*capture_walk)(void **, int);
static _Atomic uint32_t capturing; /* by one thread */

void capture_begin_child(bool had_threads) {
    atomic_store(&capturing, 0);
    if (had_threads)
        capture_walk = NULL;
}

void capture_prepare(void) {
    bool armed = own_header != NULL && own_header->limit_bytes > 0;
    if ((!armed && profile_region == NULL) || own_inactive() != NULL)
        return;
    place_mute();
    modules_look();
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (library != NULL) {
        int (*found)(void **, int);
        *(void **)&found = dlsym(library, "unw_backtrace");
        /* The first walk builds libunwind's caches: here, where nothing is measured yet. */
        void *frames[RECORD_FRAMES];
        if (found != NULL)
            found(frames, RECORD_FRAMES);
        capture_walk = found;
    }
    modules_look_at_brought();
    place_unmute();
}

void capture_crossing(struct record_slot *slot, uint64_t limit_bytes, int64_t live_bytes,
                      uint64_t request_bytes) {
    struct record_crossing *crossing = &slot->crossing;
    void *frames[RECORD_FRAMES];
    if (atomic_exchange(&capturing, 1) != 0)
        return;
    int count = capture_stack(frames, RECORD_FRAMES);
    crossing->limit_bytes = limit_bytes;
    crossing->live_bytes = live_bytes;
    crossing->request_bytes = request_bytes;
    for (int i = 0; i < count; i++)
        crossing->frames[i] = (uint64_t)(uintptr_t)frames[i];
    crossing->frame_count = count > 0 ? (uint32_t)count : 0;
    crossing->maps_bytes = (uint32_t)maps_read(crossing->maps, RECORD_MAPS_BYTES);
    __atomic_store_n(&crossing->taken, 1, __ATOMIC_RELEASE);
    atomic_store(&capturing, 0);
}
