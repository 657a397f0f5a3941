/* The gate's delete case of one database: 20,000 and 50,000 rows in keyed chunks, held to a budget
 * that allows no growth from one to the other. Afterwards the table is empty. (Up to some 3,900
 * pages SQLite knows those in its journal by one bitmap, and above by a tree: once 2 KB more.)
 * usage: gate_delete [DATABASE]; the database is SQLite unless it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <heapgate/cmocka.h>

#include "cases.h"
#include "fixture.h"
#include "place.h"
#include "servers.h"

static struct place place;
static struct place_folders folders;

static void assert_empty(const char *url) {
    struct error error = {.set = false};
    uint64_t rows = 1;
    if (!fixture_count(url, "delete_item", &rows, &error))
        fail_msg("%s", error.text);
    assert_int_equal(rows, 0);
}

static void deleting_is_within_budget(void **state) {
    const char *database = *state;
    static const uint64_t sizes[] = {20000, GATE_ROWS};
    char case_key[HEAPGATE_NAME_BYTES], url[SERVER_URL_BYTES], path[128];
    struct error error = {.set = false};
    snprintf(case_key, sizeof case_key, "rows/delete/%s/keyed", database);
    if (!place_open(&place, &error))
        fail_msg("%s", error.text);
    snprintf(path, sizeof path, "%s/deleted.sqlite3", place.folder);
    char *argv[] = {(char *)(uintptr_t)GATE_DELETE_WORK, case_key, (char *)(uintptr_t) "{N}", path,
                    NULL};
    const heapgate_request request = {
        .case_key = case_key,
        .argv = argv,
        .engines = HEAPGATE_ENGINE_COUNT | (folders.only_count ? 0 : HEAPGATE_ENGINE_MASSIF),
        .budgets_path = GATE_BUDGETS,
        .results_path = folders.results,
        .sweep = sizes,
        .sweep_count = 2,
    };
    heapgate_assert_measured(&request);
    snprintf(url, sizeof url, "sqlite:%s", path);
    if (strcmp(database, "sqlite") != 0)
        assert_int_equal(server_find(database, url), 0);
    assert_empty(url);
}

static int remove_place(void **state) {
    (void)state;
    place_close(&place);
    return 0;
}

int main(int argc, char **argv) {
    static char sqlite[] = "sqlite";
    char url[SERVER_URL_BYTES];
    int missing = argc > 1 ? server_find(argv[1], url) : 0;
    if (missing != 0)
        return missing;
    place_folders(&folders);
    const struct CMUnitTest tests[] = {{"deleting is within budget", deleting_is_within_budget,
                                        NULL, NULL, argc > 1 ? argv[1] : sqlite}};
    return heapgate_exit_status(
        _cmocka_run_group_tests("gate delete", tests, 1, NULL, remove_place));
}
