#include "rowstream/database/mysql/cursor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/database/mysql/field.h"
#include "rowstream/database/mysql/quote.h"

enum {
    TRIP_BYTES = 32 << 10,
    FIRST_TRIP_ROWS = 8, /* as long as nobody knows how wide they are */
};

struct my_cursor {
    struct cursor base;
    MYSQL *connection;
    struct cell *cells;
    bool *floats;        /* per column: a FLOAT, read as a double */
    char (*numbers)[24]; /* per column: the text of an integer beyond int64_t */
    bool ended;
    MYSQL_RES *result;         /* of a text protocol; of a cursor the description of its columns */
    const MYSQL_FIELD *fields; /* the result's */
    /* With "cursor": */
    MYSQL_STMT *statement;
    MYSQL_BIND *binds;
    struct bound *bound;
    size_t chunk_rows;
    unsigned long long row_count, row_bytes; /* seen so far: how wide a row is */
};

/* Where a prepared statement puts a value. */
struct bound {
    unsigned long length;
    my_bool is_null;
    union {
        long long integer;
        double real;
    };
    struct buffer text;
};

/* ---- Cells ---- */

static void read_text(struct my_cursor *reading, unsigned i, const char *bytes, size_t length) {
    struct cell *cell = &reading->cells[i];
    unsigned long long number = 0;
    switch (my_field_kind(&reading->fields[i])) {
    case MY_FIELD_INTEGER:
        number = strtoull(bytes, NULL, 10);
        *cell = (struct cell){.kind = CELL_INTEGER, .integer = strtoll(bytes, NULL, 10)};
        if (bytes[0] == '-' || number <= INT64_MAX)
            return;
        break; /* beyond int64_t: its digits, as text */
    case MY_FIELD_REAL:
        *cell = (struct cell){.kind = CELL_REAL, .real = strtod(bytes, NULL)};
        if (reading->floats[i])
            cell->real = my_field_shortest_float(cell->real);
        return;
    case MY_FIELD_BIT:
        for (size_t at = 0; at < length; at++)
            number = number << 8 | (unsigned char)bytes[at];
        *cell = (struct cell){.kind = CELL_INTEGER, .integer = (int64_t)number};
        if (number <= INT64_MAX)
            return;
        length = (size_t)snprintf(reading->numbers[i], sizeof *reading->numbers, "%llu", number);
        bytes = reading->numbers[i];
        break;
    case MY_FIELD_BLOB:
        *cell = (struct cell){.kind = CELL_BLOB, .length = length, .bytes = bytes};
        return;
    case MY_FIELD_TEXT:
        break;
    }
    *cell = (struct cell){.kind = CELL_TEXT, .length = length, .bytes = bytes};
}

/* ---- Selecting ---- */

void my_cursor_finish(struct cursor *cursor) {
    struct my_cursor *reading = (struct my_cursor *)cursor;
#ifdef MARIADB_PACKAGE_VERSION_ID
    /* Rows that nobody wants may still be on their way, and would be read to the last: only an
     * error ends a result early, and after that the connection is not used again. */
    if (!reading->ended)
        mariadb_cancel(reading->connection);
#endif
    if (reading->result != NULL)
        mysql_free_result(reading->result);
    if (reading->statement != NULL)
        mysql_stmt_close(reading->statement);
    for (size_t i = 0; reading->bound != NULL && i < cursor->column_count; i++)
        buffer_fini(&reading->bound[i].text);
    columns_free(cursor->columns, cursor->column_count);
    free(reading->bound);
    free(reading->binds);
    free(reading->floats);
    free(reading->numbers);
    free(reading->cells);
    free(reading);
}

static enum rowstream_status make_room(struct my_cursor *reading, struct error *error) {
    size_t count = reading->base.column_count + 1;
    reading->cells = calloc(count, sizeof *reading->cells);
    reading->floats = calloc(count, sizeof *reading->floats);
    reading->numbers = calloc(count, sizeof *reading->numbers);
    if (reading->cells == NULL || reading->floats == NULL || reading->numbers == NULL)
        return client_mysql_no_memory(error);
    return ROWSTREAM_OK;
}

static enum rowstream_status add_columns_of_table(struct my_cursor *reading,
                                                  const struct selection *selection,
                                                  struct error *error) {
    struct cursor *cursor = &reading->base;
    for (size_t i = 0; i < selection->column_count; i++)
        if (!columns_add(&cursor->columns, &cursor->column_count, selection->columns[i]->name,
                         selection->columns[i]->declared, false))
            return client_mysql_no_memory(error);
    enum rowstream_status status = make_room(reading, error);
    for (size_t i = 0; status == ROWSTREAM_OK && i < selection->column_count; i++)
        reading->floats[i] = my_sql_is_float(selection->columns[i]->declared);
    return status;
}

/* The columns of a prepared query. A FLOAT's text has six digits, and a query is not rewritten. */
static enum rowstream_status add_columns_of_query(struct my_cursor *reading, MYSQL_STMT *prepared,
                                                  struct error *error) {
    struct cursor *cursor = &reading->base;
    enum rowstream_status status = ROWSTREAM_OK;
    unsigned count = mysql_stmt_field_count(prepared);
    if (count == 0) {
        error_set(error, "a query must be one statement that gives rows and changes nothing");
        return ROWSTREAM_SOURCE;
    }
    MYSQL_RES *described = mysql_stmt_result_metadata(prepared);
    if (described == NULL)
        return client_mysql_statement_failure(prepared, error);
    const MYSQL_FIELD *fields = mysql_fetch_fields(described);
    for (unsigned i = 0; status == ROWSTREAM_OK && i < count; i++) {
        if (fields[i].type == MYSQL_TYPE_FLOAT) {
            error_set(error,
                      "column \"%s\" is a FLOAT, of which a query gets six digits: ask for "
                      "%s + 0e0",
                      fields[i].name, fields[i].name);
            status = ROWSTREAM_SOURCE;
        } else if (!columns_add(&cursor->columns, &cursor->column_count, fields[i].name,
                                my_field_declared(&fields[i]), false)) {
            status = client_mysql_no_memory(error);
        }
    }
    mysql_free_result(described);
    return status == ROWSTREAM_OK ? make_room(reading, error) : status;
}

static bool append_order(MYSQL *connection, struct buffer *sql, const struct selection *selection) {
    const struct cell *after = selection->after;
    const struct column *key = selection->key;
    bool done = true;
    if (after != NULL) {
        /* A decimal compared with a text would be compared as a double. */
        bool bare = after->kind == CELL_TEXT &&
                    (key->type.kind == COLUMN_DECIMAL || key->type.kind == COLUMN_INTEGER);
        done = my_sql_name(sql, " WHERE ", key->name) && buffer_append_text(sql, " > ") &&
               (bare ? buffer_append(sql, after->bytes, after->length)
                     : client_mysql_append_literal(connection, sql, after));
    }
    done = done && my_sql_name(sql, " ORDER BY ", key->name);
    if (selection->page_rows > 0)
        done = done && buffer_printf(sql, " LIMIT %zu", selection->page_rows);
    return done;
}

/* Binds a column to what its values fit in; of texts that is found out row by row. */
static void bind_column(MYSQL_BIND *bind, struct bound *bound, const MYSQL_FIELD *field) {
    memset(bind, 0, sizeof *bind);
    bind->length = &bound->length;
    bind->is_null = &bound->is_null;
    switch (my_field_kind(field)) {
    case MY_FIELD_INTEGER:
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
        bind->buffer = &bound->integer;
        break;
    case MY_FIELD_REAL:
        bind->buffer_type = MYSQL_TYPE_DOUBLE;
        bind->buffer = &bound->real;
        break;
    default:
        bind->buffer_type = MYSQL_TYPE_STRING;
        bind->buffer = bound->text.bytes;
        bind->buffer_length = bound->text.capacity;
    }
}

static enum rowstream_status open_cursor(struct my_cursor *reading, const char *sql,
                                         struct error *error) {
    enum { FIRST_TEXT_BYTES = 64 };
    const unsigned long type = CURSOR_TYPE_READ_ONLY, rows = FIRST_TRIP_ROWS;
    enum rowstream_status status =
        client_mysql_prepare(reading->connection, sql, &reading->statement, error);
    if (status != ROWSTREAM_OK)
        return status;
    if (mysql_stmt_attr_set(reading->statement, STMT_ATTR_CURSOR_TYPE, &type) != 0 ||
        mysql_stmt_attr_set(reading->statement, STMT_ATTR_PREFETCH_ROWS, &rows) != 0 ||
        mysql_stmt_execute(reading->statement) != 0)
        return client_mysql_statement_failure(reading->statement, error);
    unsigned count = mysql_stmt_field_count(reading->statement);
    reading->result = mysql_stmt_result_metadata(reading->statement);
    reading->bound = calloc(count, sizeof *reading->bound);
    reading->binds = calloc(count, sizeof *reading->binds);
    if (reading->result == NULL || reading->bound == NULL || reading->binds == NULL)
        return client_mysql_no_memory(error);
    reading->fields = mysql_fetch_fields(reading->result);
    for (unsigned i = 0; i < count; i++)
        reading->bound[i].text = (struct buffer)BUFFER_INIT(MY_SQL_BYTES_MAX);
    for (unsigned i = 0; i < count; i++) {
        if (!buffer_reserve(&reading->bound[i].text, FIRST_TEXT_BYTES))
            return client_mysql_no_memory(error);
        bind_column(&reading->binds[i], &reading->bound[i], &reading->fields[i]);
    }
    if (mysql_stmt_bind_result(reading->statement, reading->binds) != 0)
        return client_mysql_statement_failure(reading->statement, error);
    return ROWSTREAM_OK;
}

static enum rowstream_status start(struct my_cursor *reading, const char *sql, const char *fetch,
                                   size_t chunk_rows, struct error *error) {
    reading->chunk_rows = chunk_rows;
    if (strcmp(fetch, "cursor") == 0)
        return open_cursor(reading, sql, error);
    enum rowstream_status status = client_mysql_execute(reading->connection, sql, error);
    if (status != ROWSTREAM_OK)
        return status;
    bool stream = strcmp(fetch, "stream") == 0;
    reading->result =
        stream ? mysql_use_result(reading->connection) : mysql_store_result(reading->connection);
    if (reading->result == NULL)
        return client_mysql_failure(reading->connection, error);
    reading->ended = !stream;
    reading->fields = mysql_fetch_fields(reading->result);
    return ROWSTREAM_OK;
}

static enum rowstream_status make_statement(struct my_cursor *reading, struct buffer *sql,
                                            const struct selection *selection,
                                            struct error *error) {
    if (selection->table == NULL) {
        MYSQL_STMT *prepared = NULL;
        enum rowstream_status status =
            client_mysql_prepare(reading->connection, selection->query, &prepared, error);
        if (status == ROWSTREAM_OK)
            status = add_columns_of_query(reading, prepared, error);
        if (prepared != NULL)
            mysql_stmt_close(prepared);
        if (status == ROWSTREAM_OK && !buffer_append_text(sql, selection->query))
            status = client_mysql_no_memory(error);
        return status;
    }
    if (selection->page_rows > 0 && !my_sql_has_order(selection->key->declared)) {
        error_set(error,
                  "the primary key \"%s\" is of the type %s, by which the fetch mode "
                  "\"keyset\" cannot find a page",
                  selection->key->name, selection->key->declared);
        return ROWSTREAM_SOURCE;
    }
    if (!my_sql_select(sql, selection) ||
        (selection->key != NULL && !append_order(reading->connection, sql, selection)))
        return client_mysql_no_memory(error);
    return add_columns_of_table(reading, selection, error);
}

enum rowstream_status my_cursor_open(MYSQL *connection, const struct selection *selection,
                                     const char *fetch, struct cursor **cursor,
                                     struct error *error) {
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    struct my_cursor *reading = calloc(1, sizeof *reading);
    if (reading == NULL)
        return client_mysql_no_memory(error);
    reading->connection = connection;
    reading->ended = true;
    enum rowstream_status status = make_statement(reading, &sql, selection, error);
    if (status == ROWSTREAM_OK)
        status = start(reading, sql.bytes, fetch, selection->chunk_rows, error);
    buffer_fini(&sql);
    if (status == ROWSTREAM_OK)
        *cursor = &reading->base;
    else
        my_cursor_finish(&reading->base);
    return status;
}

/* ---- Reading ---- */

static enum rowstream_status next_row(struct my_cursor *reading, const struct cell **cells,
                                      struct error *error) {
    MYSQL_ROW row = mysql_fetch_row(reading->result);
    if (row == NULL) {
        bool failed_early = !reading->ended && mysql_errno(reading->connection) != 0;
        reading->ended = true;
        return failed_early ? client_mysql_failure(reading->connection, error) : ROWSTREAM_OK;
    }
    const unsigned long *lengths = mysql_fetch_lengths(reading->result);
    for (unsigned i = 0; i < reading->base.column_count; i++) {
        if (row[i] == NULL)
            reading->cells[i].kind = CELL_NULL;
        else
            read_text(reading, i, row[i], lengths[i]);
    }
    *cells = reading->cells;
    return ROWSTREAM_OK;
}

/* Makes room for a value that did not fit, and gets it again. */
static enum rowstream_status refetch(struct my_cursor *reading, unsigned i, struct error *error) {
    struct bound *bound = &reading->bound[i];
    if (!buffer_reserve(&bound->text, bound->length + 1))
        return client_mysql_no_memory(error);
    bind_column(&reading->binds[i], bound, &reading->fields[i]);
    if (mysql_stmt_fetch_column(reading->statement, &reading->binds[i], i, 0) != 0)
        return client_mysql_statement_failure(reading->statement, error);
    return ROWSTREAM_OK;
}

static void read_bound(struct my_cursor *reading, unsigned i) {
    struct bound *bound = &reading->bound[i];
    struct cell *cell = &reading->cells[i];
    const MYSQL_FIELD *field = &reading->fields[i];
    if (bound->is_null) {
        cell->kind = CELL_NULL;
        return;
    }
    switch (my_field_kind(field)) {
    case MY_FIELD_INTEGER:
        *cell = (struct cell){.kind = CELL_INTEGER, .integer = bound->integer};
        if ((field->flags & UNSIGNED_FLAG) != 0 && bound->integer < 0) {
            int length = snprintf(reading->numbers[i], sizeof *reading->numbers, "%llu",
                                  (unsigned long long)bound->integer);
            *cell = (struct cell){
                .kind = CELL_TEXT, .length = (size_t)length, .bytes = reading->numbers[i]};
        }
        break;
    case MY_FIELD_REAL:
        *cell = (struct cell){.kind = CELL_REAL, .real = bound->real};
        if (reading->floats[i])
            cell->real = my_field_shortest_float(cell->real);
        break;
    default:
        bound->text.bytes[bound->length] = '\0';
        read_text(reading, i, bound->text.bytes, bound->length);
    }
}

/* As many rows as have come to TRIP_BYTES so far, at most a chunk. */
static void size_trip(struct my_cursor *reading) {
    unsigned long rows = FIRST_TRIP_ROWS;
    if (reading->row_count > 0)
        rows = (unsigned long)(TRIP_BYTES / (reading->row_bytes / reading->row_count + 1));
    rows = rows < 1 ? 1 : rows > reading->chunk_rows ? reading->chunk_rows : rows;
    mysql_stmt_attr_set(reading->statement, STMT_ATTR_PREFETCH_ROWS, &rows);
}

static enum rowstream_status next_bound(struct my_cursor *reading, const struct cell **cells,
                                        struct error *error) {
    size_trip(reading);
    int fetched = mysql_stmt_fetch(reading->statement);
    if (fetched == MYSQL_NO_DATA)
        return ROWSTREAM_OK;
    if (fetched != 0 && fetched != MYSQL_DATA_TRUNCATED)
        return client_mysql_statement_failure(reading->statement, error);
    bool bind_again = false;
    reading->row_count++;
    for (unsigned i = 0; i < reading->base.column_count; i++) {
        struct bound *bound = &reading->bound[i];
        enum my_field_kind kind = my_field_kind(&reading->fields[i]);
        if (!bound->is_null && kind != MY_FIELD_INTEGER && kind != MY_FIELD_REAL) {
            reading->row_bytes += bound->length;
            if (bound->length >= bound->text.capacity) {
                enum rowstream_status status = refetch(reading, i, error);
                if (status != ROWSTREAM_OK)
                    return status;
                bind_again = true;
            }
        }
        reading->row_bytes += sizeof(struct cell);
        read_bound(reading, i);
    }
    if (bind_again && mysql_stmt_bind_result(reading->statement, reading->binds) != 0)
        return client_mysql_statement_failure(reading->statement, error);
    *cells = reading->cells;
    return ROWSTREAM_OK;
}

enum rowstream_status my_cursor_next(struct cursor *cursor, const struct cell **cells,
                                     struct error *error) {
    struct my_cursor *reading = (struct my_cursor *)cursor;
    *cells = NULL;
    return reading->statement != NULL ? next_bound(reading, cells, error)
                                      : next_row(reading, cells, error);
}
