/* Rewriting budget files: byte for byte what they were, but for the figures that changed. */
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
#include "budget/number.h"
#include "budget/rewrite.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define BOM "\xef\xbb\xbf"

static char folder[] = "/tmp/heapgate-update.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

static const char *environment(const void *context, const char *name) {
    (void)context;
    return strcmp(name, "sqlite") == 0 ? "3.46.0" : NULL;
}

/* Peak, allocations, live and (if not negative) largest of a case of 50 units. */
static struct budget_figures figures_of(int64_t peak, int64_t allocations, int64_t live,
                                        int64_t largest) {
    return (struct budget_figures){
        .has = {true, true, true, largest >= 0},
        .values = {peak, allocations, live, largest},
        .has_units = true,
        .units = 50,
        .environment = environment,
    };
}

static const struct row {
    const char *name;
    int64_t peak, allocations, live, largest;
    const char *before;
    const char *after; /* NULL: nothing changes */
} rows[] = {
    {"comments, order and blank lines stay", 1000, 90, 0, -1,
     "# top\n\nschema: 1 # one\ncases:\n\n  b: {peak: 7}\n  a:    # c\xc3\xb6mment\n"
     "    allocations:   100   # calls\n\n    peak: 1024 # bytes\n\n# end\n",
     "# top\n\nschema: 1 # one\ncases:\n\n  b: {peak: 7}\n  a:    # c\xc3\xb6mment\n"
     "    allocations:   90   # calls\n\n    peak: 1000 # bytes\n\n# end\n"},
    {"nothing to do", 1024, 100, 0, -1,
     "schema: 1\ncases:\n  a: { peak: 1 KiB, allocations: 100, live: 0 }\n", NULL},
    {"rounded up, as before", 97900, 1, 0, -1, "schema: 1\ncases:\n  a:\n    peak: 96 KiB\n", NULL},
    {"raised within the unit", 200000, 1, 0, -1, "schema: 1\ncases:\n  a:\n    peak: 96 KiB\n",
     "schema: 1\ncases:\n  a:\n    peak: 196 KiB\n"},
    {"down to a smaller unit", 1100000, 1, 0, -1, "schema: 1\ncases:\n  a:\n    peak: 4MiB\n",
     "schema: 1\ncases:\n  a:\n    peak: 1075KiB\n"},
    {"down to bytes", 1500, 1, 0, -1, "schema: 1\ncases:\n  a:\n    peak: 96  KiB\n",
     "schema: 1\ncases:\n  a:\n    peak: 1500  B\n"},
    {"within the tolerance stays", 1010, 103, 0, -1,
     "schema: 1\ndefaults: { tolerance: 2% + 8 B }\ncases:\n  a:\n    peak: 1000\n"
     "    allocations: 102\n",
     NULL},
    {"only what is over its limit is raised", 1010, 104, 0, -1,
     "schema: 1\ncases:\n  a:\n    peak: 1000\n    allocations: 103\n    tolerance: { peak: 1% }\n",
     "schema: 1\ncases:\n  a:\n    peak: 1000\n    allocations: 104\n    tolerance: { peak: 1% "
     "}\n"},
    {"quotes stay", 10, 20, 0, -1,
     "schema: 1\ncases:\n  \"a\":\n    'peak': '30 B'\n    \"allocations\": \"40\"\n",
     "schema: 1\ncases:\n  \"a\":\n    'peak': '10 B'\n    \"allocations\": \"20\"\n"},
    {"braces stay", 10, 20, 0, -1,
     "{schema: 1, cases: {a: {peak: 30,allocations: 40 } , b: {peak: 1}}}",
     "{schema: 1, cases: {a: {peak: 10,allocations: 20 } , b: {peak: 1}}}"},
    {"byte order mark, CRLF and letters of two to four bytes", 10, 20, 0, -1,
     BOM
     "# \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\r\nschema: 1\r\ncases:\r\n"
     "  \xc3\xa9: {peak: 1}\r\n  a:\r\n    peak: 30 # \xf0\x9f\x98\x80\r\n    allocations: 40\r\n",
     BOM
     "# \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\r\nschema: 1\r\ncases:\r\n"
     "  \xc3\xa9: {peak: 1}\r\n  a:\r\n    peak: 10 # \xf0\x9f\x98\x80\r\n    allocations: 20\r\n"},
    {"no line break at the end", 10, 20, 0, -1, "schema: 1\ncases:\n  a:\n    peak: 30",
     "schema: 1\ncases:\n  a:\n    peak: 10"},
    {"the variant that holds", 10, 20, 0, -1,
     "schema: 1\ncases:\n  a:\n    peak: 5\n    allocations: 30\n    variants:\n"
     "      - { when: { sqlite: \"<3\" }, peak: 1 }\n      - when: { sqlite: \">=3.45\" }\n"
     "        peak: 40 B\n",
     "schema: 1\ncases:\n  a:\n    peak: 5\n    allocations: 20\n    variants:\n"
     "      - { when: { sqlite: \"<3\" }, peak: 1 }\n      - when: { sqlite: \">=3.45\" }\n"
     "        peak: 10 B\n"},
    {"a default gets a line", 10, 20, 32, -1,
     "schema: 1\ndefaults: { live: 0 B }\ncases:\n  a:\n      peak: 10   # why\n      slack: 1%\n"
     "  b: { peak: 1 }\n",
     "schema: 1\ndefaults: { live: 0 B }\ncases:\n  a:\n      peak: 10   # why\n      live: 32 B\n"
     "      slack: 1%\n  b: { peak: 1 }\n"},
    {"two defaults, CRLF, at the end", 10, 20, 32, 2048,
     "schema: 1\r\ndefaults: { live: 0, largest: 1 }\r\ncases:\r\n  a:\r\n    peak: 10",
     "schema: 1\r\ndefaults: { live: 0, largest: 1 }\r\ncases:\r\n  a:\r\n    peak: 10\r\n"
     "    live: 32 B\r\n    largest: 2 KiB"},
    {"a default, in braces", 10, 20, 32, 4,
     "schema: 1\ndefaults: { live: 0, largest: 1 }\ncases:\n  a: { peak: 20, slack: 1% }\n",
     "schema: 1\ndefaults: { live: 0, largest: 1 }\ncases:\n  a: { peak: 10, live: 32 B, largest: "
     "4 B, "
     "slack: 1% }\n"},
    {"a default, in empty braces", 10, 20, 32, 4,
     "schema: 1\ndefaults: { live: 0, largest: 1 }\ncases:\n  a: {}\n",
     "schema: 1\ndefaults: { live: 0, largest: 1 }\ncases:\n  a: { live: 32 B, largest: 4 B}\n"},
    {"a default, before no figure", 10, 20, 32, 4,
     "schema: 1\ndefaults: { live: 0, largest: 1 }\ncases:\n  a:\n    slack: 1%\n",
     "schema: 1\ndefaults: { live: 0, largest: 1 }\ncases:\n  a:\n    live: 32 B\n    largest: 4 "
     "B\n"
     "    slack: 1%\n"},
    {"a stale default", 10, 20, 0, -1,
     "schema: 1\ndefaults: { peak: 1 KiB, slack: 25% }\ncases:\n  a: { units: 50 }\n",
     "schema: 1\ndefaults: { peak: 1 KiB, slack: 25% }\ncases:\n  a: { units: 50, peak: 10 B }\n"},
    {"no slack for rounding", 98000, 20, 0, -1,
     "schema: 1\ndefaults: { slack: 0 }\ncases:\n  a: { peak: 100 KiB }\n",
     "schema: 1\ndefaults: { slack: 0 }\ncases:\n  a: { peak: 98000 B }\n"},
    {"no tolerance for rounding", 98000, 20, 0, -1,
     "schema: 1\ndefaults: { tolerance: { peak: 0 } }\ncases:\n  a: { peak: 90 KiB }\n",
     "schema: 1\ndefaults: { tolerance: { peak: 0 } }\ncases:\n  a: { peak: 98000 B }\n"},
    {"less than nothing live", 10, 20, -5, -1, "schema: 1\ncases:\n  a: { live: 8 B }\n",
     "schema: 1\ncases:\n  a: { live: 0 B }\n"},
    {"a new case", 98304, 20, 0, 5, "schema: 1\ncases:\n   b:\n      peak: 1  # b's\n\n# end\n",
     "schema: 1\ncases:\n   b:\n      peak: 1  # b's\n   a:\n      units: 50\n      peak: 96 KiB\n"
     "      allocations: 20\n      live: 0 B\n\n# end\n"},
    {"a new case before other keys", 10, 20, 3, 5,
     "cases:\n  b: { peak: 1 }\nschema: 1\ndefaults: { live: 2, largest: 9 }\n",
     "cases:\n  b: { peak: 1 }\n  a:\n    units: 50\n    peak: 10 B\n    allocations: 20\n"
     "    live: 3 B\nschema: 1\ndefaults: { live: 2, largest: 9 }\n"},
    {"a new case below a default's slack", 10, 20, 0, 10,
     "schema: 1\ndefaults: { live: 0, largest: 1 KiB, slack: 25% }\ncases:\n  b: { peak: 1 }\n",
     "schema: 1\ndefaults: { live: 0, largest: 1 KiB, slack: 25% }\ncases:\n  b: { peak: 1 }\n"
     "  a:\n    units: 50\n    peak: 10 B\n    allocations: 20\n    largest: 10 B\n"},
    {"a new case in empty braces", 10, 20, 0, -1, "schema: 1\ndefaults: {live: 0}\ncases: {}",
     "schema: 1\ndefaults: {live: 0}\ncases: { a: { units: 50, peak: 10 B, allocations: 20 }}"},
    {"a new case in braces", 10, 20, 0, -1,
     "schema: 1\ndefaults: {live: 0}\ncases: {\n  b: {peak: 1},\n}\n",
     "schema: 1\ndefaults: {live: 0}\ncases: {\n  b: {peak: 1}, a: { units: 50, peak: 10 B, "
     "allocations: 20 },\n}\n"},
};

static void read_text(const char *path, struct buffer *text) {
    buffer_clear(text);
    struct error error = {0};
    if (!file_read(path, text, &error))
        fail_msg("%s", error.text);
}

/* Updates json/a in json.yaml; returns how many changes were planned. */
static size_t update_file(const char *name, const struct budget_figures *figures) {
    struct heapgate_budgets *budgets;
    struct error error = {0};
    struct buffer diff = BUFFER_INIT(1 << 20);
    if (budget_load("json.yaml", 0, &budgets, &error) != HEAPGATE_OK)
        fail_msg("%s: %s", name, error.text);
    struct budget_update *update = budget_update_new(budgets, true);
    if (budget_update_add(update, "json/a", figures, &error) != HEAPGATE_OK ||
        !budget_update_finish(update, &error) || !budget_update_diff(update, &diff) ||
        !budget_update_write(update, &error))
        fail_msg("%s: %s", name, error.text);
    size_t count = budget_update_count(update);
    buffer_fini(&diff);
    budget_update_free(update);
    budget_free(budgets);
    return count;
}

static void files_are_rewritten_in_place(void **state) {
    (void)state;
    struct buffer text = BUFFER_INIT(1 << 20);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        const char *wanted = row->after != NULL ? row->after : row->before;
        struct budget_figures figures =
            figures_of(row->peak, row->allocations, row->live, row->largest);
        assert_true(file_write("json.yaml", row->before, strlen(row->before), NULL));
        size_t changes = update_file(row->name, &figures);
        read_text("json.yaml", &text);
        if (strcmp(text.bytes, wanted) != 0)
            fail_msg("%s:\n%s\nwanted:\n%s\ngot:\n%s", row->name, row->before, wanted, text.bytes);
        assert_true((changes > 0) == (row->after != NULL));
        if (update_file(row->name, &figures) != 0)
            fail_msg("%s: a second run changed it again", row->name);
        read_text("json.yaml", &text);
        assert_string_equal(text.bytes, wanted);
    }
    buffer_fini(&text);
}

/* What a sweep of 5 and 50 units gives a case: 600 B and one call for each. */
static const struct row swept[] = {
    {"into braces that are empty", 40000, 90, 0, -1, "schema: 1\ncases: {}\n",
     "schema: 1\ncases: { a: { units: 50, peak: 40000 B, allocations: 90, live: 0 B, growth: 600 "
     "B, "
     "allocation_growth: 1 }}\n"},
    {"beside a default that it is within", 40000, 90, 0, -1,
     "schema: 1\ndefaults: { live: 0, growth: 600 B, allocation_growth: 1 }\ncases:\n  b: { peak: "
     "1 }\n",
     "schema: 1\ndefaults: { live: 0, growth: 600 B, allocation_growth: 1 }\ncases:\n  b: { peak: "
     "1 }\n"
     "  a:\n    units: 50\n    peak: 40000 B\n    allocations: 90\n    growth: 600 B\n"
     "    allocation_growth: 1\n"},
    {"to a case that has neither", 40000, 90, 0, -1,
     "schema: 1\ncases:\n  a:\n    peak: 40000 B # why\n    tolerance: 2%\n",
     "schema: 1\ncases:\n  a:\n    peak: 40000 B # why\n    growth: 600 B\n    allocation_growth: "
     "1\n"
     "    tolerance: 2%\n"},
    {"to a case that has one", 40000, 90, 0, -1,
     "schema: 1\ncases:\n  a: { growth: 600.5 B, slack: 1% }\n",
     "schema: 1\ncases:\n  a: { growth: 600 B, allocation_growth: 1, slack: 1% }\n"},
    {"where the defaults have them", 40000, 90, 0, -1,
     "schema: 1\ndefaults: { growth: 600 B, allocation_growth: 1 }\ncases:\n  a: { peak: 40000 }\n",
     NULL},
};

static void a_swept_case_gets_its_growth(void **state) {
    (void)state;
    struct buffer text = BUFFER_INIT(1 << 20);
    for (size_t i = 0; i < COUNT(swept); i++) {
        const struct row *row = &swept[i];
        const char *wanted = row->after != NULL ? row->after : row->before;
        struct budget_figures figures =
            figures_of(row->peak, row->allocations, row->live, row->largest);
        figures.has[HEAPGATE_METRIC_GROWTH] = figures.has[HEAPGATE_METRIC_ALLOCATION_GROWTH] = true;
        figures.values[HEAPGATE_METRIC_GROWTH] = 600 * HEAPGATE_BYTES_PER_UNIT_SCALE;
        figures.values[HEAPGATE_METRIC_ALLOCATION_GROWTH] = HEAPGATE_CALLS_PER_UNIT_SCALE;
        assert_true(file_write("json.yaml", row->before, strlen(row->before), NULL));
        size_t changes = update_file(row->name, &figures);
        read_text("json.yaml", &text);
        if (strcmp(text.bytes, wanted) != 0)
            fail_msg("%s:\n%s\nwanted:\n%s\ngot:\n%s", row->name, row->before, wanted, text.bytes);
        assert_true((changes > 0) == (row->after != NULL));
        if (update_file(row->name, &figures) != 0)
            fail_msg("%s: a second run changed it again", row->name);
    }
    buffer_fini(&text);
}

/* More is judged than before: that is no raise. And a new file's defaults are those of its head. */
static void growth_is_added_without_leave(void **state) {
    (void)state;
    static const char text[] = "schema: 1\ncases:\n  a: { peak: 40000 B }\n";
    struct heapgate_budgets *budgets;
    struct error error = {0};
    struct budget_figures figures = figures_of(40000, 90, 0, -1);
    figures.has[HEAPGATE_METRIC_GROWTH] = true;
    figures.values[HEAPGATE_METRIC_GROWTH] = 90;
    assert_true(file_write("json.yaml", text, sizeof text - 1, NULL));
    assert_int_equal(budget_load("json.yaml", 0, &budgets, &error), HEAPGATE_OK);
    struct budget_update *update = budget_update_new(budgets, false);
    assert_int_equal(budget_update_add(update, "json/a", &figures, &error), HEAPGATE_OK);
    assert_int_equal(budget_update_count(update), 1);
    assert_int_equal(budget_update_refused(update), 0);
    if (!budget_update_finish(update, &error))
        fail_msg("%s", error.text);
    const struct budget_change *change = budget_update_change(update, 0);
    assert_string_equal(change->old_text, "none");
    assert_string_equal(change->new_text, "0.9 B");
    assert_int_equal(change->line, 3);
    budget_update_free(update);
    budget_free(budgets);
}

static void numbers_keep_their_style(void **state) {
    (void)state;
    static const struct {
        const char *old_text;
        enum heapgate_metric metric;
        uint64_t value;
        const char *text;
        uint64_t written;
    } numbers[] = {
        {"5", HEAPGATE_METRIC_PEAK, 98313, "98313", 98313},
        {"5 B", HEAPGATE_METRIC_PEAK, 98313, "98313 B", 98313},
        {"5KiB", HEAPGATE_METRIC_PEAK, 0, "0B", 0},
        {"5 KiB", HEAPGATE_METRIC_PEAK, 98304, "96 KiB", 98304},
        {"5 KiB", HEAPGATE_METRIC_PEAK, 98305, "98305 B", 98305},
        {"5 KiB", HEAPGATE_METRIC_PEAK, 102401, "101 KiB", 103424},
        {"5 GiB", HEAPGATE_METRIC_PEAK, 1000, "1000 B", 1000},
        {"5 GiB", HEAPGATE_METRIC_PEAK, (UINT64_C(200) << 30) - 5, "200 GiB", UINT64_C(200) << 30},
        {"5 GiB", HEAPGATE_METRIC_PEAK, INT64_MAX, "9223372036854775807 B", INT64_MAX},
        {"7", HEAPGATE_METRIC_ALLOCATIONS, 123456, "123456", 123456},
        {"0.9 B", HEAPGATE_METRIC_GROWTH, 119149, "1191.49 B", 119149},
        {"1 KiB", HEAPGATE_METRIC_GROWTH, 90, "0.9 B", 90},
        {"1.5 KiB", HEAPGATE_METRIC_GROWTH, 10240000, "100 KiB", 10240000},
        {"0", HEAPGATE_METRIC_GROWTH, 1, "0.01", 1},
        {"0", HEAPGATE_METRIC_ALLOCATION_GROWTH, 3002, "3.002", 3002},
        {"0.5", HEAPGATE_METRIC_ALLOCATION_GROWTH, 3000, "3", 3000},
    };
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct number_style style = number_style_of(numbers[i].old_text, numbers[i].metric);
        const struct margin none = {0};
        char text[NUMBER_TEXT_BYTES];
        uint64_t written = number_write(&style, numbers[i].value, &none, &none, text);
        if (written != numbers[i].written || strcmp(text, numbers[i].text) != 0)
            fail_msg("%s, %llu: wanted %s, got %s", numbers[i].old_text,
                     (unsigned long long)numbers[i].value, numbers[i].text, text);
    }
}

static void raises_are_refused(void **state) {
    (void)state;
    static const char text[] = "schema: 1\ncases:\n  a:\n    peak: 10 B\n    allocations: 50\n";
    struct heapgate_budgets *budgets;
    struct error error = {0};
    struct budget_figures figures = figures_of(20, 40, 0, -1);
    assert_true(file_write("json.yaml", text, sizeof text - 1, NULL));
    assert_int_equal(budget_load("json.yaml", 0, &budgets, &error), HEAPGATE_OK);
    struct budget_update *update = budget_update_new(budgets, false);
    assert_int_equal(budget_update_add(update, "json/a", &figures, &error), HEAPGATE_OK);
    assert_int_equal(budget_update_add(update, "json/new", &figures, &error), HEAPGATE_OK);
    assert_int_equal(budget_update_count(update), 5);
    assert_int_equal(budget_update_refused(update), 4);
    const struct budget_change *change = budget_update_change(update, 0);
    assert_true(change->is_raise);
    assert_string_equal(change->old_text, "10 B");
    assert_string_equal(change->new_text, "20 B");
    assert_string_equal(change->file, "json.yaml");
    assert_int_equal(change->line, 4);
    assert_false(budget_update_finish(update, &error));
    assert_string_equal(error.text, "the budgets cannot be rewritten, and were left as they are: "
                                    "raises were refused");
    budget_update_free(update);
    budget_free(budgets);
}

static void what_cannot_be_a_budget_is_refused(void **state) {
    (void)state;
    static const char text[] =
        "schema: 1\ncases:\n  a:\n    units: 60\n    peak: 10 B\n  b: { peak: 1, rss: 1 MiB }\n";
    static const struct {
        const char *key, *message;
    } refused[] = {
        {"json/a", "json/a: measured 50 units where the budget is for 60 (json.yaml:4)"},
        {"json/b", "json/b: rss has a budget and was not measured (json.yaml:6)"},
        {"xml/a", "xml/a: belongs in xml.yaml, not in json.yaml"},
        {"a", "a: has no group: expected GROUP/NAME, for the entry NAME in GROUP.yaml"},
    };
    struct heapgate_budgets *budgets;
    struct budget_figures figures = figures_of(20, 40, 0, -1);
    assert_true(file_write("json.yaml", text, sizeof text - 1, NULL));
    assert_int_equal(budget_load("json.yaml", 0, &budgets, NULL), HEAPGATE_OK);
    struct budget_update *update = budget_update_new(budgets, true);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct error error = {0};
        assert_int_equal(budget_update_add(update, refused[i].key, &figures, &error),
                         HEAPGATE_INVALID);
        assert_string_equal(error.text, refused[i].message);
    }
    budget_update_free(update);
    budget_free(budgets);
}

static void new_files_and_the_diff(void **state) {
    (void)state;
    static const char json[] = "schema: 1\ncases:\n  a:\n    peak: 10 B\n    allocations: 50\n    "
                               "slack: 0\n  c: { peak: 7 }";
    static const char diff[] =
        "--- b/json.yaml\n+++ b/json.yaml\n"
        "@@ -4,1 +4,1 @@\n-    peak: 10 B\n+    peak: 20 B\n"
        "@@ -7,1 +7,6 @@\n-  c: { peak: 7 }\n\\ No newline at end of file\n+  c: { peak: 7 }\n"
        "+  new:\n+    units: 50\n+    peak: 20 B\n+    allocations: 50\n+    live: 0 B\n"
        "\\ No newline at end of file\n"
        "--- /dev/null\n+++ b/xml.yaml\n@@ -0,0 +1,14 @@\n"
        "+# What these cases may cost. Figures are requested heap bytes.\n+schema: 1\n"
        "+defaults: { tolerance: 2%, slack: 25%, live: 0 B }\n+cases:\n"
        "+  a/b:\n+    units: 50\n+    peak: 20 B\n+    allocations: 50\n"
        "+  c:\n+    units: 50\n+    peak: 20 B\n+    allocations: 50\n+    growth: 0.9 B\n"
        "+    allocation_growth: 0\n";
    static const char *const keys[] = {"json/a", "json/new", "xml/a/b", "xml/c"};
    struct heapgate_budgets *budgets;
    struct error error = {0};
    struct budget_figures figures = figures_of(20, 50, 0, 9), swept_figures = figures;
    struct buffer text = BUFFER_INIT(1 << 20);
    assert_true(file_make_directories("b", NULL));
    assert_true(file_write("b/json.yaml", json, sizeof json - 1, NULL));
    assert_int_equal(budget_load("b", 0, &budgets, &error), HEAPGATE_OK);
    struct budget_update *update = budget_update_new(budgets, true);
    swept_figures.has[HEAPGATE_METRIC_GROWTH] = true;
    swept_figures.has[HEAPGATE_METRIC_ALLOCATION_GROWTH] = true;
    swept_figures.values[HEAPGATE_METRIC_GROWTH] = 90;
    for (size_t i = 0; i < COUNT(keys); i++)
        assert_int_equal(
            budget_update_add(update, keys[i],
                              strcmp(keys[i], "xml/c") == 0 ? &swept_figures : &figures, &error),
            HEAPGATE_OK);
    if (!budget_update_finish(update, &error))
        fail_msg("%s", error.text);
    assert_true(budget_update_diff(update, &text));
    assert_string_equal(text.bytes, diff);
    assert_int_equal(budget_update_change(update, 1)->line, 10);
    assert_true(budget_update_write(update, &error));
    budget_update_free(update);
    budget_free(budgets);
    assert_int_equal(budget_load("b", 0, &budgets, &error), HEAPGATE_OK);
    assert_int_equal(budget_case_count(budgets), 5);
    budget_free(budgets);
    buffer_fini(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_keep_their_style),
        cmocka_unit_test(files_are_rewritten_in_place),
        cmocka_unit_test(a_swept_case_gets_its_growth),
        cmocka_unit_test(growth_is_added_without_leave),
        cmocka_unit_test(raises_are_refused),
        cmocka_unit_test(what_cannot_be_a_budget_is_refused),
        cmocka_unit_test(new_files_and_the_diff),
    };
    return cmocka_run_group_tests_name("update", tests, make_folder, remove_folder);
}
