/* The gate's load cases of one format (GATE_FORMAT) and one database: 5,000 and 50,000 rows into an
 * empty table, and with SQLite also over rows that are there, of long texts, and with a last record
 * that is refused; each held to the format's budget, which allows no growth from one size to the
 * other. What was loaded is dumped again, and is the document that it came from.
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
#include "place.h"
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

static struct place place;
static struct place_folders folders;
static const char *database_name = "sqlite";

/* All rows, or none. */
static void assert_loaded(const struct gate_load *loaded, const char *url) {
    char again[128], whole[2048];
    struct error error = {.set = false};
    uint64_t rows = 0;
    if (!fixture_count(url, "load_" GATE_FORMAT, &rows, &error))
        fail_msg("%s", error.text);
    assert_int_equal(rows, loaded->refused ? 0 : loaded->rows);
    if (loaded->refused)
        return;
    snprintf(whole, sizeof whole, "%s/%s-%u." GATE_FORMAT, folders.databases, loaded->document,
             loaded->rows);
    snprintf(again, sizeof again, "%s/again", place.folder);
    if (!fixture_dump(url, "load_" GATE_FORMAT, GATE_FORMAT, again, loaded->rows, &error))
        fail_msg("%s", error.text);
    assert_same_bytes(whole, again);
    unlink(again);
}

static unsigned engines_of(const struct gate_load *loaded) {
    if (folders.only_count)
        return HEAPGATE_ENGINE_COUNT;
    return HEAPGATE_ENGINE_COUNT | HEAPGATE_ENGINE_PROFILE |
           (loaded->aside ? 0 : HEAPGATE_ENGINE_MASSIF);
}

static void loading_is_within_budget(void **state) {
    const struct gate_load *loaded = *state;
    const uint64_t sizes[] = {loaded->few_rows, loaded->rows};
    char case_key[HEAPGATE_NAME_BYTES], url[SERVER_URL_BYTES], document[128], database[128];
    struct error error = {.set = false};
    snprintf(case_key, sizeof case_key, GATE_FORMAT "/load/%s/%s", database_name, loaded->name);
    snprintf(document, sizeof document, "%s/%s-{N}." GATE_FORMAT, place.folder, loaded->document);
    snprintf(database, sizeof database, "%s/loaded.sqlite3", place.folder);
    char *argv[] = {(char *)(uintptr_t)GATE_LOAD_WORK, case_key, document, database, NULL};
    const heapgate_request request = {
        .case_key = case_key,
        .argv = argv,
        .engines = engines_of(loaded),
        .budgets_path = GATE_BUDGETS,
        .results_path = folders.results,
        .sweep = sizes,
        .sweep_count = 2,
    };
    heapgate_assert_measured(&request);
    if (!folders.only_count && !fixture_same_peak(folders.results, case_key, &error))
        fail_msg("%s", error.text);
    snprintf(url, sizeof url, "sqlite:%s", database);
    if (strcmp(database_name, "sqlite") != 0)
        assert_int_equal(server_find(database_name, url), 0);
    assert_loaded(loaded, url);
    unlink(database);
}

static bool make_document(const char *name, unsigned rows, struct error *error) {
    char path[2048];
    snprintf(path, sizeof path, "%s/%s-%u." GATE_FORMAT, folders.databases, name, rows);
    return fixture_make_document(folders.databases, name, GATE_FORMAT, rows, error) &&
           place_add(&place, path, error);
}

static int make_documents(void **state) {
    (void)state;
    struct error error = {.set = false};
    bool made = place_open(&place, &error);
    for (size_t i = 0; made && i < GATE_LOADS; i++)
        made = make_document(gate_loads[i].document, gate_loads[i].few_rows, &error) &&
               make_document(gate_loads[i].document, gate_loads[i].rows, &error);
    if (made)
        return 0;
    print_error("%s\n", error.text);
    return -1;
}

static int remove_place(void **state) {
    (void)state;
    place_close(&place);
    return 0;
}

int main(int argc, char **argv) {
    struct CMUnitTest tests[GATE_LOADS];
    char url[SERVER_URL_BYTES];
    size_t count = argc > 1 ? GATE_SERVER_LOADS : GATE_LOADS;
    int missing = argc > 1 ? server_find(argv[1], url) : 0;
    if (missing != 0)
        return missing;
    place_folders(&folders);
    if (argc > 1)
        database_name = argv[1];
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){.name = gate_loads[i].name,
                                       .test_func = loading_is_within_budget,
                                       .initial_state = (void *)(uintptr_t)&gate_loads[i]};
    return heapgate_exit_status(_cmocka_run_group_tests("gate load " GATE_FORMAT, tests, count,
                                                        make_documents, remove_place));
}
