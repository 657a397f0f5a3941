/* Programs of every kind under the engine `count`: each figure to the byte, whatever way the
 * program starts, ends, forks, or allocates; and those that cannot be counted, refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "measure/measure.h"

enum { MEGABYTE = 1000000 };

static struct result *measure(const char *program, const char *mode, const char *extra,
                              heapgate_status wanted) {
    char path[512];
    struct result *result;
    struct error error = {0};
    snprintf(path, sizeof path, "%s%s", program[0] == '/' ? "" : SUBJECT_FOLDER "/", program);
    char *argv[] = {path, (char *)(uintptr_t)mode, (char *)(uintptr_t)extra, NULL};
    struct measure_request request = {.case_key = "conformance", .argv = argv};
    request.engines[RESULT_COUNT] = true;
    heapgate_status status = measure_case(&request, &result, &error);
    if (status != wanted || result == NULL)
        fail_msg("%s %s: status %d, wanted %d (%s)", program, mode, status, wanted, error.text);
    return result;
}

static int64_t figure(const struct result *result, enum heapgate_metric metric) {
    assert_true(result->engines[RESULT_COUNT].has[metric]);
    return result->engines[RESULT_COUNT].figures[metric];
}

/* What a mode adds to a run that does nothing. */
struct row {
    const char *mode;
    const char *extra;
    heapgate_status status;
    int64_t peak;
    int64_t allocations;
    int64_t live;
    uint64_t processes;
    int exit_status;
};

static void check_row(const char *program, const struct row *row) {
    struct result *base = measure(program, "nothing", NULL, HEAPGATE_OK);
    struct result *result = measure(program, row->mode, row->extra, row->status);
    int64_t peak = figure(result, HEAPGATE_METRIC_PEAK) - figure(base, HEAPGATE_METRIC_PEAK);
    int64_t calls =
        figure(result, HEAPGATE_METRIC_ALLOCATIONS) - figure(base, HEAPGATE_METRIC_ALLOCATIONS);
    int64_t live = figure(result, HEAPGATE_METRIC_LIVE) - figure(base, HEAPGATE_METRIC_LIVE);
    uint64_t processes = result->engines[RESULT_COUNT].processes;
    /* An allocator may allocate for itself at the start, below the peak of the mode. */
    if (figure(base, HEAPGATE_METRIC_LIVE) != figure(base, HEAPGATE_METRIC_PEAK))
        peak = figure(result, HEAPGATE_METRIC_PEAK) - figure(base, HEAPGATE_METRIC_LIVE);
    if (peak != row->peak || calls != row->allocations || live != row->live ||
        processes != row->processes || result->exit_status != row->exit_status)
        fail_msg("%s %s: peak %lld calls %lld live %lld processes %llu exit %d", program, row->mode,
                 (long long)peak, (long long)calls, (long long)live, (unsigned long long)processes,
                 result->exit_status);
    result_free(base);
    result_free(result);
}

static const struct row plain_rows[] = {
    {"once", NULL, HEAPGATE_OK, MEGABYTE, 1, 0, 1, 0},
    {"exit-handler", NULL, HEAPGATE_OK, MEGABYTE, 1, MEGABYTE, 1, 0},
    {"_exit", NULL, HEAPGATE_OK, MEGABYTE, 1, MEGABYTE, 1, 0},
    {"abort", NULL, HEAPGATE_INVALID, MEGABYTE, 1, MEGABYTE, 1, 128 + 6},
    {"kill", NULL, HEAPGATE_INVALID, MEGABYTE, 1, MEGABYTE, 1, 128 + 9},
    {"fail", NULL, HEAPGATE_INVALID, MEGABYTE, 1, MEGABYTE, 1, 7},
    {"exec-missing", NULL, HEAPGATE_OK, MEGABYTE, 1, 0, 1, 0},
};

static void figures_survive_every_end(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof plain_rows / sizeof plain_rows[0]; i++)
        check_row("subject", &plain_rows[i]);
}

static void children_have_records_of_their_own(void **state) {
    (void)state;
    struct result *base = measure("subject", "nothing", NULL, HEAPGATE_OK);
    int64_t start = figure(base, HEAPGATE_METRIC_PEAK);
    static const struct {
        const char *mode;
        int64_t peak; /* of the largest process */
        int64_t sum;  /* of the peaks of both */
    } rows[] = {
        {"fork", 4 * MEGABYTE, 5 * MEGABYTE},
        {"exec", 5 * MEGABYTE, 6 * MEGABYTE},
        {"vfork", MEGABYTE, 2 * MEGABYTE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result *result = measure("subject", rows[i].mode, NULL, HEAPGATE_OK);
        const struct result_usage *usage = &result->engines[RESULT_COUNT];
        assert_int_equal(usage->processes, 2);
        assert_int_equal(usage->figures[HEAPGATE_METRIC_PEAK], start + rows[i].peak);
        assert_int_equal(usage->sum_peak_bytes, 2 * start + rows[i].sum);
        result_free(result);
    }
    result_free(base);
}

/* pthread_create and dlopen allocate for themselves: bounds instead of figures. */
static void threads_and_plugins_are_counted(void **state) {
    (void)state;
    static const struct {
        const char *mode, *extra;
        int64_t peak;
        int64_t slack;
        int64_t allocations;
    } rows[] = {
        {"threads", NULL, 8 * 100000, 8 * 512, 8 * 1001},
        {"thread-destructor", NULL, 2 * MEGABYTE, 512, 2},
        {"plugin", SUBJECT_PLUGIN, MEGABYTE + 500000, 8192, 6},
    };
    struct result *base = measure("subject", "nothing", NULL, HEAPGATE_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result *result = measure("subject", rows[i].mode, rows[i].extra, HEAPGATE_OK);
        int64_t peak = figure(result, HEAPGATE_METRIC_PEAK) - figure(base, HEAPGATE_METRIC_PEAK);
        int64_t calls =
            figure(result, HEAPGATE_METRIC_ALLOCATIONS) - figure(base, HEAPGATE_METRIC_ALLOCATIONS);
        int64_t live = figure(result, HEAPGATE_METRIC_LIVE) - figure(base, HEAPGATE_METRIC_LIVE);
        if (peak < rows[i].peak || peak > rows[i].peak + rows[i].slack ||
            calls < rows[i].allocations || calls > rows[i].allocations + 64 || live < 0 ||
            live > rows[i].slack)
            fail_msg("%s: peak %lld calls %lld live %lld", rows[i].mode, (long long)peak,
                     (long long)calls, (long long)live);
        result_free(result);
    }
    result_free(base);
}

static void any_allocator_may_be_behind(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"once", NULL, HEAPGATE_OK, MEGABYTE, 1, 0, 1, 0},
        {"_exit", NULL, HEAPGATE_OK, MEGABYTE, 1, MEGABYTE, 1, 0},
    };
    char names[] = SUBJECT_ALLOCATORS;
    for (char *name = strtok(names, ","); name != NULL; name = strtok(NULL, ",")) {
        char program[64];
        snprintf(program, sizeof program, "subject_%s", name);
        print_message("with %s\n", name);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            check_row(program, &rows[i]);
    }
}

static void new_and_delete_are_counted(void **state) {
    (void)state;
    struct result *base = measure("subject_cxx", "none", NULL, HEAPGATE_OK);
    struct result *result = measure("subject_cxx", "new", NULL, HEAPGATE_OK);
    int64_t bytes = 1 + MEGABYTE + 1000 + 512 + 3 * 512 + 512;
    assert_int_equal(figure(result, HEAPGATE_METRIC_PEAK),
                     figure(base, HEAPGATE_METRIC_LIVE) + bytes);
    assert_int_equal(figure(result, HEAPGATE_METRIC_ALLOCATIONS),
                     figure(base, HEAPGATE_METRIC_ALLOCATIONS) + 6);
    assert_int_equal(figure(result, HEAPGATE_METRIC_LIVE), figure(base, HEAPGATE_METRIC_LIVE));
    result_free(base);
    result_free(result);
    result_free(measure("subject_cxx", "fail", NULL, HEAPGATE_OK));
}

static void check_refused(const char *program, const char *mode, const char *extra,
                          const char *reason) {
    struct result *result = measure(program, mode, extra, HEAPGATE_INVALID);
    if (result->invalid == NULL || strstr(result->invalid, reason) == NULL)
        fail_msg("%s %s: \"%s\", wanted \"%s\"", program, mode,
                 result->invalid != NULL ? result->invalid : "", reason);
    result_free(result);
}

static void how_a_command_ended_is_told(void **state) {
    (void)state;
    check_refused("subject", "kill", NULL, "subject was killed by signal 9 (Killed)");
    check_refused("subject", "abort", NULL, "subject was killed by signal 6 (Aborted)");
    check_refused("subject", "fail", NULL, "subject failed with status 7");
}

static void what_cannot_be_counted_is_refused_by_name(void **state) {
    (void)state;
    check_refused("subject_static", "once", NULL, "subject_static: it is statically linked");
    check_refused("subject_asan", "once", NULL, "subject_asan: it is built with AddressSanitizer");
    check_refused("subject_own_malloc", "", NULL,
                  "it brings its own malloc, which stands in front of the counting allocator");
    check_refused("subject", "exec-other", SUBJECT_FOLDER "/subject_static",
                  "subject_static, which the command replaced itself with: it never loaded");
    check_refused("no-such-program", "", NULL, "no-such-program: No such file or directory");
    check_refused("/usr/bin/env", "-i", "/usr/bin/true",
                  "not active in /usr/bin/true, which the command replaced itself with");
    if (access("/usr/bin/valgrind", X_OK) == 0) {
        char *argv[] = {(char *)(uintptr_t) "/usr/bin/valgrind",
                        (char *)(uintptr_t) "-q",
                        (char *)(uintptr_t) "--tool=none",
                        (char *)(uintptr_t)SUBJECT_FOLDER "/subject",
                        (char *)(uintptr_t) "once",
                        NULL};
        struct measure_request request = {.case_key = "x", .argv = argv};
        struct result *result;
        request.engines[RESULT_COUNT] = true;
        assert_int_equal(measure_case(&request, &result, NULL), HEAPGATE_INVALID);
        assert_non_null(strstr(result->invalid, "valgrind, which replaces malloc"));
        result_free(result);
    }
}

static struct result *measure_all(char **argv, bool allow, heapgate_status wanted) {
    struct measure_request request = {.case_key = "x", .argv = argv, .allow_uncounted = allow};
    struct result *result;
    struct error error = {0};
    request.engines[RESULT_COUNT] = true;
    heapgate_status status = measure_case(&request, &result, &error);
    if (status != wanted || result == NULL)
        fail_msg("%s: status %d, wanted %d (%s)", argv[1], status, wanted, error.text);
    return result;
}

static void a_child_that_cannot_be_counted_is_refused_by_name(void **state) {
    (void)state;
    static const struct {
        const char *mode, *other;
        uint64_t lost; /* processes */
        const char *reason;
    } rows[] = {
        {"fork-other", "subject_static", 1, "subject_static: it never loaded"},
        {"vfork-other", "subject_static", 1, "subject_static: it never loaded"},
        {"spawn-other", "subject_static", 1, "subject_static: it never loaded"},
        {"spawn-other", "subject_own_malloc", 1, "subject_own_malloc: it brings its own malloc"},
        {"fork-other", "subject_asan", 1,
         "subject_asan: it "}, /* never loaded, or is sanitized: as the
                                                              compiler links its run-time */
        {"fork-other", "subject", 0, NULL},
        {"vfork-other", "subject", 0, NULL},
        {"spawn-other", "subject", 0, NULL},
        {"fork-other", "missing", 0, NULL},
        {"vfork-other", "missing", 0, NULL},
        {"spawn-other", "missing", 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char other[512];
        snprintf(other, sizeof other, SUBJECT_FOLDER "/%s", rows[i].other);
        char *argv[] = {(char *)(uintptr_t)SUBJECT_FOLDER "/subject",
                        (char *)(uintptr_t)rows[i].mode, other, NULL};
        struct result *result =
            measure_all(argv, false, rows[i].lost > 0 ? HEAPGATE_INVALID : HEAPGATE_OK);
        const char *invalid = result->invalid != NULL ? result->invalid : "";
        if (rows[i].reason != NULL &&
            (strstr(invalid, "not active in a child of the command") == NULL ||
             strstr(invalid, rows[i].reason) == NULL))
            fail_msg("%s %s: \"%s\"", rows[i].mode, rows[i].other, invalid);
        result_free(result);
        result = measure_all(argv, true, HEAPGATE_OK);
        assert_int_equal(result->engines[RESULT_COUNT].uncounted_processes, rows[i].lost);
        result_free(result);
    }
}

static void a_set_user_id_program_is_refused(void **state) {
    (void)state;
    char path[] = SUBJECT_FOLDER "/subject_setuid";
    struct buffer program = BUFFER_INIT(64 << 20);
    assert_true(file_read(SUBJECT_FOLDER "/subject", &program, NULL));
    unlink(path);
    assert_true(file_write(path, program.bytes, program.length, NULL));
    buffer_fini(&program);
    /* Without root the file stays one's own, which set-user-ID changes nothing for. */
    if (chown(path, 65534, (gid_t)-1) != 0)
        print_message("not root: a set-user-ID program of another user cannot be made\n");
    else if (chmod(path, 04755) == 0)
        check_refused("subject_setuid", "once", NULL, "it is set-user-ID or set-group-ID");
    unlink(path);
}

static struct result *sweep(const char *mode, heapgate_status wanted) {
    static const uint64_t sizes[] = {5000, 20000, 50000};
    char *argv[] = {(char *)(uintptr_t)SUBJECT_FOLDER "/subject", (char *)(uintptr_t)mode,
                    (char *)(uintptr_t) "{N}", NULL};
    struct measure_request request = {
        .case_key = "sweep", .argv = argv, .sweep = sizes, .sweep_count = 3};
    struct result *result;
    request.engines[RESULT_COUNT] = true;
    assert_int_equal(measure_case(&request, &result, NULL), wanted);
    return result;
}

static void growth_is_what_a_unit_costs(void **state) {
    (void)state;
    struct result *leaking = sweep("leak", HEAPGATE_OK);
    assert_int_equal(figure(leaking, HEAPGATE_METRIC_GROWTH), HEAPGATE_BYTES_PER_UNIT_SCALE);
    assert_int_equal(figure(leaking, HEAPGATE_METRIC_ALLOCATION_GROWTH),
                     HEAPGATE_CALLS_PER_UNIT_SCALE);
    assert_int_equal(leaking->point_count, 3);
    assert_int_equal(leaking->units, 50000);
    assert_string_equal(leaking->argv[2], "50000");
    assert_true(leaking->growth.residual < 1);
    result_free(leaking);
    struct result *flat = sweep("once", HEAPGATE_OK);
    assert_int_equal(figure(flat, HEAPGATE_METRIC_GROWTH), 0);
    assert_int_equal(figure(flat, HEAPGATE_METRIC_ALLOCATION_GROWTH), 0);
    result_free(flat);
    struct result *failing = sweep("fail", HEAPGATE_INVALID);
    assert_non_null(strstr(failing->invalid, "at size 5000: count: "));
    result_free(failing);
}

static void a_missing_preload_library_is_named(void **state) {
    (void)state;
    setenv("HEAPGATE_PRELOAD", "/nonexistent/libheapgate_preload.so", 1);
    check_refused("subject", "once", NULL,
                  "the preload library /nonexistent/libheapgate_preload.so ($HEAPGATE_PRELOAD) "
                  "cannot be read");
    unsetenv("HEAPGATE_PRELOAD");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_survive_every_end),
        cmocka_unit_test(children_have_records_of_their_own),
        cmocka_unit_test(threads_and_plugins_are_counted),
        cmocka_unit_test(any_allocator_may_be_behind),
        cmocka_unit_test(new_and_delete_are_counted),
        cmocka_unit_test(how_a_command_ended_is_told),
        cmocka_unit_test(what_cannot_be_counted_is_refused_by_name),
        cmocka_unit_test(a_child_that_cannot_be_counted_is_refused_by_name),
        cmocka_unit_test(a_set_user_id_program_is_refused),
        cmocka_unit_test(growth_is_what_a_unit_costs),
        cmocka_unit_test(a_missing_preload_library_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
