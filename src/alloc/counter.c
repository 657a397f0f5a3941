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
    return &slot->windows[slot->open_windows];
}

static int64_t balance(const struct record_lane *lane) {
    return lane->allocated_bytes - (lane->allowed_bytes - lane->ceiling_bytes);
}

/* Both at once, or a glance from outside would see bytes that are not there. */
static void set_ceiling(struct record_lane *lane, int64_t ceiling_bytes) {
    uint32_t turn = atomic_load_explicit(&lane->turn, memory_order_relaxed);
    atomic_store_explicit(&lane->turn, turn + 1, memory_order_relaxed);
    __atomic_store_n(&lane->allowed_bytes,
                     lane->allowed_bytes + ceiling_bytes - lane->ceiling_bytes, __ATOMIC_RELEASE);
    __atomic_store_n(&lane->ceiling_bytes, ceiling_bytes, __ATOMIC_RELEASE);
    atomic_store_explicit(&lane->turn, turn + 2, memory_order_release);
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
    for (uint32_t i = 0; i <= slot->open_windows; i++) {
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

/* ---- Windows, with all locks held ---- */

/* Where it stands, or 0. */
static uint32_t find_window(const struct record_slot *slot, uint32_t scope) {
    uint32_t at = slot->open_windows;
    while (at > 0 && slot->windows[at].scope != scope)
        at--;
    return at;
}

static void raise_to(struct record_window *window, const struct record_window *other) {
    if (other->peak_bytes > window->peak_bytes)
        window->peak_bytes = other->peak_bytes;
    if (other->largest_bytes > window->largest_bytes)
        window->largest_bytes = other->largest_bytes;
}

static void open_window(struct record_slot *slot, uint32_t scope, heapgate_usage *now) {
    gather_largest(slot);
    sum_lanes(slot, now);
    slot->windows[++slot->open_windows] =
        (struct record_window){.peak_bytes = now->live_bytes, .scope = scope};
    settle(slot);
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
    sum_lanes(slot, now);
    struct record_window seen = seen_since(slot, at);
    /* The one below was open all along: it takes in the one that ends. */
    raise_to(&slot->windows[at - 1], &slot->windows[at]);
    memmove(&slot->windows[at], &slot->windows[at + 1],
            (slot->open_windows - at) * sizeof slot->windows[0]);
    slot->open_windows--;
    settle(slot);
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
    counter_hold(slot);
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
    counter_release(slot);
    return has_room;
}

void counter_end(struct record_slot *slot, uint32_t scope, uint64_t now_ns) {
    struct record_scope *ended = &slot->scopes[scope];
    heapgate_usage now;
    counter_hold(slot);
    uint32_t phase_at = find_window(slot, RECORD_PHASE_WINDOW);
    if (phase_at > find_window(slot, scope))
        end_phase(slot, phase_at, now_ns);
    struct record_window seen = close_window(slot, find_window(slot, scope), &now);
    ended->usage = (heapgate_usage){
        .peak_bytes = (uint64_t)(seen.peak_bytes - ended->begin_live_bytes),
        .live_bytes = now.live_bytes - ended->begin_live_bytes,
        .allocations = now.allocations - ended->begin_allocations,
        .allocated_bytes = now.allocated_bytes - ended->begin_allocated_bytes,
        .largest_bytes = seen.largest_bytes,
    };
    ended->end_phase = slot->phase_count;
    if (slot->limit_scope == 1 + scope)
        slot->limit_armed = 0;
    counter_release(slot);
}

bool counter_phase(struct record_slot *slot, const char *name, uint64_t now_ns) {
    heapgate_usage now;
    counter_hold(slot);
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
    counter_release(slot);
    return has_room;
}

/* ---- From outside ---- */

/* The process may have damaged it. */
static uint32_t open_windows(const struct record_slot *slot) {
    uint32_t open = __atomic_load_n(&slot->open_windows, __ATOMIC_RELAXED);
    return open < sizeof slot->windows / sizeof slot->windows[0] ? open : 0;
}

/* The lane's balance, and not while its ceiling moves: that takes two stores. */
static int64_t glance_balance(const struct record_lane *lane) {
    enum { TRIES = 1000 };
    int64_t seen = 0;
    for (int i = 0; i < TRIES; i++) {
        uint32_t turn = atomic_load_explicit(&lane->turn, memory_order_acquire);
        int64_t freed = __atomic_load_n(&lane->allowed_bytes, __ATOMIC_ACQUIRE) -
                        __atomic_load_n(&lane->ceiling_bytes, __ATOMIC_ACQUIRE);
        seen = __atomic_load_n(&lane->allocated_bytes, __ATOMIC_ACQUIRE) - freed;
        if (turn % 2 == 0 && turn == atomic_load_explicit(&lane->turn, memory_order_relaxed))
            break;
    }
    return seen;
}

void counter_glance(const struct record_slot *slot, struct counter_glance *glance) {
    *glance = (struct counter_glance){.live_bytes = slot->inherited_bytes};
    for (uint32_t i = 0; i <= lanes_in_use(slot); i++) {
        const struct record_lane *lane = &slot->lanes[i];
        glance->live_bytes += glance_balance(lane);
        glance->allocations += __atomic_load_n(&lane->allocations, __ATOMIC_RELAXED);
        glance->allocated_bytes +=
            (uint64_t)__atomic_load_n(&lane->allocated_bytes, __ATOMIC_RELAXED);
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
