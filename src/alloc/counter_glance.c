/* A look at a process that runs on, from outside. */
#include "alloc/counter.h"

/* The process may have damaged it. */
static uint32_t open_windows(const struct record_slot *slot) {
    uint32_t open = __atomic_load_n(&slot->open_windows, __ATOMIC_RELAXED);
    return open < sizeof slot->windows / sizeof slot->windows[0] ? open : 0;
}

void counter_glance(const struct record_slot *slot, struct counter_glance *glance) {
    *glance = (struct counter_glance){.live_bytes = slot->inherited_bytes};
    for (uint32_t i = 0; i <= counter_last_lane(slot); i++) {
        const struct record_lane *lane = &slot->lanes[i];
        glance->live_bytes += counter_balance(lane);
        glance->allocations += __atomic_load_n(&lane->allocations, __ATOMIC_RELAXED);
        glance->allocated_bytes +=
            (uint64_t)__atomic_load_n(&lane->allocated_bytes, __ATOMIC_ACQUIRE);
    }
    uint32_t newest_window = 0;
    for (uint32_t i = 0; i <= open_windows(slot); i++, newest_window++) {
        int64_t peak = __atomic_load_n(&slot->windows[i].peak_bytes, __ATOMIC_RELAXED);
        glance->window_peak_bytes = peak;
        if (peak > glance->peak_bytes)
            glance->peak_bytes = peak;
    }
    glance->window = ((uint64_t)newest_window << 32) + atomic_load(&slot->phase_count) +
                     RECORD_PHASES * slot->scope_count;
    /* Lanes are read one after the other, so that a block may be missed or seen twice. */
    if (glance->live_bytes > glance->peak_bytes)
        glance->live_bytes = glance->peak_bytes;
    if (glance->live_bytes < 0)
        glance->live_bytes = 0;
}
