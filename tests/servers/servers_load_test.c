/* Loading into the server databases, and deleting from them: what comes back is what was dumped,
 * references and lists end up where they belong, every refusal is one whole message, and after it
 * the database is as before.
 * usage: servers_load_test postgresql|mysql */
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

#include "base/file.h"
#include "support.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char *const formats[] = {"json", "xml", "yaml"};

static enum rowstream_status load(const char *format, struct error *error) {
    const char *file = "document";
    struct rowstream_load_options options = {
        .url = url, .files = &file, .file_count = 1, .format = format};
    *error = (struct error){.set = false};
    return rowstream_load(&options, NULL, error);
}

static void write_document(const char *text, size_t length) {
    struct error error = {.set = false};
    if (!file_write("document", text, length, &error))
        fail_msg("%s", error.text);
}

/* ---- What was dumped comes back ---- */

/* Dumps a table of SQLite's, loads that into the server's empty one and again over itself, and
 * dumps it from there. */
static void assert_comes_back(const char *table) {
    struct buffer wanted = BUFFER_INIT(1 << 26), got = BUFFER_INIT(1 << 26);
    struct error error;
    char statement[96];
    for (size_t i = 0; i < COUNT(formats); i++) {
        struct rowstream_dump_options options = {
            .url = "sqlite:test.sqlite3", .tables = &table, .table_count = 1, .format = formats[i]};
        assert_int_equal(dump(&options, &wanted, &error), ROWSTREAM_OK);
        assert_true(wanted.length > 1000);
        write_document(wanted.bytes, wanted.length);
        snprintf(statement, sizeof statement, "DELETE FROM %s", table);
        sql(statement);
        options.url = url;
        options.fetch = "keyset"; /* rows that were updated are somewhere else */
        for (int time = 0; time < 2; time++) {
            if (load(formats[i], &error) != ROWSTREAM_OK ||
                dump(&options, &got, &error) != ROWSTREAM_OK)
                fail_msg("%s, %s, time %d: %s", table, formats[i], time + 1, error.text);
            if (got.length != wanted.length || memcmp(got.bytes, wanted.bytes, got.length) != 0)
                fail_msg("%s, %s, time %d: what was loaded is not what was dumped", table,
                         formats[i], time + 1);
        }
    }
    buffer_fini(&wanted);
    buffer_fini(&got);
}

static void a_dump_comes_back(void **state) {
    (void)state;
    /* PostgreSQL has no unsigned integers, of which XML would tell. */
    static const char both[] =
        "flag bool, small smallint null, number integer, big bigint null, ratio real null, "
        "price decimal(12, 2) null, title varchar(255), body text null, day date null, "
        "moment datetime null, clock time null, token %s null, data blob null";
    char columns[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(columns, sizeof columns, both, "char(32)");
    seed("sqlite:test.sqlite3", "loaded_row", columns, 300);
    snprintf(columns, sizeof columns, both, is_mysql ? "char(32)" : "uuid");
#pragma GCC diagnostic pop
    if (!is_mysql) /* SQLite has no uuid: declared as one it reads back as one */
        seed("sqlite:test.sqlite3", "loaded_row", columns, 300);
    seed(url, "loaded_row", columns, 0);
    assert_comes_back("loaded_row");
    drop("loaded_row");
}

/* ---- Types of a server's own ---- */

static const struct special {
    const char *type, *value;
    const char *message; /* the end of it; NULL: comes back */
} postgresql_types[] =
    {
        {"integer[]", "'{1,NULL,3}'", NULL},
        {"text[]", "ARRAY['a,b', 'c\"d']", NULL},
        {"jsonb", "'{\"a\": [1, null]}'", NULL},
        {"uuid", "'5D158A2F-F2EE-4E45-19F9-919C895FD7B3'", NULL},
        {"bytea", "'\\x00ff80'", NULL},
        {"bytea", "''", NULL},
        {"numeric", "'123456789012345678901234567890.123456789'", NULL},
        {"real", "0.1", NULL},
        {"double precision", "1.7976931348623157e308", NULL},
        {"timestamptz", "'2014-09-24 12:35:31.001+02'", NULL},
        {"interval", "'1 day 02:03:04'", NULL},
        {"inet", "'10.0.0.1/8'", NULL},
        {"char(5)", "'ab'", NULL},
        {"boolean", "NULL", NULL},
        {"numeric", "'NaN'", NULL},
        {"numeric", "'-Infinity'", NULL},
        {"double precision", "'NaN'", NULL}, /* but in JSON, which has no such number */
        {"double precision", "'-Infinity'", NULL},
        {"time with time zone", "'10:35:31+02'", NULL},
        {"date", "'0044-03-15 BC'",
         "\"0044-03-15 BC\" is not a date, as column \"v\" (date) takes"},
        {"timestamptz", "'infinity'",
         "\"infinity\" is not a date with a time, as column \"v\" (timestamp with time zone) "
         "takes"},
        {NULL, NULL, NULL},
},
  mysql_types[] = {
      {"bigint unsigned", "18446744073709551615", NULL},
      {"tinyint(1)", "1", NULL},
      {"tinyint", "-7", NULL},
      {"bit(12)", "b'101000000001'", NULL},
      {"decimal(40, 10)", "'123456789012345678901234567890.123456789'", NULL},
      {"enum('so so', 'well')", "'so so'", NULL},
      {"set('a', 'b', 'c')", "'a,c'", NULL},
      {"json", "'{\"a\": [1, null]}'", NULL},
      {"datetime(3)", "'2014-09-24 10:35:31.001'", NULL},
      {"year", "2014", NULL},
      {"float", "0.1", NULL},
      {"double", "1.7976931348623157e308", NULL},
      {"blob", "x'00ff80'", NULL},
      {"varbinary(10)", "x'c328'", NULL},
      {"longtext", "REPEAT('ab', 40)", NULL},
      {"bit(1)", "b'1'", NULL},
      {"bit(16)", "65", NULL}, /* of which MySQL takes the text for two bytes */
      {"int(10) unsigned zerofill", "7", NULL},
      {"float", "16777215", NULL},
      {"date", "'0000-00-00'", "\"0000-00-00\" is not a date, as column \"v\" (date) takes"},
      {"time(6)", "'-10:00:00.5'",
       "\"-10:00:00.500000\" is not a time of day, as column \"v\" (time(6)) takes"},
      {NULL, NULL, NULL},
};

/* Loads the document that a row of the table was dumped to, in place of it. */
static void assert_type_comes_back(const struct special *row, const char *format) {
    struct buffer wanted = BUFFER_INIT(1 << 20), got = BUFFER_INIT(1 << 20);
    const char *table = "u_x", *end = NULL;
    struct error error;
    struct rowstream_dump_options options = {
        .url = url, .format = format, .tables = &table, .table_count = 1};
    if (dump(&options, &wanted, &error) != ROWSTREAM_OK) {
        if (strcmp(format, "json") != 0 || strstr(error.text, "which JSON cannot hold") == NULL)
            fail_msg("%s, %s: %s", row->type, format, error.text);
        goto out;
    }
    write_document(wanted.bytes, wanted.length);
    sql("DELETE FROM u_x");
    enum rowstream_status status = load(format, &error);
    if (row->message != NULL) {
        end = strstr(error.text, row->message);
        if (status != ROWSTREAM_INPUT || end == NULL || strcmp(end, row->message) != 0)
            fail_msg("%s, %s: wanted %s, got %s", row->type, format, row->message,
                     status != ROWSTREAM_OK ? error.text : "no error");
        goto out;
    }
    if (status != ROWSTREAM_OK || dump(&options, &got, &error) != ROWSTREAM_OK)
        fail_msg("%s, %s: %s", row->type, format, error.text);
    assert_string_equal(got.bytes, wanted.bytes);
out:
    buffer_fini(&wanted);
    buffer_fini(&got);
}

static void types_of_its_own_come_back(void **state) {
    (void)state;
    for (const struct special *row = is_mysql ? mysql_types : postgresql_types; row->type != NULL;
         row++) {
        char statement[256];
        drop("u_x");
        snprintf(statement, sizeof statement,
                 "CREATE TABLE u_x (id integer PRIMARY KEY, v %s NULL)", row->type);
        sql(statement);
        snprintf(statement, sizeof statement, "%sINSERT INTO u_x VALUES (1, %s)",
                 is_mysql ? "SET STATEMENT sql_mode = '' FOR " : "", row->value);
        for (size_t i = 0; i < COUNT(formats); i++) {
            sql("DELETE FROM u_x");
            sql(statement);
            assert_type_comes_back(row, formats[i]);
        }
    }
    drop("u_x");
}

/* ---- References, lists and refusals ---- */

static void make_tables(void) {
    static const char *const statements[2][7] = {
        {"CREATE TABLE x_tag (id serial PRIMARY KEY, label varchar(9) NOT NULL UNIQUE)",
         "CREATE TABLE x_job (id serial PRIMARY KEY, title text, n integer, up_id integer "
         "REFERENCES x_job DEFERRABLE INITIALLY DEFERRED)",
         "CREATE TABLE x_job_tags (id serial PRIMARY KEY, job_id integer NOT NULL REFERENCES "
         "x_job DEFERRABLE INITIALLY DEFERRED, tag_id integer NOT NULL REFERENCES x_tag DEFERRABLE "
         "INITIALLY DEFERRED, UNIQUE (job_id, tag_id))",
         "CREATE TABLE x_strict (id integer PRIMARY KEY, job_id integer REFERENCES x_job)"},
        {"CREATE TABLE x_tag (id integer AUTO_INCREMENT PRIMARY KEY, label varchar(9) NOT NULL "
         "UNIQUE) ENGINE=InnoDB",
         "CREATE TABLE x_job (id integer AUTO_INCREMENT PRIMARY KEY, title text, n integer, up_id "
         "integer, FOREIGN KEY (up_id) REFERENCES x_job (id)) ENGINE=InnoDB",
         "CREATE TABLE x_job_tags (id integer AUTO_INCREMENT PRIMARY KEY, job_id integer NOT NULL, "
         "tag_id integer NOT NULL, FOREIGN KEY (job_id) REFERENCES x_job (id), FOREIGN KEY "
         "(tag_id) "
         "REFERENCES x_tag (id), UNIQUE (job_id, tag_id)) ENGINE=InnoDB",
         "CREATE TABLE x_strict (id integer PRIMARY KEY, line text) ENGINE=MyISAM"}};
    sql("DROP TABLE IF EXISTS x_strict, x_job_tags, x_job, x_tag");
    for (size_t i = 0; statements[is_mysql][i] != NULL; i++)
        sql(statements[is_mysql][i]);
    sql("INSERT INTO x_tag (label) VALUES ('one'), ('two')");
    sql("INSERT INTO x_job (title, n) VALUES ('old', 5)");
    sql("INSERT INTO x_job_tags (job_id, tag_id) VALUES (1, 1)");
}

#define JOB(pk, fields) "{\"model\": \"x.job\", \"pk\": " pk ", \"fields\": {" fields "}}"
#define TAGS(pk, tags) JOB(pk, "\"tags\": [" tags "]")

/* "1,old,5,-,1": the rows of x_job with their tags. */
static void read_jobs(struct buffer *rows) {
    query(is_mysql
              ? "SELECT id, CONCAT_WS(',', id, COALESCE(title, '-'), COALESCE(n, '-'), "
                "COALESCE(up_id, '-'), (SELECT GROUP_CONCAT(tag_id ORDER BY tag_id SEPARATOR "
                "'+') FROM x_job_tags WHERE job_id = x_job.id)) AS v FROM x_job ORDER BY id"
              : "SELECT id, concat_ws(',', id, COALESCE(title, '-'), COALESCE(n::text, '-'), "
                "COALESCE(up_id::text, '-'), (SELECT string_agg(tag_id::text, '+' ORDER BY "
                "tag_id) FROM x_job_tags WHERE job_id = x_job.id)) AS v FROM x_job ORDER BY id",
          rows);
    char *to = rows->bytes;
    for (const char *at = rows->bytes; (at = strstr(at, "\"v\": \"")) != NULL;) {
        at += 6;
        size_t length = strcspn(at, "\"");
        if (to != rows->bytes)
            *to++ = ';';
        memmove(to, at, length);
        to += length;
        at += length;
    }
    *to = '\0';
    rows->length = (size_t)(to - rows->bytes);
}

static void rows_are_put_where_they_belong(void **state) {
    (void)state;
    static const struct {
        const char *document, *rows;
    } rows[] = {
        {"[]", "1,old,5,-,1"},
        {"[" JOB("1", "\"title\": \"new\"") "]", "1,new,5,-,1"},
        {"[" JOB("2", "\"title\": \"y\", \"up\": 3") ", " JOB("3", "\"up_id\": 2") "]",
         "1,old,5,-,1;2,y,-,3;3,-,-,2"},
        {"[" TAGS("1", "2") "]", "1,old,5,-,2"},
        {"[" TAGS("1", "") "]", "1,old,5,-"},
        {"[" TAGS("null", "2, 1, 2") "]", "1,old,5,-,1;2,-,-,-,1+2"},
        {"[" JOB("7", "") "]", "1,old,5,-,1;7,-,-,-"},
        {"[" JOB("1", "") "]", "1,old,5,-,1"},
        {"[{\"model\": \"x.job\", \"fields\": {}}]", "1,old,5,-,1;2,-,-,-"},
    };
    struct buffer got = BUFFER_INIT(1 << 16);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error error;
        make_tables();
        write_document(rows[i].document, strlen(rows[i].document));
        if (load("json", &error) != ROWSTREAM_OK)
            fail_msg("%s: %s", rows[i].document, error.text);
        read_jobs(&got);
        if (strcmp(got.bytes, rows[i].rows) != 0)
            fail_msg("%s: wanted %s, got %s", rows[i].document, rows[i].rows, got.bytes);
    }
    buffer_fini(&got);
}

/* The next key that the server makes up comes after those that a document gave. */
static void a_given_key_moves_the_next(void **state) {
    (void)state;
    struct error error;
    struct buffer got = BUFFER_INIT(1 << 16);
    static const char document[] = "[" JOB("40", "") "]", next[] = "[" JOB("null", "\"n\": 1") "]";
    make_tables();
    write_document(document, strlen(document));
    assert_int_equal(load("json", &error), ROWSTREAM_OK);
    write_document(next, strlen(next));
    if (load("json", &error) != ROWSTREAM_OK)
        fail_msg("%s", error.text);
    read_jobs(&got);
    assert_string_equal(got.bytes, "1,old,5,-,1;40,-,-,-;41,-,1,-");
    buffer_fini(&got);
}

static void refusals_say_where(void **state) {
    (void)state;
    static const struct {
        const char *document;
        const char *messages[2]; /* PostgreSQL's, MySQL's; of the end when it begins with a space */
    } rows[] = {
        {"[" JOB("1", "") "," JOB("1", "") "]",
         {"document: line 1: record 2 (x.job 1): the key was there in a record before",
          "document: line 1: record 2 (x.job 1): the key was there in a record before"}},
        {"[{\"model\": \"x.tag\", \"pk\": 9, \"fields\": {\"label\": \"one\"}}]",
         {"document: line 1: record 1 (x.tag 9): duplicate key value violates unique constraint "
          "\"x_tag_label_key\": Key (label)=(one) already exists.",
          "document: line 1: record 1 (x.tag 9): Duplicate entry 'one' for key 'label'"}},
        /* No update of the other row, which has that label. */
        {"[{\"model\": \"x.tag\", \"pk\": 2, \"fields\": {\"label\": \"one\"}}]",
         {"document: line 1: record 1 (x.tag 2): duplicate key value violates unique constraint "
          "\"x_tag_label_key\": Key (label)=(one) already exists.",
          "document: line 1: record 1 (x.tag 2): Duplicate entry 'one' for key 'label'"}},
        {"[{\"model\": \"x.tag\", \"pk\": 9, \"fields\": {\"label\": null}}]",
         {"document: line 1: record 1 (x.tag 9): null value in column \"label\" of relation "
          "\"x_tag\" "
          "violates not-null constraint",
          "document: line 1: record 1 (x.tag 9): Column 'label' cannot be null"}},
        {"[{\"model\": \"x.tag\", \"pk\": 9, \"fields\": {\"label\": \"1234567890\"}}]",
         {"document: line 1: record 1 (x.tag 9): value too long for type character varying(9)",
          "document: line 1: record 1 (x.tag 9): Data too long for column 'label' at row 1"}},
        {"[" JOB("9", "\"n\": 3000000000") "]",
         {"document: line 1: record 1 (x.job 9): value \"3000000000\" is out of range for type "
          "integer",
          "document: line 1: record 1 (x.job 9): Out of range value for column 'n' at row 1"}},
        {"[" JOB("9", "\"none\": 1") "]",
         {"document: line 1: record 1 (x.job 9), field \"none\": no such field: the columns of "
          "table "
          "\"x_job\" are \"id\", \"title\", \"n\", \"up_id\"",
          "document: line 1: record 1 (x.job 9), field \"none\": no such field: the columns of "
          "table "
          "\"x_job\" are \"id\", \"title\", \"n\", \"up_id\""}},
        {"[" JOB("9", "\"up\": 77") "]",
         {": table \"x_job\", row 9: \"up_id\" refers to a row of \"x_job\" that is not there",
          ": table \"x_job\", row 9: \"up_id\" refers to a row of \"x_job\" that is not there"}},
        {"[" TAGS("1", "2") "," TAGS("9", "77") "]",
         {": \"tag_id\" refers to a row of \"x_tag\" that is not there",
          ": \"tag_id\" refers to a row of \"x_tag\" that is not there"}},
        {"[{\"model\": \"x.strict\", \"pk\": 1, \"fields\": {}}]",
         {NULL, "document: line 1: record 1 (x.strict 1): table \"x_strict\" is kept by the engine "
                "MyISAM, "
                "which has no transactions: rows could not be taken back"}},
        {"[{\"model\": \"x.strict\", \"pk\": 1, \"fields\": {\"job\": 5}}," JOB("5", "") "]",
         {"document: line 1: record 1 (x.strict 1): insert or update on table \"x_strict\" "
          "violates "
          "foreign key constraint \"x_strict_job_id_fkey\": Key (job_id)=(5) is not present in "
          "table \"x_job\".",
          NULL}},
        {"[" JOB("1", "\"title\": \"new\"") ",\n{\"model\": \"x.job\", \"pk\": 2, ",
         {"document: line 2: record 2: the document ends within the record",
          "document: line 2: record 2: the document ends within the record"}},
    };
    struct buffer got = BUFFER_INIT(1 << 16);
    make_tables();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error error;
        const char *wanted = rows[i].messages[is_mysql];
        if (wanted == NULL)
            continue;
        write_document(rows[i].document, strlen(rows[i].document));
        enum rowstream_status status = load("json", &error);
        size_t skipped = strlen(error.text) - strlen(wanted);
        if (status != ROWSTREAM_INPUT && strstr(wanted, "MyISAM") == NULL)
            fail_msg("%s: status %d: %s", rows[i].document, status, error.text);
        if (strlen(error.text) < strlen(wanted) || (skipped > 0 && wanted[0] != ':') ||
            strcmp(error.text + skipped, wanted) != 0)
            fail_msg("%s\nwanted %s\ngot    %s", rows[i].document, wanted, error.text);
        read_jobs(&got);
        assert_string_equal(got.bytes, "1,old,5,-,1");
    }
    sql("DROP TABLE IF EXISTS x_strict, x_job_tags, x_job, x_tag");
    buffer_fini(&got);
}

/* ---- Rows that are sent together ---- */

static void run_sqlite(const char *statement) {
    sqlite3 *database;
    char *message = NULL;
    assert_int_equal(sqlite3_open("test.sqlite3", &database), SQLITE_OK);
    if (sqlite3_exec(database, statement, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", statement, message);
    sqlite3_close(database);
}

/* Rows larger than what is held back among small ones, and so many columns that fewer rows are
 * held, or none. */
static void rows_of_every_width_come_back(void **state) {
    (void)state;
    static const struct {
        size_t columns, rows;
        const char *value; /* of row i, in SQLite's words */
    } shapes[] = {
        {1, 150, "CASE i % 7 WHEN 3 THEN hex(zeroblob(20000)) ELSE 'row ' || i END"},
        {1, 150, "CASE i % 5 WHEN 0 THEN NULL ELSE hex(zeroblob(i * 30)) END"},
        {20, 150, "i"},
        {300, 40, "CASE i % 2 WHEN 0 THEN 'even' END"},
    };
    struct buffer text = BUFFER_INIT(1 << 20);
    for (size_t i = 0; i < COUNT(shapes); i++) {
        buffer_clear(&text);
        assert_true(buffer_append_text(&text, "CREATE TABLE w_x (id integer PRIMARY KEY"));
        for (size_t j = 0; j < shapes[i].columns; j++)
            assert_true(buffer_printf(&text, ", c%zu text NULL", j));
        assert_true(buffer_append_text(&text, ")"));
        run_sqlite("DROP TABLE IF EXISTS w_x");
        run_sqlite(text.bytes);
        drop("w_x");
        sql(text.bytes);
        buffer_clear(&text);
        assert_true(buffer_printf(&text,
                                  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                                  "WHERE i < %zu) INSERT INTO w_x SELECT i",
                                  shapes[i].rows));
        for (size_t j = 0; j < shapes[i].columns; j++)
            assert_true(buffer_printf(&text, ", %s", shapes[i].value));
        assert_true(buffer_append_text(&text, " FROM n"));
        run_sqlite(text.bytes);
        assert_comes_back("w_x");
    }
    drop("w_x");
    buffer_fini(&text);
}

/* A document of 140 records of x.TABLE, one of which (from 1) has a label that is there already in
 * the one before, and one a key; 0 for none. The last is whole only when `whole`. */
static void write_records(const char *table, size_t same_label, size_t same_key, bool whole) {
    enum { RECORDS = 140 };
    struct buffer text = BUFFER_INIT(1 << 16);
    assert_true(buffer_append_text(&text, "["));
    for (size_t i = 1; i <= RECORDS; i++)
        assert_true(buffer_printf(&text,
                                  "%s\n{\"model\": \"x.%s\", \"pk\": %zu, \"fields\": {\"label\": "
                                  "\"t%zu\"}%s",
                                  i == 1 ? "" : ",", table, 100 + i - (i == same_key),
                                  i - (i == same_label), i < RECORDS || whole ? "}" : ""));
    assert_true(buffer_append_text(&text, "]"));
    write_document(text.bytes, text.length);
    buffer_fini(&text);
}

/* Wherever a record is among those that are sent together, it is the one that is named; and what
 * fails first in the document, and not first in the program, is the error. Into a table that was
 * empty (new), and over rows that were there (tag). */
static void a_record_among_many_is_named(void **state) {
    (void)state;
    static const char *const tables[] = {"new", "tag"};
    static const size_t places[] = {2, 15, 16, 17, 18, 32, 33, 63, 64, 65, 128, 129, 139};
    struct buffer got = BUFFER_INIT(1 << 16);
    make_tables();
    sql("DROP TABLE IF EXISTS x_new");
    sql("CREATE TABLE x_new (id integer PRIMARY KEY, label varchar(9) NOT NULL UNIQUE)");
    for (size_t i = 0; i < COUNT(tables) * COUNT(places) * 3; i++) {
        struct error error;
        char wanted[256];
        const char *table = tables[i % COUNT(tables)];
        size_t place = places[i / COUNT(tables) % COUNT(places)];
        size_t kind = i / COUNT(tables) / COUNT(places); /* label, key, or label before a bad end */
        write_records(table, kind != 1 ? place : 0, kind == 1 ? place : 0, kind != 2);
        int length = snprintf(wanted, sizeof wanted,
                              "document: line %zu: record %zu (x.%s %zu): ", place + 1, place,
                              table, 100 + place - (kind == 1));
        if (kind == 1)
            snprintf(wanted + length, sizeof wanted - (size_t)length,
                     "the key was there in a record before");
        else if (is_mysql)
            snprintf(wanted + length, sizeof wanted - (size_t)length,
                     "Duplicate entry 't%zu' for key 'label'", place - 1);
        else
            snprintf(wanted + length, sizeof wanted - (size_t)length,
                     "duplicate key value violates unique constraint \"x_%s_label_key\": Key "
                     "(label)=(t%zu) already exists.",
                     table, place - 1);
        assert_int_equal(load("json", &error), ROWSTREAM_INPUT);
        assert_string_equal(error.text, wanted);
    }
    write_records("tag", 0, 0, true);
    for (int time = 0; time < 2; time++) {
        struct error error;
        if (load("json", &error) != ROWSTREAM_OK)
            fail_msg("time %d: %s", time + 1, error.text);
    }
    query("SELECT COUNT(*) AS id, MAX(label) AS label FROM x_tag", &got);
    assert_string_equal(got.bytes, "[{\"model\": \"a.b\", \"pk\": 142, \"fields\": {\"label\": "
                                   "\"two\"}}]");
    sql("DROP TABLE IF EXISTS x_new, x_strict, x_job_tags, x_job, x_tag");
    buffer_fini(&got);
}

/* A list's rows are held back too, and their failure is of its field. */
static void a_list_among_many_is_named(void **state) {
    (void)state;
    static const char document[] = "[" TAGS("2", "1, 2") ",\n" TAGS("3", "1, null") ",\n" TAGS(
        "4", "1") ",\n" JOB("5", "\"n\": \"x\"") "]";
    struct error error;
    make_tables();
    write_document(document, strlen(document));
    assert_int_equal(load("json", &error), ROWSTREAM_INPUT);
    assert_string_equal(
        error.text, is_mysql ? "document: line 2: record 2 (x.job 3), field \"tags\": Column "
                               "'tag_id' cannot be null"
                             : "document: line 2: record 2 (x.job 3), field \"tags\": null value "
                               "in column \"tag_id\" of relation \"x_job_tags\" violates "
                               "not-null constraint");
    sql("DROP TABLE IF EXISTS x_strict, x_job_tags, x_job, x_tag");
}

/* ---- Deleting ---- */

static void stop_at_three(void *context, uint64_t rows, uint64_t total_rows) {
    (void)context;
    (void)total_rows;
    if (rows == 30)
        _exit(0);
}

static void a_delete_that_is_killed_leaves_whole_chunks(void **state) {
    (void)state;
    static const char *const shapes[] = {"id integer PRIMARY KEY, v integer",
                                         "id integer, v integer, PRIMARY KEY (v, id)",
                                         "id integer, v integer"};
    struct buffer got = BUFFER_INIT(4096);
    for (size_t i = 0; i < COUNT(shapes); i++) {
        char statement[256];
        struct error error = {.set = false};
        struct rowstream_counts counts;
        struct rowstream_delete_options options = {
            .url = url, .table = "d_x", .chunk = 10, .progress = {.report = stop_at_three}};
        drop("d_x");
        snprintf(statement, sizeof statement, "CREATE TABLE d_x (%s)", shapes[i]);
        sql(statement);
        sql("INSERT INTO d_x WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
            "i < 95) SELECT i, 1 FROM n");
        pid_t pid = fork();
        if (pid == 0) {
            rowstream_delete(&options, NULL, NULL);
            _exit(1);
        }
        int ended;
        assert_int_equal(waitpid(pid, &ended, 0), pid);
        assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
        query("SELECT COUNT(*) AS id, MIN(id) AS first FROM d_x", &got);
        if (i < 2) /* without a key there is no order */
            assert_string_equal(got.bytes,
                                "[{\"model\": \"a.b\", \"pk\": 65, \"fields\": {\"first\": 31}}]");
        options.progress.report = NULL;
        if (rowstream_delete(&options, &counts, &error) != ROWSTREAM_OK)
            fail_msg("%s", error.text);
        assert_int_equal(counts.rows, 65);
        options.table = "none";
        assert_int_equal(rowstream_delete(&options, NULL, &error), ROWSTREAM_SOURCE);
        assert_non_null(
            strstr(error.text, ": table \"none\", after 0 deleted rows: no such table"));
    }
    drop("d_x");
    buffer_fini(&got);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dump_comes_back),
        cmocka_unit_test(types_of_its_own_come_back),
        cmocka_unit_test(rows_are_put_where_they_belong),
        cmocka_unit_test(a_given_key_moves_the_next),
        cmocka_unit_test(refusals_say_where),
        cmocka_unit_test(rows_of_every_width_come_back),
        cmocka_unit_test(a_record_among_many_is_named),
        cmocka_unit_test(a_list_among_many_is_named),
        cmocka_unit_test(a_delete_that_is_killed_leaves_whole_chunks),
    };
    int found = support_begin(argc, argv);
    return found != 0 ? found : cmocka_run_group_tests(tests, support_set_up, support_tear_down);
}
