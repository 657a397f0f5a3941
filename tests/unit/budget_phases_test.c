/* Phases that get budgets: the figures are put where a person would, and all else stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "budget/rewrite.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char folder[] = "/tmp/heapgate-phases.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

/* Every phase peaks at 90,000 bytes in 4 calls; "rows" adds 100 bytes, any other frees some. */
static bool phase_of(const void *context, const char *name, enum heapgate_metric metric,
                     int64_t *value) {
    (void)context;
    *value = metric == HEAPGATE_METRIC_PEAK          ? 90000
             : metric == HEAPGATE_METRIC_ALLOCATIONS ? 4
             : strcmp(name, "rows") == 0             ? 100
                                                     : -100;
    return true;
}

static const struct budget_figures figures = {
    .has = {[HEAPGATE_METRIC_PEAK] = true},
    .values = {[HEAPGATE_METRIC_PEAK] = 1000},
    .phase = phase_of,
};

#define HEAD "schema: 1\ndefaults: { slack: 25% }\ncases:\n"
#define ROWS "{ peak: 88 KiB, allocations: 4, live: 100 B }"
#define MORE "{ peak: 88 KiB, allocations: 4 }"

static const struct row {
    const char *name, *before, *after; /* behind HEAD */
} rows[] = {
    {"a case without phases gets them behind its figures",
     "  a:\n    peak: 1000 # bytes\n    # who\n    sites:\n      'x': 1\n  b: { peak: 1 }\n",
     "  a:\n    peak: 1000 # bytes\n    phases:\n      rows: " ROWS "\n      more rows: " MORE
     "\n      '2''nd': " MORE "\n    # who\n    sites:\n      'x': 1\n  b: { peak: 1 }\n"},
    {"a case in braces keeps to its line", "  a: { peak: 1000 } # c\n",
     "  a: { peak: 1000, phases: { rows: " ROWS ", more rows: " MORE ", '2''nd': " MORE
     " } } # c\n"},
    {"what a phase has stays, and what it has not is added",
     "  a:\n    peak: 1000\n    phases: { rows: { peak: 90 KiB } } # kept\n",
     "  a:\n    peak: 1000\n    phases: { rows: { peak: 88 KiB, allocations: 4, live: 100 B }, "
     "more rows: " MORE ", '2''nd': " MORE " } # kept\n"},
    {"phases with a line each",
     "  a:\n    phases:\n      rows:\n        live: 100 B # l\n      other: { peak: 1 GiB }\n"
     "    peak: 1000\n",
     "  a:\n    phases:\n      rows:\n        live: 100 B # l\n        peak: 88 KiB\n"
     "        allocations: 4\n      other: { peak: 88 KiB }\n      more rows: " MORE
     "\n      '2''nd': " MORE "\n    peak: 1000\n"},
    {"nothing to add",
     "  a: { peak: 1000, phases: { rows: " ROWS ", more rows: " MORE ", '2''nd': " MORE " } }\n",
     "  a: { peak: 1000, phases: { rows: " ROWS ", more rows: " MORE ", '2''nd': " MORE " } }\n"},
};

static const char *const names[] = {"rows", "more rows", "2'nd", "a\nline"};

static void update_file(const struct row *row, struct buffer *text) {
    struct heapgate_budgets *budgets;
    struct error error = {0};
    buffer_clear(text);
    assert_true(buffer_append_text(text, HEAD) && buffer_append_text(text, row->before));
    assert_true(file_write("json.yaml", text->bytes, text->length, &error));
    if (budget_load("json.yaml", 0, &budgets, &error) != HEAPGATE_OK)
        fail_msg("%s: %s", row->name, error.text);
    struct budget_update *update = budget_update_new(budgets, false);
    if (budget_update_add(update, "json/a", &figures, &error) != HEAPGATE_OK ||
        budget_update_phases(update, "json/a", &figures, names, COUNT(names), &error) !=
            HEAPGATE_OK ||
        !budget_update_finish(update, &error) || !budget_update_write(update, &error))
        fail_msg("%s: %s", row->name, error.text);
    for (size_t i = 0; i < budget_update_count(update); i++)
        if (budget_update_change(update, i)->line < 4)
            fail_msg("%s: change %zu is in line %u", row->name, i,
                     budget_update_change(update, i)->line);
    budget_update_free(update);
    budget_free(budgets);
    buffer_clear(text);
    assert_true(file_read("json.yaml", text, &error));
}

static void phases_are_added_in_place(void **state) {
    (void)state;
    struct buffer text = BUFFER_INIT(1 << 20);
    for (size_t i = 0; i < COUNT(rows); i++) {
        update_file(&rows[i], &text);
        if (strcmp(text.bytes + strlen(HEAD), rows[i].after) != 0)
            fail_msg("%s: wanted\n%sgot\n%s", rows[i].name, rows[i].after,
                     text.bytes + strlen(HEAD));
    }
    buffer_fini(&text);
}

static void what_has_no_place_is_refused(void **state) {
    (void)state;
    static const char *const many[] = {"a", "b", "c", "d", "e", "f", "g",
                                       "h", "i", "j", "k", "l", "m"};
    static const char text[] = HEAD "  a: { peak: 1000 }\n";
    struct heapgate_budgets *budgets;
    struct error error = {0};
    assert_true(file_write("json.yaml", text, sizeof text - 1, NULL));
    assert_int_equal(budget_load("json.yaml", 0, &budgets, NULL), HEAPGATE_OK);
    struct budget_update *update = budget_update_new(budgets, false);
    assert_int_equal(budget_update_phases(update, "json/b", &figures, names, 1, &error),
                     HEAPGATE_INVALID);
    assert_string_equal(error.text,
                        "json/b: has no budget to put its phases in: add it with --raise first");
    error.set = false;
    assert_int_equal(budget_update_phases(update, "json/a", &figures, many, COUNT(many), &error),
                     HEAPGATE_INVALID);
    assert_string_equal(error.text, "json/a: 26 figures of phases, where a budget holds 24: choose "
                                    "some of them with --phases=GLOB");
    budget_update_free(update);
    budget_free(budgets);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phases_are_added_in_place),
        cmocka_unit_test(what_has_no_place_is_refused),
    };
    return cmocka_run_group_tests_name("budgets of phases", tests, make_folder, remove_folder);
}
