/* The server databases through rowstream: the same bytes as from SQLite whatever the fetch mode,
 * types that only they have, names that hurt, and what goes wrong on the way.
 * usage: servers_test postgresql|mysql */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buffer.h"
#include "base/file.h"
#include "rowstream/core/rowstream.h"
#include "rowstream/database/rows.h"
#include "rowstream/database/url.h"
#include "support.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char *const formats[] = {"json", "xml", "yaml"};
static const char *const fetches[] = {"stream", "cursor", "keyset", "buffered"};
static const char *const documents[] = {"stream", "tree"};

/* Every fetch mode and document of the server gives what SQLite's stream gives. */
static void assert_same_dumps(const char *table, const char *const *columns, size_t column_count) {
    struct buffer wanted = BUFFER_INIT(1 << 28), text = BUFFER_INIT(1 << 28);
    struct error error;
    struct rowstream_dump_options options = {
        .tables = &table, .table_count = 1, .columns = columns, .column_count = column_count};
    for (size_t i = 0; i < COUNT(formats); i++) {
        options.url = "sqlite:test.sqlite3";
        options.format = formats[i];
        options.fetch = options.document = NULL;
        if (dump(&options, &wanted, &error) != ROWSTREAM_OK)
            fail_msg("%s", error.text);
        assert_true(wanted.length > 100);
        for (size_t j = 0; j < COUNT(fetches) * COUNT(documents); j++) {
            options.url = url;
            options.fetch = fetches[j / 2];
            options.document = documents[j % 2];
            options.chunk = 7;
            if (dump(&options, &text, &error) != ROWSTREAM_OK)
                fail_msg("%s, %s, %s: %s", formats[i], options.fetch, options.document, error.text);
            size_t same = 0;
            while (same < wanted.length && text.bytes[same] == wanted.bytes[same])
                same++;
            if (text.length != wanted.length || same < wanted.length) {
                size_t from = same > 100 ? same - 100 : 0;
                fail_msg("%s, %s, %s: wanted\n%.300s\ngot\n%.300s", formats[i], options.fetch,
                         options.document, wanted.bytes + from, text.bytes + from);
            }
        }
    }
    buffer_fini(&wanted);
    buffer_fini(&text);
}

static void the_same_seed_gives_the_same_dump(void **state) {
    (void)state;
    const char *columns =
        is_mysql
            ? "flag bool, small smallint null, number integer, big bigint null, positive integer "
              "unsigned, "
              "ratio real null, price decimal(12, 2) null, title varchar(255), body text null, "
              "day date null, moment datetime null, clock time null, token char(32) null, data "
              "blob null"
            : "flag bool, small smallint null, number integer, big bigint null, "
              "ratio real null, price decimal(12, 2) null, title varchar(255), body text null, "
              "day date null, moment datetime null, clock time null, token uuid null, data blob "
              "null";
    seed("sqlite:test.sqlite3", "seeded_row", columns, 500);
    seed(url, "seeded_row", columns, 500);
    assert_same_dumps("seeded_row", NULL, 0);
    drop("seeded_row");
}

/* Copies SQLite's table through the drivers. */
static void copy_table(const char *table) {
    struct error error = {0};
    struct source *from = NULL, *to = NULL;
    struct table described = {0};
    struct rows rows;
    const struct cell *cells;
    bool nullable[64] = {false};
    const struct column *columns[64];
    if (source_open(&from, "sqlite:test.sqlite3", SOURCE_READ, &error) != ROWSTREAM_OK ||
        source_open(&to, url, SOURCE_WRITE, &error) != ROWSTREAM_OK ||
        from->driver->describe(from, table, &described, &error) != ROWSTREAM_OK)
        fail_msg("%s", error.text);
    for (size_t i = 1; i < described.column_count; i++) {
        columns[i - 1] = &described.columns[i];
        nullable[i - 1] = true;
    }
    size_t count = described.column_count - 1; /* without id, which is counted again */
    struct selection selection = {
        .table = table, .columns = columns, .column_count = count, .chunk_rows = 1};
    enum rowstream_status status =
        to->driver->fill(to, table, described.columns + 1, nullable, count, true, &error);
    if (status == ROWSTREAM_OK)
        status = rows_open(&rows, from, &selection, "stream", &error);
    while (status == ROWSTREAM_OK && (status = rows_next(&rows, &cells, &error)) == ROWSTREAM_OK &&
           cells != NULL)
        status = to->driver->insert(to, cells, &error);
    if (status == ROWSTREAM_OK)
        status = to->driver->commit(to, &error);
    if (status != ROWSTREAM_OK)
        fail_msg("%s", error.text);
    rows_close(&rows);
    table_fini(&described);
    source_close(from);
    source_close(to);
}

static void every_type_and_hostile_text_survive(void **state) {
    (void)state;
    /* `positive` is unsigned, which PostgreSQL has not: XML would say IntegerField. */
    static const char *const columns[] = {"flag",  "small", "number", "big",     "ratio",
                                          "price", "title", "body",   "day",     "moment",
                                          "clock", "token", "data",   "positive"};
    struct buffer text = BUFFER_INIT(1 << 20);
    sqlite3 *database;
    assert_true(file_read(FIXTURES "/every_type.sql", &text, NULL));
    assert_int_equal(sqlite3_open("test.sqlite3", &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, text.bytes, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    buffer_fini(&text);
    copy_table("every_type");
    assert_same_dumps("every_type", columns, COUNT(columns) - (is_mysql ? 0 : 1));
    drop("every_type");
}

/* Types that SQLite has not: what JSON gets, or why not. */
struct special {
    const char *type, *value, *json;
};
static const struct special postgresql_types[] = {
    {"integer[]", "'{1,NULL,3}'", "\"{1,NULL,3}\""},
    {"text[]", "ARRAY['a,b', 'c\"d']", "\"{\\\"a,b\\\",\\\"c\\\\\\\"d\\\"}\""},
    {"jsonb", "'{\"a\": [1, null]}'", "\"{\\\"a\\\": [1, null]}\""},
    {"json", "'[1,  2]'", "\"[1,  2]\""},
    {"uuid", "'5D158A2F-F2EE-4E45-19F9-919C895FD7B3'", "\"5d158a2f-f2ee-4e45-19f9-919c895fd7b3\""},
    {"bytea", "'\\x00ff80'", "\"AP+A\""},
    {"bytea", "''", "\"\""},
    {"numeric", "'NaN'", "\"NaN\""},
    {"numeric", "'-Infinity'", "\"-Infinity\""},
    {"numeric", "'123456789012345678901234567890.123456789'",
     "\"123456789012345678901234567890.123456789\""},
    {"double precision", "'NaN'",
     "table \"t_x\", row 1 (id 1), column \"v\": the number nan, which JSON cannot hold"},
    {"double precision", "'-Infinity'",
     "table \"t_x\", row 1 (id 1), column \"v\": the number -inf, which JSON cannot hold"},
    {"real", "0.1", "0.1"},
    {"timestamptz", "'2014-09-24 12:35:31.001+02'", "\"2014-09-24T10:35:31.001000+00:00\""},
    {"timestamptz", "'2014-09-24 12:35:31+02'", "\"2014-09-24T10:35:31+00:00\""},
    {"timestamptz", "'infinity'", "\"infinity\""},
    {"date", "'0044-03-15 BC'", "\"0044-03-15 BC\""},
    {"time with time zone", "'10:35:31+02'", "\"10:35:31+02\""},
    {"interval", "'1 day 02:03:04'", "\"P1DT2H3M4S\""},
    {"rowstream_mood", "'so so'", "\"so so\""},
    {"rowstream_count", "7", "7"},
    {"inet", "'10.0.0.1/8'", "\"10.0.0.1/8\""},
    {"char(5)", "'ab'", "\"ab   \""},
    {"boolean", "NULL", "null"},
    {NULL, NULL, NULL},
};
static const struct special mysql_types[] = {
    {"bigint unsigned", "18446744073709551615", "\"18446744073709551615\""},
    {"bigint unsigned", "9223372036854775807", "9223372036854775807"},
    {"int(10) unsigned zerofill", "7", "7"},
    {"tinyint(1)", "1", "true"},
    {"tinyint", "-7", "-7"},
    {"bit(1)", "b'1'", "1"},
    {"bit(12)", "b'101000000001'", "2561"},
    {"bit(64)", "18446744073709551615", "\"18446744073709551615\""},
    {"decimal(40, 10)", "'123456789012345678901234567890.123456789'",
     "\"123456789012345678901234567890.1234567890\""},
    {"enum('so so', 'well')", "'so so'", "\"so so\""},
    {"set('a', 'b', 'c')", "'a,c'", "\"a,c\""},
    {"json", "'{\"a\": [1, null]}'", "\"{\\\"a\\\": [1, null]}\""},
    {"date", "'0000-00-00'", "\"0000-00-00\""},
    {"datetime", "'0000-00-00 00:00:00'", "\"0000-00-00 00:00:00\""},
    {"datetime(3)", "'2014-09-24 10:35:31.001'", "\"2014-09-24T10:35:31.001\""},
    {"time(6)", "'-10:00:00.5'", "\"-10:00:00.500000\""},
    {"year", "2014", "2014"},
    {"float", "0.1", "0.1"},
    {"float", "16777215", "16777215.0"},
    {"double", "1.7976931348623157e308", "1.7976931348623157e+308"},
    {"blob", "x'00ff80'", "\"AP+A\""},
    {"varbinary(10)", "x'c328'", "\"wyg=\""},
    {"longtext", "REPEAT('ab', 40)",
     "\"abababababababababababababababababababababababababababababababababababababababab\""},
    {NULL, NULL, NULL},
};

static void types_of_its_own_have_a_text(void **state) {
    (void)state;
    struct buffer text = BUFFER_INIT(1 << 20);
    const char *table = "t_x";
    if (!is_mysql)
        sql("DROP TABLE IF EXISTS t_x; DROP TYPE IF EXISTS rowstream_mood, rowstream_count;"
            "CREATE TYPE rowstream_mood AS ENUM ('so so', 'well');"
            "CREATE DOMAIN rowstream_count AS integer CHECK (VALUE > 0)");
    for (const struct special *row = is_mysql ? mysql_types : postgresql_types; row->type != NULL;
         row++) {
        char statement[512], wanted[512];
        drop("t_x");
        snprintf(statement, sizeof statement,
                 "CREATE TABLE t_x (id integer PRIMARY KEY, v %s NULL)", row->type);
        sql(statement);
        snprintf(statement, sizeof statement, "%sINSERT INTO t_x VALUES (1, %s)",
                 is_mysql ? "SET STATEMENT sql_mode = '' FOR " : "", row->value);
        sql(statement);
        bool fails = strncmp(row->json, "table ", 6) == 0;
        snprintf(wanted, sizeof wanted,
                 fails ? "%s" : "[{\"model\": \"t.x\", \"pk\": 1, \"fields\": {\"v\": %s}}]",
                 row->json);
        for (size_t i = 0; i < COUNT(fetches); i++) {
            struct error error;
            struct rowstream_dump_options options = {.url = url,
                                                     .format = "json",
                                                     .tables = &table,
                                                     .table_count = 1,
                                                     .fetch = fetches[i]};
            enum rowstream_status status = dump(&options, &text, &error);
            const char *got = status == ROWSTREAM_OK ? text.bytes : error.text;
            if ((status == ROWSTREAM_OK) == fails || strcmp(got, wanted) != 0)
                fail_msg("%s, %s: wanted\n%s\ngot\n%s", row->type, fetches[i], wanted, got);
        }
    }
    drop("t_x");
    buffer_fini(&text);
}

static void names_that_hurt(void **state) {
    (void)state;
    static const char table[] = "weird \"name; `drop",
                      columns[] = "\"a\"\"b`c\" text, \"d'e\" integer";
    const char *quoted = is_mysql ? "`weird \"name; ``drop`" : "\"weird \"\"name; `drop\"";
    struct buffer text = BUFFER_INIT(1 << 20);
    seed(url, table, columns, 3);
    for (size_t i = 0; i < COUNT(fetches); i++) {
        struct error error;
        const char *const tables[] = {table};
        struct rowstream_dump_options options = {.url = url,
                                                 .format = "json",
                                                 .tables = tables,
                                                 .table_count = 1,
                                                 .model = "a.b",
                                                 .chunk = 2,
                                                 .fetch = fetches[i]};
        if (dump(&options, &text, &error) != ROWSTREAM_OK)
            fail_msg("%s: %s", fetches[i], error.text);
        assert_non_null(strstr(text.bytes, "{\"a\\\"b`c\": "));
        assert_non_null(strstr(text.bytes, "\"pk\": 3"));
    }
    drop(quoted);
    buffer_fini(&text);
}

/* Keys of other kinds than integers, paged two at a time. */
static void pages_by_any_key(void **state) {
    (void)state;
    static const struct {
        const char *type[2], *values[5];
    } keys[] = {
        {{"varchar(20)", "varchar(20)"}, {"''", "'a'", "'it''s'", "'z\\z'", "'\xC3\xA9'"}},
        {{"numeric(10, 2)", "decimal(10, 2)"}, {"-1.50", "0", "0.10", "0.3", "7"}},
        {{"timestamp", "datetime(6)"},
         {"'2001-01-01 00:00:00'", "'2001-01-01 00:00:00.000001'", "'2001-01-01 00:00:01'",
          "'2001-01-02 00:00:00'", "'2002-01-01 00:00:00'"}},
        {{"bytea", "varbinary(9)"}, {"'a'", "'b'", "'c'", "'d'", "'e'"}},
        {{"double precision", "double"}, {"-1e300", "-0.1", "1e-300", "0.1", "0.3"}},
    };
    struct buffer text = BUFFER_INIT(1 << 20);
    for (size_t i = 0; i < COUNT(keys); i++) {
        char statement[256];
        const char *table = "k_x";
        struct error error;
        drop("k_x");
        snprintf(statement, sizeof statement, "CREATE TABLE k_x (k %s PRIMARY KEY)",
                 keys[i].type[is_mysql]);
        sql(statement);
        for (size_t j = 0; j < 5; j++) {
            snprintf(statement, sizeof statement, "%sINSERT INTO k_x VALUES (%s)",
                     is_mysql ? "SET STATEMENT sql_mode = 'NO_BACKSLASH_ESCAPES' FOR " : "",
                     keys[i].values[j]);
            sql(statement);
        }
        struct rowstream_dump_options options = {.url = url,
                                                 .format = "json",
                                                 .fetch = "keyset",
                                                 .tables = &table,
                                                 .table_count = 1,
                                                 .chunk = 2};
        if (dump(&options, &text, &error) != ROWSTREAM_OK)
            fail_msg("%s: %s", keys[i].type[is_mysql], error.text);
        size_t rows = 0;
        for (const char *at = text.bytes; (at = strstr(at, "\"pk\"")) != NULL; at++)
            rows++;
        if (rows != 5)
            fail_msg("%s: %zu rows, wanted 5: %s", keys[i].type[is_mysql], rows, text.bytes);
    }
    drop("k_x");
    buffer_fini(&text);
}

/* And not in that of the table, which an update changes, nor of an index that has all columns. */
static void rows_come_in_the_order_of_their_key(void **state) {
    (void)state;
    static const char *const table = "o_x", *const column = "a";
    struct buffer text = BUFFER_INIT(1 << 16);
    drop("o_x");
    sql("CREATE TABLE o_x (id integer PRIMARY KEY, a varchar(9), b text)");
    sql("CREATE INDEX o_x_a ON o_x (a)");
    sql("INSERT INTO o_x VALUES (3, 'r', ''), (1, 't', ''), (2, 's', '')");
    sql("UPDATE o_x SET b = 'moved' WHERE id = 2");
    for (size_t i = 0; i < 2 * COUNT(fetches); i++) {
        struct error error;
        const struct rowstream_dump_options options = {.url = url,
                                                       .format = "json",
                                                       .tables = &table,
                                                       .table_count = 1,
                                                       .columns = &column,
                                                       .column_count = i % 2,
                                                       .fetch = fetches[i / 2]};
        if (dump(&options, &text, &error) != ROWSTREAM_OK)
            fail_msg("%s: %s", fetches[i / 2], error.text);
        const char *first = strstr(text.bytes, "\"pk\": 1"),
                   *second = strstr(text.bytes, "\"pk\": 2"),
                   *third = strstr(text.bytes, "\"pk\": 3");
        if (first == NULL || second < first || third < second)
            fail_msg("%s: %s", fetches[i / 2], text.bytes);
    }
    drop("o_x");
    buffer_fini(&text);
}

static void write_meanwhile(void *context, uint64_t rows, uint64_t total_rows) {
    (void)total_rows;
    if (rows == 1024)
        sql(context);
}

static void one_dump_sees_one_state(void **state) {
    (void)state;
    static const char *const tables[] = {"a_long", "b_short"};
    struct buffer text = BUFFER_INIT(1 << 26);
    for (size_t i = 0; i < COUNT(fetches); i++) {
        struct error error;
        seed(url, "a_long", "v integer", 3000);
        seed(url, "b_short", "v integer", 1);
        struct rowstream_dump_options options = {
            .url = url,
            .format = "json",
            .tables = tables,
            .table_count = 2,
            .fetch = fetches[i],
            .progress = {.report = write_meanwhile,
                         .context =
                             (void *)(uintptr_t) "INSERT INTO b_short (v) VALUES (424242424)"}};
        if (dump(&options, &text, &error) != ROWSTREAM_OK)
            fail_msg("%s: %s", fetches[i], error.text);
        assert_null(strstr(text.bytes, "424242424"));
    }
    drop("a_long");
    drop("b_short");
    buffer_fini(&text);
}

/* ---- What goes wrong ---- */

/* Runs the command: its exit status, its one line, and that no file is left. */
static void assert_fails(const char *to, const char *arguments, int wanted_status,
                         const char *wanted) {
    char command[4096];
    struct buffer line = BUFFER_INIT(1 << 16);
    snprintf(command, sizeof command, ROWSTREAM " %s '%s' >/dev/null 2>errors", arguments, to);
    int status = system(command);
    assert_true(file_read("errors", &line, NULL) && line.length > 0);
    line.bytes[line.length - 1] = '\0';
    if (WEXITSTATUS(status) != wanted_status || strstr(line.bytes, wanted) == NULL ||
        strchr(line.bytes, '\n') != NULL)
        fail_msg("%s: status %d, wanted %d and\n%s\ngot\n%s", arguments, WEXITSTATUS(status),
                 wanted_status, wanted, line.bytes);
    assert_null(strstr(line.bytes, "-word"));
    assert_int_not_equal(access("out.json", F_OK), 0);
    buffer_fini(&line);
}

/* The URL with another user, on servers that ci/servers has made. */
static bool as_user(const char *user, char text[SERVER_URL_BYTES]) {
    const char *found = strstr(url, "://heapgate@");
    if (found == NULL)
        return false;
    snprintf(text, SERVER_URL_BYTES, "%.*s://%s@%s", (int)(found - url), url, user,
             found + strlen("://heapgate@"));
    return true;
}

#define DUMP "dump --format json -o out.json "

static void what_fails_says_why(void **state) {
    (void)state;
    char other[SERVER_URL_BYTES];
    assert_fails(is_mysql ? "mysql://u:some-word@localhost/d?socket=/nonexistent/socket"
                          : "postgresql://u:some-word@/d?host=/nonexistent",
                 DUMP, 1,
                 is_mysql ? "rowstream: mysql://u:***@localhost/d?socket=/nonexistent/socket: "
                            "Can't connect to local server through socket '/nonexistent/socket' (2)"
                          : "rowstream: postgresql://u:***@/d?host=/nonexistent: connection to "
                            "server on socket \"/nonexistent/.s.PGSQL.5432\" failed: No such file "
                            "or directory");
    assert_fails(is_mysql ? "mysql://u:some%zz-word@localhost/d"
                          : "postgresql://u:some%zz-word@localhost/d",
                 DUMP, 2, is_mysql ? "expected SCHEME://" : "not a URL that libpq takes: ");
    assert_fails(url, DUMP "--table no_table", 1, "no table \"no_table\": the tables are ");
    assert_fails(url, DUMP "--query 'SELECT 1 AS id; SELECT 2' --model a.b", 1, "query: ");
    assert_fails(url, DUMP "--query 'DELETE FROM ticket5423_item' --model a.b", 1,
                 is_mysql ? "query: Cannot execute statement in a READ ONLY transaction"
                          : "query: a query must be one statement that gives rows and changes "
                            "nothing");
    assert_fails(url, DUMP "--query 'SELECT 1 AS id' --model a.b --fetch keyset", 1,
                 "query: the fetch mode \"keyset\" needs a table with a primary key");
    if (!as_user("guarded:wrong-word", other))
        return;
    assert_fails(other, DUMP, 1,
                 is_mysql ? "Access denied for user 'guarded'@'localhost' (using password: YES)"
                          : "password authentication failed for user \"guarded\"");
}

static void a_table_may_be_forbidden(void **state) {
    (void)state;
    char other[SERVER_URL_BYTES];
    if (!as_user("guarded:secret-word", other))
        skip();
    seed(url, "a_secret", "v integer", 3);
    sql(is_mysql ? "GRANT INSERT ON a_secret TO guarded@localhost"
                 : "DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO guarded', "
                   "current_schema()); END $$");
    assert_fails(other, DUMP "--table a_secret", 1,
                 is_mysql ? "SELECT command denied to user 'guarded'@'localhost' for table"
                          : "table \"a_secret\", row 1: permission denied for table a_secret");
    drop("a_secret");
}

static void a_query_may_be_cancelled(void **state) {
    (void)state;
    char other[SERVER_URL_BYTES], timed[SERVER_URL_BYTES + 64];
    static const char slow[] =
        DUMP "--model a.b --query 'SELECT COUNT(*) AS id FROM ticket5423_item a, ticket5423_item b "
             "WHERE a.name < b.name'";
    if (!as_user("hurried", other))
        skip();
    if (is_mysql) {
        sql("CREATE OR REPLACE USER hurried@localhost WITH MAX_STATEMENT_TIME 0.2");
        sql("GRANT SELECT ON * TO hurried@localhost");
    } else {
        snprintf(timed, sizeof timed, "%s%%20-cstatement_timeout%%3D200", url);
    }
    assert_fails(is_mysql ? other : timed, slow, 1,
                 is_mysql ? "query, row 1: Query execution was interrupted (max_statement_time "
                            "exceeded)"
                          : "query, row 1: canceling statement due to statement timeout");
}

/* ---- The connection lost half-way ---- */

static void kill_connection(void *context, uint64_t rows, uint64_t total_rows) {
    (void)context;
    (void)total_rows;
    if (rows != 1024)
        return;
    sql(is_mysql ? "BEGIN NOT ATOMIC DECLARE s TEXT; SELECT CONCAT('KILL ', id) INTO s FROM "
                   "information_schema.processlist WHERE db = DATABASE() AND "
                   "id <> CONNECTION_ID() AND info LIKE '%to be killed%' LIMIT 1; "
                   "EXECUTE IMMEDIATE s; END"
                 : "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                   "WHERE query LIKE '%to be killed%' AND pid <> pg_backend_pid()");
}

static void a_lost_connection_is_an_error(void **state) {
    (void)state;
    struct buffer text = BUFFER_INIT(1 << 28);
    struct error error;
    struct rowstream_dump_options options = {
        .url = url,
        .format = "json",
        .model = "a.b",
        .query = "SELECT /* to be killed */ id, name, title, notes FROM ticket5423_item",
        .progress = {.report = kill_connection}};
    assert_int_equal(dump(&options, &text, &error), ROWSTREAM_SOURCE);
    /* PostgreSQL's own words may or may not arrive before its end does. */
    const char *wanted = is_mysql ? "Lost connection to server during query" : " connection ";
    if (strstr(error.text, wanted) == NULL || strncmp(error.text, "query, row ", 11) != 0)
        fail_msg("wanted %s, got %s", wanted, error.text);
    buffer_fini(&text);
}

/* An output that fails ends the dump at once, though the server has more. */
static bool refuse(void *context, const void *bytes, size_t length, struct error *error) {
    (void)context;
    (void)bytes;
    (void)length;
    error_set(error, "disk full");
    return false;
}

static void a_failed_output_ends_the_dump(void **state) {
    (void)state;
    const char *table = "ticket5423_item";
    for (size_t i = 0; i < COUNT(fetches); i++) {
        struct error error = {0};
        struct rowstream_dump_options options = {
            .url = url, .format = "json", .tables = &table, .table_count = 1, .fetch = fetches[i]};
        assert_int_equal(
            rowstream_dump(&options, &(struct rowstream_output){refuse, NULL}, NULL, &error),
            ROWSTREAM_OUTPUT);
        assert_string_equal(error.text, "disk full");
    }
}

static void a_seed_is_all_or_nothing(void **state) {
    (void)state;
    seed(url, "a_kept", "v integer", 3);
    assert_fails(url, "seed --table a_kept --rows 1", 1,
                 is_mysql ? "table `a_kept` already exists" : "relation \"a_kept\" already exists");
    assert_fails(url, "seed --replace --table a_kept --rows 9 --columns 'a integer, a integer'", 1,
                 is_mysql ? "Duplicate column name 'a'" : "column \"a\" specified more than once");
    struct buffer text = BUFFER_INIT(1 << 16);
    const char *table = "a_kept";
    struct error error;
    struct rowstream_dump_options options = {
        .url = url, .format = "json", .tables = &table, .table_count = 1};
    assert_int_equal(dump(&options, &text, &error), ROWSTREAM_OK);
    assert_non_null(strstr(text.bytes, "\"pk\": 3, \"fields\": {\"v\": "));
    drop("a_kept");
    buffer_fini(&text);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_dump),
        cmocka_unit_test(every_type_and_hostile_text_survive),
        cmocka_unit_test(types_of_its_own_have_a_text),
        cmocka_unit_test(names_that_hurt),
        cmocka_unit_test(pages_by_any_key),
        cmocka_unit_test(rows_come_in_the_order_of_their_key),
        cmocka_unit_test(one_dump_sees_one_state),
        cmocka_unit_test(what_fails_says_why),
        cmocka_unit_test(a_table_may_be_forbidden),
        cmocka_unit_test(a_query_may_be_cancelled),
        cmocka_unit_test(a_lost_connection_is_an_error),
        cmocka_unit_test(a_failed_output_ends_the_dump),
        cmocka_unit_test(a_seed_is_all_or_nothing),
    };
    int found = support_begin(argc, argv);
    return found != 0 ? found : cmocka_run_group_tests(tests, support_set_up, support_tear_down);
}
