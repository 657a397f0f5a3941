#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "cases.h"
#include "measure/result.h"
#include "rowstream/rowstream.h"

static bool run_sql(sqlite3 *database, const char *sql, struct error *error) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    error_set(error, "fixture: %s", sqlite3_errmsg(database));
    return false;
}

/* The hand-made rows of fixtures/every_type.sql, over and over. */
static bool make_every_type(const char *path, const char *name, unsigned rows,
                            struct error *error) {
    struct buffer sql = BUFFER_INIT(1 << 20);
    sqlite3 *database = NULL;
    bool made = false;
    char repeat[512], rename[128];
    /* Rows 1 to n are whole copies of the original, so multiplying them keeps their order. */
    snprintf(repeat, sizeof repeat,
             "CREATE TEMP TABLE n AS SELECT count(*) AS rows FROM every_type;"
             "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k LIMIT %u)"
             "INSERT INTO every_type SELECT i * rows + id, flag, small, number, big, positive, "
             "ratio, price, title, body, day, moment, clock, token, data "
             "FROM k, n, every_type WHERE i * rows + id <= %u ORDER BY 1;",
             rows, rows);
    snprintf(rename, sizeof rename, "ALTER TABLE every_type RENAME TO \"%s\"", name);
    if (!file_read(GATE_FIXTURES "/every_type.sql", &sql, error))
        goto out;
    if (sqlite3_open(path, &database) != SQLITE_OK) {
        error_set(error, "%s: %s", path, sqlite3_errmsg(database));
        goto out;
    }
    made = run_sql(database, sql.bytes, error) && run_sql(database, repeat, error) &&
           (strcmp(name, "every_type") == 0 || run_sql(database, rename, error));
out:
    sqlite3_close(database);
    buffer_fini(&sql);
    return made;
}

static bool make_items(const char *path, const char *name, unsigned rows, struct error *error) {
    char url[4096];
    snprintf(url, sizeof url, "sqlite:%s", path);
    struct rowstream_seed_options options = {
        .url = url, .table = name, .rows = rows, .seed = 1};
    return rowstream_seed(&options, NULL, error) == ROWSTREAM_OK;
}

bool fixture_make(const char *folder, const char *table, unsigned rows, struct error *error) {
    char name[GATE_TABLE_BYTES], path[2048], temporary[2100];
    gate_table(table, rows, name);
    snprintf(path, sizeof path, "%s/%s.sqlite3", folder, name);
    if (access(path, R_OK) == 0)
        return true;
    if (!file_make_directories(folder, error))
        return false;
    snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    unlink(temporary);
    bool made = strcmp(table, "every_type") == 0 ? make_every_type(temporary, name, rows, error)
                                                 : make_items(temporary, name, rows, error);
    if (made && rename(temporary, path) != 0) {
        error_set(error, "%s: cannot rename", temporary);
        made = false;
    }
    if (!made)
        unlink(temporary);
    return made;
}

static bool write_file(void *context, const void *bytes, size_t length, struct error *error) {
    return file_output_write(context, bytes, length, error);
}

bool fixture_dump(const char *url, const char *table, const char *format, const char *path,
                  unsigned rows, struct error *error) {
    char query[256], model[32];
    snprintf(query, sizeof query, "SELECT * FROM %s WHERE id <= %u ORDER BY id", table, rows);
    snprintf(model, sizeof model, "load.%s", format);
    struct rowstream_dump_options options = {
        .url = url, .query = query, .model = model, .format = format};
    struct rowstream_counts counts = {0};
    struct file_output file;
    if (!file_output_open(&file, path, error))
        return false;
    struct rowstream_output output = {write_file, &file};
    bool made = rowstream_dump(&options, &output, &counts, error) == ROWSTREAM_OK;
    if (made && counts.rows != rows) {
        error_set(error, "%s: %llu rows, wanted %u", path, (unsigned long long)counts.rows, rows);
        made = false;
    }
    made = made && file_output_commit(&file, error);
    if (!made)
        file_output_abort(&file);
    return made;
}

bool fixture_make_document(const char *folder, const char *format, unsigned rows,
                           struct error *error) {
    static const char table[] = "ticket5423_item";
    char url[2100], path[2048];
    snprintf(url, sizeof url, "sqlite:%s/%s.sqlite3", folder, table);
    snprintf(path, sizeof path, "%s/items-%u.%s", folder, rows, format);
    if (access(path, R_OK) == 0)
        return true;
    return fixture_make(folder, table, GATE_ROWS, error) &&
           fixture_dump(url, table, format, path, rows, error);
}

enum { CONNECTION_DIGITS = 2 };

bool fixture_same_peak(const char *results, const char *case_key, struct error *error) {
    char path[2048];
    struct result *result = NULL;
    snprintf(path, sizeof path, "%s/%s.json", results, case_key);
    if (!result_read(path, results, &result, error))
        return false;
    const struct result_usage *count = &result->engines[RESULT_COUNT];
    const struct result_usage *profile = &result->engines[RESULT_PROFILE];
    long long counted = count->figures[HEAPGATE_METRIC_PEAK];
    long long profiled = profile->figures[HEAPGATE_METRIC_PEAK];
    /* Two runs are two connections, whose number the client's texts may hold: 99, and then 100. */
    long long apart = strstr(case_key, "/sqlite/") != NULL ? 0 : CONNECTION_DIGITS;
    bool same = count->present && profile->present && counted > 0 &&
                llabs(counted - profiled) <= apart && result->site_count > 0;
    if (!same)
        error_set(error, "%s: a peak of %lld under count and %lld under profile, in %zu call stacks",
                  case_key, counted, profiled, result->site_count);
    result_free(result);
    return same;
}
