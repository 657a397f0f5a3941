/* Forks, threads and signal handlers, each under both engines that run in the process: no program
 * hangs, every byte is counted, and no call stack is blamed for another's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/measure.h"

static struct result *measure(enum result_engine engine, const char *mode, const char *first,
                              const char *second) {
    char *argv[] = {(char *)(uintptr_t)SIGNALS_PROGRAM, (char *)(uintptr_t)mode,
                    (char *)(uintptr_t)first, (char *)(uintptr_t)second, NULL};
    struct measure_request request = {.case_key = "conformance", .argv = argv, .silent = true};
    struct result *result = NULL;
    struct error error = {0};
    request.engines[engine] = true;
    heapgate_status status = measure_case(&request, &result, &error);
    if (status != HEAPGATE_OK)
        fail_msg("%s %s: status %d (%s)", result_engine_names[engine], mode, status, error.text);
    return result;
}

static int64_t figure(const struct result *result, enum result_engine engine,
                      enum heapgate_metric metric) {
    return result->engines[engine].figures[metric];
}

/* Threads are in the middle of a walk, a stream or the dynamic loader whenever the process
 * forks. */
static void a_program_that_forks_does_not_hang(void **state) {
    (void)state;
    static const struct {
        const char *mode, *forks, *plugin;
        uint64_t processes;
    } rows[] = {
        {"fork-threads", "200", NULL, 201},
        {"fork-dlopen", "200", SIGNALS_PLUGIN, 201},
        {"fork-streams", "200", NULL, 201},
        {"fork-handlers", "200", NULL, 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int engine = RESULT_COUNT; engine <= RESULT_PROFILE; engine++) {
            struct result *result =
                measure((enum result_engine)engine, rows[i].mode, rows[i].forks, rows[i].plugin);
            if (result->engines[engine].processes < rows[i].processes)
                fail_msg("%s %s: %llu processes", result_engine_names[engine], rows[i].mode,
                         (unsigned long long)result->engines[engine].processes);
            result_free(result);
        }
}

/* One thread, and a handler whose block comes on top of the loop's. */
static void what_a_handler_allocates_is_counted(void **state) {
    (void)state;
    enum { LOOP_BYTES = 40, HANDLER_BYTES = 1000, LOOPS = 3000000, CALLS = 20000 };
    for (int engine = RESULT_COUNT; engine <= RESULT_PROFILE; engine++) {
        struct result *result = measure((enum result_engine)engine, "handlers", NULL, NULL);
        assert_int_equal(figure(result, (enum result_engine)engine, HEAPGATE_METRIC_ALLOCATIONS),
                         2 + LOOPS + CALLS);
        assert_int_equal(figure(result, (enum result_engine)engine, HEAPGATE_METRIC_LIVE), 0);
        assert_int_equal(figure(result, (enum result_engine)engine, HEAPGATE_METRIC_LARGEST),
                         HANDLER_BYTES);
        assert_in_range(figure(result, (enum result_engine)engine, HEAPGATE_METRIC_PEAK),
                        HANDLER_BYTES, HANDLER_BYTES + LOOP_BYTES);
        result_free(result);
    }
}

/* What a thread's own bookkeeping leaves is live at the end; nothing of the handlers' is. */
static void handlers_of_threads_neither_hang_nor_lose(void **state) {
    (void)state;
    enum { HANDLER_BYTES = 1000 };
    for (int engine = RESULT_COUNT; engine <= RESULT_PROFILE; engine++)
        for (int run = 0; run < 3; run++) {
            struct result *result =
                measure((enum result_engine)engine, "handlers-threads", NULL, NULL);
            assert_in_range(figure(result, (enum result_engine)engine, HEAPGATE_METRIC_LIVE), 0,
                            2000);
            assert_in_range(figure(result, (enum result_engine)engine, HEAPGATE_METRIC_PEAK),
                            HANDLER_BYTES, 3 * HANDLER_BYTES + 3000);
            result_free(result);
        }
}

/* What there is no room to keep has no call stack: no figures, rather than wrong ones. The counters
 * keep everything. */
static void what_cannot_be_kept_is_refused(void **state) {
    (void)state;
    struct result *result = measure(RESULT_COUNT, "handlers-free", NULL, NULL);
    assert_int_equal(figure(result, RESULT_COUNT, HEAPGATE_METRIC_LIVE), 0);
    result_free(result);
    char *argv[] = {(char *)(uintptr_t)SIGNALS_PROGRAM, (char *)(uintptr_t) "handlers-free", NULL};
    struct measure_request request = {.case_key = "conformance", .argv = argv, .silent = true};
    struct error error = {0};
    request.engines[RESULT_PROFILE] = true;
    heapgate_status status = measure_case(&request, &result, &error);
    if (status != HEAPGATE_INVALID ||
        strstr(error.text, "a signal handler allocated more often") == NULL)
        fail_msg("status %d (%s)", status, error.text);
    result_free(result);
}

/* A child that fork's handlers do not see counts in a slot of its own, with what it inherited. */
static void a_child_of_clone_is_a_process_of_its_own(void **state) {
    (void)state;
    for (int engine = RESULT_COUNT; engine <= RESULT_PROFILE; engine++) {
        struct result *result = measure((enum result_engine)engine, "clone", NULL, NULL);
        assert_int_equal(result->engines[engine].processes, 2);
        assert_int_equal(figure(result, (enum result_engine)engine, HEAPGATE_METRIC_PEAK), 2005000);
        result_free(result);
    }
}

static int64_t bytes_of(const struct result *result, const char *function) {
    int64_t bytes = 0;
    for (size_t i = 0; i < result->site_count; i++)
        for (char **frame = result->sites[i].frames; *frame != NULL; frame++)
            if (strncmp(*frame, function, strlen(function)) == 0) {
                bytes += result->sites[i].bytes;
                break;
            }
    return bytes;
}

static void a_library_is_not_blamed_for_the_one_before_it(void **state) {
    (void)state;
    struct result *result = measure(RESULT_PROFILE, "reload", SIGNALS_TAKE_ONE, SIGNALS_TAKE_OTHER);
    assert_int_equal(bytes_of(result, "take_one"), 1000000);
    assert_int_equal(bytes_of(result, "take_other"), 2000000);
    result_free(result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_that_forks_does_not_hang),
        cmocka_unit_test(what_a_handler_allocates_is_counted),
        cmocka_unit_test(handlers_of_threads_neither_hang_nor_lose),
        cmocka_unit_test(what_cannot_be_kept_is_refused),
        cmocka_unit_test(a_child_of_clone_is_a_process_of_its_own),
        cmocka_unit_test(a_library_is_not_blamed_for_the_one_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
