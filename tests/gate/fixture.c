#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "cases.h"
#include "result/result.h"
#include "rowstream/core/rowstream.h"

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
    struct rowstream_seed_options options = {.url = url, .table = name, .rows = rows, .seed = 1};
    return rowstream_seed(&options, NULL, error) == ROWSTREAM_OK;
}

/* Two tables of half the rows each, for a dump of all that there are. */
static bool make_pair(const char *path, const char *name, unsigned rows, struct error *error) {
    return make_items(path, name, rows / 2, error) &&
           make_items(path, "pair_other", rows - rows / 2, error);
}

/* Of three texts one is short, one longer than a page of the database or of memory, and one longer
 * than the output's buffer. */
static bool make_long_texts(const char *path, const char *name, unsigned rows,
                            struct error *error) {
    sqlite3 *database = NULL;
    char sql[512];
    snprintf(sql, sizeof sql,
             "CREATE TABLE \"%s\" (id integer NOT NULL PRIMARY KEY, body text NOT NULL);"
             "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT %u) "
             "INSERT INTO \"%s\" SELECT id, replace(printf('%%.*c', CASE id %% 3 WHEN 0 THEN 10 "
             "WHEN 1 THEN 500 ELSE 7000 END, 'x'), 'x', 'long text ') FROM n;",
             name, rows, name);
    bool made = sqlite3_open(path, &database) == SQLITE_OK && run_sql(database, sql, error);
    sqlite3_close(database);
    return made;
}

static const struct {
    const char *table;
    bool (*make)(const char *path, const char *name, unsigned rows, struct error *error);
} shapes[] = {{"every_type", make_every_type},
              {"long_text", make_long_texts},
              {"pair_item", make_pair},
              {"ticket5423_item", make_items}};

static bool make_shape(const char *table, const char *path, const char *name, unsigned rows,
                       struct error *error) {
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strcmp(shapes[i].table, table) == 0)
            return shapes[i].make(path, name, rows, error);
    error_set(error, "fixture: no table has the shape of %s", table);
    return false;
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
    bool made = make_shape(table, temporary, name, rows, error);
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

static bool dump_query(const char *url, const char *query, const char *format, const char *path,
                       unsigned rows, struct error *error) {
    char model[32];
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

bool fixture_dump(const char *url, const char *table, const char *format, const char *path,
                  unsigned rows, struct error *error) {
    char query[256];
    snprintf(query, sizeof query, "SELECT * FROM %s WHERE id <= %u ORDER BY id", table, rows);
    return dump_query(url, query, format, path, rows, error);
}

static const struct fixture_document documents[] = {
    {.name = "items", .table = "ticket5423_item"},
    {.name = "long-texts", .table = "long_text"},
    {.name = "refused",
     .query = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT %u + 1) "
              "SELECT id, 'a name' AS name, 'a title' AS title, "
              "printf('%%.*c', 1000, 'x') AS description, "
              "CASE WHEN id < (SELECT max(id) FROM n) THEN 'a note' END AS notes FROM n",
     .more = 1},
};

const struct fixture_document *fixture_document_find(const char *name) {
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
        if (strcmp(documents[i].name, name) == 0)
            return &documents[i];
    return NULL;
}

bool fixture_make_document(const char *folder, const char *name, const char *format, unsigned rows,
                           struct error *error) {
    const struct fixture_document *document = fixture_document_find(name);
    const char *table = document->table != NULL ? document->table : "ticket5423_item";
    char url[2100], path[2048], query[512], whole[GATE_TABLE_BYTES];
    bool long_texts = strcmp(table, "ticket5423_item") != 0; /* a table of just these rows */
    gate_table(table, long_texts ? rows : GATE_ROWS, whole);
    snprintf(url, sizeof url, "sqlite:%s/%s.sqlite3", folder, whole);
    snprintf(path, sizeof path, "%s/%s-%u.%s", folder, name, rows, format);
    if (access(path, R_OK) == 0)
        return true;
    if (!fixture_make(folder, table, long_texts ? rows : GATE_ROWS, error))
        return false;
    if (document->query == NULL)
        return fixture_dump(url, whole, format, path, rows, error);
    snprintf(query, sizeof query, document->query, rows);
    return dump_query(url, query, format, path, rows + document->more, error);
}

static bool drop(void *context, const void *bytes, size_t length, struct error *error) {
    (void)context;
    (void)bytes;
    (void)length;
    (void)error;
    return true;
}

bool fixture_count(const char *url, const char *table, uint64_t *rows, struct error *error) {
    const struct rowstream_dump_options options = {
        .url = url, .tables = &table, .table_count = 1, .format = "json"};
    struct rowstream_counts counts = {0};
    const struct rowstream_output output = {drop, NULL};
    bool counted = rowstream_dump(&options, &output, &counts, error) == ROWSTREAM_OK;
    *rows = counts.rows;
    return counted;
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
        error_set(error,
                  "%s: a peak of %lld under count and %lld under profile, in %zu call stacks",
                  case_key, counted, profiled, result->site_count);
    result_free(result);
    return same;
}
