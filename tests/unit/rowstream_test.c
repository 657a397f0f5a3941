/* Dumps and seeds, through the library as a program would call it, and a few through the command:
 * bytes, and whole error messages. */
#include <fcntl.h>
#include <poll.h>
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
static const char *const fetches[] = {"stream", "keyset", "buffered"};
static const char *const documents[] = {"stream", "tree"};

/* A folder of the test's own, which is also the working directory. */
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

static void make_database(const char *sql) {
    sqlite3 *database;
    char *message = NULL;
    unlink("test.sqlite3");
    assert_int_equal(sqlite3_open("test.sqlite3", &database), SQLITE_OK);
    if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(database);
}

static void make_database_from(const char *path) {
    struct buffer sql = BUFFER_INIT(1 << 20);
    assert_true(file_read(path, &sql, NULL));
    make_database(sql.bytes);
    buffer_fini(&sql);
}

static bool append(void *context, const void *bytes, size_t length, struct error *error) {
    (void)error;
    return buffer_append(context, bytes, length);
}

static enum rowstream_status dump(const struct rowstream_dump_options *options, struct buffer *text,
                                  struct rowstream_counts *counts, struct error *error) {
    struct rowstream_dump_options all = *options;
    if (all.url == NULL)
        all.url = "sqlite:test.sqlite3";
    *error = (struct error){0};
    buffer_clear(text);
    return rowstream_dump(&all, &(struct rowstream_output){append, text}, counts, error);
}

/* Every way to dump the database gives these bytes. */
static void assert_dumps(const char *format, unsigned indent, const char *wanted,
                         size_t wanted_bytes) {
    struct buffer text = BUFFER_INIT(1 << 26);
    for (size_t i = 0; i < COUNT(fetches) * COUNT(documents); i++) {
        struct rowstream_dump_options options = {.format = format,
                                                 .fetch = fetches[i / 2],
                                                 .chunk = 7,
                                                 .document = documents[i % 2],
                                                 .indent = indent};
        struct rowstream_counts counts;
        struct error error;
        enum rowstream_status status = dump(&options, &text, &counts, &error);
        if (strstr(error.text, "\"keyset\" needs a table with a primary key") != NULL)
            continue;
        if (status != ROWSTREAM_OK)
            fail_msg("%s, %s, %s: %s", format, fetches[i / 2], documents[i % 2], error.text);
        if (wanted == NULL || text.length != wanted_bytes ||
            memcmp(text.bytes, wanted, wanted_bytes) != 0)
            fail_msg("%s, %s, %s: wanted\n%s\ngot\n%s", format, fetches[i / 2], documents[i % 2],
                     wanted, text.bytes);
        assert_int_equal(counts.bytes, text.length);
    }
    buffer_fini(&text);
}

static void every_type_is_written(void **state) {
    (void)state;
    make_database_from(FIXTURES "/every_type.sql");
    for (size_t i = 0; i < COUNT(formats); i++) {
        struct buffer wanted = BUFFER_INIT(1 << 20);
        char path[256];
        snprintf(path, sizeof path, FIXTURES "/every_type.%s", formats[i]);
        assert_true(file_read(path, &wanted, NULL));
        assert_dumps(formats[i], 0, wanted.bytes, wanted.length);
        buffer_fini(&wanted);
    }
}

/* One value at a time: how it is declared, what it is, what each format makes of it. */
static void values_are_written_by_their_type(void **state) {
    (void)state;
    static const struct {
        const char *type, *value, *json, *xml, *yaml;
    } rows[] = {
        {"integer", "1", "1", "1", "1"},
        {"integer", "1.5", "1.5", "1.5", "1.5"},
        {"integer", "'x'", "\"x\"", "x", "x"},
        {"", "'12'", "\"12\"", "12", "'12'"},
        {"", "x'00'", "\"AA==\"", "AA==", "AA=="},
        {"", "7", "7", "7", "7"},
        {"bool", "0", "false", "False", "false"},
        {"bool", "1", "true", "True", "true"},
        {"bool", "2", "2", "2", "2"},
        {"bool", "NULL", "null", "<None></None>", "null"},
        {"real", "3", "3.0", "3.0", "3.0"},
        {"real", "1e300", "1e+300", "1e+300", "1.0e+300"},
        {"decimal(5, 2)", "3", "\"3.00\"", "3.00", "'3.00'"},
        {"decimal(5, 2)", "-0.5", "\"-0.50\"", "-0.50", "'-0.50'"},
        {"decimal(5, 2)", "0.125", "\"0.125\"", "0.125", "'0.125'"},
        {"decimal", "9.9", "\"9.9\"", "9.9", "'9.9'"},
        {"text", "5", "\"5\"", "5", "'5'"},
        {"text", "''", "\"\"", "", "''"},
        {"text", "'a\"b\\c<d>&'", "\"a\\\"b\\\\c<d>&\"", "a\"b\\c&lt;d&gt;&amp;", "a\"b\\c<d>&"},
        {"text", "'cr' || char(13)", "\"cr\\r\"", "cr&#13;", "\"cr\\r\""},
        {"text", "char(233, 128640)", "\"\xC3\xA9\xF0\x9F\x9A\x80\"", "\xC3\xA9\xF0\x9F\x9A\x80",
         "\"\xC3\xA9\\U0001F680\""},
        {"text", "'null'", "\"null\"", "null", "'null'"},
        {"date", "'2014-09-24'", "\"2014-09-24\"", "2014-09-24", "2014-09-24"},
        {"date", "'2014-06-31'", "\"2014-06-31\"", "2014-06-31", "'2014-06-31'"},
        {"date", "'2100-02-29'", "\"2100-02-29\"", "2100-02-29", "'2100-02-29'"},
        {"date", "'soon'", "\"soon\"", "soon", "soon"},
        {"datetime", "'2014-09-24 10:35:31'", "\"2014-09-24T10:35:31\"", "2014-09-24T10:35:31",
         "2014-09-24 10:35:31"},
        {"datetime", "'2014-09-24T10:35:31.001'", "\"2014-09-24T10:35:31.001\"",
         "2014-09-24T10:35:31.001000", "2014-09-24 10:35:31.001000"},
        {"datetime", "'2014-09-24 10:35:31.123456'", "\"2014-09-24T10:35:31.123456\"",
         "2014-09-24T10:35:31.123456", "2014-09-24 10:35:31.123456"},
        {"datetime", "'2014-09-24'", "\"2014-09-24\"", "2014-09-24", "'2014-09-24'"},
        {"datetime", "'2014-09-24 25:00:00'", "\"2014-09-24 25:00:00\"", "2014-09-24 25:00:00",
         "'2014-09-24 25:00:00'"},
        {"datetime", "1411554931", "1411554931", "1411554931", "1411554931"},
        {"time", "'18:07:00'", "\"18:07:00\"", "18:07:00", "'18:07:00'"},
        {"time", "'03:00:00.000'", "\"03:00:00\"", "03:00:00", "03:00:00"},
        {"time", "'03:00:00.5'", "\"03:00:00.500\"", "03:00:00.500000", "'03:00:00.500000'"},
        {"char(32)", "'5d158a2ff2ee4e4519f9919c895fd7b3'",
         "\"5d158a2f-f2ee-4e45-19f9-919c895fd7b3\"", "5d158a2f-f2ee-4e45-19f9-919c895fd7b3",
         "5d158a2f-f2ee-4e45-19f9-919c895fd7b3"},
        {"char(32)", "'ABC'", "\"ABC\"", "ABC", "ABC"},
        {"blob", "x''", "\"\"", "", "''"},
        {"blob", "x'fbff'", "\"+/8=\"", "+/8=", "+/8="},
        {"blob", "x'fbefbe'", "\"++++\"", "++++", "++++"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "CREATE TABLE a_b (id integer PRIMARY KEY, v %s);"
                 "INSERT INTO a_b VALUES (1, %s)",
                 rows[i].type, rows[i].value);
        make_database(text);
        int length = snprintf(text, sizeof text,
                              "[{\"model\": \"a.b\", \"pk\": 1, "
                              "\"fields\": {\"v\": %s}}]",
                              rows[i].json);
        assert_dumps("json", 0, text, (size_t)length);
        length = snprintf(text, sizeof text, "- model: a.b\n  pk: 1\n  fields:\n    v: %s\n",
                          rows[i].yaml);
        assert_dumps("yaml", 0, text, (size_t)length);
        struct buffer xml = BUFFER_INIT(1 << 20);
        struct error error;
        assert_int_equal(
            dump(&(struct rowstream_dump_options){.format = "xml"}, &xml, NULL, &error),
            ROWSTREAM_OK);
        const char *start = strstr(xml.bytes, "Field\">");
        snprintf(text, sizeof text, "Field\">%s</field></object></django-objects>", rows[i].xml);
        assert_non_null(start);
        assert_string_equal(start, text);
        assert_dumps("xml", 0, xml.bytes, xml.length);
        buffer_fini(&xml);
    }
}

static void names_and_layouts(void **state) {
    (void)state;
    static const struct {
        const char *sql, *format;
        unsigned indent;
        const char *wanted;
    } rows[] = {
        {"CREATE TABLE a_b (id integer PRIMARY KEY)", "json", 0, "[]"},
        {"CREATE TABLE a_b (id integer PRIMARY KEY)", "yaml", 0, "[]\n"},
        {"CREATE TABLE a_b (id integer PRIMARY KEY)", "xml", 0,
         "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
         "<django-objects version=\"1.0\"></django-objects>"},
        {"CREATE TABLE a_b (id integer PRIMARY KEY); INSERT INTO a_b VALUES (7)", "json", 0,
         "[{\"model\": \"a.b\", \"pk\": 7, \"fields\": {}}]"},
        {"CREATE TABLE a_b (id integer PRIMARY KEY); INSERT INTO a_b VALUES (7)", "yaml", 0,
         "- model: a.b\n  pk: 7\n  fields: {}\n"},
        {"CREATE TABLE a_b_c (v text); INSERT INTO a_b_c VALUES ('x')", "json", 0,
         "[{\"model\": \"a.b_c\", \"pk\": null, \"fields\": {\"v\": \"x\"}}]"},
        {"CREATE TABLE a_b (v text); INSERT INTO a_b VALUES ('x')", "xml", 2,
         "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
         "<django-objects version=\"1.0\">\n"
         "  <object model=\"a.b\">\n"
         "    <field name=\"v\" type=\"TextField\">x</field>\n"
         "  </object>\n"
         "</django-objects>"},
        {"CREATE TABLE a_b (id integer PRIMARY KEY, v text);"
         "INSERT INTO a_b VALUES (1, 'x'), (2, NULL)",
         "json", 1,
         "[\n{\n \"model\": \"a.b\",\n \"pk\": 1,\n \"fields\": {\n  \"v\": \"x\"\n }\n},\n"
         "{\n \"model\": \"a.b\",\n \"pk\": 2,\n \"fields\": {\n  \"v\": null\n }\n}\n]\n"},
        {"CREATE TABLE a_b (\"k <&\"\"null\" text PRIMARY KEY, \"v <&\"\"null: n\" text);"
         "INSERT INTO a_b VALUES ('<\"&' || char(10), 'x')",
         "json", 0,
         "[{\"model\": \"a.b\", \"pk\": \"<\\\"&\\n\", "
         "\"fields\": {\"v <&\\\"null: n\": \"x\"}}]"},
        {"CREATE TABLE a_b (\"k\" text PRIMARY KEY, \"v <&\"\"\xC3\xA9\" text);"
         "INSERT INTO a_b VALUES ('<\"&\xC3\xA9' || char(10), 'x')",
         "xml", 0,
         "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<django-objects version=\"1.0\">"
         "<object model=\"a.b\" pk=\"&lt;&quot;&amp;\xC3\xA9&#10;\">"
         "<field name=\"v &lt;&amp;&quot;\xC3\xA9\" type=\"TextField\">x</field>"
         "</object></django-objects>"},
        {"CREATE TABLE a_b (k text PRIMARY KEY, \"no\" text); INSERT INTO a_b VALUES ('1', 'x');"
         "CREATE TABLE a_a (id integer PRIMARY KEY, w integer); INSERT INTO a_a VALUES (1, 2)",
         "yaml", 0,
         "- model: a.a\n  pk: 1\n  fields:\n    w: 2\n"
         "- model: a.b\n  pk: '1'\n  fields:\n    'no': x\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        make_database(rows[i].sql);
        assert_dumps(rows[i].format, rows[i].indent, rows[i].wanted, strlen(rows[i].wanted));
    }
}

#define AB(columns, values)                                                                        \
    "CREATE TABLE a_b (id integer PRIMARY KEY, " columns "); INSERT INTO a_b VALUES " values

static void failures_say_where(void **state) {
    (void)state;
    static const char *const missing[] = {"missing"}, *const both[] = {"a_b", "a_c"};
    static const struct {
        const char *sql;
        struct rowstream_dump_options options;
        enum rowstream_status status;
        const char *message;
    } rows[] = {
        {AB("t text", "(4, 'x'), (5, CAST(x'61FF' AS TEXT))"),
         {.format = "json"},
         ROWSTREAM_DATA,
         "table \"a_b\", row 2 (id 5), column \"t\": not valid UTF-8: byte 1 of the text is 0xFF"},
        {AB("t text", "(5, CAST(x'6100' AS TEXT))"),
         {.format = "yaml"},
         ROWSTREAM_DATA,
         "table \"a_b\", row 1 (id 5), column \"t\": a NUL character at byte 1 of the text, which "
         "a fixture cannot carry"},
        {AB("t text", "(5, 'ab' || char(11))"),
         {.format = "xml"},
         ROWSTREAM_DATA,
         "table \"a_b\", row 1 (id 5), column \"t\": the character U+000B at byte 2 of the text, "
         "which XML cannot hold"},
        {AB("t text", "(5, char(65535))"),
         {.format = "xml", .document = "tree"},
         ROWSTREAM_DATA,
         "table \"a_b\", row 1 (id 5), column \"t\": the character U+FFFF at byte 0 of the text, "
         "which XML cannot hold"},
        {AB("t text", "(5, '0123456789abcdef' || char(65533, 65534) || 'end')"),
         {.format = "xml"},
         ROWSTREAM_DATA,
         "table \"a_b\", row 1 (id 5), column \"t\": the character U+FFFE at byte 19 of the text, "
         "which XML cannot hold"},
        {AB("r real", "(5, -9e999)"),
         {.format = "json"},
         ROWSTREAM_DATA,
         "table \"a_b\", row 1 (id 5), column \"r\": the number -inf, which JSON cannot hold"},
        {AB("t text", "(5, x'00')"),
         {.format = "json"},
         ROWSTREAM_DATA,
         "table \"a_b\", row 1 (id 5), column \"t\": a blob in a column that is not declared for "
         "binary data, where a fixture could not tell its base64 from text"},
        {AB("b blob", "(5, 'AA==')"),
         {.format = "json"},
         ROWSTREAM_DATA,
         "table \"a_b\", row 1 (id 5), column \"b\": text in a column declared for binary data, "
         "where a fixture would have base64"},
        {"CREATE TABLE a_b (k text PRIMARY KEY); INSERT INTO a_b VALUES (CAST(x'80' AS TEXT))",
         {.format = "json"},
         ROWSTREAM_DATA,
         "table \"a_b\", row 1, column \"k\": not valid UTF-8: byte 0 of the text is 0x80"},
        {AB("t text", "(5, 'x')"),
         {.format = "json", .tables = missing, .table_count = 1},
         ROWSTREAM_SOURCE,
         "no table \"missing\": the tables are \"a_b\""},
        {AB("t text", "(5, 'x')"),
         {.format = "json",
          .tables = both,
          .table_count = 1,
          .columns = missing,
          .column_count = 1},
         ROWSTREAM_SOURCE,
         "table \"a_b\": no column \"missing\": the columns are \"id\", \"t\""},
        {"CREATE TABLE a_b (a integer, b integer, PRIMARY KEY (a, b))",
         {.format = "json"},
         ROWSTREAM_SOURCE,
         "table \"a_b\": the primary key has several columns (\"a\", \"b\"), which a fixture "
         "cannot hold"},
        {"CREATE TABLE ab (a integer)",
         {.format = "json"},
         ROWSTREAM_USAGE,
         "table \"ab\": the name does not tell a model, as app_name would: give one"},
        {"SELECT 1",
         {.format = "json"},
         ROWSTREAM_SOURCE,
         "sqlite:test.sqlite3: there is no table"},
        {"SELECT 1",
         {.format = "json", .url = "sqlite:none.sqlite3"},
         ROWSTREAM_SOURCE,
         "sqlite:none.sqlite3: unable to open database file: No such file or directory"},
        {"SELECT 1",
         {.format = "json", .url = "sqlite:/etc/passwd"},
         ROWSTREAM_SOURCE,
         "sqlite:/etc/passwd: file is not a database"},
        {"SELECT 1",
         {.format = "json", .url = "oracle:x"},
         ROWSTREAM_USAGE,
         "\"oracle:x\" is not the URL of a database: accepted are SCHEME:LOCATION with the scheme "
         "\"sqlite\", \"postgresql\", \"postgres\", \"mysql\""},
        {"SELECT 1",
         {.format = "csv"},
         ROWSTREAM_USAGE,
         "unknown format \"csv\": accepted are \"json\", \"xml\", \"yaml\""},
        {"SELECT 1",
         {.format = "json", .document = "dom"},
         ROWSTREAM_USAGE,
         "unknown document mode \"dom\": accepted are \"stream\", \"tree\""},
        {"SELECT 1",
         {.format = "json", .fetch = "cursor"},
         ROWSTREAM_USAGE,
         "SQLite has no fetch mode \"cursor\": accepted are \"stream\", \"keyset\", "
         "\"buffered\""},
        {"CREATE TABLE a_b (a integer)",
         {.format = "json", .fetch = "keyset"},
         ROWSTREAM_SOURCE,
         "table \"a_b\": the fetch mode \"keyset\" needs a table with a primary key"},
        {"CREATE TABLE a_b (k text PRIMARY KEY); INSERT INTO a_b VALUES ('x'), (NULL)",
         {.format = "json", .fetch = "keyset"},
         ROWSTREAM_SOURCE,
         "table \"a_b\", row 1: the primary key is NULL, behind which the fetch mode \"keyset\" "
         "finds no page"},
        {"SELECT 1",
         {.format = "json", .fetch = "all"},
         ROWSTREAM_USAGE,
         "unknown fetch mode \"all\": accepted are \"stream\", \"cursor\", \"keyset\", "
         "\"buffered\""},
        {"SELECT 1",
         {.format = "json", .query = "SELECT 1"},
         ROWSTREAM_USAGE,
         "a query needs a model, such as app.name"},
        {"SELECT 1",
         {.format = "json", .query = "SELECT 1", .model = "name"},
         ROWSTREAM_USAGE,
         "\"name\" is not a model: expected app.name"},
        {"SELECT 1",
         {.format = "json", .tables = both, .table_count = 2, .model = "a.b"},
         ROWSTREAM_USAGE,
         "a model needs a query or exactly one table"},
        {"SELECT 1",
         {.format = "json", .query = "SELECT 1 AS v; SELECT 2", .model = "a.b"},
         ROWSTREAM_SOURCE,
         "query: a query must be one statement that gives rows and changes nothing"},
        {AB("t text", "(5, 'x')"),
         {.format = "json", .query = "DELETE FROM a_b RETURNING id", .model = "a.b"},
         ROWSTREAM_SOURCE,
         "query: a query must be one statement that gives rows and changes nothing"},
        {"SELECT 1",
         {.format = "json", .query = "SELECT 1 AS a, 2 AS a", .model = "a.b"},
         ROWSTREAM_SOURCE,
         "query: there are two columns \"a\""},
        {"SELECT 1",
         {.format = "json",
          .query = "SELECT 1 AS pk, abs(-9223372036854775807 - 1)",
          .model = "a.b"},
         ROWSTREAM_SOURCE,
         "query, row 1: integer overflow"},
    };
    struct buffer text = BUFFER_INIT(1 << 20);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error error;
        make_database(rows[i].sql);
        enum rowstream_status status = dump(&rows[i].options, &text, NULL, &error);
        assert_string_equal(error.text, rows[i].message);
        assert_int_equal(status, rows[i].status);
    }
    buffer_fini(&text);
}

static void a_query_chooses_its_columns(void **state) {
    (void)state;
    static const char *const columns[] = {"c", "a"};
    make_database(AB("c bool", "(5, 1)"));
    struct rowstream_dump_options options = {
        .format = "json",
        .query = "SELECT 1 AS a, id, c, 3 AS b FROM a_b; -- that is all",
        .model = "x.y",
        .columns = columns,
        .column_count = 2};
    struct buffer text = BUFFER_INIT(1 << 20);
    struct error error;
    struct rowstream_counts counts;
    assert_int_equal(dump(&options, &text, &counts, &error), ROWSTREAM_OK);
    assert_string_equal(text.bytes, "[{\"model\": \"x.y\", \"pk\": 5, \"fields\": "
                                    "{\"c\": true, \"a\": 1}}]");
    assert_int_equal(counts.rows, 1);
    assert_int_equal(counts.tables, 1);
    buffer_fini(&text);
}

/* And not in that of the table, nor of an index that has all columns. */
static void rows_come_in_the_order_of_their_key(void **state) {
    (void)state;
    static const char by_text[] = "[{\"model\": \"a.b\", \"pk\": \"p\", \"fields\": {\"n\": 3}}, "
                                  "{\"model\": \"a.b\", \"pk\": \"q\", \"fields\": {\"n\": 1}}]";
    static const char by_number[] = "[{\"model\": \"a.b\", \"pk\": 1, \"fields\": {\"n\": 3}}, "
                                    "{\"model\": \"a.b\", \"pk\": 2, \"fields\": {\"n\": 1}}]";
    make_database("CREATE TABLE a_b (id varchar(9) PRIMARY KEY, n integer);"
                  "INSERT INTO a_b VALUES ('q', 1), ('p', 3)");
    assert_dumps("json", 0, by_text, sizeof by_text - 1);
    make_database("CREATE TABLE a_b (id integer PRIMARY KEY, n integer);"
                  "CREATE INDEX a_b_n ON a_b (n);"
                  "INSERT INTO a_b VALUES (2, 1), (1, 3)");
    assert_dumps("json", 0, by_number, sizeof by_number - 1);
}

static void seed(uint64_t number, uint64_t rows, const char *columns, bool replace,
                 enum rowstream_status wanted, const char *message) {
    struct rowstream_seed_options options = {.url = "sqlite:test.sqlite3",
                                             .table = "a_b",
                                             .rows = rows,
                                             .seed = number,
                                             .columns = columns,
                                             .replace = replace};
    struct error error = {0};
    struct rowstream_counts counts;
    enum rowstream_status status = rowstream_seed(&options, &counts, &error);
    assert_string_equal(error.text, message);
    assert_int_equal(status, wanted);
    assert_int_equal(counts.rows, status == ROWSTREAM_OK ? rows : 0);
}

static void the_same_seed_gives_the_same_rows(void **state) {
    (void)state;
    static const char columns[] =
        "a integer, b bigint NULL, c real null, d decimal(10,3), e bool, f varchar(9), g text, "
        "h date NULL, i datetime, j time, k blob NULL, l char(32), \"m \"\"n, o\" smallint";
    struct buffer first = BUFFER_INIT(1 << 26), second = BUFFER_INIT(1 << 26);
    struct error error;
    for (size_t i = 0; i < COUNT(formats); i++) {
        struct rowstream_dump_options options = {.format = formats[i]};
        unlink("test.sqlite3");
        seed(3, 200, columns, false, ROWSTREAM_OK, "");
        assert_int_equal(dump(&options, &first, NULL, &error), ROWSTREAM_OK);
        seed(3, 200, columns, true, ROWSTREAM_OK, "");
        assert_int_equal(dump(&options, &second, NULL, &error), ROWSTREAM_OK);
        assert_int_equal(first.length, second.length);
        assert_memory_equal(first.bytes, second.bytes, first.length);
        assert_dumps(formats[i], 0, first.bytes, first.length);
        seed(4, 200, columns, true, ROWSTREAM_OK, "");
        assert_int_equal(dump(&options, &second, NULL, &error), ROWSTREAM_OK);
        assert_true(first.length != second.length ||
                    memcmp(first.bytes, second.bytes, first.length) != 0);
    }
    buffer_fini(&first);
    buffer_fini(&second);
}

static void a_seed_is_all_or_nothing(void **state) {
    (void)state;
    unlink("test.sqlite3");
    seed(1, 5, NULL, false, ROWSTREAM_OK, "");
    seed(1, 5, NULL, false, ROWSTREAM_SOURCE,
         "sqlite:test.sqlite3: table \"a_b\": table \"a_b\" already exists");
    seed(1, 5, "a bool, a text", true, ROWSTREAM_SOURCE,
         "sqlite:test.sqlite3: table \"a_b\": duplicate column name: a");
    seed(1, 5, "a thing", true, ROWSTREAM_USAGE,
         "columns: \"a\" has no type that is known (\"thing\"): expected NAME TYPE [NULL], ... "
         "with the types integer, smallint, bigint, real, decimal(p,s), bool, varchar(n), char(n), "
         "text, date, datetime, time, blob, uuid");
    struct buffer text = BUFFER_INIT(1 << 20);
    struct rowstream_counts counts;
    struct error error;
    assert_int_equal(
        dump(&(struct rowstream_dump_options){.format = "json"}, &text, &counts, &error),
        ROWSTREAM_OK);
    assert_int_equal(counts.rows, 5);
    assert_non_null(strstr(text.bytes, "\"notes\": "));
    buffer_fini(&text);
}

/* The command: its exit status, its one line on standard error, and its output file. */
static void the_command_says_how_it_went(void **state) {
    (void)state;
    static const struct {
        const char *arguments;
        int status;
        const char *message;
    } rows[] = {
        {"", 2,
         "rowstream: a verb is missing: accepted are \"seed\", \"dump\", \"load\", \"delete\"\n"},
        {"undo", 2,
         "rowstream: unknown verb \"undo\": accepted are \"seed\", \"dump\", \"load\", "
         "\"delete\"\n"},
        {"--version", 0, ""},
        {"dump --help", 0, ""},
        {"dump", 2, "rowstream: the URL of a database is missing\n"},
        {"dump sqlite:test.sqlite3", 2,
         "rowstream: a format is missing: accepted are \"json\", \"xml\", \"yaml\"\n"},
        {"dump sqlite:test.sqlite3 x", 2,
         "rowstream: one URL is enough: found \"sqlite:test.sqlite3\" and \"x\"\n"},
        {"seed x --bogus=1", 2,
         "rowstream: unknown option \"--bogus\": accepted are --table, "
         "--rows, --seed, --columns, --replace, --help\n"},
        {"seed x --rows", 2, "rowstream: --rows needs a value: N\n"},
        {"dump x --progress=1", 2, "rowstream: --progress takes no value: found \"1\"\n"},
        {"dump x --indent 10", 2, "rowstream: --indent: 10 is too large: accepted are 0 to 9\n"},
        {"seed sqlite:test.sqlite3 --table=a_b --rows=3", 0, ""},
        {"dump sqlite:test.sqlite3 --format json -o kept.json", 0, ""},
        {"dump sqlite:test.sqlite3 --format json --table x_y -o kept.json", 1,
         "rowstream: no table \"x_y\": the tables are \"a_b\"\n"},
        {"dump sqlite:test.sqlite3 --format json -o /dev/full", 1,
         "rowstream: /dev/full: cannot write: No space left on device\n"},
        {"dump sqlite:test.sqlite3 --format xml --document tree > /dev/full", 1,
         "rowstream: standard output: cannot write: No space left on device\n"},
        {"dump sqlite:test.sqlite3 --format yaml -o none/x.yaml", 1,
         "rowstream: none/x.yaml: cannot write: No such file or directory\n"},
    };
    unlink("test.sqlite3");
    for (size_t i = 0; i < COUNT(rows); i++) {
        char command[512];
        struct buffer message = BUFFER_INIT(4096);
        snprintf(command, sizeof command, "exec 2>message 1>/dev/null; " ROWSTREAM " %s",
                 rows[i].arguments);
        int ended = system(command);
        assert_true(file_read("message", &message, NULL));
        assert_string_equal(message.length > 0 ? message.bytes : "", rows[i].message);
        assert_true(WIFEXITED(ended));
        assert_int_equal(WEXITSTATUS(ended), rows[i].status);
        buffer_fini(&message);
    }
    struct buffer kept = BUFFER_INIT(1 << 20);
    assert_true(file_read("kept.json", &kept, NULL)); /* as the dump that went well left it */
    assert_int_equal(memcmp(kept.bytes, "[{\"model\": \"a.b\"", 16), 0);
    assert_int_equal(kept.bytes[kept.length - 1], ']');
    buffer_fini(&kept);
}

/* The kernel passes on what was drawn in its own time and pieces: reads until `last` has come, or
 * nothing for two seconds. */
static size_t read_terminal(int terminal, char *drawn, size_t bytes, const char *last) {
    size_t length = 0, wanted = strlen(last);
    struct pollfd waiting = {.fd = terminal, .events = POLLIN};
    drawn[0] = '\0';
    while ((length < wanted || strcmp(drawn + length - wanted, last) != 0) && length + 1 < bytes &&
           poll(&waiting, 1, 2000) > 0) {
        ssize_t got = read(terminal, drawn + length, bytes - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
        drawn[length] = '\0';
    }
    return length;
}

/* What stands on a terminal afterwards: the line of progress, or instead of it a message. */
static void progress_leaves_one_line(void **state) {
    (void)state;
    static const struct {
        const char *arguments, *last;
    } rows[] = {
        {"dump --progress", "\rdump: [################################] 3,000 of 3,000 rows\r\n"},
        {"dump --progress --query \"SELECT id, CASE id WHEN 2500 THEN CAST(x'FF' AS TEXT) END AS v "
         "FROM a_b\" --model a.b",
         "\rdump: 2,048 rows\r                \rrowstream: query, row 2500 (id 2500), column "
         "\"v\": "
         "not valid UTF-8: byte 0 of the text is 0xFF\r\n"},
        {"dump --progress --query \"SELECT 1 AS id WHERE 0\" --model a.b", "\rdump: 0 rows\r\n"},
        {"seed --table a_c --rows 2000",
         "\rseed: [################################] 2,000 of 2,000 rows\r\n"},
    };
    unlink("test.sqlite3");
    seed(1, 3000, "v varchar(9)", false, ROWSTREAM_OK, "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        char command[512], drawn[4096];
        int terminal = posix_openpt(O_RDWR | O_NOCTTY);
        assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
        const char *name = ptsname(terminal);
        int held = open(name, O_RDWR | O_NOCTTY); /* what is drawn is kept while it is open */
        snprintf(command, sizeof command, ROWSTREAM " %s sqlite:test.sqlite3 %s >/dev/null 2>%s",
                 rows[i].arguments, i < 3 ? "--format json" : "", name);
        assert_true(system(command) >= 0);
        size_t wanted = strlen(rows[i].last);
        size_t length = read_terminal(terminal, drawn, sizeof drawn, rows[i].last);
        if (length < wanted || strcmp(drawn + length - wanted, rows[i].last) != 0)
            fail_msg("%s: wanted at the end\n%s\ngot\n%s", rows[i].arguments, rows[i].last, drawn);
        close(held);
        close(terminal);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_written),
        cmocka_unit_test(values_are_written_by_their_type),
        cmocka_unit_test(names_and_layouts),
        cmocka_unit_test(failures_say_where),
        cmocka_unit_test(a_query_chooses_its_columns),
        cmocka_unit_test(rows_come_in_the_order_of_their_key),
        cmocka_unit_test(the_same_seed_gives_the_same_rows),
        cmocka_unit_test(a_seed_is_all_or_nothing),
        cmocka_unit_test(the_command_says_how_it_went),
        cmocka_unit_test(progress_leaves_one_line),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
