/* An event of a profiled process: its stack is walked, its site found, and both the counters and
 * the site change. What a signal handler allocates while its thread walks has no site, because
 * libunwind is not asked twice at once. While its thread changes figures it is only added up, and
 * becomes an event when that is done: every byte is there, and so is the highest sum that it came
 * to. */
#include "alloc/profiled.h"

#include <errno.h>

#include "alloc/capture.h"
#include "alloc/own.h"
#include "alloc/place.h"
#include "alloc/profile.h"
#include "alloc/profile_lane.h"

struct event {
    struct profile_change changes[2];
    int change_count;
    uint64_t calls;          /* that allocated */
    uint64_t request;        /* the largest of them */
    int64_t allocated_bytes; /* less those that are freed: what is live more */
    int64_t freed_bytes;
};

/* What handlers did in the middle of an event. Two, so that one can be applied while more comes. */
enum { OTHERS_MAX = 8 };
static _Thread_local struct waiting {
    uint64_t calls;
    int64_t largest_bytes;
    int64_t more_bytes, high_bytes; /* what is live more, and the highest that it was */
    struct profile_held live;       /* of blocks that came from handlers */
    uint64_t total_bytes, temporary;
    uint64_t other_count; /* changes of other sites */
    struct profile_change others[OTHERS_MAX];
} waiting[2] __attribute__((tls_model("initial-exec")));
static _Thread_local volatile uint32_t waiting_in __attribute__((tls_model("initial-exec")));
static _Thread_local volatile uint32_t is_waiting __attribute__((tls_model("initial-exec")));
static _Thread_local volatile bool mapped_is_waiting __attribute__((tls_model("initial-exec")));
enum state { IDLE, WALKING, APPLYING };
static _Thread_local volatile enum state state __attribute__((tls_model("initial-exec")));
/* Stacks that this thread took; from WALKS_BY_STEP on with a table of its own. */
enum { WALKS_BY_STEP = 32 };
static _Thread_local uint32_t walks __attribute__((tls_model("initial-exec")));
/* What this thread allocated last. */
static _Thread_local struct header *newest __attribute__((tls_model("initial-exec")));

/* What was interrupted knows sites of the parent's region. */
void profiled_begin_child(void) {
    if (state != IDLE && profile_region != NULL)
        atomic_store(&profile_region->events_lost, 1);
}

uint32_t profiled_site(const struct header *header) {
    return profile_site_of(profile_region, (uint32_t)header->tag);
}

void profiled_give_site(struct header *header, uint32_t site) {
    header->tag = (HEADER_TAG >> HEADER_TAG_HALF << HEADER_TAG_HALF) |
                  profile_number_of(profile_region, site);
}

/* ---- Applying an event, with the thread busy ---- */

/* True when the lane has passed its ceiling. */
static inline bool count(struct record_lane *lane, struct place_balance *own, uint64_t calls,
                         uint64_t request, int64_t allocated_bytes, int64_t freed_bytes) {
    owned_add(&own->bytes, allocated_bytes - freed_bytes);
    owned_add((int64_t *)&lane->allocations, (int64_t)calls);
    counter_note_request(lane, request);
    owned_add(&lane->freed_bytes, freed_bytes);
    owned_add(&lane->allocated_bytes, allocated_bytes);
    return allocated_bytes > freed_bytes && !counter_fits(lane, lane->allocated_bytes);
}

static inline bool count_event(uint32_t index, const struct event *event) {
    return count(place_here.lanes[index], &place_balances[index], event->calls, event->request,
                 event->allocated_bytes, event->freed_bytes);
}

static inline void tell_crossing(uint64_t limit, int64_t live, uint64_t request) {
    if (__builtin_expect(limit > 0, 0))
        capture_crossing(own_slot, limit, live, request);
}

/* Of threads that there were. */
static __attribute__((noinline, cold)) void apply_lanes(void) {
    profile_lanes_apply(profile_region);
    profile_region->lanes_used = 0;
}

static inline void begin_alone(void) {
    if (__builtin_expect(profile_region->lanes_used > 0, 0))
        apply_lanes();
}

/* After the sites have changed: what the counters make of it, and whether that was a peak. */
static inline void end_alone(bool passes, uint64_t request, uint64_t total_bytes) {
    int64_t live = 0;
    uint64_t limit = 0;
    if (passes)
        limit = counter_grow(own_slot, place_here.lanes[RECORD_LANE_ALONE], true, &live);
    profile_see(profile_region, (int64_t)total_bytes);
    tell_crossing(limit, live, request);
}

static void apply_alone(const struct event *event) {
    uint64_t total_bytes = 0;
    begin_alone();
    bool passes = count_event(RECORD_LANE_ALONE, event);
    for (int i = 0; i < event->change_count; i++) {
        profile_apply(profile_region, &event->changes[i]);
        total_bytes += event->changes[i].total_bytes;
    }
    end_alone(passes, event->request, total_bytes);
}

static void use_lane(struct profile_region *region, uint32_t index) {
    owned_lock_take(&region->lock);
    if (region->lanes_used <= index)
        region->lanes_used = index + 1;
    owned_lock_release(&region->lock);
}

/* Until there is room for the event. */
static void make_room(struct profile_region *region, struct profile_lane *kept) {
    owned_lock_release(&kept->lock);
    owned_lock_take(&region->lock);
    owned_lock_take(&kept->lock);
    region->peak.allocated_bytes += profile_lane_apply(region, kept);
    owned_lock_release(&region->lock);
}

/* The counters, and with them the composition of a new peak. */
static uint64_t settle(struct profile_region *region, struct record_lane *lane, int64_t *live) {
    owned_lock_take(&region->lock);
    profile_lock_lanes();
    uint64_t settles = own_slot->settles;
    uint64_t limit = counter_grow(own_slot, lane, true, live);
    if (own_slot->settles != settles)
        profile_lanes_apply(region);
    profile_unlock_lanes();
    owned_lock_release(&region->lock);
    return limit;
}

static void apply_shared(uint32_t index, const struct event *event) {
    struct profile_region *region = profile_region;
    struct record_lane *lane = place_here.lanes[index];
    struct profile_lane *kept = &region->lanes[index];
    int64_t live = 0;
    if (__builtin_expect(region->lanes_used <= index, 0))
        use_lane(region, index);
    owned_lock_take(&kept->lock);
    while (!profile_lane_keep(kept, event->changes, event->change_count))
        make_room(region, kept);
    bool passes = count_event(index, event);
    owned_lock_release(&kept->lock);
    if (passes)
        tell_crossing(settle(region, lane, &live), live, event->request);
}

static void apply(const struct event *event) {
    uint32_t index = place_find_always();
    if (index == RECORD_LANE_ALONE)
        apply_alone(event);
    else
        apply_shared(index, event);
}

/* ---- Who comes in between ---- */

/* In the middle of an event of the same thread's: one instruction for each number, because another
 * handler may come in between. */
static void wait_with(const struct event *event) {
    struct waiting *all = &waiting[waiting_in];
    int64_t more_bytes = event->allocated_bytes - event->freed_bytes;
    for (int i = 0; i < event->change_count; i++) {
        const struct profile_change *change = &event->changes[i];
        if (change->site == PROFILE_SITE_OTHER) {
            owned_add(&all->live.bytes, change->live.bytes);
            owned_add(&all->live.blocks, change->live.blocks);
            owned_fetch_add(&all->total_bytes, change->total_bytes);
            owned_fetch_add(&all->temporary, change->temporary);
            continue;
        }
        uint64_t at = owned_fetch_add(&all->other_count, 1);
        if (at < OTHERS_MAX)
            all->others[at] = *change;
        else
            atomic_store(&profile_region->events_lost, 1);
    }
    owned_fetch_add(&all->calls, event->calls);
    owned_raise(&all->largest_bytes, (int64_t)event->request);
    owned_raise(&all->high_bytes,
                more_bytes +
                    (int64_t)owned_fetch_add((uint64_t *)&all->more_bytes, (uint64_t)more_bytes));
    is_waiting = 1;
}

static void see_mapped(void) {
    struct profile_hold hold;
    mapped_is_waiting = false;
    profile_hold(&hold);
    counter_see_mapped(own_slot);
    profile_release(&hold);
}

/* First as high as it went, then down to where it is. */
static void apply_waiting(void) {
    struct waiting *all = &waiting[waiting_in];
    is_waiting = 0;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    waiting_in = 1 - waiting_in;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (mapped_is_waiting)
        see_mapped();
    int64_t total_bytes = (int64_t)all->total_bytes;
    const struct event rise = {.changes = {{.site = PROFILE_SITE_OTHER,
                                            .live = {all->high_bytes, all->live.blocks},
                                            .total_bytes = all->total_bytes,
                                            .allocations = all->calls,
                                            .temporary = all->temporary}},
                               .change_count = 1,
                               .calls = all->calls,
                               .request = (uint64_t)all->largest_bytes,
                               .allocated_bytes = total_bytes,
                               .freed_bytes = total_bytes - all->high_bytes};
    apply(&rise);
    int64_t fall_bytes = all->high_bytes - all->live.bytes;
    const struct event fall = {.changes = {{.site = PROFILE_SITE_OTHER, .live = {-fall_bytes, 0}}},
                               .change_count = 1,
                               .freed_bytes = fall_bytes};
    apply(&fall);
    for (uint64_t i = 0; i < all->other_count && i < OTHERS_MAX; i++) {
        const struct event other = {.changes = {all->others[i]},
                                    .change_count = 1,
                                    .freed_bytes = -all->others[i].live.bytes};
        apply(&other);
    }
    *all = (struct waiting){0};
}

static void set_state(enum state next) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    state = next;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Begins an event. Returns the state before: IDLE, unless that is another event of this
 * thread's. */
static inline enum state enter(void) {
    if (__builtin_expect(!place_here.ready, 0))
        place_find_always(); /* in a child of fork: the region is its own from here on */
    enum state before = state;
    if (before != IDLE)
        return before;
    set_state(WALKING);
    if (profile_is_asked(profile_region)) {
        struct profile_hold hold;
        profile_hold(&hold);
        profile_release(&hold);
    }
    return IDLE;
}

static __attribute__((noinline)) void tell(enum state before, const struct event *event) {
    if (before == APPLYING ||
        (before == WALKING && owned_lock_mine(&profile_region->lock))) { /* a new site */
        wait_with(event);
        return;
    }
    set_state(APPLYING);
    apply(event);
    do {
        set_state(APPLYING);
        while (is_waiting)
            apply_waiting();
        set_state(before);
    } while (is_waiting);
}

static __attribute__((noinline, cold)) void tell_waiting(void) {
    while (is_waiting) {
        set_state(APPLYING);
        apply_waiting();
        set_state(IDLE);
    }
}

/* The common way, in which an event never stands in memory: one thread, and no other event. */
static inline bool is_common(enum state before) {
    return __builtin_expect(before == IDLE && __libc_single_threaded, 1);
}

static inline __attribute__((always_inline)) void
tell_alone(const struct profile_change *change, uint64_t request, int64_t freed_bytes) {
    set_state(APPLYING);
    begin_alone();
    bool passes = count(place_here.lanes[RECORD_LANE_ALONE], &place_balances[RECORD_LANE_ALONE],
                        change->allocations, request, (int64_t)change->total_bytes, freed_bytes);
    profile_apply(profile_region, change);
    if (change->allocations > 0)
        end_alone(passes, request, change->total_bytes);
    set_state(IDLE);
    if (__builtin_expect(is_waiting, 0))
        tell_waiting();
}

/* ---- Events ---- */

/* The first walk with a table makes the dynamic loader allocate what libunwind keeps for each
 * thread. */
static void prepare_walk(void) {
    void *frames[PROFILE_FRAMES];
    struct owned_signals signals;
    owned_block_signals(&signals);
    place_mute();
    capture_stack(capture_walk, frames, PROFILE_FRAMES);
    place_unmute();
    owned_unblock_signals(&signals);
}

/* Many threads end before a table would have been worth its while. */
static __attribute__((noinline)) capture_walker *walker_of_new_thread(void) {
    if (capture_step != NULL && walks < WALKS_BY_STEP) {
        walks++;
        return capture_step;
    }
    prepare_walk();
    walks = WALKS_BY_STEP + 1;
    return capture_walk;
}

void profiled_see_mapped(void) {
    if (state == APPLYING || owned_lock_mine(&profile_region->lock)) {
        mapped_is_waiting = true;
        is_waiting = 1;
    } else {
        see_mapped();
    }
}

/* Inlined, because each frame between the walk and the program costs as much as one of its own. */
static inline __attribute__((always_inline)) uint32_t take_site(enum state before) {
    void *frames[PROFILE_FRAMES];
    if (before != IDLE)
        return PROFILE_SITE_OTHER;
    capture_walker *walk =
        __builtin_expect(walks <= WALKS_BY_STEP, 0) ? walker_of_new_thread() : capture_walk;
    return profile_site_take(frames, capture_stack(walk, frames, PROFILE_FRAMES));
}

static __attribute__((noinline)) void add_otherwise(enum state before, uint32_t site,
                                                    uint64_t request) {
    const struct event event = {.changes = {{.site = site,
                                             .live = {(int64_t)request, 1},
                                             .total_bytes = request,
                                             .allocations = 1}},
                                .change_count = 1,
                                .calls = 1,
                                .request = request,
                                .allocated_bytes = (int64_t)request};
    tell(before, &event);
}

void *profiled_add(struct header *header, uint64_t request) {
    int saved = errno;
    enum state before = enter();
    uint32_t site = take_site(before);
    profiled_give_site(header, site);
    if (is_common(before)) {
        const struct profile_change change = {
            .site = site, .live = {(int64_t)request, 1}, .total_bytes = request, .allocations = 1};
        tell_alone(&change, request, 0);
    } else {
        add_otherwise(before, site, request);
    }
    newest = header;
    errno = saved;
    return header + 1;
}

static __attribute__((noinline)) void remove_otherwise(enum state before, uint32_t site,
                                                       int64_t bytes, bool temporary) {
    const struct event event = {
        .changes = {{.site = site, .live = {-bytes, -1}, .temporary = temporary}},
        .change_count = 1,
        .freed_bytes = bytes};
    tell(before, &event);
}

void profiled_remove(struct header *header, int64_t bytes) {
    enum state before = enter();
    bool temporary = header == newest;
    uint32_t site = profiled_site(header);
    if (temporary)
        newest = NULL; /* its address may be another thread's next block */
    if (is_common(before)) {
        const struct profile_change change = {
            .site = site, .live = {-bytes, -1}, .temporary = temporary};
        tell_alone(&change, 0, bytes);
    } else {
        remove_otherwise(before, site, bytes, temporary);
    }
}

void profiled_resize(uint32_t site, int64_t more_bytes) {
    const struct event event = {.changes = {{.site = site, .live = {more_bytes, 0}}},
                                .change_count = 1,
                                .freed_bytes = -more_bytes};
    tell(enter(), &event);
}

/* What a growing block asks for anew is what it grows by. */
void *profiled_move(struct header *moved, uint32_t from, int64_t old, int64_t bytes) {
    int saved = errno;
    enum state before = enter();
    uint32_t site = take_site(before);
    int64_t more_bytes = bytes > old ? bytes - old : 0;
    const struct event event = {.changes = {{.site = from, .live = {-old, -1}},
                                            {.site = site,
                                             .live = {bytes, 1},
                                             .total_bytes = (uint64_t)more_bytes,
                                             .allocations = 1}},
                                .change_count = 2,
                                .calls = 1,
                                .request = (uint64_t)bytes,
                                .allocated_bytes = more_bytes,
                                .freed_bytes = more_bytes + old - bytes};
    profiled_give_site(moved, site);
    tell(before, &event);
    newest = moved;
    errno = saved;
    return moved + 1;
}
