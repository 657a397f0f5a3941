/* A sweep that is over its budget, in every view: with decimals, and with the calls. */
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
#include "report/site_list.h"
#include "report/view.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char folder[] = "/tmp/heapgate-growth.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

/* Nine tenths of a byte, and two calls, for each of 45,000 rows. */
static struct result *example(bool with_allocations) {
    static const struct growth_point points[] = {{5000, 115000, 10990}, {50000, 155500, 100990}};
    struct result *result = result_new("app/dump");
    assert_non_null(result);
    result->engines[RESULT_COUNT] = (struct result_usage){
        .present = true, .has = {true, true, true}, .figures = {155500, 100990, 0}};
    result_set_points(result, points, COUNT(points), with_allocations);
    return result;
}

static struct heapgate_budgets *load(const char *body) {
    char text[512];
    struct heapgate_budgets *budgets;
    struct error error = {0};
    snprintf(text, sizeof text,
             "schema: 1\ndefaults: { tolerance: 2%%, slack: 25%% }\ncases:\n  dump: %s\n", body);
    assert_true(file_write("app.yaml", text, strlen(text), NULL));
    if (budget_load("app.yaml", 0, &budgets, &error) != HEAPGATE_OK)
        fail_msg("%s", error.text);
    return budgets;
}

static void each_view_tells_growth_with_its_decimals(void **state) {
    (void)state;
    static const struct {
        const char *view, *wanted;
    } rows[] = {
        {"text", "app/dump  count   growth             0.9 B per unit  0.5 B per unit  -0.39 B per "
                 "unit  OVER\n"},
        {"text", "app/dump  count   allocation_growth      2 per unit      1 per unit    -0.98 per "
                 "unit  OVER\n"},
        {"text", "  growth: 0.9 B per unit; the budget says 0.5; peak = 110500 B + 0.90 B x units, "
                 "no point further off than 0 B\n"
                 "  allocation_growth: 2 per unit; the budget says 1; allocations = 990 + 2.000 x "
                 "units, no point further off than 0\n"},
        {"markdown", "| app/dump | count | growth | 0.9 B per unit | 0.5 B per unit | -0.39 B per "
                     "unit | **OVER** |\n"},
        {"markdown",
         "| app/dump | count | allocation\\_growth | 2 per unit | 1 per unit | -0.98 per "
         "unit | **OVER** |\n"},
        {"junit", "message=\"growth 0.9 B per unit, expected at most 0.51 B per unit\""},
        {"github",
         "allocation_growth, by count%0A    measured    2 per unit%0A    budget      1 per "
         "unit, at most 1.02 per unit with its tolerance"},
        {"openmetrics", "# UNIT heapgate_growth_bytes_per_unit bytes_per_unit\n"},
        {"openmetrics", "heapgate_growth_bytes_per_unit{case=\"app/dump\",engine=\"count\"} 0.9\n"},
        {"openmetrics",
         "heapgate_growth_limit_bytes_per_unit{case=\"app/dump\",engine=\"count\"} 0.51\n"},
        {"openmetrics", "# UNIT heapgate_allocation_growth_calls_per_unit calls_per_unit\n"},
        {"openmetrics",
         "heapgate_allocation_growth_calls_per_unit{case=\"app/dump\",engine=\"count\"} 2\n"},
        {"bmf", "\"count-growth-bytes-per-unit\": {\n      \"value\": 0.9"},
        {"bmf", "\"count-allocation-growth-calls-per-unit\": {\n      \"value\": 2.0\n"},
    };
    struct heapgate_budgets *budgets = load("{ growth: 0.5 B, allocation_growth: 1 }");
    struct result *result = example(true);
    struct result_list results = {&result, 1};
    struct judged_list list;
    assert_true(judged_list_build(budgets, &results, NULL, &list));
    assert_int_equal(list.status, HEAPGATE_OVER);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer out = BUFFER_INIT(1 << 20);
        const struct report_view *view = report_view_find(rows[i].view, NULL);
        assert_true(view->render(&list, &(struct report_options){.budgets = NULL}, &out));
        if (strstr(out.bytes, rows[i].wanted) == NULL)
            fail_msg("%s: wanted:\n%s\nin:\n%s", rows[i].view, rows[i].wanted, out.bytes);
        buffer_fini(&out);
    }
    judged_list_free(&list);
    result_free(result);
    budget_free(budgets);
}

static void the_figures_of_a_run_have_both_fits(void **state) {
    (void)state;
    struct result *result = example(true);
    struct buffer text = BUFFER_INIT(1 << 20);
    struct writer writer = {.buffer = &text};
    report_figures(result, false, &writer);
    assert_string_equal(
        text.bytes,
        "app/dump\n"
        "  peak                      155,500 B   151.9 KiB\n"
        "  allocations                 100,990\n"
        "  live                            0 B\n"
        "  growth               0.9 B per unit\n"
        "  allocation_growth        2 per unit\n"
        "                   peak = 110500 B + 0.90 B x units, no point further off than 0 B\n"
        "                   allocations = 990 + 2.000 x units, no point further off than 0\n");
    buffer_fini(&text);
    result_free(result);
}

static void each_verdict(void **state) {
    (void)state;
    static const struct {
        const char *name, *body;
        bool with_allocations;
        enum heapgate_status status;
        const char *message;
    } rows[] = {
        {"both as they are", "{ growth: 0.9 B, allocation_growth: 2 }", true, HEAPGATE_OK, ""},
        {"0.9 B where there was none", "{ growth: 0 B }", true, HEAPGATE_OVER, ""},
        {"one more call for each unit", "{ growth: 0.9 B, allocation_growth: 1 }", true,
         HEAPGATE_OVER, ""},
        {"within the tolerance of all that is allocated", "{ allocations: 100000 }", true,
         HEAPGATE_OK, ""},
        {"without one", "{ allocations: 100000, tolerance: { allocations: 0 } }", true,
         HEAPGATE_OVER, ""},
        {"fewer calls than its slack", "{ growth: 0.9 B, allocation_growth: 3 }", true,
         HEAPGATE_STALE, ""},
        {"a result of an older version", "{ growth: 0.9 B, allocation_growth: 2 }", false,
         HEAPGATE_INVALID, "allocation_growth has a budget and was not measured"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct judged_case judged;
        struct heapgate_budgets *budgets = load(rows[i].body);
        struct result *result = example(rows[i].with_allocations);
        judged_case_build(budgets, result, &judged);
        if (judged.status != rows[i].status || strcmp(judged.message, rows[i].message) != 0)
            fail_msg("%s: wanted %d \"%s\", got %d \"%s\"", rows[i].name, rows[i].status,
                     rows[i].message, judged.status, judged.message);
        judged_case_fini(&judged);
        result_free(result);
        budget_free(budgets);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_view_tells_growth_with_its_decimals),
        cmocka_unit_test(the_figures_of_a_run_have_both_fits),
        cmocka_unit_test(each_verdict),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
