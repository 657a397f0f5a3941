/* The call stacks that a budget lists: what is read, what is refused, and how the list is rewritten
 * with all else left as it is. */
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

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char folder[] = "/tmp/heapgate-sites.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

static const struct {
    const char *name;
    const char *text;
    const char *error; /* NULL: it is read */
} files[] = {
    {"a list", "schema: 1\ncases:\n  a:\n    peak: 1\n    sites:\n      'x: f <- g': 1 KiB\n",
     NULL},
    {"an empty list", "schema: 1\ncases:\n  a: { peak: 1, sites: { } }\n", NULL},
    {"no mapping", "schema: 1\ncases:\n  a: { peak: 1, sites: [ f ] }\n",
     "g.yaml:3:24: sites is a sequence: expected a mapping of call stacks to sizes, as heapgate "
     "update --sites writes it"},
    {"no size", "schema: 1\ncases:\n  a: { peak: 1, sites: { f: much } }\n",
     "g.yaml:3:29: \"much\" is not a size: expected a whole number of bytes, or one with B, KiB, "
     "MiB "
     "or GiB (such as 96 KiB)"},
    {"calls", "schema: 1\ncases:\n  a: { allocations: 1, allocation_sites: { f: 12 } }\n", NULL},
    {"calls as a size",
     "schema: 1\ncases:\n  a: { allocations: 1, allocation_sites: { f: 1 KiB } }\n",
     "g.yaml:3:47: \"1 KiB\" is not a whole number"},
    {"no mapping of calls", "schema: 1\ncases:\n  a: { allocations: 1, allocation_sites: f }\n",
     "g.yaml:3:42: allocation_sites is a value: expected a mapping of call stacks to counts of "
     "calls, "
     "as heapgate update --sites writes it"},
    {"one twice", "schema: 1\ncases:\n  a: { peak: 1, sites: { f: 1, f: 2 } }\n",
     "g.yaml:3:32: duplicate key \"f\": first on line 3"},
    {"sites alone judge nothing", "schema: 1\ncases:\n  a: { sites: { f: 1 } }\n",
     "g.yaml:3:3: \"a\" judges nothing: expected one of peak, allocations, live, largest, mapped, "
     "rss, "
     "growth, allocation_growth"},
};

static void lists_are_read(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct heapgate_budgets *budgets = NULL;
        struct error error = {0};
        assert_true(file_write("g.yaml", files[i].text, strlen(files[i].text), &error));
        budget_load("g.yaml", 0, &budgets, &error);
        if (strcmp(error.text, files[i].error != NULL ? files[i].error : "") != 0)
            fail_msg("%s: wanted: %s\ngot:    %s", files[i].name, files[i].error, error.text);
        budget_free(budgets);
    }
}

static void a_list_is_what_it_says(void **state) {
    (void)state;
    static const char text[] = "schema: 1\ncases:\n  a:\n    peak: 1\n    sites:\n"
                               "      'x: f <- g': 1 KiB\n      h: 5\n"
                               "    allocation_sites: { h: 7 }\n  b: { peak: 1 }\n";
    struct heapgate_budgets *budgets = NULL;
    size_t count = 7;
    assert_true(file_write("g.yaml", text, sizeof text - 1, NULL));
    assert_int_equal(budget_load("g.yaml", 0, &budgets, NULL), HEAPGATE_OK);
    const struct budget_site *sites =
        budget_case_sites(budget_case_at(budgets, 0), BUDGET_SITES_PEAK, &count);
    assert_int_equal(count, 2);
    assert_string_equal(sites[0].name, "x: f <- g");
    assert_int_equal(sites[0].amount, 1024);
    assert_string_equal(sites[1].name, "h");
    assert_int_equal(sites[1].amount, 5);
    sites = budget_case_sites(budget_case_at(budgets, 0), BUDGET_SITES_ALLOCATIONS, &count);
    assert_int_equal(count, 1);
    assert_string_equal(sites[0].name, "h");
    assert_int_equal(sites[0].amount, 7);
    for (int which = 0; which < BUDGET_SITES; which++) {
        assert_null(
            budget_case_sites(budget_case_at(budgets, 1), (enum budget_sites)which, &count));
        assert_int_equal(count, 0);
    }
    budget_free(budgets);
}

static const struct budget_site two[] = {{"x: f <- g", 4096}, {"y: it's <- h", 1500}};

static const struct {
    const char *name;
    size_t count; /* of `two` */
    const char *before;
    const char *after; /* NULL: nothing changes */
} updates[] = {
    {"a first list", 2,
     "schema: 1\ncases:\n  a:   # why\n    units: 50\n    peak: 4 KiB # bytes\n    slack: 1%\n\n"
     "  # b\n  b: { peak: 1 }\n",
     "schema: 1\ncases:\n  a:   # why\n    units: 50\n    peak: 4 KiB # bytes\n    sites:\n"
     "      'x: f <- g': 4 KiB\n      'y: it''s <- h': 1500 B\n    slack: 1%\n\n"
     "  # b\n  b: { peak: 1 }\n"},
    {"a first list, in braces", 2, "schema: 1\ncases:\n  a: { peak: 4 KiB }\n",
     "schema: 1\ncases:\n  a: { peak: 4 KiB, sites: { 'x: f <- g': 4 KiB, 'y: it''s <- h': 1500 B "
     "} }\n"},
    {"a first list, no line break at the end", 1, "schema: 1\ncases:\n  a:\n    peak: 4 KiB",
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n      'x: f <- g': 4 KiB"},
    {"a first list, CRLF", 1, "schema: 1\r\ncases:\r\n  a:\r\n    peak: 4 KiB\r\n",
     "schema: 1\r\ncases:\r\n  a:\r\n    peak: 4 KiB\r\n    sites:\r\n      'x: f <- g': 4 "
     "KiB\r\n"},
    {"nothing to list", 0, "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n", NULL},
    {"the same list", 2,
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n      \"y: it's <- h\": 1500\n"
     "      'x: f <- g': 4096 B\n",
     NULL},
    {"comments, quotes and order stay", 2,
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites: # the heaviest\n"
     "      \"y: it's <- h\":   9999   # was more\n      # once\n      gone: 1 # and this\n"
     "      'x: f <- g': 4096\n  b: { peak: 1 }\n",
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites: # the heaviest\n"
     "      \"y: it's <- h\":   1500   # was more\n      # once\n"
     "      'x: f <- g': 4096\n  b: { peak: 1 }\n"},
    {"one more, below", 2,
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n        'x: f <- g': 4096 # one\n"
     "    slack: 1%\n",
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n        'x: f <- g': 4096 # one\n"
     "        'y: it''s <- h': 1500 B\n    slack: 1%\n"},
    {"the last one goes, another comes", 2,
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n      'x: f <- g': 4096\n      gone: "
     "1\n",
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n      'x: f <- g': 4096\n"
     "      'y: it''s <- h': 1500 B\n"},
    {"all others", 2,
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n      gone: 1\n      and this: 2\n"
     "  b: { peak: 1 }\n",
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n      'x: f <- g': 4 KiB\n"
     "      'y: it''s <- h': 1500 B\n  b: { peak: 1 }\n"},
    {"none any more", 0,
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n      gone: 1\n  b: { peak: 1 }\n",
     "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n      { }\n  b: { peak: 1 }\n"},
    {"in braces", 2, "schema: 1\ncases:\n  a: { sites: { gone: 1 }, peak: 4 KiB }\n",
     "schema: 1\ncases:\n  a: { sites: { 'x: f <- g': 4 KiB, 'y: it''s <- h': 1500 B }, peak: 4 "
     "KiB "
     "}\n"},
};

static void lists_are_rewritten_in_place(void **state) {
    (void)state;
    const struct budget_figures figures = {
        .has = {true}, .values = {4096}, .has_units = true, .units = 50};
    for (size_t i = 0; i < COUNT(updates); i++) {
        struct heapgate_budgets *budgets = NULL;
        struct buffer text = BUFFER_INIT(1 << 20);
        struct error error = {0};
        const char *wanted = updates[i].after != NULL ? updates[i].after : updates[i].before;
        assert_true(file_write("g.yaml", updates[i].before, strlen(updates[i].before), &error));
        if (budget_load("g.yaml", 0, &budgets, &error) != HEAPGATE_OK)
            fail_msg("%s: %s", updates[i].name, error.text);
        struct budget_update *update = budget_update_new(budgets, false);
        if (budget_update_add(update, "g/a", &figures, &error) != HEAPGATE_OK ||
            budget_update_sites(update, "g/a", BUDGET_SITES_PEAK, two, updates[i].count, &error) !=
                HEAPGATE_OK ||
            !budget_update_finish(update, &error) || !budget_update_write(update, &error) ||
            !file_read("g.yaml", &text, &error))
            fail_msg("%s: %s", updates[i].name, error.text);
        if (strcmp(text.bytes, wanted) != 0)
            fail_msg("%s: wanted:\n%s\ngot:\n%s", updates[i].name, wanted, text.bytes);
        assert_int_equal(budget_update_count(update), updates[i].after != NULL);
        if (updates[i].after != NULL)
            assert_true(budget_update_change(update, 0)->is_sites);
        budget_update_free(update);
        budget_free(budgets);
        buffer_fini(&text);
    }
}

/* Both lists, anew and again. */
static void both_lists_are_kept(void **state) {
    (void)state;
    static const struct {
        const char *before, *after;
    } texts[] = {
        {"schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    allocations: 9\n  b: { peak: 1 }\n",
         "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    allocations: 9\n    sites:\n"
         "      'x: f <- g': 4 KiB\n    allocation_sites:\n      'x: f <- g': 4096\n"
         "      'y: it''s <- h': 1500\n  b: { peak: 1 }\n"},
        {"schema: 1\ncases:\n  a: { peak: 4 KiB, allocations: 9 }\n",
         "schema: 1\ncases:\n  a: { peak: 4 KiB, allocations: 9, sites: { 'x: f <- g': 4 KiB }, "
         "allocation_sites: { 'x: f <- g': 4096, 'y: it''s <- h': 1500 } }\n"},
        {"schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n      gone: 1 # was\n"
         "    allocations: 9\n    allocation_sites:\n      # often\n      'y: it''s <- h': 17 # "
         "more\n",
         "schema: 1\ncases:\n  a:\n    peak: 4 KiB\n    sites:\n      'x: f <- g': 4 KiB # was\n"
         "    allocations: 9\n    allocation_sites:\n      # often\n      'y: it''s <- h': 1500 # "
         "more\n"
         "      'x: f <- g': 4096\n"},
    };
    const struct budget_figures figures = {.has = {true, true}, .values = {4096, 9}};
    for (size_t i = 0; i < 2 * COUNT(texts); i++) {
        bool again = i % 2 == 1; /* what was written is left as it is */
        const char *before = again ? texts[i / 2].after : texts[i / 2].before;
        struct heapgate_budgets *budgets = NULL;
        struct buffer text = BUFFER_INIT(1 << 20);
        struct error error = {0};
        assert_true(file_write("g.yaml", before, strlen(before), &error));
        if (budget_load("g.yaml", 0, &budgets, &error) != HEAPGATE_OK)
            fail_msg("%zu: %s", i, error.text);
        struct budget_update *update = budget_update_new(budgets, false);
        if (budget_update_add(update, "g/a", &figures, &error) != HEAPGATE_OK ||
            budget_update_sites(update, "g/a", BUDGET_SITES_PEAK, two, 1, &error) != HEAPGATE_OK ||
            budget_update_sites(update, "g/a", BUDGET_SITES_ALLOCATIONS, two, 2, &error) !=
                HEAPGATE_OK ||
            !budget_update_finish(update, &error) || !budget_update_write(update, &error) ||
            !file_read("g.yaml", &text, &error))
            fail_msg("%zu: %s", i, error.text);
        assert_string_equal(text.bytes, texts[i / 2].after);
        assert_int_equal(budget_update_count(update), again ? 0 : 2);
        if (!again)
            assert_int_equal(budget_update_change(update, 1)->sites, BUDGET_SITES_ALLOCATIONS);
        budget_update_free(update);
        budget_free(budgets);
        buffer_fini(&text);
    }
}

static void a_case_without_budget_lists_nothing(void **state) {
    (void)state;
    static const char text[] = "schema: 1\ncases:\n  b: { peak: 1 }\n";
    struct heapgate_budgets *budgets = NULL;
    struct error error = {0};
    assert_true(file_write("g.yaml", text, sizeof text - 1, NULL));
    assert_int_equal(budget_load("g.yaml", 0, &budgets, NULL), HEAPGATE_OK);
    struct budget_update *update = budget_update_new(budgets, false);
    assert_int_equal(budget_update_sites(update, "g/a", BUDGET_SITES_PEAK, two, 2, &error),
                     HEAPGATE_INVALID);
    assert_string_equal(error.text, "g/a: has no budget to list its call stacks in: add it with "
                                    "--raise first");
    budget_update_free(update);
    budget_free(budgets);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(a_list_is_what_it_says),
        cmocka_unit_test(lists_are_rewritten_in_place),
        cmocka_unit_test(both_lists_are_kept),
        cmocka_unit_test(a_case_without_budget_lists_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
