/* The fit of a sweep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "measure/growth.h"

static const struct {
    const char *name;
    size_t count;
    struct growth_point points[5];
    int64_t figure;
    bool super_linear;
} rows[] = {
    {"flat", 2, {{5000, 115000}, {50000, 115000}}, 0, false},
    {"longer numbers", 2, {{5000, 115000}, {50000, 116024}}, 0, false},
    {"just above the noise", 2, {{5000, 115000}, {50000, 116025}}, 1, false},
    {"falling", 2, {{5000, 115000}, {50000, 90000}}, 0, false},
    {"one byte leaked per unit", 2, {{5000, 120000}, {50000, 165000}}, 1, false},
    {"rows buffered", 3, {{1000, 1243000}, {2000, 2386000}, {4000, 4672000}}, 1143, false},
    {"a doubling buffer", 4, {{1000, 1 << 20}, {2000, 1 << 21}, {3000, 1 << 22}, {4000, 1 << 22}},
     1154, false},
    {"pairs compared", 4, {{1000, 1000000}, {2000, 4000000}, {3000, 9000000}, {4000, 16000000}},
     5000, true},
};

static void sweeps_are_fitted(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct growth_fit fit;
        growth_fit(rows[i].points, rows[i].count, &fit);
        if (growth_figure(&fit) != rows[i].figure || fit.super_linear != rows[i].super_linear)
            fail_msg("%s: %.4f bytes per unit, super-linear %d; wanted %lld, %d", rows[i].name,
                     fit.bytes_per_unit, fit.super_linear, (long long)rows[i].figure,
                     rows[i].super_linear);
    }
}

static void the_fit_says_how_far_off_it_is(void **state) {
    (void)state;
    static const struct growth_point points[] = {{1000, 2000}, {2000, 5000}, {3000, 6000}};
    struct growth_fit fit;
    growth_fit(points, 3, &fit);
    assert_int_equal((int)(fit.bytes_per_unit * 1000), 2000);
    assert_int_equal((int)fit.intercept_bytes, 333);
    assert_int_equal((int)fit.residual_bytes, 666);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sweeps_are_fitted),
        cmocka_unit_test(the_fit_says_how_far_off_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
