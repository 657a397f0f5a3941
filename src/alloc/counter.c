#include "alloc/counter.h"

#include <sched.h>
#include <string.h>

/* A lock is held for a few instructions, but its holder may have lost the processor. */
enum { SPINS_BEFORE_YIELD = 64 };

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void counter_lock(_Atomic uint32_t *lock) {
    unsigned spins = 0;
    while (__builtin_expect(atomic_exchange_explicit(lock, 1, memory_order_acquire) != 0, 0)) {
        while (atomic_load_explicit(lock, memory_order_relaxed) != 0) {
            if (++spins % SPINS_BEFORE_YIELD == 0)
                sched_yield();
            else
                relax();
        }
    }
}

/* `base` is what is live now. */
static void arm(struct record_slot *slot, int64_t base, uint64_t limit_bytes) {
    slot->limit_base_bytes = base;
    slot->limit_at_bytes = limit_bytes < (uint64_t)(INT64_MAX - base)
                               ? base + (int64_t)limit_bytes
                               : INT64_MAX;
    slot->limit_armed = 1;
}

void counter_arm(struct record_slot *slot, uint64_t limit_bytes) {
    arm(slot, 0, limit_bytes);
}

static uint32_t lanes_in_use(const struct record_slot *slot) {
    return slot->lanes_claimed < RECORD_LANES ? slot->lanes_claimed : RECORD_LANES;
}

struct record_lane *counter_claim_lane(struct record_slot *slot) {
    counter_lock(&slot->lock);
    struct record_lane *lane = &slot->lanes[1 + slot->lanes_claimed % RECORD_LANES];
    slot->lanes_claimed++;
    counter_unlock(&slot->lock);
    return lane;
}

/* With slot->lock held: stops every lane. Lane 0 has no lock: it is used only while there is one
 * thread, which is then the one that runs this. */
static void lock_lanes(struct record_slot *slot) {
    for (uint32_t lane = 1; lane <= lanes_in_use(slot); lane++)
        counter_lock(&slot->lanes[lane].lock);
}

static void unlock_lanes(struct record_slot *slot) {
    for (uint32_t lane = 1; lane <= lanes_in_use(slot); lane++)
        counter_unlock(&slot->lanes[lane].lock);
}

static struct record_window *newest(struct record_slot *slot) {
    return &slot->windows[slot->open_scopes];
}

static int64_t balance(const struct record_lane *lane) {
    return lane->allocated_bytes - (lane->allowed_bytes - lane->ceiling_bytes);
}

static void set_ceiling(struct record_lane *lane, int64_t ceiling_bytes) {
    lane->allowed_bytes += ceiling_bytes - lane->ceiling_bytes;
    lane->ceiling_bytes = ceiling_bytes;
}

/* With all locks held, or in a slot that stands still. */
static void sum_lanes(const struct record_slot *slot, heapgate_usage *usage) {
    memset(usage, 0, sizeof *usage);
    usage->live_bytes = slot->inherited_bytes;
    for (uint32_t i = 0; i <= lanes_in_use(slot); i++) {
        const struct record_lane *lane = &slot->lanes[i];
        usage->live_bytes += balance(lane);
        usage->allocations += lane->allocations;
        usage->allocated_bytes += (uint64_t)lane->allocated_bytes;
        if (lane->largest_bytes > usage->largest_bytes)
            usage->largest_bytes = lane->largest_bytes;
    }
}

/* With all locks held: makes the exact sum, raises the peak and gathers all room into the pool.
 * Returns what is live. */
static int64_t settle(struct record_slot *slot) {
    int64_t live = slot->inherited_bytes;
    for (uint32_t i = 0; i <= lanes_in_use(slot); i++) {
        struct record_lane *lane = &slot->lanes[i];
        set_ceiling(lane, balance(lane));
        live += lane->ceiling_bytes;
    }
    struct record_window *window = newest(slot);
    if (live > window->peak_bytes)
        window->peak_bytes = live;
    slot->pool_bytes = window->peak_bytes - live;
    return live;
}

/* With slot->lock and the lane's lock held: gives the lane what it needs and half of the rest. */
static bool take_from_pool(struct record_slot *slot, struct record_lane *lane, int64_t bytes) {
    int64_t need = lane->allocated_bytes + bytes - lane->allowed_bytes;
    if (need > slot->pool_bytes)
        return false;
    int64_t grant = need + (slot->pool_bytes - need) / 2;
    slot->pool_bytes -= grant;
    set_ceiling(lane, lane->ceiling_bytes + grant);
    lane->allocated_bytes += bytes;
    return true;
}

/* With all locks held: counts the bytes and sees what they change. */
static uint64_t pass_ceiling(struct record_slot *slot, struct record_lane *lane, int64_t bytes,
                             int64_t *live) {
    lane->allocated_bytes += bytes;
    int64_t now = settle(slot);
    if (__builtin_expect(!slot->limit_armed || now <= slot->limit_at_bytes, 1))
        return 0;
    *live = now - slot->limit_base_bytes;
    int64_t limit = slot->limit_at_bytes - slot->limit_base_bytes;
    while (limit < *live - limit)
        limit *= 2;
    slot->limit_at_bytes = limit <= (INT64_MAX - slot->limit_base_bytes) / 2
                               ? slot->limit_base_bytes + 2 * limit
                               : INT64_MAX;
    return (uint64_t)limit;
}

uint64_t counter_grow(struct record_slot *slot, struct record_lane *lane, int64_t bytes,
                      int64_t *live) {
    if (lane == &slot->lanes[0])
        return take_from_pool(slot, lane, bytes) ? 0 : pass_ceiling(slot, lane, bytes, live);

    uint64_t crossed = 0;
    counter_lock(&slot->lock);
    counter_lock(&lane->lock);
    bool taken = take_from_pool(slot, lane, bytes);
    counter_unlock(&lane->lock);
    if (!taken) {
        lock_lanes(slot);
        crossed = pass_ceiling(slot, lane, bytes, live);
        unlock_lanes(slot);
    }
    counter_unlock(&slot->lock);
    return crossed;
}

void counter_restart(struct record_slot *slot) {
    heapgate_usage usage;
    sum_lanes(slot, &usage);
    memset(slot->lanes, 0, sizeof slot->lanes);
    slot->inherited_bytes = usage.live_bytes;
    slot->pool_bytes = 0;
    slot->windows[0] = (struct record_window){.peak_bytes = usage.live_bytes};
}

int64_t counter_hold(struct record_slot *slot) {
    heapgate_usage now;
    counter_lock(&slot->lock);
    lock_lanes(slot);
    sum_lanes(slot, &now);
    return now.live_bytes;
}

void counter_release(struct record_slot *slot) {
    unlock_lanes(slot);
    counter_unlock(&slot->lock);
}

void counter_inherit(struct record_slot *slot, int64_t live_bytes) {
    slot->inherited_bytes = live_bytes;
    slot->windows[0].peak_bytes = live_bytes;
}

void counter_peek(const struct record_slot *slot, heapgate_usage *usage) {
    sum_lanes(slot, usage);
    int64_t peak = 0;
    for (uint32_t i = 0; i <= slot->open_scopes; i++) {
        if (slot->windows[i].peak_bytes > peak)
            peak = slot->windows[i].peak_bytes;
        if (slot->windows[i].largest_bytes > usage->largest_bytes)
            usage->largest_bytes = slot->windows[i].largest_bytes;
    }
    usage->peak_bytes = (uint64_t)peak;
}

void counter_read(struct record_slot *slot, heapgate_usage *usage) {
    counter_hold(slot);
    counter_peek(slot, usage);
    counter_release(slot);
}

/* With all locks held: the largest request of each lane belongs to the window that ends here. */
static void gather_largest(struct record_slot *slot) {
    struct record_window *window = newest(slot);
    for (uint32_t lane = 0; lane <= lanes_in_use(slot); lane++) {
        if (slot->lanes[lane].largest_bytes > window->largest_bytes)
            window->largest_bytes = slot->lanes[lane].largest_bytes;
        slot->lanes[lane].largest_bytes = 0;
    }
}

bool counter_begin(struct record_slot *slot, uint32_t scope, uint64_t limit_bytes) {
    struct record_scope *begun = &slot->scopes[scope];
    heapgate_usage now;
    if (slot->open_scopes == HEAPGATE_SCOPES_OPEN)
        return false;
    counter_hold(slot);
    gather_largest(slot);
    sum_lanes(slot, &now);
    begun->begin_live_bytes = now.live_bytes;
    begun->begin_allocations = now.allocations;
    begun->begin_allocated_bytes = now.allocated_bytes;
    slot->windows[++slot->open_scopes] =
        (struct record_window){.peak_bytes = now.live_bytes, .scope = scope};
    settle(slot);
    if (limit_bytes > 0) {
        slot->limit_scope = 1 + scope;
        arm(slot, now.live_bytes, limit_bytes);
    }
    counter_release(slot);
    return true;
}

void counter_end(struct record_slot *slot, uint32_t scope) {
    struct record_scope *ended = &slot->scopes[scope];
    heapgate_usage now;
    counter_hold(slot);
    gather_largest(slot);
    sum_lanes(slot, &now);

    uint32_t at = slot->open_scopes;
    while (at > 1 && slot->windows[at].scope != scope)
        at--;
    int64_t peak = 0;
    uint64_t largest = 0;
    for (uint32_t i = at; i <= slot->open_scopes; i++) {
        if (i == at || slot->windows[i].peak_bytes > peak)
            peak = slot->windows[i].peak_bytes;
        if (slot->windows[i].largest_bytes > largest)
            largest = slot->windows[i].largest_bytes;
    }
    ended->usage = (heapgate_usage){
        .peak_bytes = (uint64_t)(peak - ended->begin_live_bytes),
        .live_bytes = now.live_bytes - ended->begin_live_bytes,
        .allocations = now.allocations - ended->begin_allocations,
        .allocated_bytes = now.allocated_bytes - ended->begin_allocated_bytes,
        .largest_bytes = largest,
    };

    /* The scope below was open all along: its window takes in the one that ends. */
    struct record_window *below = &slot->windows[at - 1];
    if (slot->windows[at].peak_bytes > below->peak_bytes)
        below->peak_bytes = slot->windows[at].peak_bytes;
    if (slot->windows[at].largest_bytes > below->largest_bytes)
        below->largest_bytes = slot->windows[at].largest_bytes;
    memmove(&slot->windows[at], &slot->windows[at + 1],
            (slot->open_scopes - at) * sizeof slot->windows[0]);
    slot->open_scopes--;
    settle(slot);
    if (slot->limit_scope == 1 + scope)
        slot->limit_armed = 0;
    counter_release(slot);
}
