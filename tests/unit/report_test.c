/* Views over judged cases: the words, the table, and that nothing breaks out of a markup. */
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
#include "gate/judged.h"
#include "report/escape.h"
#include "report/view.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char folder[] = "/tmp/heapgate-report.XXXXXX";

static const char budgets_text[] = "schema: 1\n"
                                   "defaults: { tolerance: 2%, slack: 25%, live: 0 B }\n"
                                   "cases:\n"
                                   "  fine: { units: 50, peak: 96 KiB, allocations: 100 }\n"
                                   "  buffered:\n"
                                   "    units: 50\n"
                                   "    peak: 96 KiB\n"
                                   "    allocations: 100\n"
                                   "  leaner: { peak: 4 MiB }\n"
                                   "  forgotten: { peak: 1 }\n"
                                   "  wrong/units: { units: 60, peak: 1 }\n"
                                   "  failed: { peak: 1 }\n";

static struct heapgate_budgets *budgets;
static struct result_list results;
static struct judged_list list;

static void add_result(const char *key, int64_t peak, int64_t allocations, int64_t live) {
    struct result *result = result_new(key);
    struct result_usage *count = &result->engines[RESULT_COUNT];
    *count = (struct result_usage){.present = true,
                                   .has = {true, true, true},
                                   .figures = {peak, allocations, live},
                                   .wall_ms = 1204};
    result->has_units = true;
    result->units = 50;
    results.items = reallocarray(results.items, results.count + 1, sizeof(*results.items));
    results.items[results.count++] = result;
}

static void add_crossing(struct result *result, int frames) {
    result->limit_bytes = 100270;
    result->crossing = calloc((size_t)frames + 1, sizeof *result->crossing);
    for (int i = 0; i < frames; i++)
        if (asprintf(&result->crossing[i], i == 0 ? "rows_keep (rows.c:12) <T>" : "frame%d", i) < 0)
            abort();
}

static int make_cases(void **state) {
    (void)state;
    struct error error = {0};
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return -1;
    if (!file_write("json.yaml", budgets_text, sizeof budgets_text - 1, NULL) ||
        budget_load("json.yaml", 0, &budgets, &error) != HEAPGATE_OK)
        return -1;
    add_result("json/buffered", 57158809, 102, 32); /* sorted by case, as a folder is read */
    add_crossing(results.items[0], 12);
    results.items[0]->engines[RESULT_MASSIF] =
        (struct result_usage){.present = true, .has = {true}, .figures = {57158000}};
    add_result("json/failed", 1, 1, 0);
    results.items[1]->exit_status = 137;
    add_result("json/fine", 98304, 100, 0);
    results.items[2]->engines[RESULT_MASSIF] =
        (struct result_usage){.present = true, .has = {true}, .figures = {98000}};
    add_result("json/leaner", 1024, 1, 0);
    add_result("json/new", 1024, 1, 0);
    add_result("json/wrong/units", 1, 1, 0);
    return judged_list_build(budgets, &results, NULL, &list) ? 0 : -1;
}

static int remove_cases(void **state) {
    (void)state;
    judged_list_free(&list);
    result_list_free(&results);
    budget_free(budgets);
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

static const struct report_options options = {.budgets = "json.yaml", .results = "my results"};

static void expect_view(const char *name, const struct judged_list *judged, const char *wanted) {
    struct buffer out = BUFFER_INIT(REPORT_BYTES_MAX);
    struct error error = {0};
    const struct report_view *view = report_view_find(name, &error);
    assert_non_null(view);
    assert_true(view->render(judged, &options, &out));
    if (strcmp(out.bytes, wanted) != 0)
        fail_msg("%s: wanted:\n%s\ngot:\n%s", name, wanted, out.bytes);
    buffer_fini(&out);
}

#define COMMAND(key, raise)                                                                        \
    "    heapgate update --budgets json.yaml --results 'my results' --case json/" key raise "\n"
#define BUFFERED                                                                                   \
    "OVER json/buffered\n"                                                                         \
    "  peak, by count\n"                                                                           \
    "    measured    57,158,809 B (54.5 MiB)\n"                                                    \
    "    budget      98,304 B (96.0 KiB), at most 100,270 B with its tolerance\n"                  \
    "    difference  +57,058,539 B (54.4 MiB) over, 570 times the limit\n"                         \
    "    at          json.yaml:7\n"                                                                \
    "  peak, by massif\n"                                                                          \
    "    measured    57,158,000 B (54.5 MiB)\n"                                                    \
    "    budget      98,304 B (96.0 KiB), at most 100,270 B with its tolerance\n"                  \
    "    difference  +57,057,730 B (54.4 MiB) over, 570 times the limit\n"                         \
    "    at          json.yaml:7\n"                                                                \
    "  live, by count\n"                                                                           \
    "    measured    32 B\n"                                                                       \
    "    budget      0 B\n"                                                                        \
    "    difference  +32 B over\n"                                                                 \
    "    at          json.yaml:2\n"                                                                \
    "  the allocation that first went beyond 100,270 B:\n"                                         \
    "    #0  rows_keep (rows.c:12) <T>\n"                                                          \
    "    #1  frame1\n    #2  frame2\n    #3  frame3\n    #4  frame4\n    #5  frame5\n"             \
    "    #6  frame6\n    #7  frame7\n    #8  frame8\n    #9  frame9\n"                             \
    "    and 2 more\n"                                                                             \
    "  if this is intended:\n" COMMAND("buffered", " --raise")

static void the_text_view(void **state) {
    (void)state;
    expect_view(
        "text", &list,
        "case              engine  metric  measured    budget  head-room  verdict\n"
        "json/buffered     count   peak    54.5 MiB  96.0 KiB  -54.4 MiB  OVER\n"
        "json/buffered     massif  peak    54.5 MiB  96.0 KiB  -54.4 MiB  OVER\n"
        "json/buffered     count   live        32 B       0 B      -32 B  OVER\n"
        "json/failed                                                      INVALID\n"
        "json/fine         count   peak    96.0 KiB  96.0 KiB    1.9 KiB  ok\n"
        "json/fine         massif  peak    95.7 KiB  96.0 KiB    2.2 KiB  ok\n"
        "json/forgotten                                                   INVALID\n"
        "json/leaner       count   peak     1.0 KiB   4.0 MiB    4.1 MiB  STALE\n"
        "json/new                                                         INVALID\n"
        "json/wrong/units                                                 INVALID\n"
        "\n" BUFFERED "\nINVALID json/failed\n"
        "  the command ended with status 137 (as after signal 9, Killed) (json.yaml:12)\n"
        "\nINVALID json/forgotten\n"
        "  a budget without a result: the case was not measured (json.yaml:10)\n"
        "  to mend it: measure the case, or take it out of the budgets\n"
        "\nSTALE json/leaner\n"
        "  peak, by count\n"
        "    measured    1,024 B (1.0 KiB)\n"
        "    budget      4,194,304 B (4.0 MiB), at least 3,145,728 B with its slack\n"
        "    difference  -3,144,704 B (-3.0 MiB), below its slack\n"
        "    at          json.yaml:9\n"
        "  to lower the budget to what was measured:\n" COMMAND(
            "leaner",
            "") "\nINVALID json/new\n"
                "  no budget: looked for new among the cases of json.yaml\n"
                "  to add it:\n" COMMAND(
                    "new",
                    " --raise") "\nINVALID json/wrong/units\n"
                                "  measured 50 units where the budget is for 60 (json.yaml:11)\n"
                                "\n7 cases: 1 within budget, 1 over, 1 stale, 4 invalid\n");
    assert_int_equal(list.status, HEAPGATE_INVALID);
}

/* A single case whose words are hostile; its verdict has no row. */
static struct judged_list hostile(struct judged_case *judged, const char *message) {
    *judged = (struct judged_case){.case_key = "g/<script>|`x`",
                                   .result = results.items[0],
                                   .status = HEAPGATE_INVALID,
                                   .file = "a,b:c\n%.yaml",
                                   .line = 3};
    snprintf(judged->message, sizeof judged->message, "%s", message);
    return (struct judged_list){.items = judged, .count = 1, .status = HEAPGATE_INVALID};
}

#define EVIL "]]></error> \"'&\x01\n| **b** \xff"

static void markup_is_escaped(void **state) {
    (void)state;
    struct judged_case judged;
    struct judged_list one = hostile(&judged, EVIL);
    expect_view(
        "junit", &one,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
        "  <testsuite name=\"heapgate\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
        "    <testcase classname=\"g\" name=\"&lt;script&gt;|`x`\" "
        "file=\"a,b:c&#10;%.yaml\" line=\"3\" time=\"1.204\">\n"
        "      <error type=\"INVALID\" message=\"]]&gt;&lt;/error&gt; &quot;&apos;&amp;"
        "\xef\xbf\xbd&#10;| **b** \xef\xbf\xbd\">"
        "INVALID g/&lt;script&gt;|`x`&#10;"
        "  ]]&gt;&lt;/error&gt; &quot;&apos;&amp;?&#10;| **b** \xef\xbf\xbd "
        "(a,b:c&#10;%.yaml:3)&#10;</error>\n"
        "    </testcase>\n  </testsuite>\n</testsuites>\n");
    expect_view("github", &one,
                "::error file=a%2Cb%3Ac%0A%25.yaml,line=3,title=INVALID g/<script>|`x`::"
                "INVALID g/<script>|`x`%0A  ]]></error> \"'&?%0A| **b** \xef\xbf\xbd "
                "(a,b:c%0A%25.yaml:3)\n"
                "1 case: 1 invalid\n");
    expect_view("markdown", &one,
                "### Heap budgets\n\n1 case: 1 invalid\n\n"
                "| case | engine | metric | measured | budget | head-room | verdict |\n"
                "| --- | --- | --- | ---: | ---: | ---: | --- |\n"
                "| g/&lt;script&gt;\\|\\`x\\` | | | | | | **INVALID** |\n\n"
                "    INVALID g/<script>|`x`\n      ]]></error> \"'&?\n    | **b** \xef\xbf\xbd "
                "(a,b:c\n    %.yaml:3)\n");
}

static void each_escape(void **state) {
    (void)state;
    static const struct {
        void (*put)(struct writer *writer, const char *text);
        const char *text, *wanted;
    } escapes[] = {
        {put_xml, "a\tb\r\xef\xbf\xbf\xef\xbf\xbe<\xed\xa0\x80",
         "a&#9;b&#13;\xef\xbf\xbd\xef\xbf\xbd&lt;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {put_markdown, "a_b*c\n[d](e)#~\\", "a\\_b\\*c \\[d\\](e)\\#\\~\\\\"},
        {put_github_message, "50%\r\n::x,y", "50%25%0D%0A::x,y"},
        {put_github_property, "50%\r\n::x,y", "50%25%0D%0A%3A%3Ax%2Cy"},
        {put_openmetrics_label, "a\\\"\n\t<", "a\\\\\\\"\\n?<"},
        {put_plain, "a\033[31m\nb\xc3\xa9", "a?[31m\nb\xc3\xa9"},
        {put_shell, "budgets/json.yaml", "budgets/json.yaml"},
        {put_shell, "", "''"},
        {put_shell, "it's $HOME", "'it'\\''s $HOME'"},
    };
    for (size_t i = 0; i < COUNT(escapes); i++) {
        struct buffer out = BUFFER_INIT(4096);
        struct writer writer = {.buffer = &out};
        escapes[i].put(&writer, escapes[i].text);
        if (writer.failed || strcmp(out.bytes, escapes[i].wanted) != 0)
            fail_msg("row %zu, \"%s\": wanted \"%s\", got \"%s\"", i, escapes[i].text,
                     escapes[i].wanted, out.bytes);
        buffer_fini(&out);
    }
}

static void views_of_figures(void **state) {
    (void)state;
    struct judged_list stale = {.status = HEAPGATE_STALE};
    assert_true(judged_list_build(budgets, &results, "json/le*", &stale));
    assert_int_equal(stale.count, 1);
    expect_view("markdown", &stale,
                "### Heap budgets\n\n1 case: 1 stale\n\n"
                "| case | engine | metric | measured | budget | head-room | verdict |\n"
                "| --- | --- | --- | ---: | ---: | ---: | --- |\n"
                "| json/leaner | count | peak | 1,024 B | 4,194,304 B | 4,277,166 B | **STALE** |\n"
                "| json/leaner | count | live | 0 B | 0 B | 0 B | ok |\n\n"
                "    STALE json/leaner\n"
                "      peak, by count\n"
                "        measured    1,024 B (1.0 KiB)\n"
                "        budget      4,194,304 B (4.0 MiB), at least 3,145,728 B with its slack\n"
                "        difference  -3,144,704 B (-3.0 MiB), below its slack\n"
                "        at          json.yaml:9\n"
                "      to lower the budget to what was measured:\n    " COMMAND("leaner", ""));
    judged_list_free(&stale);
}

/* What was not measured has no figure; the verdict says so. */
static void views_for_machines(void **state) {
    (void)state;
    struct judged_list some = {.status = HEAPGATE_OK};
    assert_true(judged_list_build(budgets, &results, "json/f*", &some));
    expect_view("openmetrics", &some,
                "# TYPE heapgate_status gauge\n"
                "# HELP heapgate_status the exit status of a case: 0 within budget, 1 over, 3 no "
                "valid measurement, 4 stale\n"
                "heapgate_status{case=\"json/failed\"} 3\n"
                "heapgate_status{case=\"json/fine\"} 0\n"
                "heapgate_status{case=\"json/forgotten\"} 3\n"
                "# TYPE heapgate_peak_bytes gauge\n"
                "# UNIT heapgate_peak_bytes bytes\n"
                "# HELP heapgate_peak_bytes largest sum of live requested bytes\n"
                "heapgate_peak_bytes{case=\"json/fine\",engine=\"count\"} 98304\n"
                "heapgate_peak_bytes{case=\"json/fine\",engine=\"massif\"} 98000\n"
                "# TYPE heapgate_peak_limit_bytes gauge\n"
                "# UNIT heapgate_peak_limit_bytes bytes\n"
                "# HELP heapgate_peak_limit_bytes the budget with its tolerance: peak\n"
                "heapgate_peak_limit_bytes{case=\"json/fine\",engine=\"count\"} 100270\n"
                "heapgate_peak_limit_bytes{case=\"json/fine\",engine=\"massif\"} 100270\n"
                "# TYPE heapgate_allocations gauge\n"
                "# HELP heapgate_allocations calls that allocated\n"
                "heapgate_allocations{case=\"json/fine\",engine=\"count\"} 100\n"
                "# TYPE heapgate_allocations_limit gauge\n"
                "# HELP heapgate_allocations_limit the budget with its tolerance: allocations\n"
                "heapgate_allocations_limit{case=\"json/fine\",engine=\"count\"} 102\n"
                "# TYPE heapgate_live_bytes gauge\n"
                "# UNIT heapgate_live_bytes bytes\n"
                "# HELP heapgate_live_bytes requested bytes not freed at the end\n"
                "heapgate_live_bytes{case=\"json/fine\",engine=\"count\"} 0\n"
                "# TYPE heapgate_live_limit_bytes gauge\n"
                "# UNIT heapgate_live_limit_bytes bytes\n"
                "# HELP heapgate_live_limit_bytes the budget with its tolerance: live\n"
                "heapgate_live_limit_bytes{case=\"json/fine\",engine=\"count\"} 0\n"
                "# EOF\n");
    expect_view("bmf", &some,
                "{\n  \"json/fine\": {\n"
                "    \"count-peak-bytes\": {\n      \"value\": 98304\n    },\n"
                "    \"massif-peak-bytes\": {\n      \"value\": 98000\n    },\n"
                "    \"count-allocations\": {\n      \"value\": 100\n    },\n"
                "    \"count-live-bytes\": {\n      \"value\": 0\n    }\n"
                "  }\n}\n");
    judged_list_free(&some);
}

static void expect_in(const char *view_name, const char *text, const char *wanted) {
    if (strstr(text, wanted) == NULL)
        fail_msg("%s: no \"%s\" in\n%s", view_name, wanted, text);
}

/* Each case that is not within its budget is told by every view that tells failures, and is among
 * those that it counts. */
static void no_view_hides_a_verdict(void **state) {
    (void)state;
    struct buffer out = BUFFER_INIT(REPORT_BYTES_MAX);
    struct error error = {0};
    const struct report_view *view = report_view_find("junit", &error);
    assert_true(view->render(&list, &options, &out));
    expect_in("junit", out.bytes, "tests=\"7\" failures=\"2\" errors=\"4\" skipped=\"0\"");
    expect_in("junit", out.bytes,
              "      <failure type=\"OVER\" message=\"peak 57,158,809 B, expected at most 100,270 "
              "B\">");
    expect_in("junit", out.bytes,
              "name=\"leaner\" file=\"json.yaml\" line=\"9\" time=\"1.204\">\n"
              "      <failure type=\"STALE\" message=\"peak 1,024 B, expected at least 3,145,728 "
              "B\">");
    expect_in("junit", out.bytes,
              "      <error type=\"INVALID\" message=\"a budget without a result: the case was not "
              "measured\">");
    expect_in("junit", out.bytes, "name=\"fine\" file=\"json.yaml\" line=\"4\" time=\"1.204\"/>");
    buffer_clear(&out);
    view = report_view_find("github", &error);
    assert_true(view->render(&list, &options, &out));
    expect_in("github", out.bytes, "::error file=json.yaml,line=7,title=OVER json/buffered::");
    expect_in("github", out.bytes, "::error file=json.yaml,line=9,title=STALE json/leaner::");
    expect_in("github", out.bytes, "::error file=json.yaml,line=10,title=INVALID json/forgotten::");
    buffer_clear(&out);
    view = report_view_find("openmetrics", &error);
    assert_true(view->render(&list, &options, &out));
    expect_in("openmetrics", out.bytes, "heapgate_status{case=\"json/buffered\"} 1\n");
    expect_in("openmetrics", out.bytes, "heapgate_status{case=\"json/leaner\"} 4\n");
    buffer_fini(&out);
}

/* What is told of a case is its first figure out of bounds, and where that stands. */
static void views_tell_the_figure_that_is_over(void **state) {
    (void)state;
    struct judged_case judged;
    struct result *leaking = result_new("json/fine");
    leaking->engines[RESULT_COUNT] = results.items[2]->engines[RESULT_COUNT];
    leaking->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_LIVE] = 1;
    leaking->has_units = true;
    leaking->units = 50;
    judged_case_build(budgets, leaking, &judged);
    struct judged_list one = {.items = &judged, .count = 1, .status = judged.status};
    static const struct {
        const char *view, *wanted;
    } rows[] = {
        {"github", "::error file=json.yaml,line=2,title=OVER json/fine::"},
        {"junit", "<failure type=\"OVER\" message=\"live 1 B, expected at most 0 B\">"},
        {"text", "json/fine  count   live         1 B       0 B       -1 B  OVER\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer out = BUFFER_INIT(REPORT_BYTES_MAX);
        assert_true(report_view_find(rows[i].view, NULL)->render(&one, &options, &out));
        expect_in(rows[i].view, out.bytes, rows[i].wanted);
        buffer_fini(&out);
    }
    judged_case_fini(&judged);
    result_free(leaking);
}

/* Of a case that is over, what needs no attention would hide what does. */
static void what_fell_is_told_when_nothing_grew(void **state) {
    (void)state;
    struct judged_row rows[] = {
        {.engine = RESULT_COUNT,
         .bounds = {.metric = HEAPGATE_METRIC_PEAK,
                    .status = HEAPGATE_OVER,
                    .has_measured = true,
                    .measured = 200,
                    .has_budget = true,
                    .budget = 100,
                    .limit = 100}},
        {.engine = RESULT_COUNT,
         .bounds = {.metric = HEAPGATE_METRIC_ALLOCATIONS,
                    .status = HEAPGATE_STALE,
                    .has_measured = true,
                    .measured = 1,
                    .has_budget = true,
                    .budget = 10,
                    .limit = 10,
                    .floor = 8}},
    };
    struct judged_case judged = {
        .case_key = "g/x", .status = HEAPGATE_OVER, .rows = rows, .row_count = 2};
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    assert_true(report_case_block(&judged, &options, &text));
    assert_non_null(strstr(text.bytes, "peak, by count"));
    assert_null(strstr(text.bytes, "allocations, by count"));
    judged.status = HEAPGATE_STALE;
    rows[0].bounds.status = HEAPGATE_OK;
    buffer_clear(&text);
    assert_true(report_case_block(&judged, &options, &text));
    assert_non_null(strstr(text.bytes, "allocations, by count"));
    buffer_fini(&text);
}

static void unknown_formats_are_listed(void **state) {
    (void)state;
    struct error error = {0};
    assert_null(report_view_find("html", &error));
    assert_string_equal(error.text,
                        "unknown format \"html\": expected one of text, markdown, junit, github, "
                        "openmetrics, bmf");
}

static void other_verdicts(void **state) {
    (void)state;
    struct judged_case judged;
    struct buffer out = BUFFER_INIT(REPORT_BYTES_MAX);
    judged_case_build_max(results.items[2], 98304, &judged);
    assert_int_equal(judged.status, HEAPGATE_OK);
    assert_true(report_case_block(&judged, &options, &out));
    assert_int_equal(out.length, 0);
    judged_case_fini(&judged);
    judged_case_build_max(results.items[2], 98303, &judged);
    assert_int_equal(judged.status, HEAPGATE_OVER);
    assert_true(report_case_block(&judged, &options, &out));
    assert_string_equal(out.bytes, "OVER json/fine\n  peak, by count\n"
                                   "    measured    98,304 B (96.0 KiB)\n"
                                   "    budget      98,303 B (96.0 KiB)\n"
                                   "    difference  +1 B over\n"
                                   "    at          the limit of --max\n");
    buffer_clear(&out);
    judged_case_fini(&judged);
    struct result *none = result_new("json/fine");
    static const struct {
        int exit_status;
        const char *invalid, *message;
    } invalid[] = {{0, NULL, "no engine measured anything"},
                   {2, NULL, "the command failed with status 2"},
                   {0, "the engines disagree", "the engines disagree"}};
    for (size_t i = 0; i < COUNT(invalid); i++) {
        none->exit_status = invalid[i].exit_status;
        none->invalid = invalid[i].invalid != NULL ? strdup(invalid[i].invalid) : NULL;
        judged_case_build(budgets, none, &judged);
        assert_int_equal(judged.status, HEAPGATE_INVALID);
        assert_string_equal(judged.message, invalid[i].message);
        judged_case_fini(&judged);
        free(none->invalid);
        none->invalid = NULL;
    }
    none->engines[RESULT_COUNT] = results.items[2]->engines[RESULT_COUNT];
    none->has_units = true;
    judged_case_build(budgets, none, &judged);
    assert_string_equal(judged.message, "no work was done: 0 units");
    judged_case_fini(&judged);
    none->units = 50;
    none->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_ALLOCATIONS] = 1000;
    assert_true(result_set_environment(none, "control", "rows"));
    judged_case_build(budgets, none, &judged);
    assert_true(report_case_block(&judged, &options, &out));
    assert_string_equal(out.bytes, "OVER json/fine\n  allocations, by count\n"
                                   "    measured    1,000\n"
                                   "    budget      100, at most 102 with its tolerance\n"
                                   "    difference  +898 over, 9 times the limit\n"
                                   "    at          json.yaml:4\n"
                                   "  a control build: its figures never become a budget\n");
    judged_case_fini(&judged);
    result_free(none);
    buffer_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_view),
        cmocka_unit_test(views_of_figures),
        cmocka_unit_test(views_for_machines),
        cmocka_unit_test(no_view_hides_a_verdict),
        cmocka_unit_test(views_tell_the_figure_that_is_over),
        cmocka_unit_test(markup_is_escaped),
        cmocka_unit_test(each_escape),
        cmocka_unit_test(other_verdicts),
        cmocka_unit_test(what_fell_is_told_when_nothing_grew),
        cmocka_unit_test(unknown_formats_are_listed),
    };
    return cmocka_run_group_tests_name("report", tests, make_cases, remove_cases);
}
