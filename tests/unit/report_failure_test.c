/* What is told of a case that is over: who it was, what is new beside the budget, and no more than
 * a page of it. */
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
#include "gate/baseline.h"
#include "gate/judged.h"
#include "report/view.h"

static char folder[] = "/tmp/heapgate-failure.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

static struct result_site *add_site(struct result *result, int64_t bytes, const char *module,
                                    const char *place, const char *const frames[4], size_t own) {
    result->sites = reallocarray(result->sites, result->site_count + 1, sizeof *result->sites);
    struct result_site *site = &result->sites[result->site_count++];
    *site = (struct result_site){.bytes = bytes,
                                 .blocks = bytes / 10,
                                 .own_frame = own,
                                 .module = strdup(module),
                                 .place = strdup(place),
                                 .frames = calloc(5, sizeof(char *))};
    for (size_t i = 0; i < 4 && frames[i] != NULL; i++)
        site->frames[i] = strdup(frames[i]);
    return site;
}

/* The message of a case, in `out`, which is emptied before. */
static void tell(const char *budgets_text, const struct result *result, struct buffer *out) {
    const struct report_options options = {.budgets = "json.yaml", .results = "my results"};
    struct heapgate_budgets *budgets = NULL;
    struct judged_case judged;
    struct error error = {0};
    assert_true(file_write("own.yaml", budgets_text, strlen(budgets_text), &error));
    if (budget_load("own.yaml", 0, &budgets, &error) != HEAPGATE_OK)
        fail_msg("%s", error.text);
    buffer_clear(out);
    judged_case_build(budgets, result, &judged);
    assert_true(report_case_block(&judged, &options, out));
    judged_case_fini(&judged);
    budget_free(budgets);
}

static const char explained_text[] = "schema: 1\n"
                                     "defaults: { tolerance: 2%, live: 0 B, growth: 0 B }\n"
                                     "cases:\n"
                                     "  explained:\n"
                                     "    peak: 64 KiB\n"
                                     "    sites: { 'hold <- main': 60 KiB, gone: 1 KiB }\n";

/* What was 60 KiB is 61,441 bytes, 4,000,000 are new, and the third is the rest of a peak that two
 * engines agree on. */
static struct result *make_explained(void) {
    static const char *const library[] = {"pqAlloc (a.c:1)", "PQexec (b.c:2)", "fetch (own.c:3)",
                                          "main (own.c:9)"};
    static const char *const own[4] = {"hold (own.c:5)", "main (own.c:8)", NULL};
    static const char *const deep[4] = {"?? (libx.so.1+0x12)", NULL};
    struct result *result = result_new("own/explained");
    result->engines[RESULT_COUNT] = (struct result_usage){.present = true, .has = {true}};
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_PEAK] = 4061541;
    result->engines[RESULT_PROFILE] = result->engines[RESULT_MASSIF] =
        result->engines[RESULT_COUNT];
    add_site(result, 4000000, "libpq.so.5.15", "PQexec <- fetch", library, 2);
    add_site(result, 61441, "app", "hold <- main", own, 0);
    add_site(result, 50, "libx.so.1", "??", deep, 0);
    result->other_bytes = 50;
    result->modules = calloc(3, sizeof *result->modules);
    result->modules[0] = (struct result_module){strdup("libpq.so.5.15"), 4000000, 400000, false};
    result->modules[1] = (struct result_module){strdup("app"), 61441, 6144, true};
    result->modules[2] = (struct result_module){strdup("libx.so.1"), 100, 9, false};
    result->module_count = 3;
    static const struct growth_point points[] = {{500, 461541, 990}, {5000, 4061541, 5490}};
    result_set_points(result, points, 2, true);
    return result;
}

static void a_failure_says_why(void **state) {
    (void)state;
    struct result *result = make_explained();
    struct buffer out = BUFFER_INIT(REPORT_BYTES_MAX);
    tell(explained_text, result, &out);
    assert_string_equal(
        out.bytes,
        "OVER own/explained\n"
        "  peak, by count and massif\n"
        "    measured    4,061,541 B (3.9 MiB)\n"
        "    budget      65,536 B (64.0 KiB), at most 66,846 B with its tolerance\n"
        "    difference  +3,994,695 B (3.8 MiB) over, 60 times the limit\n"
        "    at          own.yaml:5\n"
        "  growth, by count\n"
        "    measured    800 B per unit\n"
        "    budget      0 B per unit\n"
        "    difference  +800 B per unit over\n"
        "    at          own.yaml:2\n"
        "  new, beside the sites in the budget:\n"
        "    +3.8 MiB  libpq: PQexec <- fetch (was 0 B)\n"
        "  who held the memory at the peak, of 4,061,541 B:\n"
        "          4,000,000 B   98.5%     400,000  PQexec (b.c:2) <- fetch (own.c:3) <- main "
        "(own.c:9)\n"
        "             61,441 B    1.5%       6,144  hold (own.c:5) <- main (own.c:8)\n"
        "                 50 B    0.0%           5  ?? (libx.so.1+0x12)\n"
        "                 50 B  in other call stacks\n"
        "  whose it is: libpq.so.5.15 3.8 MiB (98.5%), app (own code) 60.0 KiB (1.5%), others "
        "100 B\n"
        "  growth: 800 B per unit; the budget says 0; peak = 61541 B + 800.00 B x units, no point "
        "further off than 0 B\n"
        "  allocation_growth: 1 per unit; allocations = 490 + 1.000 x units, no point further off "
        "than 0\n"
        "  if this is intended:\n"
        "    heapgate update --budgets json.yaml --results 'my results' --case own/explained "
        "--raise\n");
    buffer_fini(&out);
    result_free(result);
}

/* Few calls among many are found by what the budget lists: the most are as they were. */
static void a_failure_by_calls_says_whose_are_new(void **state) {
    (void)state;
    static const char text[] =
        "schema: 1\n"
        "cases:\n"
        "  called:\n"
        "    peak: 1 KiB\n"
        "    allocations: 1000\n"
        "    sites: { 'hold <- main': 1 KiB }\n"
        "    allocation_sites: { 'hold <- main': 900, 'libx: ask <- look': 60 }\n";
    static const char *const own[4] = {"hold (own.c:5)", "main (own.c:8)", NULL};
    static const char *const library[4] = {"ask in libx.so.1", "look (own.c:3)", NULL};
    struct result *result = result_new("own/called");
    struct buffer out = BUFFER_INIT(REPORT_BYTES_MAX);
    result->engines[RESULT_COUNT] = (struct result_usage){.present = true};
    result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_PEAK] = true;
    result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_ALLOCATIONS] = true;
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_PEAK] = 1024;
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_ALLOCATIONS] = 1030;
    result->engines[RESULT_PROFILE] = result->engines[RESULT_MASSIF] =
        result->engines[RESULT_COUNT];
    result->modules = calloc(1, sizeof *result->modules);
    result->modules[0] = (struct result_module){strdup("app"), 1024, 102, true};
    result->module_count = 1;
    add_site(result, 1024, "app", "hold <- main", own, 0)->allocations = 900;
    add_site(result, 0, "libx.so.1", "ask <- look", library, 1)->allocations = 85;
    add_site(result, 0, "libx.so.1", "ask <- look", library, 1)->allocations = 5;
    tell(text, result, &out);
    assert_string_equal(
        out.bytes, "OVER own/called\n"
                   "  allocations, by count\n"
                   "    measured    1,030\n"
                   "    budget      1,000\n"
                   "    difference  +30 over\n"
                   "    at          own.yaml:5\n"
                   "  new, by calls, beside the allocation_sites in the budget:\n"
                   "    +30  libx: ask <- look (was 60)\n"
                   "  who allocated, by calls, of 1,030:\n"
                   "                  900   87.4%              hold (own.c:5) <- main (own.c:8)\n"
                   "                   90    8.7%              ask in libx.so.1 <- look (own.c:3)\n"
                   "                   40  in other call stacks\n"
                   "  if this is intended:\n"
                   "    heapgate update --budgets json.yaml --results 'my results' --case "
                   "own/called --raise\n");
    buffer_fini(&out);
    result_free(result);
}

/* A function of which there are just as many calls as there are too many comes first, through
 * whichever callers, before others that may have been there unlisted. */
static void what_is_all_of_the_excess_comes_first(void **state) {
    (void)state;
    static const char text[] = "schema: 1\n"
                               "cases:\n"
                               "  exact:\n"
                               "    allocations: 100000\n"
                               "    allocation_sites: { 'hold <- main': 90000 }\n";
    static const char *const own[4] = {"hold (own.c:5)", "main (own.c:8)", NULL};
    struct result *result = result_new("own/exact");
    struct buffer out = BUFFER_INIT(REPORT_BYTES_MAX);
    result->engines[RESULT_COUNT].present = true;
    result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_ALLOCATIONS] = true;
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_ALLOCATIONS] = 100007;
    result->modules = calloc(1, sizeof *result->modules);
    result->modules[0] = (struct result_module){strdup("app"), 0, 100007, true};
    result->module_count = 1;
    add_site(result, 0, "app", "hold <- main", own, 0)->allocations = 90000;
    add_site(result, 0, "app", "open <- main", own, 0)->allocations = 5000;
    add_site(result, 0, "app", "other <- main", own, 0)->allocations = 40;
    add_site(result, 0, "app", "row <- first", own, 0)->allocations = 3;
    add_site(result, 0, "app", "row <- second", own, 0)->allocations = 4;
    add_site(result, 0, "app", "rows <- second", own, 0)->allocations = 5;
    tell(text, result, &out);
    const char *found = strstr(out.bytes, "  new, ");
    const char wanted[] = "  new, by calls, beside the allocation_sites in the budget:\n"
                          "    +4  row <- second (was 0)\n"
                          "    +3  row <- first (was 0)\n"
                          "    +5,000  open <- main (was 0)\n"
                          "  who ";
    if (found == NULL || strncmp(found, wanted, sizeof wanted - 1) != 0)
        fail_msg("%s", out.bytes);
    buffer_fini(&out);
    result_free(result);
}

/* When only a figure of a phase is over, the sites are of the phase, and so is what they are shares
 * of; what the budget lists of the case is nothing to compare them with. */
static void a_failure_of_a_phase_says_whose_it_is(void **state) {
    (void)state;
    static const char text[] = "schema: 1\n"
                               "cases:\n"
                               "  phased:\n"
                               "    peak: 1 KiB\n"
                               "    phases: { rows: { allocations: 10 } }\n"
                               "    allocation_sites: { 'hold <- main': 1 }\n";
    static const char *const own[4] = {"hold (own.c:5)", "main (own.c:8)", NULL};
    struct result *result = result_new("own/phased");
    struct buffer out = BUFFER_INIT(REPORT_BYTES_MAX);
    result->engines[RESULT_COUNT] = (struct result_usage){.present = true, .has = {true, true}};
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_PEAK] = 1024;
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_ALLOCATIONS] = 5000;
    result->phases = calloc(2, sizeof *result->phases);
    result->phases[0] = (struct result_phase){.name = strdup("rows"), .allocations = 30};
    result->phases[1] = (struct result_phase){.name = strdup("rows"), .allocations = 20};
    result->phase_count = 2;
    result->sites_phase = strdup("rows");
    add_site(result, 64, "app", "hold <- main", own, 0)->allocations = 50;
    tell(text, result, &out);
    const char *who = strstr(out.bytes, "  who ");
    const char wanted[] = "  who allocated, by calls in the phase \"rows\", of 50:\n"
                          "                   50  100.0%              hold (own.c:5) <- main "
                          "(own.c:8)\n"
                          "  if this is intended:\n";
    if (who == NULL || strncmp(who, wanted, sizeof wanted - 1) != 0 ||
        strstr(out.bytes, "new, ") != NULL)
        fail_msg("%s", out.bytes);
    buffer_fini(&out);
    result_free(result);
}

/* What a budget keeps: the ten first, and none that is below a hundredth. */
static void a_budget_keeps_what_matters(void **state) {
    (void)state;
    static const char *const frames[4] = {"f (a.c:1)", NULL};
    struct result *result = result_new("own/kept");
    struct baseline baseline;
    char place[16];
    result->engines[RESULT_PROFILE].present = true;
    result->engines[RESULT_PROFILE].figures[HEAPGATE_METRIC_ALLOCATIONS] = 2000;
    for (int i = 0; i < 12; i++) {
        snprintf(place, sizeof place, "f%d", i);
        add_site(result, 100 - i, "app", place, frames, 0)->allocations =
            i < 7 ? 20 + (unsigned)i : 19;
    }
    assert_true(baseline_build(result, BUDGET_SITES_PEAK, &baseline));
    assert_int_equal(baseline_kept(result, BUDGET_SITES_PEAK, &baseline), 10);
    assert_string_equal(baseline.items[0].name, "app: f0");
    baseline_free(&baseline);
    assert_true(baseline_build(result, BUDGET_SITES_ALLOCATIONS, &baseline));
    assert_int_equal(baseline_kept(result, BUDGET_SITES_ALLOCATIONS, &baseline), 7);
    assert_string_equal(baseline.items[0].name, "app: f6");
    assert_int_equal(baseline.items[0].amount, 26);
    baseline_free(&baseline);
    result->engines[RESULT_PROFILE].figures[HEAPGATE_METRIC_ALLOCATIONS] = 1000;
    assert_true(baseline_build(result, BUDGET_SITES_ALLOCATIONS, &baseline));
    assert_int_equal(baseline_kept(result, BUDGET_SITES_ALLOCATIONS, &baseline), 10);
    baseline_free(&baseline);
    result_free(result);
}

/* However many stacks and metrics there are, the rest is for the report. */
static void a_failure_is_no_longer_than_a_page(void **state) {
    (void)state;
    static const char *const frames[] = {"f (a.c:1)", "g (a.c:2)", "h (a.c:3)", "main (a.c:4)"};
    struct result *result = make_explained();
    struct buffer out = BUFFER_INIT(REPORT_BYTES_MAX);
    size_t lines = 0;
    for (int i = 0; i < 60; i++)
        add_site(result, 50 - i / 2, "app", "f <- g", frames, 0);
    result->engines[RESULT_MASSIF].figures[HEAPGATE_METRIC_PEAK]++;
    result->engines[RESULT_PROFILE].figures[HEAPGATE_METRIC_PEAK]--;
    result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_LIVE] = true;
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_LIVE] = 5;
    tell(explained_text, result, &out);
    for (size_t i = 0; i < out.length; i++)
        lines += out.bytes[i] == '\n';
    if (lines > 40)
        fail_msg("%zu lines:\n%s", lines, out.bytes);
    assert_non_null(strstr(out.bytes, "hold (own.c:5)"));
    buffer_fini(&out);
    result_free(result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_says_why),
        cmocka_unit_test(a_failure_by_calls_says_whose_are_new),
        cmocka_unit_test(what_is_all_of_the_excess_comes_first),
        cmocka_unit_test(a_failure_of_a_phase_says_whose_it_is),
        cmocka_unit_test(a_budget_keeps_what_matters),
        cmocka_unit_test(a_failure_is_no_longer_than_a_page),
    };
    return cmocka_run_group_tests_name("failure", tests, make_folder, remove_folder);
}
