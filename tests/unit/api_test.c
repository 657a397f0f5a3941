/* The public C interface: what it refuses, and that nothing ran then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <heapgate/heapgate.h>

#include "base/file.h"

static char folder[] = "/tmp/heapgate-api.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

static char touch[] = "touch", plain[] = "ran", sized[] = "ran-{N}";
static const uint64_t sizes[] = {10, 20}, falling[] = {20, 10};

static const struct {
    const char *name;
    char *argv[3];
    unsigned engines;
    const uint64_t *sweep;
    size_t sweep_count;
    const char *message;
} refused[] = {
    {"no {N} in a sweep",
     {touch, plain, NULL},
     HEAPGATE_ENGINE_COUNT,
     sizes,
     2,
     "no argument of the command has {N}: the sweep would do the same work at every size; put {N} "
     "where the size stands"},
    {"one size",
     {touch, sized, NULL},
     HEAPGATE_ENGINE_COUNT,
     sizes,
     1,
     "sweep: give 2 to 16 ascending sizes, and the engine count"},
    {"sizes that fall",
     {touch, sized, NULL},
     HEAPGATE_ENGINE_COUNT,
     falling,
     2,
     "sweep: give 2 to 16 ascending sizes, and the engine count"},
    {"no engine",
     {touch, plain, NULL},
     0,
     NULL,
     0,
     "engines: give one or more of HEAPGATE_ENGINE_COUNT, HEAPGATE_ENGINE_MASSIF and "
     "HEAPGATE_ENGINE_PROFILE"},
};

static void a_request_that_cannot_be_measured_runs_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        heapgate_error text = {""};
        const heapgate_request request = {.case_key = "app/touch",
                                          .argv = refused[i].argv,
                                          .engines = refused[i].engines,
                                          .results_path = "results",
                                          .sweep = refused[i].sweep,
                                          .sweep_count = refused[i].sweep_count};
        heapgate_status status = heapgate_measure(&request, &text);
        if (status != HEAPGATE_USAGE || strcmp(text.text, refused[i].message) != 0)
            fail_msg("%s: %d \"%s\"", refused[i].name, (int)status, text.text);
        if (access("ran", F_OK) == 0 || access("ran-10", F_OK) == 0 || access("results", F_OK) == 0)
            fail_msg("%s: it ran", refused[i].name);
    }
}

/* What was mapped may be unknown where the rest is known: it is refused where it has a budget. */
static void unknown_mappings_are_not_judged(void **state) {
    (void)state;
    static const char text[] = "schema: 1\ncases:\n  a: { peak: 1 GiB }\n  b: { mapped: 1 GiB }\n";
    const heapgate_usage usage = {.peak_bytes = 1, .mapped_bytes = HEAPGATE_UNMEASURED};
    heapgate_budgets *budgets;
    heapgate_error error;
    assert_true(file_write("app.yaml", text, sizeof text - 1, NULL));
    assert_int_equal(heapgate_budgets_load("app.yaml", &budgets, &error), HEAPGATE_OK);
    assert_int_equal(heapgate_judge(budgets, "app/a", &usage, 1, &error), HEAPGATE_OK);
    assert_int_equal(heapgate_judge(budgets, "app/b", &usage, 1, &error), HEAPGATE_INVALID);
    if (strstr(error.text, "mapped has a budget and was not measured") == NULL)
        fail_msg("%s", error.text);
    heapgate_budgets_free(budgets);
}

/* Each of them alone is enough. */
static void figures_of_a_failed_call_are_not_judged(void **state) {
    (void)state;
    static const char text[] =
        "schema: 1\ncases:\n  a: { peak: 1 GiB, allocations: 100, live: 1 GiB, largest: 1 GiB }\n";
    static const struct {
        const char *name;
        heapgate_usage usage;
        heapgate_status status;
    } rows[] = {
        {"measured", {.peak_bytes = 1, .allocations = 1, .largest_bytes = 1}, HEAPGATE_OK},
        {"peak", {.peak_bytes = HEAPGATE_UNMEASURED}, HEAPGATE_INVALID},
        {"allocations", {.allocations = HEAPGATE_UNMEASURED}, HEAPGATE_INVALID},
        {"largest", {.largest_bytes = HEAPGATE_UNMEASURED}, HEAPGATE_INVALID},
        {"live", {.live_bytes = INT64_MAX}, HEAPGATE_INVALID},
    };
    heapgate_budgets *budgets;
    heapgate_error error;
    assert_true(file_write("app.yaml", text, sizeof text - 1, NULL));
    assert_int_equal(heapgate_budgets_load("app.yaml", &budgets, &error), HEAPGATE_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        heapgate_status status = heapgate_judge(budgets, "app/a", &rows[i].usage, 1, &error);
        if (status != rows[i].status)
            fail_msg("%s: %d \"%s\"", rows[i].name, (int)status, error.text);
        if (status == HEAPGATE_INVALID)
            assert_string_equal(
                error.text, "no measurement: the call that was to fill the usage failed; look at "
                            "the status of heapgate_scope_end or heapgate_usage_read");
    }
    heapgate_budgets_free(budgets);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_cannot_be_measured_runs_nothing),
        cmocka_unit_test(figures_of_a_failed_call_are_not_judged),
        cmocka_unit_test(unknown_mappings_are_not_judged),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
