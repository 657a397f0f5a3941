/* The gate's load case of one format (GATE_FORMAT) and one database: 5,000 and 50,000 rows into an
 * empty table, held to the format's budget, which allows no growth from one to the other. What was
 * loaded is dumped again, and is the document that it came from.
 * usage: gate_load_FORMAT [DATABASE]; the database is SQLite unless it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <heapgate/cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "cases.h"
#include "fixture.h"
#include "servers.h"

static void assert_same_bytes(const char *path, const char *other) {
    struct buffer bytes[2] = {BUFFER_INIT(256 << 20), BUFFER_INIT(256 << 20)};
    struct error error = {.set = false};
    if (!file_read(path, &bytes[0], &error) || !file_read(other, &bytes[1], &error))
        fail_msg("%s", error.text);
    if (bytes[0].length != bytes[1].length ||
        memcmp(bytes[0].bytes, bytes[1].bytes, bytes[0].length) != 0)
        fail_msg("%s and %s differ", path, other);
    buffer_fini(&bytes[0]);
    buffer_fini(&bytes[1]);
}

static void loading_is_within_budget(void **state) {
    const char *database_name = *state;
    static const uint64_t sizes[] = {GATE_FEW_ROWS, GATE_ROWS};
    char case_key[HEAPGATE_NAME_BYTES], url[4096];
    char document[2048], database[2048], again[2048], whole[2048];
    struct error error = {.set = false};
    snprintf(case_key, sizeof case_key, GATE_FORMAT "/load/%s/stream", database_name);
    snprintf(document, sizeof document, "%s/items-{N}." GATE_FORMAT, GATE_DATABASES);
    snprintf(whole, sizeof whole, "%s/items-%d." GATE_FORMAT, GATE_DATABASES, GATE_ROWS);
    snprintf(database, sizeof database, "%s/%s.sqlite3", GATE_OUTPUT, case_key);
    snprintf(again, sizeof again, "%s/%s.again", GATE_OUTPUT, case_key);
    if (!file_make_parents(database, &error))
        fail_msg("%s", error.text);
    char *argv[] = {(char *)(uintptr_t)GATE_LOAD_WORK, case_key, document, database, NULL};
    const heapgate_request request = {
        .case_key = case_key,
        .argv = argv,
        .engines = HEAPGATE_ENGINE_COUNT | HEAPGATE_ENGINE_PROFILE | HEAPGATE_ENGINE_MASSIF,
        .budgets_path = GATE_BUDGETS,
        .results_path = GATE_RESULTS,
        .sweep = sizes,
        .sweep_count = 2,
    };
    heapgate_assert_measured(&request);
    if (!fixture_same_peak(GATE_RESULTS, case_key, &error))
        fail_msg("%s", error.text);
    snprintf(url, sizeof url, "sqlite:%s", database);
    if (strcmp(database_name, "sqlite") != 0)
        assert_int_equal(server_find(database_name, url), 0);
    if (!fixture_dump(url, "load_" GATE_FORMAT, GATE_FORMAT, again, GATE_ROWS, &error))
        fail_msg("%s", error.text);
    assert_same_bytes(whole, again);
    unlink(again);
    unlink(database);
}

static int make_documents(void **state) {
    (void)state;
    struct error error = {.set = false};
    if (fixture_make_document(GATE_DATABASES, GATE_FORMAT, GATE_FEW_ROWS, &error) &&
        fixture_make_document(GATE_DATABASES, GATE_FORMAT, GATE_ROWS, &error))
        return 0;
    print_error("%s\n", error.text);
    return -1;
}

int main(int argc, char **argv) {
    static char sqlite[] = "sqlite";
    char url[SERVER_URL_BYTES];
    int missing = argc > 1 ? server_find(argv[1], url) : 0;
    if (missing != 0)
        return missing;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(loading_is_within_budget, argc > 1 ? argv[1] : sqlite)};
    return heapgate_exit_status(
        _cmocka_run_group_tests("gate load " GATE_FORMAT, tests, 1, make_documents, NULL));
}
