/* The fit of a sweep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "result/growth.h"

/* The figures are hundredths of a byte per unit. */
static const struct {
    const char *name;
    size_t count;
    struct growth_point points[5];
    int64_t figure;
    bool super_linear;
} rows[] = {
    {"flat", 2, {{5000, 115000, 0}, {50000, 115000, 0}}, 0, false},
    {"falling", 2, {{5000, 115000, 0}, {50000, 90000, 0}}, 0, false},
    {"longer numbers", 2, {{500, 115000, 0}, {5000, 115256, 0}}, 0, false},
    {"just above the noise", 2, {{500, 115000, 0}, {5000, 115257, 0}}, 6, false},
    {"a longer name of a table", 2, {{50000, 115000, 0}, {1000000, 115136, 0}}, 0, false},
    {"less than half of 0.01 B", 2, {{50000, 115000, 0}, {1000000, 119749, 0}}, 0, false},
    {"0.01 B", 2, {{50000, 115000, 0}, {1000000, 124500, 0}}, 1, false},
    {"16 bytes once", 3, {{5000, 1000, 0}, {10000, 1016, 0}, {20000, 1016, 0}}, 0, false},
    {"600 bytes once, of three", 3, {{500, 1000, 0}, {1000, 1600, 0}, {1500, 1600, 0}}, 0, false},
    {"600 bytes once, of four",
     4,
     {{500, 1000, 0}, {1000, 1000, 0}, {1500, 1600, 0}, {2000, 1600, 0}},
     0,
     false},
    {"600 bytes once, of two", 2, {{500, 1000, 0}, {1500, 1600, 0}}, 60, false},
    {"600 bytes, on a line", 3, {{500, 1000, 0}, {1000, 1300, 0}, {1500, 1600, 0}}, 60, false},
    {"1,026 bytes once", 3, {{500, 1000, 0}, {1000, 2026, 0}, {1500, 2026, 0}}, 103, false},
    {"a leak that begins late",
     4,
     {{1000, 1000, 0}, {2000, 1000, 0}, {3000, 1000, 0}, {4000, 1001000, 0}},
     30000,
     true},
    {"a bit kept per unit", 2, {{5000, 115000, 0}, {50000, 120625, 0}}, 13, false},
    {"0.9 B", 2, {{5000, 115000, 0}, {50000, 155500, 0}}, 90, false},
    {"one byte leaked per unit", 2, {{5000, 120000, 0}, {50000, 165000, 0}}, 100, false},
    {"one byte and a constant",
     3,
     {{5000, 120000, 0}, {20000, 135009, 0}, {50000, 165000, 0}},
     100,
     false},
    {"rows buffered",
     3,
     {{1000, 1243000, 0}, {2000, 2386000, 0}, {4000, 4672000, 0}},
     114300,
     false},
    {"a doubling buffer",
     4,
     {{1000, 1 << 20, 0}, {2000, 1 << 21, 0}, {3000, 1 << 22, 0}, {4000, 1 << 22, 0}},
     115343,
     false},
    {"pairs compared",
     4,
     {{1000, 1000000, 0}, {2000, 4000000, 0}, {3000, 9000000, 0}, {4000, 16000000, 0}},
     500000,
     true},
};

/* The figures are thousandths of a call per unit; the peaks say something else. */
static const struct {
    const char *name;
    size_t count;
    struct growth_point points[5];
    int64_t figure;
} calls[] = {
    {"flat", 2, {{5000, 0, 990}, {50000, 99999999, 990}}, 0},
    {"fewer", 2, {{5000, 0, 990}, {50000, 99999999, 90}}, 0},
    {"buffers that doubled", 2, {{5000, 0, 990}, {50000, 0, 1006}}, 0},
    {"just above the noise", 2, {{5000, 0, 990}, {7000, 0, 1007}}, 9},
    {"a buffer for each size, at once", 3, {{1000, 0, 100}, {2000, 0, 140}, {3000, 0, 140}}, 0},
    {"one in a thousand units", 2, {{5000, 0, 990}, {50000, 0, 1035}}, 1},
    {"one for each unit", 2, {{5000, 0, 5990}, {50000, 0, 50990}}, 1000},
    {"three, and one in 500", 2, {{5000, 0, 15010}, {50000, 0, 150100}}, 3002},
};

static void sweeps_are_fitted(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct growth_fit fit;
        growth_fit(rows[i].points, rows[i].count, HEAPGATE_METRIC_GROWTH, &fit);
        if (growth_figure(&fit, HEAPGATE_METRIC_GROWTH) != rows[i].figure ||
            fit.super_linear != rows[i].super_linear)
            fail_msg("%s: %.4f bytes per unit, super-linear %d; wanted %lld hundredths, %d",
                     rows[i].name, fit.per_unit, fit.super_linear, (long long)rows[i].figure,
                     rows[i].super_linear);
    }
}

static void calls_are_fitted(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct growth_fit fit;
        growth_fit(calls[i].points, calls[i].count, HEAPGATE_METRIC_ALLOCATION_GROWTH, &fit);
        if (growth_figure(&fit, HEAPGATE_METRIC_ALLOCATION_GROWTH) != calls[i].figure)
            fail_msg("%s: %.5f calls per unit; wanted %lld thousandths", calls[i].name,
                     fit.per_unit, (long long)calls[i].figure);
    }
}

static void the_fit_says_how_far_off_it_is(void **state) {
    (void)state;
    static const struct growth_point points[] = {{1000, 2000, 0}, {2000, 5000, 0}, {3000, 6000, 0}};
    struct growth_fit fit;
    growth_fit(points, 3, HEAPGATE_METRIC_GROWTH, &fit);
    assert_int_equal((int)(fit.per_unit * 1000), 2000);
    assert_int_equal((int)fit.intercept, 333);
    assert_int_equal((int)fit.residual, 666);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sweeps_are_fitted),
        cmocka_unit_test(calls_are_fitted),
        cmocka_unit_test(the_fit_says_how_far_off_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
