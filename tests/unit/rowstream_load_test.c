/* Loading: what comes back is what was written, every refusal is one whole message with its place,
 * and after it the database is as before. */
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

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char *const formats[] = {"json", "xml", "yaml"};

static int enter_folder(void **state) {
    char *folder = strdup("/tmp/rowstream_test.XXXXXX");
    *state = folder;
    return folder == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state) {
    int failed = chdir("/") != 0 || !file_remove_tree(*state, NULL);
    free(*state);
    return failed;
}

static void run_sql(const char *path, const char *sql) {
    sqlite3 *database;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(database);
}

static void make_database(const char *path, const char *sql) {
    unlink(path);
    run_sql(path, sql);
}

/* All cells of a query, in SQL: "1,'x';2,NULL". */
static void query(const char *path, const char *sql, struct buffer *text) {
    sqlite3 *database;
    sqlite3_stmt *statement;
    buffer_clear(text);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(database));
    assert_true(buffer_append(text, "", 0));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        if (text->length > 0)
            assert_true(buffer_append_text(text, ";"));
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            char *literal = NULL;
            if (sqlite3_column_type(statement, i) == SQLITE_BLOB) {
                assert_true(buffer_append_text(text, "blob "));
                literal = sqlite3_mprintf("%s", sqlite3_column_text(statement, i));
            } else if (sqlite3_column_type(statement, i) == SQLITE_TEXT) {
                literal = sqlite3_mprintf("%Q", sqlite3_column_text(statement, i));
            } else {
                const char *number = (const char *)sqlite3_column_text(statement, i);
                literal = sqlite3_mprintf("%s", number != NULL ? number : "NULL");
            }
            assert_true(buffer_printf(text, "%s%s", i > 0 ? "," : "", literal));
            sqlite3_free(literal);
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
}

static enum rowstream_status load(const char *path, const char *file, const char *format,
                                  struct error *error) {
    char url[256];
    snprintf(url, sizeof url, "sqlite:%s", path);
    struct rowstream_load_options options = {
        .url = url, .files = &file, .file_count = 1, .format = format};
    *error = (struct error){.set = false};
    return rowstream_load(&options, NULL, error);
}

static bool append(void *context, const void *bytes, size_t length, struct error *error) {
    (void)error;
    return buffer_append(context, bytes, length);
}

static void dump(const char *path, const char *format, struct buffer *text) {
    char url[256];
    struct error error = {.set = false};
    snprintf(url, sizeof url, "sqlite:%s", path);
    struct rowstream_dump_options options = {.url = url, .format = format};
    buffer_clear(text);
    if (rowstream_dump(&options, &(struct rowstream_output){append, text}, NULL, &error) !=
        ROWSTREAM_OK)
        fail_msg("%s: %s", path, error.text);
}

/* Makes `to` with the tables of `from` and no rows. */
static void copy_schema(const char *from, const char *to) {
    struct buffer sql = BUFFER_INIT(1 << 20);
    sqlite3 *database;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(from, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database,
                                        "SELECT sql FROM sqlite_schema WHERE sql IS NOT "
                                        "NULL AND name NOT LIKE 'sqlite%'",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        assert_true(buffer_printf(&sql, "%s;\n", sqlite3_column_text(statement, 0)));
    sqlite3_finalize(statement);
    sqlite3_close(database);
    make_database(to, sql.bytes);
    buffer_fini(&sql);
}

static void a_dump_comes_back(void **state) {
    (void)state;
    struct buffer sql = BUFFER_INIT(1 << 20), first = BUFFER_INIT(1 << 24),
                  second = BUFFER_INIT(1 << 24);
    assert_true(file_read(FIXTURES "/every_type.sql", &sql, NULL));
    make_database("every.sqlite3", sql.bytes);
    buffer_clear(&sql);
    assert_true(file_read(FIXTURES "/django/typed.sqlite3", &sql, NULL));
    assert_true(file_write("typed.sqlite3", sql.bytes, sql.length, NULL));
    static const char *const databases[] = {"every.sqlite3", "typed.sqlite3"};
    for (size_t i = 0; i < COUNT(databases) * COUNT(formats); i++) {
        const char *from = databases[i / COUNT(formats)], *format = formats[i % COUNT(formats)];
        struct error error;
        dump(from, format, &first);
        assert_true(file_write("dumped", first.bytes, first.length, NULL));
        copy_schema(from, "loaded.sqlite3");
        for (size_t time = 0; time < 2; time++) { /* the second time all rows are updated */
            if (load("loaded.sqlite3", "dumped", format, &error) != ROWSTREAM_OK)
                fail_msg("%s, %s: %s", from, format, error.text);
            dump("loaded.sqlite3", format, &second);
            if (first.length != second.length ||
                memcmp(first.bytes, second.bytes, first.length) != 0)
                fail_msg("%s, %s: what was loaded is not what was dumped", from, format);
        }
    }
    buffer_fini(&sql);
    buffer_fini(&first);
    buffer_fini(&second);
}

#define TYPES "CREATE TABLE a_b (id integer PRIMARY KEY, v %s)"

/* One value at a time: how it is declared, what a document says, what is stored. */
static void values_become_what_django_stores(void **state) {
    (void)state;
    static const struct {
        const char *type, *format, *value, *stored;
    } rows[] = {
        {"integer", "json", "12", "12"},
        {"integer", "json", "\"12\"", "12"},
        {"integer", "xml", " 12\n", "12"},
        {"integer", "yaml", "-3", "-3"},
        {"bigint", "json", "-9223372036854775808", "-9223372036854775808"},
        {"bool", "json", "true", "1"},
        {"bool", "xml", "False", "0"},
        {"bool", "yaml", "on", "1"},
        {"real", "json", "1", "1.0"},
        {"real", "json", "1e300", "1.0e+300"},
        {"real", "xml", "inf", "Inf"},
        {"real", "yaml", ".5", "0.5"},
        {"real", "yaml", "1e3", "1000.0"},
        {"decimal", "json", "\"12.30\"", "12.3"},
        {"decimal", "json", "7", "7"},
        {"decimal", "yaml", "'7.00'", "7"},
        {"varchar(9)", "json", "\"x\"", "'x'"},
        {"varchar(9)", "json", "5", "'5'"},
        {"varchar(9)", "xml", "", "''"},
        {"varchar(9)", "xml", " <![CDATA[<a>]]>&amp;&#13; ", "' <a>&\r '"},
        {"varchar(9)", "xml", "<None></None>", "NULL"},
        {"varchar(9)", "xml", "None", "'None'"},
        {"varchar(9)", "yaml", "~", "NULL"},
        {"varchar(9)", "yaml", "'~'", "'~'"},
        {"varchar(9)", "yaml", "1e3", "'1e3'"},
        {"varchar(9)", "yaml", "y", "'y'"},
        {"varchar(9)", "yaml", "2014-09-24", "'2014-09-24'"},
        {"varchar(9)", "yaml", "!!str 12", "'12'"},
        {"date", "json", "\"2014-09-24\"", "'2014-09-24'"},
        {"datetime", "json", "\"2014-09-24T10:35:31\"", "'2014-09-24 10:35:31'"},
        {"datetime", "json", "\"2014-09-24T10:35:31.001\"", "'2014-09-24 10:35:31.001000'"},
        {"datetime", "json", "\"2014-09-24T10:35:31Z\"", "'2014-09-24 10:35:31'"},
        {"datetime", "json", "\"2014-12-31T23:30:00-01:30\"", "'2015-01-01 01:00:00'"},
        {"datetime", "yaml", "2000-03-01 00:30:00+01:00", "'2000-02-29 23:30:00'"},
        {"datetime", "json", "\"2014-09-24\"", "'2014-09-24 00:00:00'"},
        {"time", "yaml", "18:07:00", "'18:07:00'"},
        {"time", "json", "\"03:00\"", "'03:00:00'"},
        {"char(32)", "json", "\"5D158a2f-f2ee-4e45-19f9-919c895fd7b3\"",
         "'5d158a2ff2ee4e4519f9919c895fd7b3'"},
        {"char(32)", "json", "\"ABC\"", "'ABC'"},
        {"blob", "json", "\"YWI=\"", "blob ab"},
        {"blob", "yaml", "!!binary |\n      YW\n      Jj", "blob abc"},
        {"blob", "json", "\"\"", "blob "},
        {"", "json", "true", "1"},
        {"", "yaml", "1.5", "1.5"},
    };
    struct buffer got = BUFFER_INIT(1 << 16);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[1024];
        struct error error;
        snprintf(text, sizeof text, TYPES, rows[i].type);
        make_database("test.sqlite3", text);
        const char *shape = "- model: a.b\n  pk: 1\n  fields:\n    v: %s\n";
        if (strcmp(rows[i].format, "json") == 0)
            shape = "[{\"model\": \"a.b\", \"pk\": 1, \"fields\": {\"v\": %s}}]";
        if (strcmp(rows[i].format, "xml") == 0)
            shape = "<django-objects version=\"1.0\"><object model=\"a.b\" pk=\"1\">"
                    "<field name=\"v\" type=\"X\">%s</field></object></django-objects>";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        int length = snprintf(text, sizeof text, shape, rows[i].value);
#pragma GCC diagnostic pop
        assert_true(file_write("document", text, (size_t)length, NULL));
        if (load("test.sqlite3", "document", rows[i].format, &error) != ROWSTREAM_OK)
            fail_msg("%s: %s: %s", rows[i].type, rows[i].value, error.text);
        query("test.sqlite3", "SELECT v FROM a_b", &got);
        if (strcmp(got.bytes, rows[i].stored) != 0)
            fail_msg("%s: %s: wanted %s, got %s", rows[i].type, rows[i].value, rows[i].stored,
                     got.bytes);
    }
    buffer_fini(&got);
}

/* The tables of the tests below: a reference, and a list of keys. */
static const char tables[] =
    "CREATE TABLE x_tag (id integer PRIMARY KEY, label varchar(9) NOT NULL UNIQUE);"
    "CREATE TABLE x_job (id integer PRIMARY KEY, title text, n integer, "
    "up_id integer REFERENCES x_job (id) DEFERRABLE INITIALLY DEFERRED);"
    "CREATE TABLE x_job_tags (id integer PRIMARY KEY, job_id integer NOT NULL REFERENCES x_job "
    "(id) DEFERRABLE INITIALLY DEFERRED, tag_id integer NOT NULL REFERENCES x_tag (id) DEFERRABLE "
    "INITIALLY DEFERRED, UNIQUE (job_id, tag_id));"
    "CREATE TABLE x_log (line text); CREATE TABLE x_pair (a, b, PRIMARY KEY (a, b));"
    "INSERT INTO x_tag VALUES (1, 'one'), (2, 'two');"
    "INSERT INTO x_job VALUES (1, 'old', 5, NULL); INSERT INTO x_job_tags VALUES (7, 1, 1);";

#define ALL                                                                                        \
    "SELECT id, title, n, up_id, (SELECT group_concat(tag_id) FROM (SELECT tag_id FROM "           \
    "x_job_tags WHERE job_id = x_job.id ORDER BY tag_id)) FROM x_job ORDER BY id"

static void rows_are_put_where_they_belong(void **state) {
    (void)state;
    static const struct {
        const char *format, *document, *rows;
    } rows[] = {
        {"json", "[]", "1,'old',5,NULL,'1'"},
        {"yaml", "[]\n", "1,'old',5,NULL,'1'"},
        {"xml", "<django-objects/>", "1,'old',5,NULL,'1'"},
        {"json", "[{\"model\": \"x.job\", \"pk\": 1, \"fields\": {\"title\": \"new\"}}]",
         "1,'new',5,NULL,'1'"},
        {"json",
         " [ {\"fields\": {\"title\": \"y\", \"up\": 3}, \"pk\": 2, \"model\": \"x.job\"},"
         "\n{\"model\": \"x.job\", \"pk\": 3, \"fields\": {\"up_id\": 2}}\n]\n",
         "1,'old',5,NULL,'1';2,'y',NULL,3,NULL;3,NULL,NULL,2,NULL"},
        {"json", "[{\"model\": \"x.job\", \"pk\": 1, \"fields\": {\"tags\": [2]}}]",
         "1,'old',5,NULL,'2'"},
        {"json", "[{\"model\": \"x.job\", \"pk\": 1, \"fields\": {\"tags\": []}}]",
         "1,'old',5,NULL,NULL"},
        {"json", "[{\"model\": \"x.job\", \"pk\": null, \"fields\": {\"tags\": [2, 1, 2]}}]",
         "1,'old',5,NULL,'1';2,NULL,NULL,NULL,'1,2'"},
        {"json", "[{\"model\": \"x.job\", \"fields\": {}}]",
         "1,'old',5,NULL,'1';2,NULL,NULL,NULL,NULL"},
        {"xml",
         "<?xml version=\"1.0\"?><django-objects><object pk=\"2\" model=\"x.job\">\n"
         "<field name=\"title\" type=\"TextField\">t</field>\n"
         "<field name=\"up\" rel=\"ManyToOneRel\" to=\"x.job\">1</field>"
         "<field name=\"tags\" rel=\"ManyToManyRel\" to=\"x.tag\"> <object pk=\"2\"/>"
         "<object pk=\"1\"></object></field></object></django-objects>",
         "1,'old',5,NULL,'1';2,'t',NULL,1,'1,2'"},
        {"yaml",
         "- fields:\n    title: t\n    tags: [2]\n    up: 1\n  model: x.job\n  pk: 2\n"
         "- {model: x.log, fields: {line: z}}\n",
         "1,'old',5,NULL,'1';2,'t',NULL,1,'2'"},
    };
    struct buffer got = BUFFER_INIT(1 << 16);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error error;
        make_database("test.sqlite3", tables);
        assert_true(file_write("document", rows[i].document, strlen(rows[i].document), NULL));
        if (load("test.sqlite3", "document", rows[i].format, &error) != ROWSTREAM_OK)
            fail_msg("%s: %s", rows[i].document, error.text);
        query("test.sqlite3", ALL, &got);
        if (strcmp(got.bytes, rows[i].rows) != 0)
            fail_msg("%s: wanted %s, got %s", rows[i].document, rows[i].rows, got.bytes);
    }
    buffer_fini(&got);
}

#define JOB(pk, fields) "{\"model\": \"x.job\", \"pk\": " pk ", \"fields\": {" fields "}}"

static void refusals_say_where(void **state) {
    (void)state;
    static const struct {
        const char *format, *document, *message;
    } rows[] = {
#include "rowstream_load_refusals.h"
    };
    struct buffer before = BUFFER_INIT(1 << 20), after = BUFFER_INIT(1 << 20);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error error;
        make_database("test.sqlite3", tables);
        buffer_clear(&before);
        assert_true(file_read("test.sqlite3", &before, NULL));
        assert_true(file_write("document", rows[i].document, strlen(rows[i].document), NULL));
        enum rowstream_status status = load("test.sqlite3", "document", rows[i].format, &error);
        if (strcmp(error.text, rows[i].message) != 0)
            fail_msg("%s\nwanted %s\ngot    %s", rows[i].document, rows[i].message, error.text);
        assert_int_equal(status, ROWSTREAM_INPUT);
        buffer_clear(&after);
        assert_true(file_read("test.sqlite3", &after, NULL));
        assert_int_equal(before.length, after.length);
        assert_memory_equal(before.bytes, after.bytes, after.length);
    }
    buffer_fini(&before);
    buffer_fini(&after);
}

static void the_command_loads_and_deletes(void **state) {
    (void)state;
    static const struct {
        const char *command;
        int status;
        const char *message;
    } rows[] = {
        {"$R load", 2, "rowstream: the URL of a database is missing\n"},
        {"$R load sqlite:test.sqlite3", 2,
         "rowstream: a file is missing: the fixture to load, or - for standard input\n"},
        {"$R load sqlite:test.sqlite3 -", 2,
         "rowstream: standard input: the name does not tell the format: give one of \"json\", "
         "\"xml\", \"yaml\"\n"},
        {"$R load sqlite:test.sqlite3 a.txt", 2,
         "rowstream: a.txt: the name does not tell the format: give one of \"json\", \"xml\", "
         "\"yaml\"\n"},
        {"$R load sqlite:test.sqlite3 a.json --format=csv", 2,
         "rowstream: unknown format \"csv\": accepted are \"json\", \"xml\", \"yaml\"\n"},
        {"$R load sqlite:test.sqlite3 none.json", 1,
         "rowstream: none.json: cannot read: No such file or directory\n"},
        {"$R load sqlite:none.sqlite3 a.json", 1,
         "rowstream: sqlite:none.sqlite3: unable to open database file: "
         "No such file or directory\n"},
        {"$R load sqlite:test.sqlite3 .", 2,
         "rowstream: .: the name does not tell the format: give one of \"json\", \"xml\", "
         "\"yaml\"\n"},
        {"$R load sqlite:test.sqlite3 . --format xml", 1,
         "rowstream: .: line 1: cannot read: Is a directory\n"},
        {"echo '[{\"model\": \"x.log\", \"fields\": {\"line\": \"in\"}}]' | gzip >a.json.gz && "
         "$R load sqlite:test.sqlite3 a.json.gz",
         0, ""},
        {"$R load sqlite:test.sqlite3 - --format json <a.json.gz", 0, ""},
        {"head -c 40 a.json.gz >cut.json.gz; $R load sqlite:test.sqlite3 a.json.gz cut.json.gz", 1,
         "rowstream: cut.json.gz: line 1: record 1: the gzip file is truncated\n"},
        {"$R load --help", 0, ""},
        {"$R delete sqlite:test.sqlite3", 2,
         "rowstream: --table NAME is needed, once: found it 0 times\n"},
        {"$R delete sqlite:test.sqlite3 --table x_log --chunk 0", 2,
         "rowstream: --chunk: 0 is not a number of rows: accepted are 1 to 1000000\n"},
        {"$R delete sqlite:test.sqlite3 --table none", 1,
         "rowstream: sqlite:test.sqlite3: table \"none\", after 0 deleted rows: no such table\n"},
        {"$R delete sqlite:test.sqlite3 --table x_job", 1,
         "rowstream: sqlite:test.sqlite3: table \"x_job\", after 0 deleted rows: table "
         "\"x_job_tags\", row 7: \"job_id\" refers to a row of \"x_job\" that is not there\n"},
        {"$R delete sqlite:test.sqlite3 --table x_log --chunk 2", 0, ""},
    };
    make_database("test.sqlite3", tables);
    setenv("R", ROWSTREAM, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char command[1024];
        struct buffer message = BUFFER_INIT(4096);
        snprintf(command, sizeof command, "exec 2>message 1>/dev/null; %s", rows[i].command);
        int ended = system(command);
        assert_true(file_read("message", &message, NULL));
        assert_string_equal(message.length > 0 ? message.bytes : "", rows[i].message);
        assert_true(WIFEXITED(ended));
        assert_int_equal(WEXITSTATUS(ended), rows[i].status);
        buffer_fini(&message);
    }
    struct buffer got = BUFFER_INIT(4096);
    query("test.sqlite3", "SELECT (SELECT count(*) FROM x_log), (SELECT count(*) FROM x_job)",
          &got);
    assert_string_equal(got.bytes, "0,1");
    buffer_fini(&got);
}

static void stop_at_three(void *context, uint64_t rows, uint64_t total_rows) {
    (void)context;
    (void)total_rows;
    if (rows == 30)
        _exit(0);
}

static void a_delete_that_is_killed_leaves_whole_chunks(void **state) {
    (void)state;
    static const struct {
        const char *schema;
    } rows[] = {{"id integer PRIMARY KEY, v"}, {"v, id"}, {"id, v, PRIMARY KEY (v, id)"}};
    struct buffer got = BUFFER_INIT(4096);
    for (size_t i = 0; i < COUNT(rows) + 1; i++) {
        char sql[512];
        snprintf(sql, sizeof sql,
                 "CREATE TABLE a_b (%s)%s; WITH RECURSIVE n(i) AS (SELECT 1 UNION "
                 "ALL SELECT i + 1 FROM n LIMIT 95) INSERT INTO a_b (id, v) SELECT i, 'x' FROM n",
                 rows[i % COUNT(rows)].schema, i >= 2 ? " WITHOUT ROWID" : "");
        if (i == COUNT(rows))
            snprintf(sql, sizeof sql, "CREATE TABLE a_b (id integer, v text)");
        make_database("test.sqlite3", sql);
        struct rowstream_delete_options options = {.url = "sqlite:test.sqlite3",
                                                   .table = "a_b",
                                                   .chunk = 10,
                                                   .progress = {.report = stop_at_three}};
        struct error error = {.set = false};
        struct rowstream_counts counts;
        pid_t pid = fork();
        if (pid == 0) {
            rowstream_delete(&options, NULL, NULL);
            _exit(1);
        }
        int ended;
        assert_int_equal(waitpid(pid, &ended, 0), pid);
        query("test.sqlite3", "SELECT count(*), min(id) FROM a_b", &got);
        assert_string_equal(got.bytes, i == COUNT(rows) ? "0,NULL" : "65,31");
        options.progress.report = NULL;
        if (rowstream_delete(&options, &counts, &error) != ROWSTREAM_OK)
            fail_msg("%s", error.text);
        assert_int_equal(counts.rows, i == COUNT(rows) ? 0 : 65);
    }
    buffer_fini(&got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dump_comes_back),
        cmocka_unit_test(values_become_what_django_stores),
        cmocka_unit_test(rows_are_put_where_they_belong),
        cmocka_unit_test(refusals_say_where),
        cmocka_unit_test(the_command_loads_and_deletes),
        cmocka_unit_test(a_delete_that_is_killed_leaves_whole_chunks),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
