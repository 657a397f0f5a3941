/* scope within|over|measured: a part of this process, or a command, held to a budget by cmocka's
 * assertions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <heapgate/cmocka.h>

enum { ROWS = 10, ROW_BYTES = 100 };

static heapgate_budgets *budgets;

static int load_budgets(void **state) {
    heapgate_error error;
    (void)state;
    if (heapgate_budgets_load(BUDGETS, &budgets, &error) == HEAPGATE_OK)
        return 0;
    print_error("%s\n", error.text);
    return -1;
}

static int free_budgets(void **state) {
    (void)state;
    heapgate_budgets_free(budgets);
    return 0;
}

static void measure_rows(size_t row_bytes, heapgate_usage *usage) {
    heapgate_error error;
    char *volatile rows[ROWS]; /* else a compiler may leave out what nobody reads */
    if (heapgate_scope_begin("sum", &error) != HEAPGATE_OK)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = malloc(row_bytes);
        memset(rows[i], 'r', row_bytes);
    }
    for (size_t i = 0; i < ROWS; i++)
        free(rows[i]);
    if (heapgate_scope_end("sum", ROWS, usage, &error) != HEAPGATE_OK)
        fail_msg("%s", error.text);
}

static void rows_are_within(void **state) {
    heapgate_usage usage;
    (void)state;
    measure_rows(ROW_BYTES, &usage);
    heapgate_assert_within(budgets, "app/scope/sum", &usage, ROWS);
    /* Its budget asks for the C library of this process. */
    heapgate_assert_within(budgets, "app/scope/here", &usage, ROWS);
    assert_int_equal(usage.peak_bytes, ROWS * ROW_BYTES);
}

static void rows_are_over(void **state) {
    heapgate_usage usage;
    (void)state;
    measure_rows(ROW_BYTES + 1, &usage);
    heapgate_assert_within(budgets, "app/scope/sum", &usage, ROWS);
}

static void command_is_measured(void **state) {
    char program[] = EXPORT, bytes[] = "16384", empty[] = "", list[] = "a;b", word[] = "COMMAND";
    char *argv[] = {program, bytes, empty, list, word, NULL};
    const heapgate_request request = {
        .case_key = "app/export/stream",
        .argv = argv,
        .engines = HEAPGATE_ENGINE_COUNT,
        .budgets_path = BUDGETS,
    };
    (void)state;
    heapgate_assert_measured(&request);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        CMUnitTestFunction test;
    } tests[] = {
        {"within", rows_are_within}, {"over", rows_are_over}, {"measured", command_is_measured}};
    for (size_t i = 0; argc == 2 && i < sizeof tests / sizeof tests[0]; i++)
        if (strcmp(argv[1], tests[i].name) == 0) {
            const struct CMUnitTest chosen[] = {{tests[i].name, tests[i].test, NULL, NULL, NULL}};
            return heapgate_exit_status(cmocka_run_group_tests(chosen, load_budgets, free_budgets));
        }
    return 2;
}
