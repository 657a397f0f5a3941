/* Budget files: what is read, what is refused and how it is said, and how figures are judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "budget/set.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SIZE_WANTED                                                                                \
    "expected a whole number of bytes, or one with B, KiB, MiB or GiB (such as 96 KiB)"
#define METRICS_WANTED "peak, allocations, live, largest, mapped, rss, growth, allocation_growth"

/* All files are written to a folder of the test's own, which is the working directory. */
static char folder[] = "/tmp/heapgate-budget.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

static enum heapgate_status load_bytes(const char *text, size_t length,
                                       struct heapgate_budgets **budgets, struct error *error) {
    assert_true(file_write("json.yaml", text, length, NULL));
    return budget_load("json.yaml", 0, budgets, error);
}

static struct heapgate_budgets *load(const char *text) {
    struct heapgate_budgets *budgets;
    struct error error = {0};
    if (load_bytes(text, strlen(text), &budgets, &error) != HEAPGATE_OK)
        fail_msg("wanted to load:\n%s\ngot: %s", text, error.text);
    return budgets;
}

#define HEAD "schema: 1\ncases:\n  dump/x:\n"

static const struct refused {
    const char *name, *text, *message;
} refused[] = {
    {"empty", "", "json.yaml:1:1: an empty file: expected schema, defaults and cases"},
    {"only a comment", "# nothing\n",
     "json.yaml:1:1: an empty file: expected schema, defaults and cases"},
    {"a list", "- a\n",
     "json.yaml:1:1: the file is a sequence: expected a mapping of schema, defaults, cases, "
     "measured"},
    {"no schema", "cases: {}\n", "json.yaml:1:1: no schema: expected \"schema: 1\""},
    {"next schema", "schema: 2\ncases: {}\n",
     "json.yaml:1:9: schema \"2\" is not known: expected 1"},
    {"schema a list", "schema: [1]\ncases: {}\n",
     "json.yaml:1:9: schema is a sequence: expected 1"},
    {"no cases", "schema: 1\n", "json.yaml:1:1: no cases: expected \"cases:\""},
    {"cases a value", "schema: 1\ncases: none\n",
     "json.yaml:2:8: cases is a value: expected a mapping of cases"},
    {"unknown top", "schema: 1\ncase: {}\n",
     "json.yaml:2:1: unknown key \"case\": expected one of schema, defaults, cases, measured"},
    {"unknown default", "schema: 1\ndefaults: { units: 1 }\ncases: {}\n",
     "json.yaml:2:13: unknown key \"units\": expected one of tolerance, slack, " METRICS_WANTED},
    {"unknown metric", HEAD "    peek: 1\n",
     "json.yaml:4:5: unknown key \"peek\": expected one of units, tolerance, slack, "
     "variants, phases, sites, allocation_sites, measured, " METRICS_WANTED},
    {"unknown unit", HEAD "    peak: 96 KB\n",
     "json.yaml:4:11: \"96 KB\" has an unknown unit: " SIZE_WANTED},
    {"negative", HEAD "    peak: -1\n", "json.yaml:4:11: a size cannot be negative: \"-1\""},
    {"overflow", HEAD "    peak: 8589934592 GiB\n",
     "json.yaml:4:11: \"8589934592 GiB\" is too large: the limit is 9223372036854775807 bytes"},
    {"no value", HEAD "    peak:\n    units: 1\n",
     "json.yaml:4:10: \"\" is not a size: " SIZE_WANTED},
    {"a fraction", HEAD "    allocations: 1.5\n", "json.yaml:4:18: \"1.5\" is not a whole number"},
    {"a count with unit", HEAD "    allocations: 4 KiB\n",
     "json.yaml:4:18: \"4 KiB\" is not a whole number"},
    {"a negative count", HEAD "    units: -2\n", "json.yaml:4:12: \"-2\" is not a whole number"},
    {"no units", HEAD "    units: 0\n    peak: 1\n",
     "json.yaml:4:12: units is 0: expected the work that was measured, at least 1"},
    {"too many calls", HEAD "    allocations: 9223372036854775808\n",
     "json.yaml:4:18: \"9223372036854775808\" is too large: the limit is 9223372036854775807"},
    {"peak a mapping", HEAD "    peak: { a: 1 }\n",
     "json.yaml:4:11: peak is a mapping: " SIZE_WANTED},
    {"case a value", "schema: 1\ncases:\n  dump/x: 96 KiB\n",
     "json.yaml:3:11: dump/x is a value: expected a mapping of units, tolerance, slack, "
     "variants, phases, sites, allocation_sites, measured, " METRICS_WANTED},
    {"phases a value", HEAD "    phases: rows\n",
     "json.yaml:4:13: phases is a value: expected a mapping of phases to their figures"},
    {"a phase a value", HEAD "    phases: { rows: 96 KiB }\n",
     "json.yaml:4:21: rows is a value: expected a mapping of peak, allocations, live"},
    {"a phase of nothing", HEAD "    phases:\n      rows: {}\n",
     "json.yaml:5:7: the phase \"rows\" judges nothing: expected one of peak, allocations, live"},
    {"a phase's metric", HEAD "    phases: { rows: { largest: 1 } }\n",
     "json.yaml:4:23: unknown key \"largest\": expected one of peak, allocations, live"},
    {"a phase's figure", HEAD "    phases: { rows: { peak: 96 KB } }\n",
     "json.yaml:4:29: \"96 KB\" has an unknown unit: " SIZE_WANTED},
    {"a phase without a name", HEAD "    phases: { \"\": { peak: 1 } }\n",
     "json.yaml:4:15: \"\" cannot be a phase: expected 1 to 127 bytes"},
    {"a phase twice", HEAD "    phases: { rows: { peak: 1 }, rows: { live: 1 } }\n",
     "json.yaml:4:34: duplicate key \"rows\": first on line 4"},
    {"too many phases",
     HEAD "    phases: { a: { peak: 1, live: 1, allocations: 1 }, b: { peak: 1, live: 1, "
          "allocations: 1 }, "
          "c: { peak: 1, live: 1, allocations: 1 }, d: { peak: 1, live: 1, allocations: 1 }, "
          "e: { peak: 1, live: 1, allocations: 1 }, f: { peak: 1, live: 1, allocations: 1 }, "
          "g: { peak: 1, live: 1, allocations: 1 }, h: { peak: 1, live: 1, allocations: 1 }, "
          "i: { peak: 1 } }\n",
     "json.yaml:4:13: 25 figures of phases: expected at most 24 in one case"},
    {"nothing judged", HEAD "    units: 5\n",
     "json.yaml:3:3: \"dump/x\" judges nothing: expected one of " METRICS_WANTED},
    {"empty name", "schema: 1\ncases:\n  \"\": { peak: 1 }\n",
     "json.yaml:3:3: \"\" cannot be a case: expected 1 to 122 bytes"},
    {"duplicate case", HEAD "    peak: 1\n  dump/y: { peak: 1 }\n  dump/x: { peak: 2 }\n",
     "json.yaml:6:3: duplicate key \"dump/x\": first on line 3"},
    {"duplicate key", HEAD "    peak: 1\n    live: 2\n    peak: 1\n",
     "json.yaml:6:5: duplicate key \"peak\": first on line 4"},
    {"duplicate quoted", HEAD "    peak: 1\n    \"peak\": 1\n",
     "json.yaml:5:5: duplicate key \"peak\": first on line 4"},
    {"a margin of words", HEAD "    peak: 1\n    tolerance: some\n",
     "json.yaml:5:16: \"some\" is not a margin: expected a percentage up to 1000%, a size, or both "
     "as "
     "2% + 4 KiB"},
    {"two percentages", HEAD "    peak: 1\n    slack: 2% + 3%\n",
     "json.yaml:5:12: \"2% + 3%\" is not a margin: expected a percentage up to 1000%, a size, or "
     "both "
     "as 2% + 4 KiB"},
    {"five decimals", HEAD "    peak: 1\n    slack: 0.00001%\n",
     "json.yaml:5:12: \"0.00001%\" is not a margin: expected a percentage up to 1000%, a size, or "
     "both "
     "as 2% + 4 KiB"},
    {"a margin of calls", HEAD "    peak: 1\n    tolerance: { allocations: 4 KiB }\n",
     "json.yaml:5:31: \"4 KiB\" is not a margin: expected a percentage up to 1000%, a whole "
     "number, "
     "or "
     "both as 2% + 10"},
    {"a margin of what", HEAD "    peak: 1\n    tolerance: { units: 1 }\n",
     "json.yaml:5:18: unknown key \"units\": expected one of " METRICS_WANTED},
    {"a margin of growth", HEAD "    peak: 1\n    tolerance: { growth: 0.001 B }\n",
     "json.yaml:5:26: \"0.001 B\" is not a margin: expected a percentage up to 1000%, a size, or "
     "both "
     "as 2% + 4 KiB"},
    {"a margin of calls per unit", HEAD "    peak: 1\n    tolerance: { allocation_growth: 1 B }\n",
     "json.yaml:5:37: \"1 B\" is not a margin: expected a percentage up to 1000%, a number, or "
     "both "
     "as "
     "2% + 10"},
    {"a growth with three decimals", HEAD "    growth: 0.125 B\n",
     "json.yaml:4:13: \"0.125 B\" is not a number with at most 2 decimals"},
    {"a growth of calls in bytes", HEAD "    allocation_growth: 1 B\n",
     "json.yaml:4:24: \"1 B\" is not a number with at most 3 decimals"},
    {"a growth a mapping", HEAD "    growth: { a: 1 }\n",
     "json.yaml:4:13: growth is a mapping: expected a number of bytes, or one with B, KiB, MiB or "
     "GiB "
     "(such as 0.9 B)"},
    {"a margin list", HEAD "    peak: 1\n    tolerance: [1]\n",
     "json.yaml:5:16: tolerance is a sequence: expected a margin (such as 2%), or a mapping of "
     "metrics to margins"},
    {"variants a mapping", HEAD "    variants: { peak: 1 }\n",
     "json.yaml:4:15: variants is a mapping: expected a sequence of variants"},
    {"a variant for ever", HEAD "    variants:\n      - peak: 1\n",
     "json.yaml:5:9: a variant without when: expected its conditions"},
    {"a variant of nothing", HEAD "    variants:\n      - when: { arch: a }\n",
     "json.yaml:5:9: a variant without a figure: expected one of " METRICS_WANTED},
    {"no condition", HEAD "    variants:\n      - { when: {}, peak: 1 }\n",
     "json.yaml:5:17: when has no condition: expected at least one (such as sqlite: \">=3.45\")"},
    {"no version", HEAD "    variants:\n      - { when: { sqlite: \">= new\" }, peak: 1 }\n",
     "json.yaml:5:27: \">= new\" is not a condition: expected the exact text, or < <= > >= = and a "
     "version (such as \">=3.45\")"},
    {"a variant's key", HEAD "    variants:\n      - { when: { arch: a }, units: 1 }\n",
     "json.yaml:5:30: unknown key \"units\": expected one of when, measured, " METRICS_WANTED},
    {"an anchor", HEAD "    peak: &p 1\n",
     "json.yaml:4:11: anchor \"&p\": expected a value without one"},
    {"an alias", HEAD "    peak: *p\n",
     "json.yaml:4:11: alias \"*p\": expected the value written out"},
    {"a tag", HEAD "    peak: !!int 1\n",
     "json.yaml:4:11: tag \"tag:yaml.org,2002:int\": expected a value without one"},
    {"two documents", "schema: 1\ncases: {}\n---\nschema: 1\n",
     "json.yaml:3:1: a second document: expected one in a file"},
    {"a mapping as key", "schema: 1\ncases:\n  { a: b }: 1\n",
     "json.yaml:3:3: a mapping as a key: expected a name"},
    {"deep", "schema: 1\ncases: [[[[[[[[1]]]]]]]]\n",
     "json.yaml:2:15: nested too deeply: expected at most 8 levels"},
    {"a tab", HEAD "\tpeak: 1\n",
     "json.yaml:4:1: not YAML: found character that cannot start any token, while scanning for the "
     "next token"},
    {"not closed", "schema: 1\ncases: { a: { peak: 1 }\n",
     "json.yaml:3:1: not YAML: did not find expected ',' or '}', while parsing a flow mapping"},
    {"not UTF-8", "schema: 1\n# \xc3\xa9 \xff\ncases: {}\n",
     "json.yaml:2:5: not YAML: invalid leading UTF-8 octet"},
    {"UTF-16",
     "\xff\xfe"
     "a",
     "json.yaml:1:1: not YAML: invalid leading UTF-8 octet"},
    {"a control character", HEAD "    \"pe\\tak\": 1\n",
     "json.yaml:4:5: a value with control character 0x09: expected plain text"},
    {"behind other letters", "schema: 1\ncases: { \xc3\xa9\xc3\xa9: { peak: x } }\n",
     "json.yaml:2:22: \"x\" is not a size: " SIZE_WANTED},
    {"after a byte order mark",
     "\xef\xbb\xbf"
     "schema: 3\n",
     "json.yaml:1:9: schema \"3\" is not known: expected 1"},
    {"after CRLF", "schema: 1\r\ncases:\r\n  a:\r\n    peak: 1 k\r\n",
     "json.yaml:4:11: \"1 k\" has an unknown unit: " SIZE_WANTED},
};

static void bad_files_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        const struct refused *row = &refused[i];
        struct heapgate_budgets *budgets;
        struct error error = {0};
        enum heapgate_status status = load_bytes(row->text, strlen(row->text), &budgets, &error);
        if (status != HEAPGATE_USAGE || budgets != NULL || strcmp(error.text, row->message) != 0)
            fail_msg("%s:\n%s\nwanted: %s\ngot:    %s", row->name, row->text, row->message,
                     error.text);
    }
}

static void a_large_file_is_refused(void **state) {
    (void)state;
    struct heapgate_budgets *budgets;
    struct error error = {0};
    size_t length = DOCUMENT_FILE_BYTES + 1;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, '#', length);
    assert_int_equal(load_bytes(text, length, &budgets, &error), HEAPGATE_USAGE);
    assert_string_equal(error.text, "json.yaml: too large: at most 4194304 bytes are read");
    memset(text, '[', length);
    error = (struct error){0};
    assert_int_equal(load_bytes(text, 100000, &budgets, &error), HEAPGATE_USAGE);
    assert_string_equal(error.text, "json.yaml:1:9: nested too deeply: expected at most 8 levels");
    for (size_t i = 0; i < length; i += 2)
        memcpy(text + i, "a,", i + 1 < length ? 2 : 1);
    memcpy(text, "x: [", 4);
    error = (struct error){0};
    assert_int_equal(load_bytes(text, 400000, &budgets, &error), HEAPGATE_USAGE);
    assert_string_equal(error.text, "json.yaml:1:199999: too long: expected at most 100000 values");
    free(text);
}

static void folders_are_loaded_in_order(void **state) {
    (void)state;
    struct heapgate_budgets *budgets;
    struct error error = {0};
    assert_int_equal(budget_load("none", 0, &budgets, &error), HEAPGATE_USAGE);
    assert_string_equal(error.text, "none: cannot read the budgets: No such file or directory");
    error = (struct error){0};
    assert_true(file_make_directories("budgets", NULL));
    assert_int_equal(budget_load("budgets", 0, &budgets, &error), HEAPGATE_USAGE);
    assert_string_equal(error.text, "budgets: no budget file: expected at least one *.yaml");
    error = (struct error){0};
    static const char xml[] = "schema: 1\ncases: { b: { peak: 1 }, a: { peak: 1 } }\n";
    assert_true(file_write("budgets/xml.yaml", xml, sizeof xml - 1, NULL));
    assert_true(file_write("budgets/json.yaml", xml, sizeof xml - 1, NULL));
    assert_true(file_write("budgets/README.md", "#", 1, NULL));
    assert_int_equal(budget_load("budgets/", 0, &budgets, &error), HEAPGATE_OK);
    static const char *const keys[] = {"json/a", "json/b", "xml/a", "xml/b"};
    assert_int_equal(budget_case_count(budgets), COUNT(keys));
    for (size_t i = 0; i < COUNT(keys); i++)
        assert_string_equal(budget_case_key(budget_case_at(budgets, i)), keys[i]);
    assert_string_equal(budget_case_file(budget_case_find(budgets, "xml/b")), "budgets/xml.yaml");
    assert_int_equal(budget_case_line(budget_case_find(budgets, "xml/b")), 2);
    budget_free(budgets);
    assert_int_equal(budget_load("new", BUDGET_LOAD_MAY_BE_MISSING, &budgets, &error), HEAPGATE_OK);
    budget_free(budgets);
}

/* ---- Judging ---- */

static const char *environment(const void *context, const char *name) {
    const char *const *pairs = context;
    for (; pairs != NULL && pairs[0] != NULL; pairs += 2)
        if (strcmp(pairs[0], name) == 0)
            return pairs[1];
    return NULL;
}

/* One metric of one case: `body` is what the case and the defaults say. */
static const struct judged {
    const char *name, *defaults, *body;
    enum heapgate_metric metric;
    int64_t measured;
    enum heapgate_status status;
    uint64_t limit;
} judged[] = {
    {"exact", "{}", "{ peak: 96 KiB }", HEAPGATE_METRIC_PEAK, 98304, HEAPGATE_OK, 98304},
    {"one over", "{}", "{ peak: 96 KiB }", HEAPGATE_METRIC_PEAK, 98305, HEAPGATE_OVER, 98304},
    {"far below without slack", "{}", "{ peak: 96 KiB }", HEAPGATE_METRIC_PEAK, 0, HEAPGATE_OK,
     98304},
    {"tolerance rounds down", "{ tolerance: 2% }", "{ peak: 96 KiB }", HEAPGATE_METRIC_PEAK, 100270,
     HEAPGATE_OK, 100270},
    {"one over the tolerance", "{ tolerance: 2% }", "{ peak: 96 KiB }", HEAPGATE_METRIC_PEAK,
     100271, HEAPGATE_OVER, 100270},
    {"sum", "{ tolerance: 4 KiB + 2.5% }", "{ peak: 1000 }", HEAPGATE_METRIC_PEAK, 5121,
     HEAPGATE_OK, 5121},
    {"sum, over", "{ tolerance: 2.5%+4KiB }", "{ peak: 1000 }", HEAPGATE_METRIC_PEAK, 5122,
     HEAPGATE_OVER, 5121},
    {"an amount is no percentage", "{ tolerance: 4 KiB }", "{ peak: 100000 }", HEAPGATE_METRIC_PEAK,
     104096, HEAPGATE_OK, 104096},
    {"over the amount", "{ tolerance: 4 KiB }", "{ peak: 100000 }", HEAPGATE_METRIC_PEAK, 104097,
     HEAPGATE_OVER, 104096},
    {"bytes are not calls", "{ tolerance: 10% + 4 KiB }", "{ allocations: 1000 }",
     HEAPGATE_METRIC_ALLOCATIONS, 1101, HEAPGATE_OVER, 1100},
    {"an amount is no slack for calls", "{ slack: 4 KiB }", "{ allocations: 1000 }",
     HEAPGATE_METRIC_ALLOCATIONS, 0, HEAPGATE_OK, 1000},
    {"an amount leaves calls the default", "{ tolerance: 10% }",
     "{ allocations: 1000, tolerance: 4 KiB }", HEAPGATE_METRIC_ALLOCATIONS, 1100, HEAPGATE_OK,
     1100},
    {"a case's own tolerance", "{ tolerance: 2% }", "{ peak: 1000, tolerance: 10% }",
     HEAPGATE_METRIC_PEAK, 1100, HEAPGATE_OK, 1100},
    {"a metric's own tolerance", "{ tolerance: 2% }",
     "{ allocations: 1000, tolerance: { allocations: 0 } }", HEAPGATE_METRIC_ALLOCATIONS, 1001,
     HEAPGATE_OVER, 1000},
    {"another metric's tolerance", "{ tolerance: 2% }",
     "{ peak: 1000, tolerance: { allocations: 0 } }", HEAPGATE_METRIC_PEAK, 1020, HEAPGATE_OK,
     1020},
    {"a percentage and calls", "{}", "{ allocations: 100, tolerance: { allocations: 1% + 5 } }",
     HEAPGATE_METRIC_ALLOCATIONS, 107, HEAPGATE_OVER, 106},
    {"on the floor", "{ slack: 25% }", "{ peak: 1000 }", HEAPGATE_METRIC_PEAK, 750, HEAPGATE_OK,
     1000},
    {"below the floor", "{ slack: 25% }", "{ peak: 1000 }", HEAPGATE_METRIC_PEAK, 749,
     HEAPGATE_STALE, 1000},
    {"no slack at all", "{ slack: 0 }", "{ peak: 1000 }", HEAPGATE_METRIC_PEAK, 999, HEAPGATE_STALE,
     1000},
    {"all slack", "{ slack: 100% }", "{ peak: 1000 }", HEAPGATE_METRIC_PEAK, 0, HEAPGATE_OK, 1000},
    {"more slack than budget", "{ slack: 4 KiB }", "{ live: 1000 }", HEAPGATE_METRIC_LIVE, -5,
     HEAPGATE_OK, 1000},
    {"slack for calls", "{ slack: 25% }", "{ allocations: 1000 }", HEAPGATE_METRIC_ALLOCATIONS, 749,
     HEAPGATE_STALE, 1000},
    {"slack in bytes is none for calls", "{ slack: 0 B + 0% }", "{ allocations: 10 }",
     HEAPGATE_METRIC_ALLOCATIONS, 9, HEAPGATE_STALE, 10},
    {"nothing is never stale", "{ slack: 25% }", "{ live: 0 }", HEAPGATE_METRIC_LIVE, -100,
     HEAPGATE_OK, 0},
    {"freed more than asked", "{ slack: 25% }", "{ live: 100 }", HEAPGATE_METRIC_LIVE, -1,
     HEAPGATE_STALE, 100},
    {"a default figure", "{ live: 0 B }", "{ peak: 1 }", HEAPGATE_METRIC_LIVE, 1, HEAPGATE_OVER, 0},
    {"instead of the default", "{ live: 0 B }", "{ live: 8 }", HEAPGATE_METRIC_LIVE, 8, HEAPGATE_OK,
     8},
    {"the largest figure", "{ tolerance: 1000% }", "{ peak: 9223372036854775807 }",
     HEAPGATE_METRIC_PEAK, INT64_MAX, HEAPGATE_OK, INT64_MAX},
    {"a limit beyond it", "{ tolerance: 2% }", "{ peak: 9223372036854775806 }",
     HEAPGATE_METRIC_PEAK, INT64_MAX, HEAPGATE_OK, INT64_MAX},
    {"no overflow in the product", "{ tolerance: 0.0001% }", "{ peak: 9000000000000000000 }",
     HEAPGATE_METRIC_PEAK, 9000009000000000001, HEAPGATE_OVER, 9000009000000000000},
    {"growth is a size", "{}", "{ growth: 1 KiB }", HEAPGATE_METRIC_GROWTH, 102401, HEAPGATE_OVER,
     102400},
    {"growth has decimals", "{}", "{ growth: 0.9 B }", HEAPGATE_METRIC_GROWTH, 90, HEAPGATE_OK, 90},
    {"0.01 B more", "{}", "{ growth: 0.9 B }", HEAPGATE_METRIC_GROWTH, 91, HEAPGATE_OVER, 90},
    {"a tolerance of growth", "{ tolerance: { growth: 0.1 B } }", "{ growth: 0.9 }",
     HEAPGATE_METRIC_GROWTH, 101, HEAPGATE_OVER, 100},
    {"growth's slack", "{ slack: 25% }", "{ growth: 1 B }", HEAPGATE_METRIC_GROWTH, 74,
     HEAPGATE_STALE, 100},
    {"calls for each unit", "{ tolerance: 2% }", "{ allocation_growth: 3 }",
     HEAPGATE_METRIC_ALLOCATION_GROWTH, 3061, HEAPGATE_OVER, 3060},
    {"one call more for each of many, by the default", "{ tolerance: 2% }",
     "{ allocation_growth: 120 }", HEAPGATE_METRIC_ALLOCATION_GROWTH, 121000, HEAPGATE_OVER,
     120500},
    {"a tolerance that is meant", "{ tolerance: { allocation_growth: 2% } }",
     "{ allocation_growth: 120 }", HEAPGATE_METRIC_ALLOCATION_GROWTH, 121000, HEAPGATE_OK, 122400},
    {"bytes are not calls per unit", "{ tolerance: 2% + 4 KiB }", "{ allocation_growth: 1 }",
     HEAPGATE_METRIC_ALLOCATION_GROWTH, 1021, HEAPGATE_OVER, 1020},
    {"slack of calls per unit", "{ slack: 25% }", "{ allocation_growth: 120 }",
     HEAPGATE_METRIC_ALLOCATION_GROWTH, 89999, HEAPGATE_STALE, 120000},
};

static void figures_are_judged(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(judged); i++) {
        const struct judged *row = &judged[i];
        char text[512];
        snprintf(text, sizeof text, "schema: 1\ndefaults: %s\ncases: { x: %s }\n", row->defaults,
                 row->body);
        struct heapgate_budgets *budgets = load(text);
        const struct budget_case *budgeted = budget_case_find(budgets, "json/x");
        struct budget_figures figures = {0};
        struct budget_row got;
        assert_non_null(budgeted);
        assert_true(budget_judge_value(budgeted, &figures, row->metric, row->measured, &got));
        if (got.status != row->status || got.limit != row->limit)
            fail_msg("%s: wanted status %d limit %llu, got %d %llu", row->name, row->status,
                     (unsigned long long)row->limit, got.status, (unsigned long long)got.limit);
        budget_free(budgets);
    }
}

#define CASE_BODY                                                                                  \
    "schema: 1\ndefaults: { tolerance: 2%, slack: 25%, live: 0 B, growth: 0 B }\ncases:\n"         \
    "  x:\n    units: 50000\n    peak: 96 KiB\n    allocations: 100\n    tolerance: { "            \
    "allocations: 0 }\n"

static const struct verdicts {
    const char *name, *key;
    struct budget_figures figures;
    enum heapgate_status status;
    size_t row_count;
    const char *message;
    unsigned line;
} verdicts[] = {
#define HAS                                                                                        \
    {                                                                                              \
        [HEAPGATE_METRIC_PEAK] = true, [HEAPGATE_METRIC_ALLOCATIONS] = true,                       \
        [HEAPGATE_METRIC_LIVE] = true                                                              \
    }
    {"all within",
     "json/x",
     {.has = HAS, .values = {98304, 100, 0}, .has_units = true, .units = 50000},
     HEAPGATE_OK,
     3,
     "",
     4},
    {"one over, one stale",
     "json/x",
     {.has = HAS, .values = {1, 101, 0}, .has_units = true, .units = 50000},
     HEAPGATE_OVER,
     3,
     "",
     4},
    {"stale",
     "json/x",
     {.has = HAS, .values = {1, 100, 0}, .has_units = true, .units = 50000},
     HEAPGATE_STALE,
     3,
     "",
     4},
    {"no rows",
     "json/x",
     {.has = HAS, .values = {1, 1, 0}, .has_units = true, .units = 0},
     HEAPGATE_INVALID,
     0,
     "measured 0 units where the budget is for 50,000",
     5},
    {"no units",
     "json/x",
     {.has = HAS, .values = {1, 1, 0}},
     HEAPGATE_INVALID,
     0,
     "measured no units where the budget is for 50,000",
     5},
    {"not measured, and another over",
     "json/x",
     {.has = {[HEAPGATE_METRIC_PEAK] = true},
      .values = {1 << 30},
      .has_units = true,
      .units = 50000},
     HEAPGATE_INVALID,
     2,
     "allocations has a budget and was not measured",
     4},
    {"no such case",
     "json/y",
     {.has = HAS},
     HEAPGATE_INVALID,
     0,
     "no budget: looked for y among the cases of json.yaml",
     0},
    {"another group",
     "xml/y",
     {.has = HAS},
     HEAPGATE_INVALID,
     0,
     "no budget: y belongs in xml.yaml, and only json.yaml was loaded",
     0},
    {"no group",
     "x",
     {.has = HAS},
     HEAPGATE_INVALID,
     0,
     "no budget: \"x\" has no group, expected GROUP/NAME for the entry NAME in GROUP.yaml",
     0},
};

static void cases_are_judged(void **state) {
    (void)state;
    struct heapgate_budgets *budgets = load(CASE_BODY);
    for (size_t i = 0; i < COUNT(verdicts); i++) {
        const struct verdicts *row = &verdicts[i];
        struct budget_verdict got;
        enum heapgate_status status = budget_judge(budgets, row->key, &row->figures, &got);
        if (status != row->status || got.status != row->status || got.row_count != row->row_count ||
            strcmp(got.message, row->message) != 0 || got.line != row->line)
            fail_msg("%s: wanted %d, %zu rows, line %u, \"%s\"; got %d, %zu rows, line %u, \"%s\"",
                     row->name, row->status, row->row_count, row->line, row->message, status,
                     got.row_count, got.line, got.message);
    }
    struct budget_verdict got;
    budget_judge(budgets, "json/x", &verdicts[1].figures, &got);
    assert_int_equal(got.rows[1].metric, HEAPGATE_METRIC_ALLOCATIONS);
    assert_int_equal(got.rows[1].status, HEAPGATE_OVER);
    assert_int_equal(got.rows[1].line, 7);
    assert_int_equal(got.rows[0].floor, 98304 - 98304 / 4);
    assert_int_equal(got.rows[2].line, 2); /* the default's */
    budget_free(budgets);
}

static const struct conditions {
    const char *condition, *value;
    bool holds;
} conditions[] = {
    {"aarch64", "aarch64", true},
    {"aarch64", "x86_64", false},
    {"aarch64", NULL, false},
    {">=3.45", "3.45.0", true},
    {">=3.45", "3.45", true},
    {">=3.45", "3.9", false},
    {">=3.45", "3.44.99", false},
    {">3.45", "3.45.0", false},
    {">3.45", "3.45.1", true},
    {"<3.45", "3.9.2", true},
    {"<=3.45.1", "3.45.1", true},
    {"<=3.45.1", "3.45.2", false},
    {"= 3.40", "3.40.0", true},
    {"=3.40", "3.40.1", false},
    {"3.40", "3.40.0", false},
    {">= 2.36", "glibc 2.36", true},
    {"< 2.36", "glibc 2.35", true},
    {">=glibc 2.36", "glibc 2.36-9+deb12u4", true},
    {">=glibc 1.0", "musl 1.2.4", false},
    {">=1", "unknown", false},
    {">=1", NULL, false},
    {"=10.1", "10.01", true},
    {"<99999999999999999999.1", "99999999999999999999.0", true},
};

static void conditions_are_decided(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(conditions); i++)
        if (condition_holds(conditions[i].condition, conditions[i].value) != conditions[i].holds)
            fail_msg("\"%s\" on \"%s\": wanted %d", conditions[i].condition, conditions[i].value,
                     conditions[i].holds);
}

static void variants_replace_what_they_name(void **state) {
    (void)state;
    struct heapgate_budgets *budgets = load(
        "schema: 1\ncases:\n  x:\n    peak: 100\n    variants:\n"
        "      - when: { sqlite: \">=3.45\", arch: aarch64 }\n        peak: 200\n        live: 7\n"
        "      - { when: { sqlite: \">=3.45\" }, peak: 300 }\n"
        "      - { when: { arch: aarch64 }, live: 9 }\n");
    static const char *const both[] = {"sqlite", "3.46.0", "arch", "aarch64", NULL};
    static const char *const newer[] = {"sqlite", "3.46.0", "arch", "x86_64", NULL};
    static const char *const neither[] = {"sqlite", "3.40.1", "arch", "x86_64", NULL};
    static const char *const arm[] = {"sqlite", "3.40.1", "arch", "aarch64", NULL};
    static const struct {
        const char *const *pairs;
        uint64_t peak;
        unsigned line;
        bool has_live;
        uint64_t live;
    } rows[] = {{both, 200, 7, true, 7},
                {newer, 300, 9, false, 0},
                {arm, 100, 4, true, 9},
                {neither, 100, 4, false, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct budget_figures figures = {.environment = environment,
                                         .environment_context = rows[i].pairs};
        struct budget_verdict verdict;
        figures.has[HEAPGATE_METRIC_PEAK] = figures.has[HEAPGATE_METRIC_LIVE] = true;
        budget_judge(budgets, "json/x", &figures, &verdict);
        assert_int_equal(verdict.row_count, 2);
        assert_int_equal(verdict.rows[0].budget, rows[i].peak);
        assert_int_equal(verdict.rows[0].line, rows[i].line);
        assert_int_equal(verdict.rows[1].has_budget, rows[i].has_live);
        assert_int_equal(verdict.rows[1].budget, rows[i].live);
        assert_int_equal(verdict.status, rows[i].has_live ? HEAPGATE_OK : HEAPGATE_INVALID);
        if (!rows[i].has_live)
            assert_string_equal(verdict.message,
                                "no budget for live: no variant of the case holds in this "
                                "environment, and the case has no figure of its own");
    }
    budget_free(budgets);
}

/* What it does not name is the case's, whatever a later one says. */
static void only_the_first_variant_that_holds_counts(void **state) {
    (void)state;
    static const char *const both[] = {"sqlite", "3.46.0", "arch", "aarch64", NULL};
    struct heapgate_budgets *budgets =
        load("schema: 1\ncases:\n  x:\n    peak: 100\n    live: 5\n    variants:\n"
             "      - { when: { sqlite: \">=3.45\" }, peak: 300 }\n"
             "      - { when: { arch: aarch64 }, live: 9 }\n");
    struct budget_figures figures = {.environment = environment, .environment_context = both};
    struct budget_verdict verdict;
    figures.has[HEAPGATE_METRIC_PEAK] = figures.has[HEAPGATE_METRIC_LIVE] = true;
    figures.values[HEAPGATE_METRIC_LIVE] = 6;
    assert_int_equal(budget_judge(budgets, "json/x", &figures, &verdict), HEAPGATE_OVER);
    assert_int_equal(verdict.rows[0].budget, 300);
    assert_int_equal(verdict.rows[1].budget, 5);
    assert_int_equal(verdict.rows[1].line, 5);
    budget_free(budgets);
}

static void nothing_to_judge_is_no_pass(void **state) {
    (void)state;
    struct heapgate_budgets *budgets =
        load("schema: 1\ndefaults: { growth: 0 }\ncases: { x: { units: 1 } }\n");
    struct budget_figures figures = {.has_units = true, .units = 1};
    struct budget_verdict verdict;
    figures.has[HEAPGATE_METRIC_PEAK] = true;
    assert_int_equal(budget_judge(budgets, "json/x", &figures, &verdict), HEAPGATE_INVALID);
    assert_string_equal(verdict.message, "nothing that its budget names was measured");
    budget_free(budgets);
}

/* Whatever is left of a file that was cut off is read or refused, never a crash. */
static void truncated_files_do_no_harm(void **state) {
    (void)state;
    static const char text[] =
        "\xef\xbb\xbf# h\xc3\xb6\nschema: 1\r\ndefaults: { tolerance: '2% + 4 KiB', live: 0 B }\n"
        "cases:\n  a/b:  # c\n    units: 50\n    peak: \"96 KiB\"\n    variants:\n"
        "      - { when: { sqlite: \">=3.45\" }, peak: 1 }\n    tolerance: { peak: 2.5% }\n";
    char *copy = malloc(sizeof text);
    assert_non_null(copy);
    for (size_t length = 0; length < sizeof text; length++) {
        struct heapgate_budgets *budgets;
        struct error error = {0};
        memcpy(copy, text, length);
        enum heapgate_status status = load_bytes(copy, length, &budgets, &error);
        assert_true(status == HEAPGATE_OK ? budgets != NULL && !error.set
                                          : budgets == NULL && error.set);
        budget_free(budgets);
        for (int byte = 0; byte < 256 && length > 0; byte += 5) {
            memcpy(copy, text, sizeof text - 1);
            copy[length - 1] = (char)byte;
            struct buffer flipped = BUFFER_INIT(DOCUMENT_FILE_BYTES);
            struct heapgate_budgets *set = calloc(1, sizeof *set);
            assert_true(buffer_append(&flipped, copy, sizeof text - 1));
            assert_non_null(set);
            struct error reason = {0};
            assert_true(set_add_file(set, "json.yaml", &flipped, &reason) != reason.set);
            budget_free(set);
        }
    }
    free(copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(a_large_file_is_refused),
        cmocka_unit_test(folders_are_loaded_in_order),
        cmocka_unit_test(figures_are_judged),
        cmocka_unit_test(cases_are_judged),
        cmocka_unit_test(conditions_are_decided),
        cmocka_unit_test(variants_replace_what_they_name),
        cmocka_unit_test(only_the_first_variant_that_holds_counts),
        cmocka_unit_test(nothing_to_judge_is_no_pass),
        cmocka_unit_test(truncated_files_do_no_harm),
    };
    return cmocka_run_group_tests_name("budget", tests, make_folder, remove_folder);
}
