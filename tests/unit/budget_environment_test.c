/* What budgets say of the environment: conditions on what nothing tells, which are refused, and the
 * record of what figures were taken in, which update keeps and nothing is judged by. */
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
#include "budget/rewrite.h"
#include "budget/set.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char folder[] = "/tmp/heapgate-environment.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

/* Pairs of name and value; NULL ends them. */
static const char *value_of(const void *context, const char *name) {
    const char *const *pairs = context;
    for (; pairs[0] != NULL; pairs += 2)
        if (strcmp(pairs[0], name) == 0)
            return pairs[1];
    return NULL;
}

static const char *name_of(const void *context, size_t index) {
    const char *const *pairs = context;
    for (; pairs[0] != NULL && index > 0; index--)
        pairs += 2;
    return pairs[0];
}

static struct budget_figures figures_in(const char *const *pairs, int64_t peak) {
    struct budget_figures figures = {
        .environment = value_of, .environment_context = pairs, .environment_name = name_of};
    figures.has[HEAPGATE_METRIC_PEAK] = true;
    figures.values[HEAPGATE_METRIC_PEAK] = peak;
    return figures;
}

static struct heapgate_budgets *load(const char *name, const char *text) {
    struct heapgate_budgets *budgets = NULL;
    struct error error = {0};
    assert_true(file_write("g.yaml", text, strlen(text), NULL));
    if (budget_load("g.yaml", 0, &budgets, &error) != HEAPGATE_OK)
        fail_msg("%s: %s", name, error.text);
    return budgets;
}

/* ---- Conditions ---- */

static const char *const noted[] = {"arch",      "x86_64",      "sqlite", "3.46.0",
                                    "libx.so.4", "file 4.14.0", NULL};

static const struct {
    const char *name, *when;
    enum heapgate_status status;
    uint64_t budget; /* of the figure that was chosen; 0: none was */
    const char *message;
} conditions[] = {
    {"it holds", "{ sqlite: \">=3.45\" }", HEAPGATE_OK, 200, ""},
    {"it does not", "{ sqlite: \">=3.47\" }", HEAPGATE_OVER, 100, ""},
    {"heapgate's own name that this machine lacks", "{ distribution: debian 12 }", HEAPGATE_OVER,
     100, ""},
    {"no control", "{ control: leak }", HEAPGATE_OVER, 100, ""},
    {"a name that nothing tells", "{ sqlit: \">=3.45\" }", HEAPGATE_INVALID, 0,
     "when asks for \"sqlit\", which this result's environment does not have: it has arch, sqlite, "
     "libx.so.4"},
    {"behind one that does not hold", "{ sqlite: \"<3\", zlib: \">=1\" }", HEAPGATE_INVALID, 0,
     "when asks for \"zlib\", which this result's environment does not have: it has arch, sqlite, "
     "libx.so.4"},
    {"the number of a file is no release", "{ libx.so.4: \">=2.14\" }", HEAPGATE_INVALID, 0,
     "when asks for \"libx.so.4\", of which only the number in the file's name is known, not the "
     "release: \"file 4.14.0\""},
    {"the number of a file, asked for", "{ libx.so.4: \">=file 4.13\" }", HEAPGATE_OK, 200, ""},
    {"another number of the file", "{ libx.so.4: \">=file 5\" }", HEAPGATE_OVER, 100, ""},
};

static void what_nothing_tells_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(conditions); i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "schema: 1\ncases:\n  a:\n    peak: 100\n    variants:\n"
                 "      - { when: { arch: alpha }, peak: 1 }\n      - { when: %s, peak: 200 }\n",
                 conditions[i].when);
        struct heapgate_budgets *budgets = load(conditions[i].name, text);
        struct budget_figures figures = figures_in(noted, 150);
        struct budget_verdict verdict;
        budget_judge(budgets, "g/a", &figures, &verdict);
        uint64_t budget = verdict.row_count > 0 ? verdict.rows[0].budget : 0;
        if (verdict.status != conditions[i].status || budget != conditions[i].budget ||
            strcmp(verdict.message, conditions[i].message) != 0)
            fail_msg("%s: status %d, budget %llu, \"%s\"", conditions[i].name, verdict.status,
                     (unsigned long long)budget, verdict.message);
        assert_int_equal(verdict.line, conditions[i].message[0] != '\0' ? 7 : 3);
        budget_free(budgets);
    }
}

/* Who judges without an environment (a caller's own figures) is told, too. */
static void no_environment_tells_nothing(void **state) {
    (void)state;
    struct heapgate_budgets *budgets =
        load("none", "schema: 1\ncases:\n  a:\n    peak: 100\n    variants:\n"
                     "      - { when: { sqlite: \"<3\" }, peak: 1 }\n");
    struct budget_figures figures = {.has = {true}};
    struct budget_verdict verdict;
    assert_int_equal(budget_judge(budgets, "g/a", &figures, &verdict), HEAPGATE_INVALID);
    assert_string_equal(verdict.message,
                        "when asks for \"sqlite\", which this result's environment "
                        "does not have: it has nothing");
    budget_free(budgets);
}

/* ---- The record ---- */

static const struct {
    const char *name, *text;
    const char *error; /* NULL: it is read */
} files[] = {
    {"of a file, a case and a variant",
     "schema: 1\nmeasured: { libc: glibc 2.36 }\ncases:\n  a: { peak: 1, measured: { x: 1.2 }, "
     "variants: [ { when: { arch: a }, peak: 2, measured: { } } ] }\n",
     NULL},
    {"no mapping", "schema: 1\nmeasured: 3\ncases: {}\n",
     "g.yaml:2:11: measured is a value: expected a mapping of names to values"},
    {"no value", "schema: 1\ncases:\n  a: { peak: 1, measured: { x: [ 1 ] } }\n",
     "g.yaml:3:32: x is a sequence: expected the value that it had"},
    {"it judges nothing", "schema: 1\ncases:\n  a: { measured: { x: 1 } }\n",
     "g.yaml:3:3: \"a\" judges nothing: expected one of peak, allocations, live, largest, mapped, "
     "rss, growth, allocation_growth"},
};

static void records_are_read(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct heapgate_budgets *budgets = NULL;
        struct error error = {0};
        assert_true(file_write("g.yaml", files[i].text, strlen(files[i].text), NULL));
        budget_load("g.yaml", 0, &budgets, &error);
        if (strcmp(error.text, files[i].error != NULL ? files[i].error : "") != 0)
            fail_msg("%s: wanted: %s\ngot:    %s", files[i].name, files[i].error, error.text);
        budget_free(budgets);
    }
}

static void a_case_has_the_files_record_and_its_own(void **state) {
    (void)state;
    struct heapgate_budgets *budgets = load(
        "record", "schema: 1\ncases:\n  a:\n    peak: 1\n    measured: { libc: glibc 2.40 }\n"
                  "    variants:\n      - { when: { arch: alpha }, peak: 1, measured: { os: x } }\n"
                  "measured: { libc: glibc 2.36, compiler: gcc 12 }\n");
    static const char *const alpha[] = {"arch", "alpha", NULL};
    struct budget_figures here = figures_in(noted, 1), there = figures_in(alpha, 1);
    struct budget_pair pairs[BUDGET_MEASURED_MAX];
    const struct budget_case *budgeted = budget_case_at(budgets, 0);
    assert_int_equal(budget_case_measured(budgeted, &here, pairs), 2);
    assert_string_equal(pairs[0].name, "libc");
    assert_string_equal(pairs[0].value, "glibc 2.40");
    assert_string_equal(pairs[1].name, "compiler");
    assert_int_equal(budget_case_measured(budgeted, &there, pairs), 1);
    assert_string_equal(pairs[0].value, "x");
    budget_free(budgets);
}

static const struct budget_pair now[] = {{"distribution", "debian 12"}, {"it's", "a: b"}};
#define NOW "measured: { distribution: debian 12, 'it''s': 'a: b' }"

static const struct {
    const char *name;
    const char *keys; /* the cases that are updated, each a letter */
    int64_t peak;
    const char *before; /* NULL: there is no file */
    const char *after;  /* NULL: nothing changes */
} updates[] = {
    {"a new file", "ab", 10, NULL, NOW "\ncases:\n  a:\n    peak: 10 B\n  b:\n    peak: 10 B\n"},
    {"an empty one", "a", 10, "schema: 1\ncases: {}\n# end\n",
     "schema: 1\n" NOW "\ncases: { a: { peak: 10 B }}\n# end\n"},
    {"no figure changes", "a", 10, "schema: 1\ncases:\n  a: { peak: 10 }\n", NULL},
    {"all figures change", "ab", 10,
     "schema: 1\ncases:\n  a: { peak: 11 }\n  b:\n    peak: 12 # why\n\n# end\n",
     "schema: 1\n" NOW "\ncases:\n  a: { peak: 10 }\n  b:\n    peak: 10 # why\n\n# end\n"},
    {"some change", "ab", 10, "schema: 1\ncases:\n  a: { peak: 11 }\n  b:\n    peak: 10 # why\n",
     "schema: 1\ncases:\n  a: { peak: 10, " NOW " }\n  b:\n    peak: 10 # why\n"},
    {"some change, in lines", "b", 10,
     "schema: 1\ncases:\n  a: { peak: 11 }\n  b:\n    peak: 12 # why\n    slack: 1% # so\n",
     "schema: 1\ncases:\n  a: { peak: 11 }\n  b:\n    peak: 10 # why\n    " NOW
     "\n    slack: 1% # so\n"},
    {"the record says it already", "a", 10,
     "schema: 1\n" NOW " # here\ncases:\n  a: { peak: 11 }\n  b: { peak: 1 }\n",
     "schema: 1\n" NOW " # here\ncases:\n  a: { peak: 10 }\n  b: { peak: 1 }\n"},
    {"the file's says another", "a", 10,
     "schema: 1\ncases:\n  a:\n    peak: 11\n  b: { peak: 1 }\n"
     "measured: { distribution: debian 11, \"it's\": \"a: b\", more: 1 }\n",
     "schema: 1\ncases:\n  a:\n    peak: 10\n    measured: { distribution: debian 12 }\n"
     "  b: { peak: 1 }\nmeasured: { distribution: debian 11, \"it's\": \"a: b\", more: 1 }\n"},
    {"the case's says another", "a", 10,
     "schema: 1\n" NOW "\ncases:\n  a:\n    measured: { distribution: debian 11 } # old\n"
     "    peak: 11\n  b: { peak: 1 }\n",
     "schema: 1\n" NOW "\ncases:\n  a:\n    measured: { } # old\n    peak: 10\n  b: { peak: 1 }\n"},
    {"the case's has lines", "a", 10,
     "schema: 1\ncases:\n  a:\n    peak: 11\n    measured:\n      distribution: debian 11 # old\n"
     "      gone: 1\n  b: { peak: 1 }\n",
     "schema: 1\ncases:\n  a:\n    peak: 10\n    measured:\n      distribution: debian 12 # old\n"
     "      gone: 1\n      'it''s': 'a: b'\n  b: { peak: 1 }\n"},
    {"a variant's figure", "a", 10,
     "schema: 1\n" NOW "\ncases:\n  a:\n    peak: 99\n    variants:\n"
     "      - { when: { arch: x86_64 }, peak: 11 }\n",
     "schema: 1\n" NOW "\ncases:\n  a:\n    peak: 99\n    variants:\n"
     "      - { when: { arch: x86_64 }, peak: 10, " NOW " }\n"},
    {"a variant in lines", "a", 10,
     "schema: 1\ncases:\n  a:\n    peak: 99\n    variants:\n"
     "      - when: { arch: x86_64 }\n        peak: 11\n",
     "schema: 1\ncases:\n  a:\n    peak: 99\n    variants:\n"
     "      - when: { arch: x86_64 }\n        peak: 10\n        " NOW "\n"},
    {"a case that is new beside others", "b", 10, "schema: 1\ncases:\n  a:\n    peak: 11",
     "schema: 1\ncases:\n  a:\n    peak: 11\n  b:\n    peak: 10 B\n    " NOW},
    {"two that are new beside others", "bc", 10,
     "schema: 1\ncases:\n  a:\n    peak: 11\nmeasured: { distribution: debian 12 }\n",
     "schema: 1\ncases:\n  a:\n    peak: 11\n  b:\n    peak: 10 B\n    measured: { 'it''s': 'a: b' "
     "}\n"
     "  c:\n    peak: 10 B\n    measured: { 'it''s': 'a: b' }\n"
     "measured: { distribution: debian 12 }\n"},
    {"CRLF", "a", 10, "schema: 1\r\ncases:\r\n  a:\r\n    peak: 11\r\n  b: { peak: 1 }\r\n",
     "schema: 1\r\ncases:\r\n  a:\r\n    peak: 10\r\n    " NOW "\r\n  b: { peak: 1 }\r\n"},
};

static void update(const char *name, const char *keys, int64_t peak) {
    struct heapgate_budgets *budgets;
    struct budget_figures figures = figures_in(noted, peak);
    struct error error = {0};
    if (budget_load("g.yaml", BUDGET_LOAD_MAY_BE_MISSING, &budgets, &error) != HEAPGATE_OK)
        fail_msg("%s: %s", name, error.text);
    struct budget_update *updated = budget_update_new(budgets, true);
    for (const char *at = keys; *at != '\0'; at++) {
        char key[] = {'g', '/', *at, '\0'};
        if (budget_update_add(updated, key, &figures, &error) != HEAPGATE_OK ||
            budget_update_measured(updated, key, now, COUNT(now), &error) != HEAPGATE_OK)
            fail_msg("%s: %s", name, error.text);
    }
    if (!budget_update_finish(updated, &error) || !budget_update_write(updated, &error))
        fail_msg("%s: %s", name, error.text);
    budget_update_free(updated);
    budget_free(budgets);
}

static void update_records_what_it_measured_in(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(updates); i++) {
        const char *before = updates[i].before, *wanted = updates[i].after;
        if (before == NULL)
            unlink("g.yaml");
        else
            assert_true(file_write("g.yaml", before, strlen(before), NULL));
        for (int again = 0; again < 2; again++) {
            struct buffer text = BUFFER_INIT(1 << 20);
            update(updates[i].name, updates[i].keys, updates[i].peak);
            assert_true(file_read("g.yaml", &text, NULL));
            const char *got = before == NULL ? strstr(text.bytes, "measured:") : text.bytes;
            if (strcmp(got, wanted != NULL ? wanted : before) != 0)
                fail_msg("%s%s:\nwanted:\n%s\ngot:\n%s", updates[i].name, again ? ", again" : "",
                         wanted, text.bytes);
            buffer_fini(&text);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nothing_tells_is_refused),
        cmocka_unit_test(no_environment_tells_nothing),
        cmocka_unit_test(records_are_read),
        cmocka_unit_test(a_case_has_the_files_record_and_its_own),
        cmocka_unit_test(update_records_what_it_measured_in),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
