/* heapgate check and heapgate update as they are called: output, messages and exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "call.h"
#include "cli/cli.h"
#include "gate/judged.h"
#include "measured.h"

static char folder[] = "/tmp/heapgate-verbs.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

static void run(const struct call *call) {
    call_expect(strcmp(call->arguments[0], "check") == 0 ? cli_check : cli_update, call);
}

static void write_result(const char *key, int64_t peak, const char *control, const char *invalid) {
    struct result *result = result_new(key);
    result->engines[RESULT_COUNT] =
        (struct result_usage){.present = true, .has = {true, true}, .figures = {peak, 100}};
    result->has_units = true;
    result->units = 50;
    result->invalid = invalid != NULL ? strdup(invalid) : NULL;
    if (control != NULL)
        assert_true(result_set_environment(result, "control", control));
    assert_true(measured_now(result) && result_write(result, "heapgate-results", NULL));
    result_free(result);
}

static void start(const char *budgets) {
    assert_true(file_remove_tree("heapgate-results", NULL) && file_remove_tree("budgets", NULL));
    assert_true(file_make_directories("budgets", NULL) &&
                file_make_directories("heapgate-results", NULL));
    if (budgets != NULL)
        assert_true(file_write("budgets/json.yaml", budgets, strlen(budgets), NULL));
}

#define BUDGETS "schema: 1\ncases:\n  a: { units: 50, peak: 96 KiB, allocations: 100 } # why\n"

static void wrong_calls_are_refused(void **state) {
    (void)state;
    static const struct call calls[] = {
        {"option",
         {"check", "--fast"},
         2,
         "",
         "heapgate check: unknown option \"--fast\": accepted are --budgets, --results, "
         "--case, --run, --color, --format, --help\n"},
        {"value", {"update", "--case"}, 2, "", "heapgate update: --case needs a value: GLOB\n"},
        {"operand",
         {"update", "x"},
         2,
         "",
         "heapgate update: unexpected argument \"x\": accepted are --budgets, --results, "
         "--case, --raise, --sites, --run, --phases, --dry-run, --color, --help\n"},
        {"value of none",
         {"update", "--raise=yes"},
         2,
         "",
         "heapgate update: --raise takes no value: found \"yes\"\n"},
        {"format",
         {"check", "--format", "html"},
         2,
         "",
         "heapgate check: --format: unknown format \"html\": expected one of text, markdown, "
         "junit, "
         "github, openmetrics, bmf\n"},
        {"colour",
         {"check", "--color", "red"},
         2,
         "",
         "heapgate check: --color: unknown \"red\"; there are auto, always and never\n"},
        {"no budgets",
         {"check", "--budgets", "none"},
         2,
         "",
         "heapgate check: none: cannot read the budgets: No such file or directory\n"},
        {"no results folder",
         {"check", "--results", "none"},
         3,
         "",
         "heapgate check: none: cannot read the results: No such file or directory\n"},
        {"no results",
         {"check"},
         3,
         "",
         "heapgate check: heapgate-results: no results: expected what heapgate run writes\n"},
        {"no results to update from",
         {"update"},
         3,
         "",
         "heapgate update: heapgate-results: no results: expected what heapgate run writes\n"},
    };
    start(BUDGETS);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        run(&calls[i]);
}

static void check_judges_all(void **state) {
    (void)state;
    start(BUDGETS);
    write_result("json/a", 98304, NULL, NULL);
    run(&(struct call){"ok",
                       {"check"},
                       0,
                       "case    engine  metric  measured    budget  head-room  verdict\n"
                       "json/a  count   peak    96.0 KiB  96.0 KiB        0 B  ok\n\n"
                       "1 case: 1 within budget\n",
                       ""});
    run(&(struct call){"glob",
                       {"check", "--case", "xml/*"},
                       2,
                       "",
                       "heapgate check: no case matches \"xml/*\"\n"});
    run(&(struct call){
        "colour",
        {"check", "--color=always"},
        0,
        "case    engine  metric  measured    budget  head-room  verdict\n"
        "json/a  count   peak    96.0 KiB  96.0 KiB        0 B  \033[32mok\033[0m\n\n"
        "1 case: 1 within budget\n",
        ""});
    write_result("json/b", 1, NULL, NULL);
    run(&(struct call){"github",
                       {"check", "--format", "github"},
                       3,
                       "::error title=INVALID json/b::INVALID json/b%0A"
                       "  no budget: looked for b among the cases of budgets/json.yaml%0A"
                       "  to add it:%0A    heapgate update --budgets budgets --results "
                       "heapgate-results --case json/b --raise\n"
                       "2 cases: 1 within budget, 1 invalid\n",
                       ""});
    assert_true(file_write("heapgate-results/json/b.json", "{", 1, NULL));
    run(&(struct call){"hostile",
                       {"check"},
                       3,
                       "",
                       "heapgate check: heapgate-results/json/b.json:1: not JSON: string or '}' "
                       "expected near end of file\n"});
}

/* The worst of all cases is the exit status, wherever it stands among them. */
static void the_worst_case_decides(void **state) {
    (void)state;
    enum { OVER = 2, FINE = 1, STALE = 0 }; /* measured, where each budget is 1 with a slack of 0 */
    static const struct {
        const char *name;
        int64_t peaks[3]; /* -1: there is no such result */
        int status;
        const char *last_line;
    } rows[] = {
        {"over first", {OVER, FINE, FINE}, 1, "3 cases: 2 within budget, 1 over\n"},
        {"over last", {FINE, FINE, OVER}, 1, "3 cases: 2 within budget, 1 over\n"},
        {"stale first", {STALE, FINE, FINE}, 4, "3 cases: 2 within budget, 1 stale\n"},
        {"stale, then over", {STALE, OVER, FINE}, 1, "3 cases: 1 within budget, 1 over, 1 stale\n"},
        {"over, then stale", {OVER, STALE, FINE}, 1, "3 cases: 1 within budget, 1 over, 1 stale\n"},
        {"unmeasured first", {-1, FINE, OVER}, 3, "3 cases: 1 within budget, 1 over, 1 invalid\n"},
        {"unmeasured last", {OVER, FINE, -1}, 3, "3 cases: 1 within budget, 1 over, 1 invalid\n"},
        {"none", {FINE, FINE, FINE}, 0, "3 cases: 3 within budget\n"},
    };
    static const char *const keys[] = {"json/a", "json/b", "json/c"};
    static const char *const formats[] = {"text",   "markdown",    "junit",
                                          "github", "openmetrics", "bmf"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start("schema: 1\ndefaults: { slack: 0 }\ncases:\n  a: { peak: 1 }\n  b: { peak: 1 }\n"
              "  c: { peak: 1 }\n");
        for (size_t key = 0; key < 3; key++)
            if (rows[i].peaks[key] >= 0)
                write_result(keys[key], rows[i].peaks[key], NULL, NULL);
        for (size_t format = 0; format < sizeof formats / sizeof formats[0]; format++) {
            const char *const arguments[] = {"check", "--format", formats[format], NULL};
            struct buffer output = BUFFER_INIT(CALL_BYTES_MAX),
                          message = BUFFER_INIT(CALL_BYTES_MAX);
            int status = call_run(cli_check, arguments, &output, &message);
            size_t length = strlen(rows[i].last_line);
            bool ends = output.length >= length &&
                        strcmp(output.bytes + output.length - length, rows[i].last_line) == 0;
            if (status != rows[i].status || (format == 0 && !ends))
                fail_msg("%s, as %s: status %d, wanted %d, and \"%s\" at the end of\n%s",
                         rows[i].name, formats[format], status, rows[i].status, rows[i].last_line,
                         output.bytes);
            buffer_fini(&output);
            buffer_fini(&message);
        }
    }
}

static void update_writes_and_refuses(void **state) {
    (void)state;
    struct buffer text = BUFFER_INIT(4096);
    start(BUDGETS);
    write_result("json/a", 99328, NULL, NULL);
    run(&(struct call){"raise refused",
                       {"update"},
                       1,
                       "budgets/json.yaml:3 json/a peak 96 KiB \xe2\x86\x92 97 KiB\n",
                       "heapgate update: these would be raised, and nothing was written: if they "
                       "are meant, add --raise; if not, choose other cases with --case\n"});
    run(&(struct call){"dry run",
                       {"update", "--raise", "--dry-run"},
                       0,
                       "--- budgets/json.yaml\n+++ budgets/json.yaml\n@@ -3,1 +3,1 @@\n"
                       "-  a: { units: 50, peak: 96 KiB, allocations: 100 } # why\n"
                       "+  a: { units: 50, peak: 97 KiB, allocations: 100 } # why\n",
                       ""});
    assert_true(file_read("budgets/json.yaml", &text, NULL));
    assert_string_equal(text.bytes, BUDGETS);
    run(&(struct call){"raise",
                       {"update", "--raise"},
                       0,
                       "budgets/json.yaml:3 json/a peak 96 KiB \xe2\x86\x92 97 KiB\n",
                       ""});
    run(&(struct call){"again", {"update", "--raise"}, 0, "", ""});
    run(&(struct call){"no match",
                       {"update", "--case", "xml/*"},
                       2,
                       "",
                       "heapgate update: no result matches \"xml/*\"\n"});
    write_result("json/a", 98304, NULL, NULL);
    run(&(struct call){"lower",
                       {"update"},
                       0,
                       "budgets/json.yaml:3 json/a peak 97 KiB \xe2\x86\x92 96 KiB\n",
                       ""});
    buffer_clear(&text);
    assert_true(file_read("budgets/json.yaml", &text, NULL));
    assert_string_equal(text.bytes, BUDGETS);
    write_result("json/a", 98304, "rows buffered", NULL);
    run(&(struct call){"control",
                       {"update"},
                       3,
                       "",
                       "heapgate update: json/a: a result of the control \"rows buffered\" never "
                       "becomes a budget\n"});
    struct result *massif = result_new("json/a");
    massif->engines[RESULT_MASSIF] =
        (struct result_usage){.present = true, .has = {true}, .figures = {98304}};
    massif->has_units = true;
    massif->units = 50;
    assert_true(result_write(massif, "heapgate-results", NULL));
    result_free(massif);
    run(&(struct call){"not counted",
                       {"update", "--raise"},
                       3,
                       "",
                       "heapgate update: json/a: cannot become a budget: it was not measured by "
                       "engine count\n"});
    write_result("json/a", 98304, NULL, "the engines disagree");
    run(&(struct call){"invalid",
                       {"update"},
                       3,
                       "",
                       "heapgate update: json/a: cannot become a budget: the engines disagree\n"});
    buffer_fini(&text);
}

/* Every engine's peak is held to the one figure: the budget must be of the highest. */
static void every_engine_fits_in_the_new_budget(void **state) {
    (void)state;
    static const struct {
        enum result_engine other;
        int64_t counted, seen;
    } rows[] = {{RESULT_PROFILE, 98304, 99328},
                {RESULT_MASSIF, 98304, 99328},
                {RESULT_PROFILE, 99328, 98304},
                {RESULT_MASSIF, 99328, 98304}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start(BUDGETS);
        struct result *result = result_new("json/a");
        result->engines[RESULT_COUNT] = (struct result_usage){
            .present = true, .has = {true, true}, .figures = {rows[i].counted, 100}};
        result->engines[rows[i].other] =
            (struct result_usage){.present = true, .has = {true}, .figures = {rows[i].seen}};
        result->has_units = true;
        result->units = 50;
        assert_true(measured_now(result) && result_write(result, "heapgate-results", NULL));
        result_free(result);
        run(&(struct call){
            "over by one engine",
            {"update"},
            1,
            "budgets/json.yaml:3 json/a peak 96 KiB \xe2\x86\x92 97 KiB\n",
            "heapgate update: these would be raised, and nothing was written: if "
            "they are meant, add --raise; if not, choose other cases with --case\n"});
        run(&(struct call){"raised to the higher",
                           {"update", "--raise"},
                           0,
                           "budgets/json.yaml:3 json/a peak 96 KiB \xe2\x86\x92 97 KiB\n",
                           ""});
        run(&(struct call){
            "checked", {"check", "--format", "github"}, 0, "1 case: 1 within budget\n", ""});
    }
}

static void the_first_budget_is_made(void **state) {
    (void)state;
    start(NULL);
    write_result("json/a", 98304, NULL, NULL);
    write_result("xml/a/b", 5, NULL, NULL);
    run(&(struct call){"first",
                       {"update", "--raise", "--budgets", "new/budgets"},
                       0,
                       "new/budgets/json.yaml:7 json/a peak none \xe2\x86\x92 96 KiB\n"
                       "new/budgets/json.yaml:8 json/a allocations none \xe2\x86\x92 100\n"
                       "new/budgets/xml.yaml:7 xml/a/b peak none \xe2\x86\x92 5 B\n"
                       "new/budgets/xml.yaml:8 xml/a/b allocations none \xe2\x86\x92 100\n",
                       ""});
    run(&(struct call){"checked",
                       {"check", "--budgets", "new/budgets", "--format", "github"},
                       0,
                       "2 cases: 2 within budget\n",
                       ""});
}

/* Results of a heapgate that did not note what it measured. */
static void a_result_of_nothing_is_refused(void **state) {
    (void)state;
    start(BUDGETS);
    struct result *result = result_new("json/a");
    result->engines[RESULT_COUNT] =
        (struct result_usage){.present = true, .has = {true, true}, .figures = {98304, 100}};
    result->has_units = true;
    result->units = 50;
    assert_true(result_write(result, "heapgate-results", NULL));
    result_free(result);
    run(&(struct call){
        "check",
        {"check", "--format", "github"},
        3,
        "::error file=budgets/json.yaml,line=3,title=INVALID json/a::INVALID json/a%0A"
        "  it was measured by a heapgate that did not note what it measured: measure it "
        "again (budgets/json.yaml:3)%0A  to measure it again:%0A"
        "    heapgate run --case json/a --engine count --results heapgate-results "
        "--units 50 -- COMMAND\n1 case: 1 invalid\n",
        ""});
    run(&(struct call){
        "update",
        {"update"},
        3,
        "",
        "heapgate update: json/a: cannot become a budget: it was measured by a heapgate "
        "that did not note what it measured: measure it again\n  to measure it again:\n"
        "    heapgate run --case json/a --engine count --results heapgate-results "
        "--units 50 -- COMMAND\n"});
}

/* However many cases fail, the call stacks of the first are told, and all are counted. */
static void many_failures_are_told(void **state) {
    (void)state;
    enum { CASES = JUDGED_EXPLAINED_MAX + 5 };
    static const char *const arguments[] = {"check", NULL};
    struct buffer budgets = BUFFER_INIT(1 << 20), output = BUFFER_INIT(CALL_BYTES_MAX),
                  message = BUFFER_INIT(CALL_BYTES_MAX);
    assert_true(buffer_append_text(&budgets, "schema: 1\ncases:\n"));
    for (int i = 0; i < CASES; i++)
        assert_true(buffer_printf(&budgets, "  c%03d: { units: 50, peak: 1 }\n", i));
    start(budgets.bytes);
    for (int i = 0; i < CASES; i++) {
        char key[32];
        snprintf(key, sizeof key, "json/c%03d", i);
        struct result *result = result_new(key);
        result->engines[RESULT_COUNT] =
            (struct result_usage){.present = true, .has = {true}, .figures = {100}};
        result->has_units = true;
        result->units = 50;
        result->sites = calloc(1, sizeof *result->sites);
        result->sites[0].bytes = 100;
        result->sites[0].frames = calloc(2, sizeof *result->sites[0].frames);
        result->sites[0].frames[0] = strdup("held_it (a.c:1)");
        result->site_count = 1;
        assert_true(measured_now(result) && result_write(result, "heapgate-results", NULL));
        result_free(result);
    }
    assert_int_equal(call_run(cli_check, arguments, &output, &message), HEAPGATE_OVER);
    size_t told = 0;
    for (const char *at = output.bytes; (at = strstr(at, "held_it (a.c:1)")) != NULL; at++)
        told++;
    assert_int_equal(told, JUDGED_EXPLAINED_MAX);
    assert_non_null(strstr(output.bytes, "\n105 cases: 105 over\n"));
    buffer_fini(&budgets);
    buffer_fini(&output);
    buffer_fini(&message);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_failures_are_told),
        cmocka_unit_test(wrong_calls_are_refused),
        cmocka_unit_test(check_judges_all),
        cmocka_unit_test(a_result_of_nothing_is_refused),
        cmocka_unit_test(the_worst_case_decides),
        cmocka_unit_test(update_writes_and_refuses),
        cmocka_unit_test(every_engine_fits_in_the_new_budget),
        cmocka_unit_test(the_first_budget_is_made),
    };
    return cmocka_run_group_tests_name("verbs", tests, make_folder, remove_folder);
}
