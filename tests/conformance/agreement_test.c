/* What several runs or several processes must agree on before they are one measurement, and the
 * figures that are taken where there are several: programs that do something else at each run, have
 * a scope more than once, or start more than a record holds.
 * usage: agreement_test [massif]; without it under the engines that take no valgrind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/process.h"
#include "gate/gate.h"
#include "measure/measure.h"
#include "measure/preload.h"
#include "measure/run_record.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { MEGABYTE = 1000000, ARGUMENTS_MAX = 8 };
enum { COUNT_ONLY = 1 << RESULT_COUNT, MASSIF = 1 << RESULT_MASSIF };

static char folder[] = "/tmp/heapgate-agreement.XXXXXX";
static enum result_engine other = RESULT_PROFILE; /* beside count */

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

/* ---- One program, measured ---- */

struct run {
    const char *name;
    const char *arguments[ARGUMENTS_MAX]; /* the mode and what follows it */
    unsigned engines;
    bool sweeps;
};

/* Only where a scope is needed the one that links heapgate. */
static const char *program_of(const char *mode) {
    static const char *const scoped[] = {"units", "again", "before", "between", "both", "held"};
    for (size_t i = 0; i < COUNT(scoped); i++)
        if (strcmp(mode, scoped[i]) == 0)
            return SCOPES_PROGRAM;
    return RUNS_PROGRAM;
}

/* The caller frees the result. Runs are counted anew. */
static struct result *measure(const struct run *run, heapgate_status wanted) {
    static const uint64_t sizes[] = {10, 20};
    char *argv[ARGUMENTS_MAX + 2] = {(char *)(uintptr_t)program_of(run->arguments[0])};
    struct measure_request request = {.case_key = "case", .argv = argv};
    struct result *result;
    struct error error = {.set = false};
    for (size_t i = 0; i < ARGUMENTS_MAX && run->arguments[i] != NULL; i++)
        argv[i + 1] = (char *)(uintptr_t)run->arguments[i];
    for (int engine = 0; engine < RESULT_ENGINES; engine++)
        request.engines[engine] = (run->engines & 1u << engine) != 0;
    if (run->sweeps) {
        request.sweep = sizes;
        request.sweep_count = COUNT(sizes);
    }
    unlink("runs");
    heapgate_status status = measure_case(&request, &result, &error);
    if (status != wanted || result == NULL)
        fail_msg("%s: status %d, wanted %d (%s)", run->name, status, wanted, error.text);
    return result;
}

static void expect_refused(const struct run *run, const char *reason) {
    struct result *result = measure(run, HEAPGATE_INVALID);
    if (result->invalid == NULL || strstr(result->invalid, reason) == NULL)
        fail_msg("%s: \"%s\", wanted \"%s\"", run->name,
                 result->invalid != NULL ? result->invalid : "", reason);
    result_free(result);
}

static int64_t peak_of(const struct result *result, enum result_engine engine) {
    assert_true(result->engines[engine].present);
    assert_true(result->engines[engine].has[HEAPGATE_METRIC_PEAK]);
    return result->engines[engine].figures[HEAPGATE_METRIC_PEAK];
}

/* ---- Several runs ---- */

/* At most 1% and 4 KiB, in both directions. */
static void engines_agree_within_one_percent(void **state) {
    (void)state;
    static const struct {
        const char *first, *second;
        bool agree;
    } rows[] = {
        {"10000000", "10000000", true},  {"10000000", "10050000", true},
        {"10050000", "10000000", true},  {"10000000", "10200000", false},
        {"10200000", "10000000", false}, {"100", "2000", true},
        {"100", "100000", false},        {"100000", "100", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[128];
        snprintf(name, sizeof name, "%s, then %s", rows[i].first, rows[i].second);
        const struct run run = {.name = name,
                                .arguments = {"bytes", "runs", rows[i].first, rows[i].second},
                                .engines = COUNT_ONLY | 1u << other};
        if (!rows[i].agree)
            expect_refused(&run, "the engines disagree: count measured a peak of ");
        else
            result_free(measure(&run, HEAPGATE_OK));
    }
}

static void runs_do_the_same_work(void **state) {
    (void)state;
    struct run run = {"the same", {"units", "runs", "7"}, COUNT_ONLY | 1u << other, false};
    struct result *result = measure(&run, HEAPGATE_OK);
    assert_int_equal(result->units, 7);
    result_free(result);
    run = (struct run){"other", {"units", "runs", "7", "8"}, COUNT_ONLY | 1u << other, false};
    expect_refused(&run, "two runs did different work: 7 and 8 units");
}

static void a_sweep_does_more_work_at_each_size(void **state) {
    (void)state;
    struct run run = {"more", {"units", "runs", "7", "8", "{N}"}, COUNT_ONLY, true};
    struct result *result = measure(&run, HEAPGATE_OK);
    assert_int_equal(result->units, 8);
    assert_int_equal(result->points[0].units, 7);
    result_free(result);
    run = (struct run){"the same", {"units", "runs", "7", "7", "{N}"}, COUNT_ONLY, true};
    expect_refused(&run, "the sweep does no more work at size 20 than before: 7 units");
    run = (struct run){"less", {"units", "runs", "7", "6", "{N}"}, COUNT_ONLY, true};
    expect_refused(&run, "the sweep does no more work at size 20 than before: 6 units");
}

/* The second run, for the call stacks, is kept only when it did the same. */
static void another_run_explains_only_the_same_peak(void **state) {
    (void)state;
    static const struct {
        const char *first, *second;
        bool explains;
    } rows[] = {
        {"10000000", "10000000", true},  {"10000000", "10050000", true},
        {"10000000", "10200000", false}, {"10000000", "9800000", false},
        {"10000000", "2000000", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *argv[] = {(char *)(uintptr_t)RUNS_PROGRAM,   (char *)(uintptr_t) "bytes",
                        (char *)(uintptr_t) "runs",        (char *)(uintptr_t)rows[i].first,
                        (char *)(uintptr_t)rows[i].second, NULL};
        struct gate_request request = {.measure = {.case_key = "case", .argv = argv},
                                       .max_bytes = MEGABYTE};
        struct gate_outcome outcome;
        struct error error = {.set = false};
        request.measure.engines[RESULT_COUNT] = true;
        unlink("runs");
        heapgate_status status = gate_run(&request, &outcome, &error);
        if (status != HEAPGATE_OVER)
            fail_msg("%s: status %d (%s)", rows[i].first, status, error.text);
        if ((outcome.result->site_count > 0) != rows[i].explains)
            fail_msg("%s, then %s: %zu sites", rows[i].first, rows[i].second,
                     outcome.result->site_count);
        gate_outcome_fini(&outcome);
    }
}

/* ---- Several scopes and processes ---- */

/* Under each engine: Massif knows of the last of these only that it was at most 3 MB. */
static void of_scopes_of_a_name_the_highest_counts(void **state) {
    (void)state;
    static const struct {
        const char *bytes[3];
        uint64_t units; /* of the highest */
    } rows[] = {{{"1000000", "3000000", "2000000"}, 2},
                {{"3000000", "1000000", "2000000"}, 1},
                {{"1000000", "2000000", "3000000"}, 3}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct run run = {
            .name = "again",
            .arguments = {"again", rows[i].bytes[0], rows[i].bytes[1], rows[i].bytes[2]},
            .engines = COUNT_ONLY | 1u << other};
        struct result *result = measure(&run, HEAPGATE_OK);
        assert_int_equal(peak_of(result, RESULT_COUNT), 3 * MEGABYTE);
        assert_in_range(peak_of(result, other), 3 * MEGABYTE, 3 * MEGABYTE + 4096);
        assert_int_equal(result->units, rows[i].units);
        assert_string_equal(result->scope, "case");
        result_free(result);
    }
}

/* The second is the process's highest, and yet the smaller scope. */
static void a_scope_is_as_high_as_it_rose(void **state) {
    (void)state;
    const struct run run = {
        "held", {"held", "3000000", "4000000", "1000000"}, COUNT_ONLY | 1u << other, false};
    struct result *result = measure(&run, HEAPGATE_OK);
    assert_int_equal(peak_of(result, RESULT_COUNT), 3 * MEGABYTE);
    assert_in_range(peak_of(result, other), 3 * MEGABYTE, 3 * MEGABYTE + 4096);
    assert_int_equal(result->units, 1);
    result_free(result);
}

/* Not the process's peak, which was higher. */
static void a_scope_is_measured_by_its_own_peak(void **state) {
    (void)state;
    const struct run run = {
        "before", {"before", "5000000", "1000000", "200000"}, COUNT_ONLY, false};
    struct result *result = measure(&run, HEAPGATE_OK);
    assert_int_equal(peak_of(result, RESULT_COUNT), MEGABYTE);
    result_free(result);
}

/* Massif keeps one peak of a process: it can tell a scope's where that is the one. */
static void massif_refuses_a_scope_below_an_earlier_peak(void **state) {
    (void)state;
    struct run run = {"below", {"before", "5000000", "1000000", "200000"}, MASSIF, false};
    expect_refused(&run, "Massif cannot tell the peak of the scope \"case\": the process held more "
                         "before it");
    run = (struct run){"above", {"before", "1000000", "5000000", "200000"}, MASSIF, false};
    struct result *result = measure(&run, HEAPGATE_OK);
    assert_in_range(peak_of(result, RESULT_MASSIF), 5 * MEGABYTE, 5 * MEGABYTE + 4096);
    result_free(result);
    /* The second may have been higher than the first, below what came between. */
    run = (struct run){"again, in a process that held more",
                       {"between", "1000000", "5000000", "2000000"},
                       MASSIF,
                       false};
    expect_refused(&run, "the process held more before it (5");
    run = (struct run){"in two processes", {"both", "1000000", "2000000"}, MASSIF, false};
    expect_refused(&run, "several processes have a scope \"case\"");
}

/* Whichever of them it is, and in whatever order their files are found. */
static void of_processes_the_highest_counts(void **state) {
    (void)state;
    enum { START_MAX = 200000 }; /* what a process holds before and beside it */
    static const struct {
        const char *parent, *child;
    } rows[] = {{"4000000", "1000000"}, {"1000000", "4000000"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct run run = {.name = "two",
                                .arguments = {"two", rows[i].parent, rows[i].child},
                                .engines =
                                    other == RESULT_MASSIF ? MASSIF : COUNT_ONLY | 1u << other};
        struct result *result = measure(&run, HEAPGATE_OK);
        for (int engine = 0; engine < RESULT_ENGINES; engine++) {
            const struct result_usage *usage = &result->engines[engine];
            if ((run.engines & 1u << engine) == 0)
                continue;
            assert_in_range(peak_of(result, (enum result_engine)engine), 4 * MEGABYTE,
                            4 * MEGABYTE + START_MAX);
            assert_int_equal(usage->processes, 2);
            assert_in_range(usage->sum_peak_bytes, 5 * MEGABYTE, 5 * MEGABYTE + 2 * START_MAX);
        }
        result_free(result);
    }
}

/* ---- More than a record holds ---- */

/* Runs the mode in a record that has room for `left` processes and `starts_left` programs. */
static int run_in(struct run_record *record, uint32_t left, uint32_t starts_left,
                  const char *const arguments[]) {
    char preload[PRELOAD_VARIABLE_BYTES];
    char *argv[ARGUMENTS_MAX + 2] = {(char *)(uintptr_t)RUNS_PROGRAM};
    const char *set[] = {preload, record->variable, NULL};
    struct process_outcome outcome;
    struct error error = {.set = false};
    for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL; i++)
        argv[i + 1] = (char *)(uintptr_t)arguments[i];
    const struct process_command command = {.argv = argv, .set = set};
    if (!run_record_new(record, NULL, 0, &error) || !preload_variable(false, preload, &error))
        fail_msg("%s", error.text);
    atomic_store(&record->header->slots_claimed, RECORD_SLOTS - left);
    for (uint32_t i = 0; i + starts_left < RECORD_STARTS; i++)
        atomic_store(&record->header->starts[i].pid, INT32_MAX); /* of nobody here */
    atomic_store(&record->header->starts_noted, RECORD_STARTS - starts_left);
    if (!process_run(&command, &outcome, &error))
        fail_msg("%s", error.text);
    assert_int_equal(outcome.exit_status, 0);
    assert_int_equal(outcome.signal, 0);
    return outcome.pid;
}

/* The last that has room is there; one more has none, goes on nevertheless, and is told. */
static void more_processes_than_a_record_holds_are_refused(void **state) {
    (void)state;
    static const char *const arguments[] = {"forks", "1", NULL};
    for (uint32_t left = 1; left <= 2; left++) {
        struct run_record record;
        struct error error = {.set = false};
        char message[96];
        int pid = run_in(&record, left, RECORD_STARTS, arguments);
        bool opened = run_record_open_slots(&record, &error);
        snprintf(message, sizeof message, "%d processes ran, and a record holds %d",
                 RECORD_SLOTS + 1, RECORD_SLOTS);
        assert_int_equal(opened, left == 2);
        if (!opened)
            assert_string_equal(error.text, message);
        else
            assert_int_equal(record.slots[record.slot_count - 2]->pid, pid);
        run_record_fini(&record);
    }
}

static void more_programs_than_a_record_holds_are_refused(void **state) {
    (void)state;
    static const char *const arguments[] = {"programs", SUBJECT_STATIC_PROGRAM, "2", NULL};
    for (uint32_t left = 1; left <= 2; left++) {
        struct run_record record;
        struct run_figures figures;
        struct error error = {.set = false};
        char message[96];
        int pid = run_in(&record, RECORD_SLOTS, left, arguments);
        if (!run_record_open_slots(&record, &error))
            fail_msg("%s", error.text);
        bool read = run_record_figures(&record, NULL, NULL, pid, &figures, &error);
        snprintf(message, sizeof message,
                 "more programs were started than the %d that a record holds", RECORD_STARTS);
        assert_int_equal(read, left == 2);
        if (!read)
            assert_string_equal(error.text, message);
        run_record_fini(&record);
    }
}

/* ---- What a process starts and ends with ---- */

/* What it needs before main is not taken away from what it does. */
static void what_was_freed_is_not_below_nothing(void **state) {
    (void)state;
    enum { START_MAX = 200000 };
    static const enum result_engine engines[] = {RESULT_COUNT, RESULT_PROFILE};
    for (size_t i = 0; i < COUNT(engines); i++) {
        const struct run run = {"one", {"one", "1000000"}, 1u << engines[i], false};
        struct result *result = measure(&run, HEAPGATE_OK);
        const struct result_usage *usage = &result->engines[engines[i]];
        assert_in_range(usage->figures[HEAPGATE_METRIC_LIVE], 0, START_MAX);
        assert_in_range(usage->figures[HEAPGATE_METRIC_PEAK], MEGABYTE, MEGABYTE + START_MAX);
        result_free(result);
    }
}

/* A call that fails. */
static void a_resize_that_fails_is_counted_back(void **state) {
    (void)state;
    enum { BLOCK = 128 << 20, START_MAX = 200000 };
    static const enum result_engine engines[] = {RESULT_COUNT, RESULT_PROFILE};
    for (size_t i = 0; i < COUNT(engines); i++) {
        const struct run run = {"shrink", {"shrink"}, 1u << engines[i], false};
        struct result *result = measure(&run, HEAPGATE_OK);
        const struct result_usage *usage = &result->engines[engines[i]];
        assert_in_range(usage->figures[HEAPGATE_METRIC_LIVE], BLOCK, BLOCK + START_MAX);
        assert_in_range(usage->figures[HEAPGATE_METRIC_PEAK], BLOCK, BLOCK + START_MAX);
        assert_int_equal(usage->figures[HEAPGATE_METRIC_LARGEST], BLOCK);
        result_free(result);
    }
}

/* 0 when valgrind is there; else the exit status. */
static int find_valgrind(void) {
    char path[4096];
    const char *required = getenv("HEAPGATE_REQUIRE");
    if (process_find_program("valgrind", path, sizeof path))
        return 0;
    print_error("valgrind is not installed\n");
    return required != NULL && strstr(required, "valgrind") != NULL ? 1 : HEAPGATE_SKIPPED;
}

int main(int argc, char **argv) {
    const struct CMUnitTest on_massif[] = {
        cmocka_unit_test(engines_agree_within_one_percent),
        cmocka_unit_test(runs_do_the_same_work),
        cmocka_unit_test(of_scopes_of_a_name_the_highest_counts),
        cmocka_unit_test(a_scope_is_as_high_as_it_rose),
        cmocka_unit_test(of_processes_the_highest_counts),
        cmocka_unit_test(massif_refuses_a_scope_below_an_earlier_peak),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engines_agree_within_one_percent),
        cmocka_unit_test(runs_do_the_same_work),
        cmocka_unit_test(a_sweep_does_more_work_at_each_size),
        cmocka_unit_test(another_run_explains_only_the_same_peak),
        cmocka_unit_test(of_scopes_of_a_name_the_highest_counts),
        cmocka_unit_test(a_scope_is_as_high_as_it_rose),
        cmocka_unit_test(a_scope_is_measured_by_its_own_peak),
        cmocka_unit_test(of_processes_the_highest_counts),
        cmocka_unit_test(more_processes_than_a_record_holds_are_refused),
        cmocka_unit_test(more_programs_than_a_record_holds_are_refused),
        cmocka_unit_test(what_was_freed_is_not_below_nothing),
        cmocka_unit_test(a_resize_that_fails_is_counted_back),
    };
    if (argc == 2 && strcmp(argv[1], "massif") == 0) {
        int missing = find_valgrind();
        other = RESULT_MASSIF;
        return missing != 0
                   ? missing
                   : cmocka_run_group_tests_name("massif", on_massif, make_folder, remove_folder);
    }
    return cmocka_run_group_tests_name("agreement", tests, make_folder, remove_folder);
}
