/* heapgate compare: two folders of results side by side, what may be compared, and what is told of
 * what may not. */
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
#include "report/compare/site_pairs.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char folder[] = "/tmp/heapgate-compare.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

static void start(void) {
    assert_true(file_remove_tree("base", NULL) && file_remove_tree("head", NULL));
    assert_true(file_make_directories("base", NULL) && file_make_directories("head", NULL));
}

/* ---- Results ---- */

struct figures {
    int64_t peak, allocations, live;
};

static struct result *counted(const char *key, struct figures figures) {
    struct result *result = result_new(key);
    assert_non_null(result);
    result->engines[RESULT_COUNT].present = true;
    result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_PEAK] = true;
    result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_ALLOCATIONS] = true;
    result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_LIVE] = true;
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_PEAK] = figures.peak;
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_ALLOCATIONS] = figures.allocations;
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_LIVE] = figures.live;
    result->has_units = true;
    result->units = 50;
    return result;
}

static void keep(struct result *result, const char *where) {
    struct error error = {.set = false};
    assert_true(measured_now(result));
    if (!result_write(result, where, &error))
        fail_msg("%s", error.text);
    result_free(result);
}

static void write_pair(const char *key, struct figures base, struct figures head) {
    keep(counted(key, base), "base");
    keep(counted(key, head), "head");
}

enum { FRAMES_MAX = 8 };
struct stack {
    int64_t bytes;
    size_t own_frame;
    const char *frames[FRAMES_MAX];
};

static void add_stacks(struct result *result, const struct stack *stacks, size_t count) {
    result->sites = calloc(count, sizeof *result->sites);
    result->site_count = count;
    for (size_t i = 0; i < count; i++) {
        struct result_site *site = &result->sites[i];
        site->bytes = stacks[i].bytes;
        site->blocks = 1;
        site->own_frame = stacks[i].own_frame;
        site->frames = calloc(FRAMES_MAX + 1, sizeof *site->frames);
        for (size_t j = 0; j < FRAMES_MAX && stacks[i].frames[j] != NULL; j++)
            site->frames[j] = strdup(stacks[i].frames[j]);
    }
}

/* ---- Calls ---- */

#define RULE                                                                                       \
    "Call stacks are matched by the frames shown: by function and file, or library where there "   \
    "is\nno file; line numbers and versions do not count.\n\n"
#define SEE "see heapgate compare --help\n"

static void wrong_calls_are_refused(void **state) {
    (void)state;
    static const struct call calls[] = {
        {"nothing",
         {"compare"},
         2,
         "",
         "heapgate compare: expected two folders of results, BASE and HEAD: " SEE},
        {"one",
         {"compare", "base"},
         2,
         "",
         "heapgate compare: expected two folders of results, BASE and HEAD: " SEE},
        {"three",
         {"compare", "base", "head", "x"},
         2,
         "",
         "heapgate compare: expected two folders of results, BASE and HEAD: " SEE},
        {"same",
         {"compare", "base", "./base/"},
         2,
         "",
         "heapgate compare: BASE and HEAD are the same folder, ./base/: it would always be the "
         "same "
         "as itself\n"},
        {"option",
         {"compare", "--fast"},
         2,
         "",
         "heapgate compare: unknown option \"--fast\": accepted are --fail-on, --base-run, "
         "--head-run, --out, --format, --help\n"},
        {"value",
         {"compare", "base", "head", "--fail-on"},
         2,
         "",
         "heapgate compare: --fail-on needs a value: LIMIT\n"},
        {"format",
         {"compare", "--format", "junit", "base", "head"},
         2,
         "",
         "heapgate compare: --format: unknown format \"junit\": expected one of text, markdown\n"},
        {"limit",
         {"compare", "--fail-on", "5", "base", "head"},
         2,
         "",
         "heapgate compare: --fail-on: \"5\" is an amount: say of which metric, as in peak=5\n"},
        {"size of calls",
         {"compare", "--fail-on", "allocations=5KiB", "base", "head"},
         2,
         "",
         "heapgate compare: --fail-on: \"5KiB\" is not a margin: expected a percentage up to "
         "1000%, a "
         "whole number, or both as 2% + 10\n"},
        {"no limit",
         {"compare", "--fail-on", "peak=", "base", "head"},
         2,
         "",
         "heapgate compare: --fail-on: \"\" is not a margin: expected a percentage up to 1000%, a "
         "size, "
         "or both as 2% + 4 KiB\n"},
        {"metric",
         {"compare", "--fail-on", "time=5%", "base", "head"},
         2,
         "",
         "heapgate compare: --fail-on: unknown metric in \"time=5%\": expected one of peak, "
         "allocations, live, largest, mapped, rss, growth, allocation_growth\n"},
        {"missing folder",
         {"compare", "none", "head"},
         3,
         "",
         "heapgate compare: none: cannot read the results: No such file or directory\n"},
        {"empty folder",
         {"compare", "base", "head"},
         3,
         "",
         "heapgate compare: base: no results: expected what heapgate run writes\n"},
    };
    start();
    for (size_t i = 0; i < COUNT(calls); i++)
        call_expect(cli_compare, &calls[i]);
    assert_true(file_write("base/a.json", "{", 1, NULL));
    keep(counted("a", (struct figures){1, 1, 0}), "head");
    call_expect(cli_compare,
                &(struct call){
                    "hostile",
                    {"compare", "base", "head"},
                    3,
                    "",
                    "heapgate compare: base/a.json:1: not JSON: string or '}' expected near end of "
                    "file\n"});
}

static void every_case_is_told(void **state) {
    (void)state;
    start();
    write_pair("json/same", (struct figures){98304, 100, 0}, (struct figures){98304, 100, 0});
    write_pair("json/grew", (struct figures){98304, 100, 0}, (struct figures){196608, 101, 0});
    write_pair("json/calls", (struct figures){1000, 100, 0}, (struct figures){1000, 99, 0});
    keep(counted("json/gone", (struct figures){10, 1, 0}), "base");
    keep(counted("json/new", (struct figures){20, 1, 0}), "head");
    struct result *broken = counted("json/broken", (struct figures){1, 1, 0});
    broken->invalid = strdup("the engines disagree");
    keep(counted("json/broken", (struct figures){1, 1, 0}), "base");
    keep(broken, "head");
    struct result *other = counted("json/work", (struct figures){1, 1, 0});
    other->units = 51;
    keep(counted("json/work", (struct figures){1, 1, 0}), "base");
    keep(other, "head");
    call_expect(
        cli_compare,
        &(struct call){"text",
                       {"compare", "base", "head"},
                       0,
                       "base: base, 6 results\nhead: head, 6 results\n" RULE
                       "case             base       head  difference  ratio  peak\n"
                       "json/broken         -          -                     not compared\n"
                       "json/calls     1000 B     1000 B         0 B     1x  changed\n"
                       "json/gone        10 B          -                     gone\n"
                       "json/grew    96.0 KiB  192.0 KiB   +96.0 KiB  2.00x  grew\n"
                       "json/new            -       20 B                     added\n"
                       "json/same    96.0 KiB   96.0 KiB         0 B     1x  same\n"
                       "json/work           -          -                     not compared\n"
                       "\njson/broken\n  invalid in head: the engines disagree\n"
                       "\njson/calls, by count\n"
                       "  metric          base     head  difference  ratio\n"
                       "  peak         1,000 B  1,000 B         0 B     1x\n"
                       "  allocations      100       99          -1  0.99x\n"
                       "  live             0 B      0 B         0 B     1x\n"
                       "\njson/gone, by count\n"
                       "  metric       base  head  difference  ratio\n"
                       "  peak         10 B     -\n"
                       "  allocations     1     -\n"
                       "  live          0 B     -\n"
                       "\njson/grew, by count\n"
                       "  metric           base       head  difference  ratio\n"
                       "  peak         98,304 B  196,608 B   +98,304 B  2.00x\n"
                       "  allocations       100        101          +1  1.01x\n"
                       "  live              0 B        0 B         0 B     1x\n"
                       "\njson/new, by count\n"
                       "  metric       base  head  difference  ratio\n"
                       "  peak            -  20 B\n"
                       "  allocations     -     1\n"
                       "  live            -   0 B\n"
                       "\njson/work\n  not the same work: 50 units in base, 51 in head\n"
                       "\n7 cases: 2 changed, 1 the same, 2 not compared, 1 added, 1 gone\n",
                       ""});
    call_expect(
        cli_compare,
        &(struct call){
            "markdown",
            {"compare", "--format=markdown", "head", "base"},
            0,
            "### Heap: head &rarr; base\n\n"
            "7 cases: 2 changed, 1 the same, 2 not compared, 1 added, 1 gone.\n\n"
            "| case | base | head | difference | ratio | peak |\n"
            "| --- | ---: | ---: | ---: | ---: | --- |\n"
            "| json/broken | - | - |  |  | not compared: invalid in base: the engines disagree |\n"
            "| json/calls | 1000 B | 1000 B | 0 B | 1x | changed |\n"
            "| json/gone | - | 10 B |  |  | added |\n"
            "| json/grew | 192.0 KiB | 96.0 KiB | -96.0 KiB | 0.50x | shrank |\n"
            "| json/new | 20 B | - |  |  | gone |\n"
            "| json/work | - | - |  |  | not compared: not the same work: 51 units in base, 50 in "
            "head "
            "|\n\n" COMPARE_SITES_RULE "\n\n"
            "<details><summary>json/calls, by count</summary>\n\n"
            "| metric | base | head | difference | ratio |\n"
            "| --- | ---: | ---: | ---: | ---: |\n"
            "| peak | 1,000 B | 1,000 B | 0 B | 1x |\n"
            "| allocations | 99 | 100 | +1 | 1.01x |\n"
            "| live | 0 B | 0 B | 0 B | 1x |\n\n</details>\n\n"
            "<details><summary>json/gone, by count</summary>\n\n"
            "| metric | base | head | difference | ratio |\n"
            "| --- | ---: | ---: | ---: | ---: |\n"
            "| peak | - | 10 B |  |  |\n"
            "| allocations | - | 1 |  |  |\n"
            "| live | - | 0 B |  |  |\n\n</details>\n\n"
            "<details><summary>json/grew, by count</summary>\n\n"
            "| metric | base | head | difference | ratio |\n"
            "| --- | ---: | ---: | ---: | ---: |\n"
            "| peak | 196,608 B | 98,304 B | -98,304 B | 0.50x |\n"
            "| allocations | 101 | 100 | -1 | 0.99x |\n"
            "| live | 0 B | 0 B | 0 B | 1x |\n\n</details>\n\n"
            "<details><summary>json/new, by count</summary>\n\n"
            "| metric | base | head | difference | ratio |\n"
            "| --- | ---: | ---: | ---: | ---: |\n"
            "| peak | 20 B | - |  |  |\n"
            "| allocations | 1 | - |  |  |\n"
            "| live | 0 B | - |  |  |\n\n</details>\n",
            ""});
}

/* The last line of what is printed, and the status. */
static void a_limit_decides(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct figures base, head;
        const char *limits[3];
        int status;
        const char *last;
    } rows[] = {
#define OK_LINE "ok: no case grew by more than --fail-on allows\n"
#define OVER_LINE "OVER: 1 case grew by more than --fail-on allows\n"
        {"no limit", {100, 9, 0}, {999, 9, 0}, {NULL}, 0, "1 case: 1 changed\n"},
        {"at it", {100, 9, 0}, {105, 9, 0}, {"5%"}, 0, OK_LINE},
        {"past it", {100, 9, 0}, {106, 9, 0}, {"5%"}, 1, OVER_LINE},
        {"less", {100, 9, 5}, {50, 8, 0}, {"0%"}, 0, OK_LINE},
        {"another figure", {100, 9, 0}, {100, 10, 0}, {"5%"}, 1, OVER_LINE},
        {"one metric only", {100, 9, 0}, {100, 99, 9}, {"peak=5%"}, 0, OK_LINE},
        {"the later wins", {100, 9, 0}, {100, 10, 0}, {"5%", "allocations=1"}, 0, OK_LINE},
        {"from nothing", {100, 9, 0}, {100, 9, 1}, {"50%"}, 1, OVER_LINE},
        {"an amount", {100, 9, 0}, {2148, 9, 0}, {"peak=2 KiB"}, 0, OK_LINE},
        {"past an amount", {100, 9, 0}, {2149, 9, 0}, {"peak=2 KiB"}, 1, OVER_LINE},
        {"both", {1000, 9, 0}, {1060, 9, 0}, {"peak=5% + 10 B"}, 0, OK_LINE},
        {"below nothing", {100, 9, -50}, {100, 9, -50}, {"0%"}, 0, OK_LINE},
        {"up from below", {100, 9, -50}, {100, 9, -49}, {"0%"}, 1, OVER_LINE},
        {"largest there is", {1, 9, 0}, {INT64_MAX, 9, 0}, {"1000%"}, 1, OVER_LINE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer output = BUFFER_INIT(CALL_BYTES_MAX), message = BUFFER_INIT(CALL_BYTES_MAX);
        const char *arguments[CALL_ARGUMENTS_MAX] = {"compare", "base", "head"};
        for (size_t j = 0; j < COUNT(rows[i].limits) && rows[i].limits[j] != NULL; j++) {
            arguments[3 + 2 * j] = "--fail-on";
            arguments[4 + 2 * j] = rows[i].limits[j];
        }
        start();
        write_pair("a", rows[i].base, rows[i].head);
        int status = call_run(cli_compare, arguments, &output, &message);
        size_t length = strlen(rows[i].last);
        if (status != rows[i].status || message.length > 0 || output.length < length ||
            strcmp(output.bytes + output.length - length, rows[i].last) != 0)
            fail_msg("%s: wanted %d and %s, got %d\n%s%s", rows[i].name, rows[i].status,
                     rows[i].last, status, output.bytes, message.bytes);
        buffer_fini(&output);
        buffer_fini(&message);
    }
}

/* A limit does not let pass what it could not look at. */
static void what_was_not_compared_never_passes(void **state) {
    (void)state;
    start();
    struct result *massif = result_new("a");
    massif->engines[RESULT_MASSIF] =
        (struct result_usage){.present = true, .has = {true}, .figures = {5}};
    massif->has_units = true;
    massif->units = 50;
    keep(counted("a", (struct figures){5, 1, 0}), "base");
    keep(massif, "head");
    call_expect(
        cli_compare,
        &(struct call){"nothing",
                       {"compare", "base", "head"},
                       3,
                       "base: base, 1 result\nhead: head, 1 result\n" RULE
                       "case  base  head  difference  ratio  peak\n"
                       "a        -     -                     not compared\n"
                       "\na\n  not the same engine: base was measured by count, head by massif\n"
                       "\n1 case: 1 not compared\nINVALID: there was nothing to compare\n",
                       ""});
    write_pair("b", (struct figures){5, 1, 0}, (struct figures){5, 1, 0});
    struct result *without = counted("b", (struct figures){5, 1, 0});
    without->engines[RESULT_COUNT].has[HEAPGATE_METRIC_ALLOCATIONS] = false;
    keep(without, "head");
    call_expect(
        cli_compare,
        &(struct call){"some",
                       {"compare", "base", "head", "--fail-on=5%"},
                       3,
                       "base: base, 2 results\nhead: head, 2 results\n" RULE
                       "case  base  head  difference  ratio  peak\n"
                       "a        -     -                     not compared\n"
                       "b      5 B   5 B         0 B     1x  UNKNOWN: allocations, held to 5%\n"
                       "\na\n  not the same engine: base was measured by count, head by massif\n"
                       "\nb, by count\n"
                       "  metric       base  head  difference  ratio  held to\n"
                       "  peak          5 B   5 B         0 B     1x  5%\n"
                       "  allocations     1     -                     UNKNOWN: 5%\n"
                       "  live          0 B   0 B         0 B     1x  5%\n"
                       "\n2 cases: 1 changed, 1 not compared\n"
                       "INVALID: 2 cases may have grown and could not be compared\n",
                       ""});
    start();
    write_pair("b", (struct figures){5, 1, 0}, (struct figures){5, 1, 0});
    keep(counted("was", (struct figures){5, 1, 0}), "base");
    call_expect(cli_compare,
                &(struct call){"a case that head lacks",
                               {"compare", "base", "head", "--fail-on=5%"},
                               3,
                               "base: base, 2 results\nhead: head, 1 result\n" RULE
                               "case  base  head  difference  ratio  peak\n"
                               "b      5 B   5 B         0 B     1x  same\n"
                               "was    5 B     -                     gone\n"
                               "\nwas, by count\n"
                               "  metric       base  head  difference  ratio  held to\n"
                               "  peak          5 B     -                     5%\n"
                               "  allocations     1     -                     5%\n"
                               "  live          0 B     -                     5%\n"
                               "\n2 cases: 1 the same, 1 gone\n"
                               "INVALID: 1 case may have grown and could not be compared\n",
                               ""});
}

/* Lines move, libraries get newer, and a stack is the same; another caller makes it another. */
static void stacks_are_matched(void **state) {
    (void)state;
    static const struct stack base[] = {
        {1000,
         1,
         {"?? in libsqlite3.so.0.8.6", "open (db.c:10)", "run (main.c:5)", "main (m.c:1)"}},
        {300, 0, {"read_row (row.c:20)", "run (main.c:7)", "main (m.c:2)"}},
        {200, 0, {"read_row (row.c:21)", "run (main.c:7)", "main (m.c:2)"}},
        {50, 2, {"strdup in libc.so.6", "hidden in libx.so.1", "name (n.c:3)", "run (main.c:9)"}},
        {7, 0, {"main@@V_1 (m.c:9)"}},
    };
    static const struct stack head[] = {
        {70000, 0, {"read_all (row.c:40)", "run (main.c:17)"}},
        {1000,
         1,
         {"?? in libsqlite3.so.0.9.1", "open (db.c:11)", "run (main.c:6)", "other (o.c:1)"}},
        {400, 0, {"read_row (row.c:29)", "run (main.c:8)", "main (m.c:2)"}},
        {160, 2, {"strdup in libc.so.7", "hidden in libx.so.2", "name (n.c:4)", "run (main.c:9)"}},
        {7, 0, {"main (m.c:10)"}},
    };
    struct result *results[COMPARE_SIDES] = {counted("a", (struct figures){1557, 5, 0}),
                                             counted("a", (struct figures){71570, 5, 0})};
    start();
    add_stacks(results[COMPARE_BASE], base, COUNT(base));
    add_stacks(results[COMPARE_HEAD], head, COUNT(head));
    assert_true(result_set_environment(results[COMPARE_BASE], "sqlite", "3.40.1"));
    assert_true(result_set_environment(results[COMPARE_HEAD], "sqlite", "3.45.0"));
    results[COMPARE_HEAD]->other_bytes = 3;
    keep(results[COMPARE_BASE], "base");
    keep(results[COMPARE_HEAD], "head");
    call_expect(cli_compare,
                &(struct call){"stacks",
                               {"compare", "base", "head"},
                               0,
                               "base: base, 1 result\nhead: head, 1 result\n" RULE
                               "case     base      head  difference  ratio  peak\n"
                               "a     1.5 KiB  69.9 KiB   +68.4 KiB    46x  grew\n"
                               "\na, by count\n"
                               "  metric          base      head  difference  ratio\n"
                               "  peak         1,557 B  71,570 B   +70,013 B    46x\n"
                               "  allocations        5         5           0     1x\n"
                               "  live             0 B       0 B         0 B     1x\n"
                               "\n  environment  base    head\n"
                               "  sqlite       3.40.1  3.45.0\n"
                               "\n  change    base      head  difference  call stack\n"
                               "  added      0 B  68.4 KiB   +70,000 B  read_all (row.c)\n"
                               "                                        <- run (main.c)\n"
                               "  grown     50 B     160 B      +110 B  hidden in libx.so\n"
                               "                                        <- name (n.c)\n"
                               "                                        <- run (main.c)\n"
                               "  shrunk   500 B     400 B      -100 B  read_row (row.c)\n"
                               "                                        <- run (main.c)\n"
                               "                                        <- main (m.c)\n"
                               "          1007 B    1010 B        +3 B  all other call stacks\n"
                               "\n1 case: 1 changed\n",
                               ""});
}

/* Only head was over its budget and profiled: its stacks are no news, and not "added". */
static void stacks_of_one_side_are_not_compared(void **state) {
    (void)state;
    static const struct stack stacks[] = {{90, 0, {"read_all (row.c:40)"}}};
    struct result *head = counted("a", (struct figures){91, 1, 0});
    start();
    add_stacks(head, stacks, COUNT(stacks));
    keep(counted("a", (struct figures){9, 1, 0}), "base");
    keep(head, "head");
    call_expect(cli_compare, &(struct call){"one side",
                                            {"compare", "base", "head"},
                                            0,
                                            "base: base, 1 result\nhead: head, 1 result\n" RULE
                                            "case  base  head  difference  ratio  peak\n"
                                            "a      9 B  91 B       +82 B    10x  grew\n"
                                            "\na, by count\n"
                                            "  metric       base  head  difference  ratio\n"
                                            "  peak          9 B  91 B       +82 B    10x\n"
                                            "  allocations     1     1           0     1x\n"
                                            "  live          0 B   0 B         0 B     1x\n"
                                            "\n  change  base  head  difference  call stack\n"
                                            "             -  90 B              read_all (row.c)\n"
                                            "\n1 case: 1 changed\n",
                                            ""});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_calls_are_refused),
        cmocka_unit_test(every_case_is_told),
        cmocka_unit_test(a_limit_decides),
        cmocka_unit_test(what_was_not_compared_never_passes),
        cmocka_unit_test(stacks_are_matched),
        cmocka_unit_test(stacks_of_one_side_are_not_compared),
    };
    return cmocka_run_group_tests_name("compare", tests, make_folder, remove_folder);
}
