/* Phases to the byte, whatever way they are marked and end, and what the timeline of a run has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/measure.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { MEGABYTE = 1000000 };

static struct result *measure_so(const char *mode, enum result_engine engine,
                                 const struct measure_request *how) {
    char *argv[] = {(char *)(uintptr_t)MARKS_PROGRAM, (char *)(uintptr_t)mode, NULL};
    struct measure_request request = *how;
    struct result *result;
    struct error error = {0};
    request.case_key = "marks";
    request.argv = argv;
    request.engines[engine] = true;
    if (measure_case(&request, &result, &error) != HEAPGATE_OK)
        fail_msg("%s: %s", mode, error.text);
    return result;
}

static struct result *measure_with(const char *mode, enum result_engine engine,
                                   unsigned interval_ms, struct snapshot_request snapshots) {
    const struct measure_request request = {.interval_ms = interval_ms, .snapshots = snapshots};
    return measure_so(mode, engine, &request);
}

static struct result *measure(const char *mode, enum result_engine engine, unsigned interval_ms) {
    return measure_with(mode, engine, interval_ms, (struct snapshot_request){0});
}

static const struct wanted {
    const char *name;
    int64_t increment, peak; /* above what was live at the first mark */
    uint64_t allocations;
} fetch_write_close[] = {
    {"fetch", MEGABYTE, MEGABYTE, 1},
    {"write", 0, 3 * MEGABYTE, 2},
    {"close", -MEGABYTE, MEGABYTE, 0},
};
static const struct wanted cut[] = {{"fetch", MEGABYTE, 3 * MEGABYTE, 2}};

static void expect(const char *mode, const struct result *result, const struct wanted *wanted,
                   size_t count) {
    if (result->phase_count != count)
        fail_msg("%s: %zu phases", mode, result->phase_count);
    int64_t base = result->phases[0].live_before_bytes, live = base;
    uint64_t at_ms = 0;
    for (size_t i = 0; i < count; i++) {
        const struct result_phase *phase = &result->phases[i];
        int64_t increment = phase->live_after_bytes - phase->live_before_bytes;
        if (strcmp(phase->name, wanted[i].name) != 0 || phase->live_before_bytes != live ||
            increment != wanted[i].increment || phase->peak_bytes - base != wanted[i].peak ||
            phase->allocations != wanted[i].allocations || phase->begin_ms < at_ms ||
            phase->end_ms < phase->begin_ms || phase->sampled)
            fail_msg("%s: phase %zu is %s: before %lld, %+lld, peak %lld, %llu calls, %llu-%llu ms",
                     mode, i, phase->name, (long long)(phase->live_before_bytes - base),
                     (long long)increment, (long long)(phase->peak_bytes - base),
                     (unsigned long long)phase->allocations, (unsigned long long)phase->begin_ms,
                     (unsigned long long)phase->end_ms);
        live = phase->live_after_bytes;
        at_ms = phase->end_ms;
    }
}

static void phases_are_exact(void **state) {
    (void)state;
    static const enum result_engine engines[] = {RESULT_COUNT, RESULT_PROFILE};
    for (size_t i = 0; i < COUNT(engines); i++) {
        struct result *result = measure("phases", engines[i], 0);
        expect("phases", result, fetch_write_close, COUNT(fetch_write_close));
        result_free(result);
        result = measure("cut-short", engines[i], 0);
        expect("cut-short", result, cut, COUNT(cut));
        result_free(result);
    }
}

/* What the threads allocate for themselves is not known; what they add and take away is. */
static void phases_are_exact_with_threads(void **state) {
    (void)state;
    enum { HELD = 4 * 2000 * 100, CALLS = 4 * 2000 };
    struct result *result = measure("threads", RESULT_COUNT, 0);
    assert_int_equal(result->phase_count, 3);
    const struct result_phase *phases = result->phases;
    int64_t own = phases[0].live_after_bytes - phases[0].live_before_bytes - HELD;
    assert_in_range(own, 0, 100000);
    assert_in_range(phases[0].allocations - CALLS, 0, 100);
    assert_int_equal(phases[0].peak_bytes, phases[0].live_after_bytes);
    assert_int_equal(phases[1].allocations, 0);
    assert_int_equal(phases[1].peak_bytes, phases[0].live_after_bytes);
    assert_int_equal(phases[1].live_after_bytes, phases[0].live_after_bytes - HELD);
    assert_int_equal(phases[2].live_before_bytes, phases[1].live_after_bytes);
    result_free(result);
}

static void past_the_last_phase_the_last_goes_on(void **state) {
    (void)state;
    struct result *result = measure("too-many", RESULT_COUNT, 0);
    assert_int_equal(result->phase_count, RESULT_PHASES_MAX);
    assert_string_equal(result->phases[RESULT_PHASES_MAX - 1].name, "again");
    result_free(result);
}

/* The program waits after each line, so that the line is read before it goes on. */
static void lines_mark_phases_too(void **state) {
    (void)state;
    struct result *result = measure("lines", RESULT_COUNT, 5);
    assert_int_equal(result->phase_count, 3);
    const struct result_phase *phases = result->phases;
    assert_string_equal(phases[0].name, "first");
    assert_string_equal(phases[1].name, "second");
    assert_string_equal(phases[2].name, "third");
    assert_true(phases[0].sampled && phases[2].sampled);
    assert_int_equal(phases[0].live_after_bytes - phases[0].live_before_bytes, MEGABYTE);
    assert_in_range(phases[0].end_ms - phases[0].begin_ms, 80, 10000);
    assert_int_equal(phases[2].live_after_bytes - phases[2].live_before_bytes, -MEGABYTE);
    assert_int_equal(phases[2].peak_bytes - phases[2].live_before_bytes, 2 * MEGABYTE);
    assert_int_equal(phases[2].allocations, 1);
    result_free(result);
}

/* The sites of a phase add up to its own figures: to the highest peak of its name, to what all of
 * its name added, and to their calls. */
static void a_phase_has_sites_of_its_own(void **state) {
    (void)state;
    static const struct {
        const char *mode, *phase;
    } asked[] = {{"phases", "fetch"},    {"phases", "write"},  {"phases", "close"},
                 {"cut-short", "fetch"}, {"threads", "start"}, {"threads", "free"},
                 {"threads", "end"},     {"too-many", "again"}};
    for (size_t i = 0; i < COUNT(asked); i++) {
        struct measure_request request = {.phase = asked[i].phase};
        struct result *result = measure_so(asked[i].mode, RESULT_PROFILE, &request);
        int64_t peak = INT64_MIN, added = 0, held = result->other_bytes, live = 0;
        uint64_t calls = 0, allocations = 0;
        assert_non_null(result->sites_phase);
        assert_string_equal(result->sites_phase, asked[i].phase);
        for (size_t j = 0; j < result->phase_count; j++) {
            const struct result_phase *phase = &result->phases[j];
            if (strcmp(phase->name, asked[i].phase) != 0)
                continue;
            peak = phase->peak_bytes > peak ? phase->peak_bytes : peak;
            added += phase->live_after_bytes - phase->live_before_bytes;
            calls += phase->allocations;
        }
        for (size_t j = 0; j < result->site_count; j++) {
            held += result->sites[j].bytes;
            live += result->sites[j].live_bytes;
            allocations += result->sites[j].allocations;
        }
        if (held != peak || live != added || allocations != calls)
            fail_msg("%s of %s: %lld of %lld bytes, %lld of %lld live, %llu of %llu calls",
                     asked[i].phase, asked[i].mode, (long long)held, (long long)peak,
                     (long long)live, (long long)added, (unsigned long long)allocations,
                     (unsigned long long)calls);
        result_free(result);
    }
}

/* A phase that the program does not mark, or not itself. */
static void without_the_phase_the_sites_are_the_case_s(void **state) {
    (void)state;
    static const char *const modes[] = {"phases", "lines"};
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct measure_request request = {.phase = "first", .interval_ms = 5};
        struct result *result = measure_so(modes[i], RESULT_PROFILE, &request);
        int64_t held = result->other_bytes;
        assert_null(result->sites_phase);
        for (size_t j = 0; j < result->site_count; j++)
            held += result->sites[j].bytes;
        assert_int_equal(held, result->engines[RESULT_PROFILE].figures[HEAPGATE_METRIC_PEAK]);
        result_free(result);
    }
}

static int64_t highest(const struct result *result) {
    int64_t live = 0;
    for (size_t i = 0; i < result->timeline_count; i++)
        if (result->timeline[i].live_bytes > live)
            live = result->timeline[i].live_bytes;
    return live;
}

static void a_timeline_has_the_peak_and_the_end(void **state) {
    (void)state;
    static const char *const modes[] = {"phases", "spike", "linger", "cut-short"};
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct result *result = measure(modes[i], RESULT_COUNT, 5);
        const struct result_usage *count = &result->engines[RESULT_COUNT];
        assert_in_range(result->timeline_count, 1, RESULT_TIMELINE_MAX);
        const struct result_sample *last = &result->timeline[result->timeline_count - 1];
        if (highest(result) != count->figures[HEAPGATE_METRIC_PEAK] ||
            last->live_bytes != count->figures[HEAPGATE_METRIC_LIVE] || last->rss_bytes == 0)
            fail_msg("%s: highest %lld, last %lld", modes[i], (long long)highest(result),
                     (long long)last->live_bytes);
        result_free(result);
    }
    struct result *result = measure("spike", RESULT_COUNT, 0);
    assert_int_equal(result->timeline_count, 0);
    result_free(result);
}

/* Freed, and still resident: the last samples show both. */
static void heap_and_resident_set_stand_side_by_side(void **state) {
    (void)state;
    struct result *result = measure("linger", RESULT_COUNT, 5);
    assert_in_range(result->timeline_count, 10, RESULT_TIMELINE_MAX);
    const struct result_sample *last = &result->timeline[result->timeline_count - 2];
    assert_in_range(last->live_bytes, 0, MEGABYTE);
    assert_in_range(last->rss_bytes, 40 * MEGABYTE, 100 * MEGABYTE);
    result_free(result);
}

/* The same points in every run, and the peak among them. */
static void the_timeline_by_bytes_is_the_same_every_time(void **state) {
    (void)state;
    static const char *const modes[] = {"phases", "linger", "cut-short"};
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct result *first = measure(modes[i], RESULT_PROFILE, 0);
        struct result *second = measure(modes[i], RESULT_PROFILE, 0);
        const struct result_usage *usage = &first->engines[RESULT_PROFILE];
        int64_t peak = 0;
        assert_in_range(first->step_count, 2, RESULT_TIMELINE_MAX);
        assert_int_equal(first->step_count, second->step_count);
        assert_memory_equal(first->steps, second->steps, first->step_count * sizeof *first->steps);
        for (size_t at = 0; at < first->step_count; at++)
            peak = first->steps[at].live_bytes > peak ? first->steps[at].live_bytes : peak;
        const struct result_step *last = &first->steps[first->step_count - 1];
        assert_int_equal(peak, usage->figures[HEAPGATE_METRIC_PEAK]);
        assert_int_equal(last->live_bytes, usage->figures[HEAPGATE_METRIC_LIVE]);
        assert_int_equal(last->allocated_bytes, usage->allocated_bytes);
        result_free(first);
        result_free(second);
    }
}

/* What each holds, and that its sites and the others add up to it. */
static void snapshots_are_taken_when_they_are_asked_for(void **state) {
    (void)state;
    static const struct {
        const char *mode;
        struct snapshot_request request;
        struct {
            const char *name;
            int64_t live;
            size_t sites;
        } wanted[6];
    } rows[] = {
        {"phases",
         {.at_phases = true},
         {{"fetch", 0, 0},
          {"write", MEGABYTE, 1},
          {"close", MEGABYTE, 1},
          {"after close", 0, 0},
          {"end", 0, 0}}},
        {"units",
         {.every_units = 4},
         {{"units=4", 4000, 1}, {"units=8", 8000, 1}, {"end", 10000, 1}}},
        {"units", {.every_units = 11}, {{"end", 10000, 1}}},
        {"ask",
         {.on_signal = true},
         {{"SIGUSR1", MEGABYTE, 1}, {"SIGUSR1", 3 * MEGABYTE, 2}, {"end", 3 * MEGABYTE, 2}}},
        {"phases", {.every_units = 0}, {{NULL, 0, 0}}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct result *result = measure_with(rows[i].mode, RESULT_PROFILE, 0, rows[i].request);
        size_t count = 0;
        for (; rows[i].wanted[count].name != NULL; count++) {
            const struct result_snapshot *snapshot = &result->snapshots[count];
            assert_in_range(result->snapshot_count, count + 1, COUNT(rows[i].wanted));
            int64_t sum = snapshot->other_bytes;
            for (size_t site = 0; site < snapshot->site_count; site++)
                sum += snapshot->sites[site].bytes;
            if (strcmp(snapshot->name, rows[i].wanted[count].name) != 0 ||
                snapshot->live_bytes != rows[i].wanted[count].live || sum != snapshot->live_bytes ||
                snapshot->site_count != rows[i].wanted[count].sites)
                fail_msg("%s: snapshot %zu is %s: %lld B, the %zu sites %lld B", rows[i].mode,
                         count, snapshot->name, (long long)snapshot->live_bytes,
                         snapshot->site_count, (long long)sum);
        }
        assert_int_equal(result->snapshot_count, count);
        assert_int_equal(result->snapshots_lost, 0);
        result_free(result);
    }
}

/* 1,000 phases are marked, and there is room for so many snapshots. */
static void snapshots_without_room_are_counted(void **state) {
    (void)state;
    struct result *result =
        measure_with("too-many", RESULT_PROFILE, 0, (struct snapshot_request){.at_phases = true});
    assert_int_equal(result->snapshot_count, RESULT_SNAPSHOTS_MAX - 1);
    assert_int_equal(result->snapshots_lost, 1000 - (RESULT_SNAPSHOTS_MAX - 2));
    result_free(result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phases_are_exact),
        cmocka_unit_test(phases_are_exact_with_threads),
        cmocka_unit_test(past_the_last_phase_the_last_goes_on),
        cmocka_unit_test(lines_mark_phases_too),
        cmocka_unit_test(a_phase_has_sites_of_its_own),
        cmocka_unit_test(without_the_phase_the_sites_are_the_case_s),
        cmocka_unit_test(a_timeline_has_the_peak_and_the_end),
        cmocka_unit_test(the_timeline_by_bytes_is_the_same_every_time),
        cmocka_unit_test(snapshots_are_taken_when_they_are_asked_for),
        cmocka_unit_test(snapshots_without_room_are_counted),
        cmocka_unit_test(heap_and_resident_set_stand_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
