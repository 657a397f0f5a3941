/* The pure counters against a model that is obviously right: one sum, one maximum. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc/counter.h"

static uint64_t random_state;

static uint64_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static bool add_to(struct record_slot *slot, struct record_lane *lane, int64_t bytes) {
    if (lane == &slot->lanes[RECORD_LANE_ALONE])
        return counter_add(lane, (uint64_t)bytes, bytes);
    if (lane == &slot->lanes[RECORD_LANE_COMMON])
        return counter_add_common(lane, (uint64_t)bytes, bytes);
    return counter_add_shared(lane, (uint64_t)bytes, bytes);
}

/* The limit that was crossed, or 0. */
static uint64_t add(struct record_slot *slot, struct record_lane *lane, int64_t bytes,
                    int64_t *live) {
    bool fits = add_to(slot, lane, bytes);
    return fits ? 0 : counter_grow(slot, lane, lane == &slot->lanes[RECORD_LANE_ALONE], live);
}

static void take(struct record_slot *slot, struct record_lane *lane, int64_t bytes) {
    if (lane == &slot->lanes[RECORD_LANE_COMMON])
        counter_remove_common(lane, bytes);
    else
        counter_remove(lane, bytes);
}

static struct record_lane *claim_lane(struct record_slot *slot) {
    return &slot->lanes[counter_claim_lane(slot)];
}

/* ---- One thread plays many: every step is checked against the model ---- */

enum { MODEL_SCOPES = 8 };

struct model {
    int64_t live;
    int64_t peak;
    uint64_t allocations;
    uint64_t largest;
    struct {
        bool open;
        int64_t begin;
        int64_t peak;
        uint64_t allocations;
        uint64_t allocated;
        uint64_t largest;
        uint32_t marked; /* the phases when it began */
    } scopes[MODEL_SCOPES];
    struct {
        bool open;
        uint32_t marked; /* so far */
        int64_t begin;
        int64_t peak;
        uint64_t allocations;
    } phase;
};

static void model_add(struct model *model, int64_t bytes) {
    model->live += bytes;
    model->allocations++;
    if (model->live > model->peak)
        model->peak = model->live;
    if ((uint64_t)bytes > model->largest)
        model->largest = (uint64_t)bytes;
    model->phase.allocations += model->phase.open;
    if (model->phase.open && model->live > model->phase.peak)
        model->phase.peak = model->live;
    for (int i = 0; i < MODEL_SCOPES; i++) {
        if (!model->scopes[i].open)
            continue;
        model->scopes[i].allocations++;
        model->scopes[i].allocated += (uint64_t)bytes;
        if (model->live > model->scopes[i].peak)
            model->scopes[i].peak = model->live;
        if ((uint64_t)bytes > model->scopes[i].largest)
            model->scopes[i].largest = (uint64_t)bytes;
    }
}

static void compare(struct record_slot *slot, const struct model *model, uint64_t seed, int step) {
    heapgate_usage usage;
    counter_peek(slot, &usage);
    if (usage.live_bytes != model->live || (int64_t)usage.peak_bytes != model->peak ||
        usage.allocations != model->allocations || usage.largest_bytes != model->largest)
        fail_msg("seed %llu step %d: live %lld peak %llu calls %llu largest %llu, wanted %lld %lld "
                 "%llu %llu",
                 (unsigned long long)seed, step, (long long)usage.live_bytes,
                 (unsigned long long)usage.peak_bytes, (unsigned long long)usage.allocations,
                 (unsigned long long)usage.largest_bytes, (long long)model->live,
                 (long long)model->peak, (unsigned long long)model->allocations,
                 (unsigned long long)model->largest);
}

/* The newest phase, as it stands. */
static void compare_phase(struct record_slot *slot, const struct model *model, uint64_t seed,
                          int step) {
    struct record_phase phase;
    assert_int_equal(slot->phase_count, model->phase.marked);
    if (slot->phase_count == 0)
        return;
    counter_peek_phase(slot, slot->phase_count - 1, &phase);
    uint64_t allocations = phase.end_allocations - phase.begin_allocations;
    if (phase.ended == model->phase.open || phase.begin_live_bytes != model->phase.begin ||
        (model->phase.open && phase.end_live_bytes != model->live) ||
        phase.peak_bytes != model->phase.peak || allocations != model->phase.allocations)
        fail_msg("seed %llu step %d phase %u: ended %u begin %lld end %lld peak %lld calls %llu, "
                 "wanted %d %lld %lld %lld %llu",
                 (unsigned long long)seed, step, slot->phase_count - 1, phase.ended,
                 (long long)phase.begin_live_bytes, (long long)phase.end_live_bytes,
                 (long long)phase.peak_bytes, (unsigned long long)allocations, !model->phase.open,
                 (long long)model->phase.begin, (long long)model->live,
                 (long long)model->phase.peak, (unsigned long long)model->phase.allocations);
}

/* Once in three times only the end of one. */
static void mark_phase(struct record_slot *slot, struct model *model, uint64_t dice, uint64_t seed,
                       int step) {
    bool begins = dice % 3 != 0;
    compare_phase(slot, model, seed, step);
    assert_true(counter_phase(slot, begins ? "phase" : NULL, (uint64_t)step));
    if (begins) {
        model->phase.marked++;
        model->phase.begin = model->phase.peak = model->live;
        model->phase.allocations = 0;
    }
    model->phase.open = begins;
    if (begins)
        compare_phase(slot, model, seed, step);
}

static void toggle_scope(struct record_slot *slot, struct model *model, uint32_t scope,
                         uint64_t seed, int step) {
    if (!model->scopes[scope].open) {
        assert_true(counter_begin(slot, scope, 0));
        model->scopes[scope].open = true;
        model->scopes[scope].begin = model->scopes[scope].peak = model->live;
        model->scopes[scope].allocations = model->scopes[scope].largest = 0;
        model->scopes[scope].allocated = 0;
        model->scopes[scope].marked = model->phase.marked;
        return;
    }
    if (model->phase.open && model->phase.marked > model->scopes[scope].marked) {
        compare_phase(slot, model, seed, step); /* it ends with the scope that it began in */
        model->phase.open = false;
    }
    counter_end(slot, scope, 0);
    model->scopes[scope].open = false;
    const heapgate_usage *usage = &slot->scopes[scope].usage;
    assert_int_equal(slot->scopes[scope].begin_phase, model->scopes[scope].marked);
    assert_int_equal(slot->scopes[scope].end_phase, model->phase.marked);
    int64_t peak = model->scopes[scope].peak - model->scopes[scope].begin;
    int64_t live = model->live - model->scopes[scope].begin;
    if ((int64_t)usage->peak_bytes != peak || usage->live_bytes != live ||
        usage->allocations != model->scopes[scope].allocations ||
        usage->allocated_bytes != model->scopes[scope].allocated ||
        usage->largest_bytes != model->scopes[scope].largest)
        fail_msg("seed %llu step %d scope %u: peak %llu live %lld, wanted %lld %lld",
                 (unsigned long long)seed, step, scope, (unsigned long long)usage->peak_bytes,
                 (long long)usage->live_bytes, (long long)peak, (long long)live);
}

static void every_order_gives_the_model_s_figures(void **state) {
    (void)state;
    enum { LANES = 5, STEPS = 4000, BLOCKS = 256 };
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct record_slot *slot = calloc(1, sizeof *slot);
        struct record_lane *lanes[LANES] = {&slot->lanes[0]};
        struct model model = {0};
        int64_t blocks[BLOCKS] = {0};
        random_state = seed * 0x9e3779b97f4a7c15u;
        /* Odd seeds play a process of one thread, even ones several. */
        int used = seed % 2 == 1 ? 1 : LANES;
        for (int i = 0; i < LANES && used > 1; i++)
            lanes[i] = claim_lane(slot);
        for (int step = 0; step < STEPS; step++) {
            uint64_t dice = next_random();
            struct record_lane *lane = lanes[(dice >> 8) % (uint64_t)used];
            int64_t *block = &blocks[(dice >> 16) % BLOCKS];
            int64_t live;
            if (dice % 50 == 0) {
                toggle_scope(slot, &model, (uint32_t)((dice >> 32) % MODEL_SCOPES), seed, step);
            } else if (dice % 50 == 1) {
                mark_phase(slot, &model, dice >> 32, seed, step);
            } else if (*block != 0) {
                take(slot, lane, *block);
                model.live -= *block;
                *block = 0;
            } else {
                *block = (int64_t)((dice >> 32) % (dice % 7 == 0 ? 100000 : 500)) + 1;
                assert_int_equal(add(slot, lane, *block, &live), 0);
                model_add(&model, *block);
            }
            compare(slot, &model, seed, step);
        }
        free(slot);
    }
}

static void the_limit_and_its_doublings_are_crossed_exactly(void **state) {
    (void)state;
    struct record_slot *slot = calloc(1, sizeof *slot);
    struct record_lane *lane = &slot->lanes[0];
    int64_t live = 0;
    counter_arm(slot, 1000);
    assert_int_equal(add(slot, lane, 600, &live), 0);
    assert_int_equal(add(slot, lane, 400, &live), 0);
    take(slot, lane, 500);
    assert_int_equal(add(slot, lane, 500, &live), 0);
    assert_int_equal(add(slot, lane, 1, &live), 1000);
    assert_int_equal(live, 1001);
    assert_int_equal(add(slot, lane, 999, &live), 0);
    assert_int_equal(add(slot, lane, 1, &live), 2000);
    assert_int_equal(add(slot, lane, 6000, &live), 8000);
    assert_int_equal(live, 8001);
    assert_int_equal(add(slot, lane, 1, &live), 0);
    take(slot, lane, 8002);
    assert_int_equal(add(slot, lane, 15000, &live), 0);

    /* A scope's limit counts from the scope's begin, and ends with it. */
    assert_true(counter_begin(slot, 0, 100));
    assert_int_equal(add(slot, lane, 100, &live), 0);
    assert_int_equal(add(slot, lane, 1, &live), 100);
    assert_int_equal(live, 101);
    counter_end(slot, 0, 0);
    assert_true(counter_begin(slot, 1, 100));
    counter_end(slot, 1, 0);
    assert_int_equal(add(slot, lane, 100000, &live), 0);
    free(slot);
}

static void scopes_have_a_limit(void **state) {
    (void)state;
    struct record_slot *slot = calloc(1, sizeof *slot);
    for (uint32_t i = 0; i < HEAPGATE_SCOPES_OPEN; i++)
        assert_true(counter_begin(slot, i, 0));
    assert_false(counter_begin(slot, HEAPGATE_SCOPES_OPEN, 0));
    for (uint32_t i = 0; i < HEAPGATE_SCOPES_OPEN; i++)
        counter_end(slot, i, 0);
    assert_true(counter_begin(slot, 0, 0));
    counter_end(slot, 0, 0);
    assert_true(counter_phase(slot, "open", 1)); /* takes no scope's place */
    for (uint32_t i = 0; i < HEAPGATE_SCOPES_OPEN; i++)
        assert_true(counter_begin(slot, i, 0));
    assert_false(counter_begin(slot, HEAPGATE_SCOPES_OPEN, 0));
    free(slot);
}

static void phases_have_a_limit(void **state) {
    (void)state;
    struct record_slot *slot = calloc(1, sizeof *slot);
    struct record_lane *lane = &slot->lanes[0];
    int64_t live;
    for (int i = 0; i < RECORD_PHASES; i++)
        assert_true(counter_phase(slot, "each", 1));
    assert_false(counter_phase(slot, "one more", 2));
    add(slot, lane, 100, &live);
    assert_true(counter_phase(slot, NULL, 3)); /* until now the last went on */
    assert_int_equal(slot->phases[RECORD_PHASES - 1].peak_bytes, 100);
    assert_int_equal(slot->phases[RECORD_PHASES - 1].end_ns, 3);
    assert_true(counter_phase(slot, NULL, 4));          /* there is none to end: no matter */
    for (uint32_t i = 0; i < HEAPGATE_SCOPES_OPEN; i++) /* a phase takes no scope's place */
        assert_true(counter_begin(slot, i, 0));
    free(slot);
}

/* What is seen from outside of a process that runs: never more than there was. */
static void a_glance_does_not_pass_the_peak(void **state) {
    (void)state;
    struct record_slot *slot = calloc(1, sizeof *slot);
    struct record_lane *lane = &slot->lanes[0];
    struct counter_glance glance;
    int64_t live;
    add(slot, lane, 1000, &live);
    take(slot, lane, 400);
    counter_glance(slot, &glance);
    assert_int_equal(glance.live_bytes, 600);
    assert_int_equal(glance.peak_bytes, 1000);
    assert_int_equal(glance.allocations, 1);
    assert_int_equal(glance.allocated_bytes, 1000);
    uint64_t window = glance.window;
    assert_true(counter_phase(slot, "next", 1));
    add(slot, lane, 50, &live);
    counter_glance(slot, &glance);
    assert_int_equal(glance.peak_bytes, 1000);
    assert_int_equal(glance.window_peak_bytes, 650);
    assert_true(glance.window != window);
    slot->lanes[1].allocated_bytes = slot->lanes[0].allocated_bytes + 100000; /* torn */
    slot->lanes_used = 1;
    counter_glance(slot, &glance);
    assert_int_equal(glance.live_bytes, 1000);
    free(slot);
}

/* A process that begins with a heap: what it inherited is live from the start, and its peak is at
 * least that. */
static void a_child_begins_with_what_it_inherits(void **state) {
    (void)state;
    struct record_slot *slot = calloc(1, sizeof *slot);
    struct record_lane *lane = &slot->lanes[0];
    heapgate_usage usage;
    int64_t live;
    counter_inherit(slot, 1000);
    counter_read(slot, &usage);
    assert_int_equal(usage.live_bytes, 1000);
    assert_int_equal(usage.peak_bytes, 1000);
    assert_int_equal(usage.allocations, 0);
    take(slot, lane, 400); /* of its parent's blocks */
    add(slot, lane, 300, &live);
    counter_read(slot, &usage);
    assert_int_equal(usage.live_bytes, 900);
    assert_int_equal(usage.peak_bytes, 1000);
    add(slot, lane, 101, &live);
    counter_read(slot, &usage);
    assert_int_equal(usage.peak_bytes, 1001);
    assert_int_equal(usage.allocations, 2);
    assert_int_equal(usage.allocated_bytes, 401);
    assert_int_equal(usage.largest_bytes, 300);
    free(slot);
}

/* All but what is live is forgotten. */
static void counting_starts_again(void **state) {
    (void)state;
    struct record_slot *slot = calloc(1, sizeof *slot);
    struct record_lane *lane = &slot->lanes[0];
    heapgate_usage usage;
    int64_t live;
    add(slot, lane, 5000, &live);
    take(slot, lane, 4000);
    counter_restart(slot);
    counter_read(slot, &usage);
    assert_int_equal(usage.live_bytes, 1000);
    assert_int_equal(usage.peak_bytes, 1000);
    assert_int_equal(usage.allocations, 0);
    assert_int_equal(usage.allocated_bytes, 0);
    add(slot, lane, 10, &live);
    take(slot, lane, 1010);
    counter_read(slot, &usage);
    assert_int_equal(usage.live_bytes, 0);
    assert_int_equal(usage.peak_bytes, 1010);
    free(slot);
}

/* A glance at one that freed more than it allocated: an older heap's blocks. */
static void a_glance_sees_no_less_than_nothing(void **state) {
    (void)state;
    struct record_slot *slot = calloc(1, sizeof *slot);
    struct counter_glance glance;
    take(slot, &slot->lanes[0], 10);
    counter_glance(slot, &glance);
    assert_int_equal(glance.live_bytes, 0);
    free(slot);
}

/* ---- Real threads: within a phase all only add, so the sum at its end is the true maximum ---- */

enum { THREADS_MAX = 80, PHASES = 60, EVENTS = 400 };

struct crew {
    struct record_slot *slot;
    pthread_barrier_t barrier;
    int threads;
};

struct worker {
    struct crew *crew;
    uint64_t seed;
    int64_t added[PHASES];
    int64_t kept[PHASES];
};

static void *work(void *argument) {
    struct worker *worker = argument;
    struct record_slot *slot = worker->crew->slot;
    struct record_lane *lane = claim_lane(slot);
    uint64_t state = worker->seed * 0x9e3779b97f4a7c15u;
    int64_t sizes[EVENTS], live;
    for (int phase = 0; phase < PHASES; phase++) {
        int64_t added = 0;
        if (worker->seed == 1)
            counter_phase(slot, "round", 1);
        pthread_barrier_wait(&worker->crew->barrier);
        for (int i = 0; i < EVENTS; i++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            sizes[i] = (int64_t)(state >> 40) % 700;
            added += sizes[i];
            add(slot, lane, sizes[i], &live);
        }
        worker->added[phase] = added;
        pthread_barrier_wait(&worker->crew->barrier);
        int keep = phase % 3 == 0 ? 1 : 0; /* so that what is live drifts upwards */
        for (int i = keep; i < EVENTS; i++)
            take(slot, lane, sizes[i]);
        worker->kept[phase] = keep ? sizes[0] : 0;
        pthread_barrier_wait(&worker->crew->barrier);
    }
    return NULL;
}

static void run_crew(int threads) {
    struct crew crew = {.slot = calloc(1, sizeof(struct record_slot)), .threads = threads};
    struct worker *workers = calloc((size_t)threads, sizeof *workers);
    pthread_t ids[THREADS_MAX];
    pthread_barrier_init(&crew.barrier, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        workers[i].crew = &crew;
        workers[i].seed = (uint64_t)i + 1;
        assert_int_equal(pthread_create(&ids[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);

    int64_t live = 0, peak = 0;
    counter_phase(crew.slot, NULL, 1);
    for (int phase = 0; phase < PHASES; phase++) {
        int64_t top = live;
        for (int i = 0; i < threads; i++) {
            top += workers[i].added[phase];
            live += workers[i].kept[phase];
        }
        peak = top > peak ? top : peak;
        const struct record_phase *marked = &crew.slot->phases[phase];
        assert_int_equal(marked->peak_bytes, top);
        assert_int_equal(marked->end_live_bytes, live);
        assert_int_equal(marked->end_allocations - marked->begin_allocations, threads * EVENTS);
    }
    heapgate_usage usage;
    counter_read(crew.slot, &usage);
    assert_int_equal(usage.peak_bytes, peak);
    assert_int_equal(usage.live_bytes, live);
    assert_int_equal(usage.allocations, (uint64_t)threads * PHASES * EVENTS);
    pthread_barrier_destroy(&crew.barrier);
    free(workers);
    free(crew.slot);
}

static void threads_are_counted_exactly(void **state) {
    (void)state;
    static const int crews[] = {1, 2, 3, 8, THREADS_MAX}; /* the last share lanes */
    for (size_t i = 0; i < sizeof crews / sizeof crews[0]; i++)
        run_crew(crews[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_gives_the_model_s_figures),
        cmocka_unit_test(the_limit_and_its_doublings_are_crossed_exactly),
        cmocka_unit_test(scopes_have_a_limit),
        cmocka_unit_test(phases_have_a_limit),
        cmocka_unit_test(a_glance_does_not_pass_the_peak),
        cmocka_unit_test(a_glance_sees_no_less_than_nothing),
        cmocka_unit_test(a_child_begins_with_what_it_inherits),
        cmocka_unit_test(counting_starts_again),
        cmocka_unit_test(threads_are_counted_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
