/* heapgate compare --out: the pages are sound, show both sides of a case in one plot, and show a
 * hostile name as that.
 * usage: compare_pages_test [FOLDER]; with a new folder it only leaves what it tests there, for the
 * test in a browser. */
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
#include "call.h"
#include "cli/cli.h"
#include "measured.h"
#include "page_checks.h"
#include "report/html/page.h"
#include "sample.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char folder[] = "/tmp/heapgate-compare-pages.XXXXXX";

enum { CASES_SAME = 600, CASES = CASES_SAME + 4, SAMPLES = 200, ROWS_PER_PAGE = 500 };
#define GREW "cases/app~export.html"

/* ---- Two folders ---- */

static struct result *counted(const char *key, int64_t peak) {
    struct result *result = result_new(key);
    assert_non_null(result);
    result->engines[RESULT_COUNT].present = true;
    result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_PEAK] = true;
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_PEAK] = peak;
    return result;
}

static void keep(struct result *result, const char *where) {
    struct error error = {.set = false};
    assert_true(measured_now(result));
    if (!result_write(result, where, &error))
        fail_msg("%s", error.text);
    result_free(result);
}

/* A case that has everything which can be set side by side. */
static struct result *full(int64_t peak, const char *frame) {
    struct result *result = counted("app/export", peak);
    result->timeline = calloc(SAMPLES, sizeof *result->timeline);
    result->steps = calloc(SAMPLES, sizeof *result->steps);
    for (size_t i = 0; i < SAMPLES; i++) {
        result->timeline[i] = (struct result_sample){2 * i, (int64_t)i * peak / SAMPLES, 1 << 20};
        result->steps[i] = (struct result_step){1000 * i, (int64_t)i * peak / SAMPLES};
    }
    result->timeline_count = result->step_count = SAMPLES;
    result_set_points(result,
                      (struct growth_point[]){{10, peak / 2, 1000}, {20, peak, 2 * peak / 1000}}, 2,
                      true);
    result->phases = calloc(2, sizeof *result->phases);
    result->phases[0].name = strdup("read");
    result->phases[1].name = strdup(SAMPLE_HOSTILE);
    result->phases[1].peak_bytes = peak;
    result->phase_count = 2;
    result->sites = calloc(1, sizeof *result->sites);
    result->site_count = 1;
    result->sites[0].bytes = peak;
    result->sites[0].frames = calloc(3, sizeof *result->sites[0].frames);
    result->sites[0].frames[0] = strdup(frame);
    result->sites[0].frames[1] = strdup("main (main.c:3)");
    result->argv = calloc(2, sizeof *result->argv);
    result->argv[0] = strdup(SAMPLE_HOSTILE);
    assert_true(result_set_environment(result, "sqlite", frame));
    return result;
}

static int make_pages(void **state) {
    static const char *const arguments[CALL_ARGUMENTS_MAX] = {
        "compare", "base", "head", "--out", "pages", "--fail-on", "peak=5%"};
    struct buffer output = BUFFER_INIT(CALL_BYTES_MAX), message = BUFFER_INIT(CALL_BYTES_MAX);
    (void)state;
    for (int i = 0; i < CASES_SAME; i++) {
        char key[64];
        snprintf(key, sizeof key, "same/%03d", i);
        keep(counted(key, 100 + i), "base");
        keep(counted(key, 100 + i), "head");
    }
    keep(full(1000, "read_row (row.c:4)"), "base");
    keep(full(90000, SAMPLE_HOSTILE), "head");
    keep(counted("app/new", 7), "head");
    keep(counted("app/gone", 7), "base");
    struct result *broken = counted("app/broken", 7);
    broken->invalid = strdup(SAMPLE_HOSTILE);
    keep(counted("app/broken", 7), "base");
    keep(broken, "head");
    int status = call_run(cli_compare, arguments, &output, &message);
    if (status != HEAPGATE_INVALID || message.length > 0)
        print_error("status %d: %s\n", status, message.bytes);
    buffer_fini(&output);
    buffer_fini(&message);
    return status == HEAPGATE_INVALID ? 0 : -1;
}

static int make_pages_in_folder(void **state) {
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? make_pages(state) : -1;
}

static int remove_pages(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

/* ---- Tests ---- */

static const char *const pages[] = {
    "index.html",         "index-2.html",        GREW,
    "cases/app~new.html", "cases/app~gone.html", "cases/app~broken.html"};

static void every_page_is_sound(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(pages); i++) {
        char complaint[COMPLAINT_BYTES];
        if (!page_check("pages", pages[i], complaint))
            fail_msg("%s: %s", pages[i], complaint);
    }
    assert_int_not_equal(access("pages/cases/same~000.html", F_OK), 0);
}

static const struct {
    const char *name, *page, *xpath;
    int count;
} counts[] = {
    {"a row for each case", "index.html", "//section[h2='Cases']//tbody/tr", ROWS_PER_PAGE},
    {"the others on the next page", "index-2.html", "//section[h2='Cases']//tbody/tr",
     CASES - ROWS_PER_PAGE},
    {"what grew comes first", "index.html",
     "(//section[h2='Cases']//tbody/tr)[1][th='app/export'][contains(., 'OVER: peak by more than "
     "5%')]",
     1},
    {"then what is unknown", "index.html", "(//section[h2='Cases']//tbody/tr)[2][th='app/broken']",
     1},
    {"a bar for each that both have", "index.html", "//td[@class='bar']/svg", ROWS_PER_PAGE - 3},
    {"one is beyond its base", "index.html", "//rect[@class='beyond']", 1},
    {"four plots", GREW, "//figure//svg", 4},
    {"each with two lines", GREW, "//figure//polyline", 8},
    {"both named", GREW, "//figure//*[contains(@class, 'names')]//text[.='base' or .='head']", 8},
    {"both peaks named", GREW, "//figure//*[contains(@class, 'names')]//text[contains(., 'peak')]",
     4},
    {"every figure", GREW,
     "//section[h2='Figures']//tr[th='peak'][td='1,000 B'][td='90,000 B']"
     "[td='+89,000 B'][td='90x'][td='OVER: 5%']",
     1},
    {"phases", GREW, "//section[h2='Figures']//tr[th='read']", 1},
    {"a stack that is gone", GREW, "//tr[th='gone'][contains(., 'read_row (row.c)')]", 1},
    {"a stack that was added", GREW, "//tr[th='added'][contains(., 'main (main.c)')]", 1},
    {"what is not compared has no figures", "cases/app~broken.html", "//table", 0},
    {"what is only in head says so", "cases/app~new.html", "//p[contains(., 'Only head has it.')]",
     1},
};

static void pages_show_what_changed(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        int count = page_count("pages", counts[i].page, counts[i].xpath);
        if (count != counts[i].count)
            fail_msg("%s: %d of %s in %s, wanted %d", counts[i].name, count, counts[i].xpath,
                     counts[i].page, counts[i].count);
    }
}

/* Frames, phases, commands and reasons come from outside. */
static void hostile_names_are_text(void **state) {
    (void)state;
    char *text = page_text("pages", GREW, "//tr[th='added']/td[last()]");
    assert_non_null(text);
    assert_non_null(strstr(text, SAMPLE_HOSTILE));
    free(text);
    text = page_text("pages", "cases/app~broken.html", "//main/p");
    assert_non_null(text);
    assert_non_null(strstr(text, "invalid in head: " SAMPLE_HOSTILE));
    free(text);
}

static void other_folders_are_left_alone(void **state) {
    (void)state;
    assert_true(file_make_directories("mine", NULL) && file_write("mine/file", "x", 1, NULL));
    call_expect(cli_compare,
                &(struct call){"mine",
                               {"compare", "base", "head", "--out", "mine"},
                               2,
                               "",
                               "heapgate compare: mine: will not be replaced: expected a report "
                               "(with a file " PAGE_NOTE "), an empty folder, or nothing\n"});
    call_expect(cli_compare,
                &(struct call){"nowhere",
                               {"compare", "base", "head", "--out", ""},
                               2,
                               "",
                               "heapgate compare: --out: expected the name of a folder\n"});
    assert_int_equal(access("mine/file", R_OK), 0);
}

static void leave_pages(void **state) {
    assert_int_equal(make_pages(state), 0);
}

int main(int argc, char **argv) {
    const struct CMUnitTest leave[] = {cmocka_unit_test(leave_pages)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_is_sound),
        cmocka_unit_test(pages_show_what_changed),
        cmocka_unit_test(hostile_names_are_text),
        cmocka_unit_test(other_folders_are_left_alone),
    };
    if (argc > 1)
        return chdir(argv[1]) == 0
                   ? cmocka_run_group_tests_name("leaving the pages", leave, NULL, NULL)
                   : 1;
    return cmocka_run_group_tests_name("compare pages", tests, make_pages_in_folder, remove_pages);
}
