/* The gate: every case of one format (GATE_FORMAT) and one database, measured at 5,000 and 50,000
 * rows under the counting allocator, and at 50,000 with call stacks and under Massif too (of some
 * cases less: cases.h), each held to the budgets of that format, which allow what streams no growth
 * from one to the other. Seeding happens here, the measured work in a process of its own, and the
 * document it wrote is looked at before its figures are believed. usage: gate_FORMAT [DATABASE
 * [CASE]]; the database is SQLite unless it is given, and all of its cases are run. */
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
#include <heapgate/cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "cases.h"
#include "fixture.h"
#include "place.h"
#include "servers.h"

static struct place place;
static struct place_folders folders;

/* How often each format names a primary key: once a row. */
static const struct {
    const char *format;
    const char *mark;
} row_marks[] = {{"json", "\"pk\": "}, {"xml", " pk=\""}, {"yaml", "\n  pk: "}};

static size_t count_rows(const char *path) {
    struct buffer document = BUFFER_INIT(256 << 20);
    struct error error = {.set = false};
    const char *mark = NULL;
    size_t rows = 0;
    for (size_t i = 0; i < sizeof row_marks / sizeof row_marks[0]; i++)
        if (strcmp(row_marks[i].format, GATE_FORMAT) == 0)
            mark = row_marks[i].mark;
    if (!file_read(path, &document, &error))
        fail_msg("%s", error.text);
    for (const char *at = document.bytes; (at = strstr(at, mark)) != NULL; at++)
        rows++;
    buffer_fini(&document);
    return rows;
}

static unsigned engines_of(const struct gate_case *gated) {
    if (folders.only_count)
        return HEAPGATE_ENGINE_COUNT;
    return HEAPGATE_ENGINE_COUNT | (gated->huge ? 0 : HEAPGATE_ENGINE_PROFILE) |
           (gated->aside ? 0 : HEAPGATE_ENGINE_MASSIF);
}

static void case_is_within_budget(void **state) {
    static char rows_of_size[] = "{N}";
    const struct gate_case *gated = *state;
    const uint64_t sizes[] = {gate_few_rows(gated), gate_rows(gated)};
    char case_key[HEAPGATE_NAME_BYTES], output[2048];
    struct error error = {.set = false};
    snprintf(case_key, sizeof case_key, GATE_FORMAT "/%s", gated->name);
    if (gated->huge)
        snprintf(output, sizeof output, "/dev/null");
    else
        snprintf(output, sizeof output, "%s/%s.out", folders.output, case_key);
    if (!gated->huge && !file_make_parents(output, &error))
        fail_msg("%s", error.text);
    char *argv[] = {
        (char *)(uintptr_t)GATE_WORK, case_key, place.folder, output, rows_of_size, NULL};
    const heapgate_request request = {
        .case_key = case_key,
        .argv = argv,
        .engines = engines_of(gated),
        .budgets_path = GATE_BUDGETS,
        .results_path = folders.results,
        .sweep = sizes,
        .sweep_count = sizeof sizes / sizeof sizes[0],
    };
    heapgate_assert_measured(&request);
    if (gated->huge)
        return;
    if (!folders.only_count && !fixture_same_peak(folders.results, case_key, &error))
        fail_msg("%s", error.text);
    size_t rows = gated->refused ? gate_rows(gated) : count_rows(output);
    if (rows != gate_rows(gated))
        fail_msg("%s: %zu rows, wanted %u", output, rows, gate_rows(gated));
    unlink(output);
}

static bool make_fixture(const struct gate_case *gated, unsigned rows, struct error *error) {
    char name[GATE_TABLE_BYTES], path[2048];
    gate_table(gated->table, rows, name);
    snprintf(path, sizeof path, "%s/%s.sqlite3", folders.databases, name);
    return fixture_make(folders.databases, gated->table, rows, error) &&
           place_add(&place, path, error);
}

static int make_fixtures(void **state) {
    (void)state;
    struct error reason = {.set = false};
    if (!place_open(&place, &reason)) {
        print_error("%s\n", reason.text);
        return -1;
    }
    for (const struct gate_case *at = gate_cases; at->name != NULL; at++) {
        if (strcmp(at->database, "sqlite") != 0)
            continue; /* made with the servers' schema */
        struct error error = {.set = false};
        bool made_up = at->query != NULL; /* from what is there */
        if (!make_fixture(at, made_up ? GATE_FEW_ROWS : gate_few_rows(at), &error) ||
            !make_fixture(at, made_up ? GATE_ROWS : gate_rows(at), &error)) {
            print_error("%s\n", error.text);
            return -1;
        }
    }
    return 0;
}

static int remove_place(void **state) {
    (void)state;
    place_close(&place);
    return 0;
}

int main(int argc, char **argv) {
    enum { CASES_MAX = 24 };
    struct CMUnitTest tests[CASES_MAX];
    char url[SERVER_URL_BYTES];
    const char *database = argc > 1 ? argv[1] : "sqlite";
    bool sqlite = strcmp(database, "sqlite") == 0;
    int found = sqlite ? 0 : server_find(database, url);
    size_t count = 0;
    if (found != 0)
        return found;
    place_folders(&folders);
    for (const struct gate_case *at = gate_cases; at->name != NULL && count < CASES_MAX; at++)
        if (strcmp(at->database, database) == 0 && (argc < 3 || strcmp(at->name, argv[2]) == 0))
            tests[count++] = (struct CMUnitTest){
                .name = at->name,
                .test_func = case_is_within_budget,
                .initial_state = (void *)(uintptr_t)at,
            };
    if (!sqlite)
        snprintf(place.folder, sizeof place.folder, "-"); /* nothing is taken from it */
    if (count == 0) {
        fprintf(stderr, "usage: %s [sqlite|postgresql|mysql [CASE]]\n", argv[0]);
        return 2;
    }
    int failed =
        _cmocka_run_group_tests("gate " GATE_FORMAT, tests, count, sqlite ? make_fixtures : NULL,
                                sqlite ? remove_place : NULL);
    return heapgate_exit_status(failed);
}
