/* Memory outside the heap: from which byte on, and under which budgets, a verdict is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gate/judged.h"
#include "report/notes.h"

enum { MOST = RESULT_OUTSIDE_MAX };

static const struct {
    const char *name;
    struct result_outside outside;
    bool names_mapped, names_rss, refused;
    const char *advice;
} rows[] = {
    {"nothing", {"p", 1, 0, 0, true}, false, false, false, NULL},
    {"as much as may be", {"p", MOST, MOST, 0, true}, false, false, false, NULL},
    {"a byte more", {"p", MOST + 1L, MOST + 1L, 0, true}, false, false, true, "name rss in"},
    {"with a budget of rss", {"p", 3L * MOST, 3L * MOST, 0, true}, false, true, false, NULL},
    {"mapped",
     {"p", 3L * MOST, 3L * MOST, 2L * MOST, true},
     false,
     false,
     true,
     "name mapped or rss in"},
    {"mapped, in a budget", {"p", 3L * MOST, 3L * MOST, 2L * MOST, true}, true, false, false, NULL},
    {"mapped, less than that",
     {"p", 3L * MOST, 3L * MOST, 2L * MOST - 1, true},
     true,
     false,
     true,
     "name rss in"},
    {"mapped more than is resident",
     {"p", 3L * MOST, 3L * MOST, 9L * MOST, true},
     true,
     false,
     false,
     NULL},
    {"mapped by another process",
     {"p", 3L * MOST, 3L * MOST, 3L * MOST, false},
     true,
     false,
     true,
     "name rss in"},
    {"mapped by another, no budget of it",
     {"p", 3L * MOST, 3L * MOST, 3L * MOST, false},
     false,
     false,
     true,
     "name rss in"},
};

static void what_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result result = {.outside = rows[i].outside};
        struct error error = {0};
        bool held[HEAPGATE_METRIC_COUNT] = {[HEAPGATE_METRIC_PEAK] = true,
                                            [HEAPGATE_METRIC_MAPPED] = rows[i].names_mapped,
                                            [HEAPGATE_METRIC_RSS] = rows[i].names_rss};
        if (outside_is_refused(&result, held, &error) != rows[i].refused ||
            error.set != rows[i].refused ||
            (rows[i].refused && strstr(error.text, rows[i].advice) == NULL))
            fail_msg("%s: wanted %s, came: %s", rows[i].name,
                     rows[i].refused ? "refused" : "not refused", error.text);
    }
}

/* What is over stays over; what would pass is no measurement. */
static void the_verdict(void **state) {
    static const struct {
        int64_t peak;
        heapgate_status status;
    } cases[] = {{1000, HEAPGATE_INVALID}, {1001, HEAPGATE_OVER}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct result result = {
            .case_key = (char *)(uintptr_t) "a/b",
            .outside = {(char *)(uintptr_t) "p", 3L * MOST, 3L * MOST, 0, true}};
        struct result_usage *count = &result.engines[RESULT_COUNT];
        struct judged_case judged;
        count->present = count->has[HEAPGATE_METRIC_PEAK] = true;
        count->figures[HEAPGATE_METRIC_PEAK] = cases[i].peak;
        judged_case_build_max(&result, 1000, &judged);
        assert_int_equal(judged.status, cases[i].status);
        judged_case_fini(&judged);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(the_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
