/* Which of several figures that are over is explained by its call stacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate/lead.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { ROWS_MAX = 4 };

struct over {
    enum heapgate_metric metric;
    const char *phase;
    int64_t measured;
    uint64_t budget;
};

static const struct {
    const char *name;
    struct over rows[ROWS_MAX]; /* up to one whose budget is what was measured */
    int lead;                   /* index, or -1 */
} tests[] = {
    {"what is most of the case is the case's",
     {{HEAPGATE_METRIC_PEAK, NULL, 60000000, 100000},
      {HEAPGATE_METRIC_ALLOCATIONS, NULL, 51000, 1000},
      {HEAPGATE_METRIC_PEAK, "rows", 60000000, 80000}},
     0},
    {"a few calls of many are told by the phase in which they are most",
     {{HEAPGATE_METRIC_ALLOCATIONS, NULL, 1050, 1000},
      {HEAPGATE_METRIC_PEAK, "rows", 90000, 88000},
      {HEAPGATE_METRIC_ALLOCATIONS, "rows", 50, 0}},
     2},
    {"what was not freed, where nothing else was kept",
     {{HEAPGATE_METRIC_PEAK, NULL, 105000, 100000},
      {HEAPGATE_METRIC_ALLOCATIONS, NULL, 1050, 1000},
      {HEAPGATE_METRIC_LIVE, NULL, 5000, 0}},
     2},
    {"growth is as much as it adds to the peak: here 500 of 1,000",
     {{HEAPGATE_METRIC_PEAK, NULL, 1000, 1000},
      {HEAPGATE_METRIC_ALLOCATIONS, NULL, 110, 100},
      {HEAPGATE_METRIC_GROWTH, NULL, 500, 0}}, /* in hundredths */
     2},
    {"growth of allocations is as much as it adds to them: here 50 of 110",
     {{HEAPGATE_METRIC_PEAK, NULL, 1100, 1000},
      {HEAPGATE_METRIC_ALLOCATIONS, NULL, 110, 100},
      {HEAPGATE_METRIC_ALLOCATION_GROWTH, NULL, 500, 0}}, /* in thousandths */
     2},
    {"the resident set is nobody's", {{HEAPGATE_METRIC_RSS, NULL, 2000, 1000}}, -1},
    {"nothing is over", {{HEAPGATE_METRIC_PEAK, NULL, 1000, 1000}}, -1},
};

static void the_figure_that_is_most_new_leads(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(tests); i++) {
        struct judged_row rows[ROWS_MAX] = {0};
        struct result result = {.has_units = true, .units = 100};
        struct judged_case judged = {.rows = rows, .row_count = ROWS_MAX, .result = &result};
        for (size_t j = 0; j < ROWS_MAX; j++) {
            const struct over *over = &tests[i].rows[j];
            rows[j].bounds = (struct budget_row){.metric = over->metric,
                                                 .phase = over->phase,
                                                 .has_measured = true,
                                                 .measured = over->measured,
                                                 .has_budget = true,
                                                 .budget = over->budget,
                                                 .limit = over->budget};
            if (over->measured > (int64_t)over->budget)
                rows[j].bounds.status = HEAPGATE_OVER;
        }
        const struct budget_row *lead = judged_lead(&judged);
        int index = -1;
        for (int j = 0; j < ROWS_MAX; j++)
            index = lead == &rows[j].bounds ? j : index;
        if (index != tests[i].lead)
            fail_msg("%s: figure %d, wanted %d", tests[i].name, index, tests[i].lead);
    }
}

int main(void) {
    const struct CMUnitTest all[] = {cmocka_unit_test(the_figure_that_is_most_new_leads)};
    return cmocka_run_group_tests_name("lead", all, NULL, NULL);
}
