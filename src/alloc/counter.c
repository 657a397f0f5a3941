#include "alloc/counter.h"

#include <string.h>

/* A ceiling that every balance is above. */
#define FROZEN (INT64_MIN / 2)

/* `base` is what is live now. */
static void arm(struct record_slot *slot, int64_t base, uint64_t limit_bytes) {
    slot->limit_base_bytes = base;
    slot->limit_at_bytes =
        limit_bytes < (uint64_t)(INT64_MAX - base) ? base + (int64_t)limit_bytes : INT64_MAX;
    slot->limit_armed = 1;
}

void counter_arm(struct record_slot *slot, uint64_t limit_bytes) {
    arm(slot, 0, limit_bytes);
}

/* ---- Lanes ---- */

uint32_t counter_last_lane(const struct record_slot *slot) {
    uint32_t used = atomic_load_explicit(&slot->lanes_used, memory_order_acquire);
    return used < RECORD_LANES ? used : RECORD_LANES - 1;
}

/* Before the lane is used: who settles must find it. */
static void note_used(struct record_slot *slot, uint32_t index) {
    uint32_t used = atomic_load(&slot->lanes_used);
    while (used < index && !atomic_compare_exchange_weak(&slot->lanes_used, &used, index))
        ;
}

uint32_t counter_claim_lane(struct record_slot *slot) {
    for (uint32_t i = RECORD_LANE_COMMON + 1; i < RECORD_LANES; i++) {
        uint64_t nobody = 0;
        if (!atomic_compare_exchange_strong(&slot->lanes[i].owner, &nobody, owned_self()))
            continue;
        note_used(slot, i);
        return i;
    }
    note_used(slot, RECORD_LANES - 1);
    return RECORD_LANE_COMMON;
}

void counter_leave_lane(struct record_slot *slot, uint32_t index) {
    if (index > RECORD_LANE_COMMON)
        owned_lock_release(&slot->lanes[index].owner);
}

static struct record_window *newest(struct record_slot *slot) {
    return &slot->windows[slot->open_windows];
}

static int64_t allocated_in(const struct record_lane *lane) {
    return __atomic_load_n(&lane->allocated_bytes, __ATOMIC_ACQUIRE);
}

/* What was freed is read after what was allocated, so that what comes between the two cannot make
 * the balance larger than it ever was. */
int64_t counter_balance(const struct record_lane *lane) {
    int64_t allocated_bytes = allocated_in(lane);
    return allocated_bytes - __atomic_load_n(&lane->freed_bytes, __ATOMIC_ACQUIRE);
}

static void set_ceiling(struct record_lane *lane, int64_t ceiling_bytes) {
    __atomic_store_n(&lane->ceiling_bytes, ceiling_bytes, __ATOMIC_RELEASE);
}

/* The common lane is everybody's. */
void counter_raise_largest(struct record_lane *lane, int64_t request) {
    int64_t seen = __atomic_load_n(&lane->largest_bytes, __ATOMIC_RELAXED);
    while (seen < request &&
           !__atomic_compare_exchange_n(&lane->largest_bytes, &seen, request, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* ---- Settling, with slot->lock held ---- */

/* Sends every thread that allocates from now on to the slot's lock. */
static void freeze(struct record_slot *slot) {
    for (uint32_t i = 0; i <= counter_last_lane(slot); i++)
        set_ceiling(&slot->lanes[i], FROZEN);
    owned_barrier();
}

/* The balances at a moment at which nothing was added, and their sum: what is live. */
static int64_t collect(struct record_slot *slot) {
    uint32_t last = counter_last_lane(slot);
    for (;;) {
        int64_t live = slot->inherited_bytes;
        for (uint32_t i = 0; i <= last; i++) {
            struct record_lane *lane = &slot->lanes[i];
            lane->seen_allocated_bytes = allocated_in(lane);
            lane->seen_balance_bytes =
                lane->seen_allocated_bytes - __atomic_load_n(&lane->freed_bytes, __ATOMIC_ACQUIRE);
            live += lane->seen_balance_bytes;
        }
        bool stood_still = true;
        for (uint32_t i = 0; i <= last; i++)
            stood_still &= allocated_in(&slot->lanes[i]) == slot->lanes[i].seen_allocated_bytes;
        if (stood_still)
            return live;
    }
}

static int64_t lower(int64_t left, int64_t right) {
    return left < right ? left : right;
}

/* Raises the peak of both together. Returns what both are now. What was mapped in between counts as
 * mapped now: the calls that changed it have not returned. */
static int64_t raise_both(struct record_mapped *mapped, int64_t live) {
    int64_t high = (int64_t)__atomic_exchange_n(&mapped->high_bytes, 0, __ATOMIC_RELAXED);
    int64_t now = (int64_t)__atomic_load_n(&mapped->now_bytes, __ATOMIC_RELAXED);
    owned_raise((int64_t *)&mapped->both_peak_bytes, live + (high > now ? high : now));
    return live + now;
}

/* Makes the exact sum, raises the peak and gathers all room into the pool. Returns what is live. */
static int64_t settle(struct record_slot *slot, bool alone) {
    struct record_window *window = newest(slot);
    uint64_t turn;
    int64_t live;
    do {
        owned_count(&slot->settles);
        turn = __atomic_load_n(&slot->settles, __ATOMIC_RELAXED);
        if (!alone)
            freeze(slot);
        live = collect(slot);
        owned_raise(&window->peak_bytes, live);
        int64_t both = raise_both(&slot->mapped, live);
        slot->pool_bytes =
            lower(window->peak_bytes - live, (int64_t)slot->mapped.both_peak_bytes - both);
        for (uint32_t i = 0; i <= counter_last_lane(slot); i++)
            set_ceiling(&slot->lanes[i], slot->lanes[i].seen_balance_bytes);
    } while (__atomic_load_n(&slot->settles, __ATOMIC_RELAXED) != turn);
    return live;
}

/* Gives the lane what it needs and half of the rest. False when there is too little, or when a
 * signal handler settled meanwhile. */
static bool take_from_pool(struct record_slot *slot, struct record_lane *lane) {
    uint64_t turn = __atomic_load_n(&slot->settles, __ATOMIC_RELAXED);
    int64_t need = counter_balance(lane) - lane->ceiling_bytes;
    if (need > slot->pool_bytes)
        return false;
    int64_t grant = need > 0 ? need + (slot->pool_bytes - need) / 2 : 0;
    slot->pool_bytes -= grant;
    set_ceiling(lane, lane->ceiling_bytes + grant);
    owned_barrier(); /* in the common lane others add meanwhile */
    return __atomic_load_n(&slot->settles, __ATOMIC_RELAXED) == turn &&
           counter_balance(lane) <= lane->ceiling_bytes;
}

static uint64_t see_limit(struct record_slot *slot, int64_t now, int64_t *live) {
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

uint64_t counter_grow(struct record_slot *slot, struct record_lane *lane, bool alone,
                      int64_t *live) {
    uint64_t crossed = 0;
    bool interrupts = owned_lock_mine(&slot->lock);
    if (!interrupts && alone)
        __atomic_store_n((uint64_t *)&slot->lock, owned_self(), __ATOMIC_RELAXED);
    else if (!interrupts)
        owned_lock_take(&slot->lock);
    if (interrupts || !take_from_pool(slot, lane))
        crossed = see_limit(slot, settle(slot, alone), live);
    if (!interrupts)
        owned_lock_release(&slot->lock);
    return crossed;
}

void counter_see_mapped(struct record_slot *slot) {
    bool interrupts = owned_lock_mine(&slot->lock);
    if (!interrupts)
        owned_lock_take(&slot->lock);
    settle(slot, false);
    if (!interrupts)
        owned_lock_release(&slot->lock);
}

/* ---- All stands still ---- */

/* What was counted; `live_bytes` as collected, of a slot that stands still as it is. */
static void sum_lanes(const struct record_slot *slot, heapgate_usage *usage) {
    memset(usage, 0, sizeof *usage);
    usage->live_bytes = slot->inherited_bytes;
    for (uint32_t i = 0; i <= counter_last_lane(slot); i++) {
        const struct record_lane *lane = &slot->lanes[i];
        usage->live_bytes += counter_balance(lane);
        usage->allocations += __atomic_load_n(&lane->allocations, __ATOMIC_RELAXED);
        usage->allocated_bytes += (uint64_t)allocated_in(lane);
        if ((uint64_t)lane->largest_bytes > usage->largest_bytes)
            usage->largest_bytes = (uint64_t)lane->largest_bytes;
    }
}

static void hold(struct record_slot *slot, struct owned_signals *signals) {
    owned_block_signals(signals);
    owned_lock_take(&slot->lock);
    freeze(slot);
}

/* The exact sum, with all held. */
static void sum_held(struct record_slot *slot, heapgate_usage *usage) {
    int64_t live = collect(slot);
    sum_lanes(slot, usage);
    usage->live_bytes = live;
}

static void release(struct record_slot *slot, const struct owned_signals *signals) {
    settle(slot, false);
    owned_lock_release(&slot->lock);
    owned_unblock_signals(signals);
}

void counter_restart(struct record_slot *slot) {
    heapgate_usage usage;
    sum_lanes(slot, &usage);
    memset(slot->lanes, 0, sizeof slot->lanes);
    slot->inherited_bytes = usage.live_bytes;
    slot->pool_bytes = 0;
    slot->windows[0] = (struct record_window){.peak_bytes = usage.live_bytes};
}

void counter_inherit(struct record_slot *slot, int64_t live_bytes) {
    slot->inherited_bytes = live_bytes;
    slot->windows[0].peak_bytes = live_bytes;
}

void counter_recover(struct record_slot *slot) {
    for (uint32_t i = 0; i < RECORD_LANES; i++)
        if (slot->lanes[i].owner != owned_self())
            slot->lanes[i].owner = 0;
    slot->tables_lock = 0;
    slot->lock = owned_self();
    settle(slot, true);
    slot->lock = 0;
}

static int64_t higher(int64_t left, int64_t right) {
    return left > right ? left : right;
}

void counter_peek(const struct record_slot *slot, heapgate_usage *usage) {
    sum_lanes(slot, usage);
    int64_t peak = 0;
    for (uint32_t i = 0; i <= slot->open_windows; i++) {
        peak = higher(peak, slot->windows[i].peak_bytes);
        usage->largest_bytes =
            (uint64_t)higher((int64_t)usage->largest_bytes, slot->windows[i].largest_bytes);
    }
    usage->peak_bytes = (uint64_t)peak;
}

void counter_read(struct record_slot *slot, heapgate_usage *usage) {
    struct owned_signals signals;
    hold(slot, &signals);
    sum_held(slot, usage);
    int64_t live = usage->live_bytes;
    counter_peek(slot, usage);
    usage->live_bytes = live;
    release(slot, &signals);
}

/* The largest request of each lane belongs to the window that ends here. */
static void gather_largest(struct record_slot *slot) {
    struct record_window *window = newest(slot);
    for (uint32_t lane = 0; lane <= counter_last_lane(slot); lane++) {
        window->largest_bytes = higher(window->largest_bytes, slot->lanes[lane].largest_bytes);
        slot->lanes[lane].largest_bytes = 0;
    }
}

/* ---- Windows, with all held ---- */

/* Where it stands, or 0. */
static uint32_t find_window(const struct record_slot *slot, uint32_t scope) {
    uint32_t at = slot->open_windows;
    while (at > 0 && slot->windows[at].scope != scope)
        at--;
    return at;
}

static void raise_to(struct record_window *window, const struct record_window *other) {
    window->peak_bytes = higher(window->peak_bytes, other->peak_bytes);
    window->largest_bytes = higher(window->largest_bytes, other->largest_bytes);
}

static void open_window(struct record_slot *slot, uint32_t scope, heapgate_usage *now) {
    gather_largest(slot);
    sum_held(slot, now);
    slot->windows[++slot->open_windows] =
        (struct record_window){.peak_bytes = now->live_bytes, .scope = scope};
}

/* What it saw: those that opened later saw a part of it. */
static struct record_window seen_since(const struct record_slot *slot, uint32_t at) {
    struct record_window seen = slot->windows[at];
    for (uint32_t i = at + 1; i <= slot->open_windows; i++)
        raise_to(&seen, &slot->windows[i]);
    return seen;
}

static struct record_window close_window(struct record_slot *slot, uint32_t at,
                                         heapgate_usage *now) {
    gather_largest(slot);
    sum_held(slot, now);
    struct record_window seen = seen_since(slot, at);
    /* The one below was open all along: it takes in the one that ends. */
    raise_to(&slot->windows[at - 1], &slot->windows[at]);
    memmove(&slot->windows[at], &slot->windows[at + 1],
            (slot->open_windows - at) * sizeof slot->windows[0]);
    slot->open_windows--;
    return seen;
}

static void end_phase(struct record_slot *slot, uint32_t at, uint64_t now_ns) {
    struct record_phase *phase = &slot->phases[slot->phase_count - 1];
    heapgate_usage now;
    struct record_window seen = close_window(slot, at, &now);
    phase->end_ns = now_ns;
    phase->end_live_bytes = now.live_bytes;
    phase->end_allocations = now.allocations;
    phase->peak_bytes = seen.peak_bytes;
    __atomic_store_n(&phase->ended, 1, __ATOMIC_RELEASE);
}

/* ---- Scopes and phases ---- */

bool counter_begin(struct record_slot *slot, uint32_t scope, uint64_t limit_bytes) {
    struct record_scope *begun = &slot->scopes[scope];
    heapgate_usage now;
    struct owned_signals signals;
    hold(slot, &signals);
    bool has_phase = find_window(slot, RECORD_PHASE_WINDOW) > 0;
    bool has_room = slot->open_windows - has_phase < HEAPGATE_SCOPES_OPEN;
    if (has_room) {
        open_window(slot, scope, &now);
        begun->begin_live_bytes = now.live_bytes;
        begun->begin_allocations = now.allocations;
        begun->begin_allocated_bytes = now.allocated_bytes;
        begun->begin_phase = slot->phase_count;
        if (limit_bytes > 0) {
            slot->limit_scope = 1 + scope;
            arm(slot, now.live_bytes, limit_bytes);
        }
    }
    release(slot, &signals);
    return has_room;
}

void counter_end(struct record_slot *slot, uint32_t scope, uint64_t now_ns) {
    struct record_scope *ended = &slot->scopes[scope];
    heapgate_usage now;
    struct owned_signals signals;
    hold(slot, &signals);
    uint32_t phase_at = find_window(slot, RECORD_PHASE_WINDOW);
    if (phase_at > find_window(slot, scope))
        end_phase(slot, phase_at, now_ns);
    struct record_window seen = close_window(slot, find_window(slot, scope), &now);
    ended->usage = (heapgate_usage){
        .peak_bytes = (uint64_t)(seen.peak_bytes - ended->begin_live_bytes),
        .live_bytes = now.live_bytes - ended->begin_live_bytes,
        .allocations = now.allocations - ended->begin_allocations,
        .allocated_bytes = now.allocated_bytes - ended->begin_allocated_bytes,
        .largest_bytes = (uint64_t)seen.largest_bytes,
    };
    ended->end_phase = slot->phase_count;
    if (slot->limit_scope == 1 + scope)
        slot->limit_armed = 0;
    release(slot, &signals);
}

bool counter_phase(struct record_slot *slot, const char *name, uint64_t now_ns) {
    heapgate_usage now;
    struct owned_signals signals;
    hold(slot, &signals);
    bool has_room = name == NULL || slot->phase_count < RECORD_PHASES;
    uint32_t at = find_window(slot, RECORD_PHASE_WINDOW);
    if (has_room && at > 0)
        end_phase(slot, at, now_ns);
    if (has_room && name != NULL) {
        struct record_phase *phase = &slot->phases[slot->phase_count];
        memset(phase, 0, sizeof *phase);
        open_window(slot, RECORD_PHASE_WINDOW, &now);
        strncpy(phase->name, name, sizeof phase->name - 1);
        phase->begin_ns = now_ns;
        phase->begin_live_bytes = now.live_bytes;
        phase->begin_allocations = now.allocations;
        slot->phase_count++;
    }
    release(slot, &signals);
    return has_room;
}

void counter_peek_phase(const struct record_slot *slot, uint32_t index,
                        struct record_phase *phase) {
    *phase = slot->phases[index];
    uint32_t at = find_window(slot, RECORD_PHASE_WINDOW);
    if (phase->ended || at == 0)
        return;
    heapgate_usage now;
    sum_lanes(slot, &now);
    phase->end_live_bytes = now.live_bytes;
    phase->end_allocations = now.allocations;
    phase->peak_bytes = seen_since(slot, at).peak_bytes;
}
