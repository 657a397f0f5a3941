/* PostgreSQL: libpq, a row at a time.
 *
 * libpq gathers a whole result before it hands out the first row, unless it is told otherwise for
 * each query (single-row mode): "stream" and "cursor" do tell it, "buffered" does not. A cursor's
 * chunk is read in single-row mode too, so that what is in memory is a row and not a chunk.
 *
 * Values come as text, which the session's settings make exact. */
#include "rowstream/database/postgresql/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/database/postgresql/fill.h"

enum { ROW_BYTES_MAX = 1 << 30 };

struct postgresql_source {
    struct source base;
    PGconn *connection;
    struct postgresql_fill fill;
};

struct postgresql_cursor {
    struct cursor base;
    PGconn *connection;
    PGresult *result; /* a row, or with "buffered" all rows; NULL before the first */
    int row;          /* of the result: the next */
    struct cell *cells;
    struct buffer blobs; /* the row's binary values, decoded */
    bool ended;          /* the statement has no more results */
    size_t chunk_rows;   /* with "cursor", else 0 */
    size_t chunk_at;     /* rows of the chunk read */
};

static struct postgresql_source *of(struct source *source) {
    return (struct postgresql_source *)source;
}

/* ---- The connection ---- */

static void postgresql_close(struct source *source) {
    PQfinish(of(source)->connection);
    postgresql_fill_fini(&of(source)->fill);
    free(source);
}

static enum rowstream_status postgresql_open(struct source **source, const char *url,
                                             enum source_access access, struct error *error) {
    struct postgresql_source *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return postgresql_no_memory(error);
    opened->base.driver = &source_postgresql;
    enum rowstream_status status = postgresql_connect(url, &opened->connection, error);
    postgresql_fill_init(&opened->fill, opened->connection);
    if (status == ROWSTREAM_OK)
        status = postgresql_execute(
            opened->connection,
            access == SOURCE_READ ? "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" : "BEGIN",
            error);
    if (status == ROWSTREAM_OK)
        *source = &opened->base;
    else
        postgresql_close(&opened->base);
    return status;
}

/* ---- Tables ---- */

static enum rowstream_status list_tables(struct source *source, struct names *names,
                                         struct error *error) {
    return postgresql_tables(of(source)->connection, names, error);
}

static enum rowstream_status describe_table(struct source *source, const char *name,
                                            struct table *table, struct error *error) {
    enum rowstream_status status = postgresql_describe(of(source)->connection, name, table, error);
    if (status == ROWSTREAM_OK && table->column_count == 0)
        status = source_no_such_table(source, name, error);
    return status;
}

/* ---- Cells ---- */

/* The types of which a cell is not text: fixed numbers, from pg_type. */
enum {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_OID = 26,
    TYPE_FLOAT4 = 700,
    TYPE_FLOAT8 = 701,
};

static int half_byte(char digit) {
    return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

/* "\x0a1b", of which there is room in `blobs`. */
static void read_blob(struct postgresql_cursor *reading, const char *text, size_t length,
                      struct cell *cell) {
    char *bytes = reading->blobs.bytes + reading->blobs.length;
    cell->kind = CELL_BLOB;
    cell->bytes = bytes;
    cell->length = (length - 2) / 2;
    for (size_t i = 0; i < cell->length; i++)
        bytes[i] = (char)(half_byte(text[2 + 2 * i]) << 4 | half_byte(text[3 + 2 * i]));
    reading->blobs.length += cell->length;
}

static void read_cell(struct postgresql_cursor *reading, int row, int i) {
    const PGresult *result = reading->result;
    struct cell *cell = &reading->cells[i];
    const char *text = PQgetvalue(result, row, i);
    size_t length = (size_t)PQgetlength(result, row, i);
    if (PQgetisnull(result, row, i)) {
        cell->kind = CELL_NULL;
        return;
    }
    switch (PQftype(result, i)) {
    case TYPE_BOOL:
        cell->kind = CELL_INTEGER;
        cell->integer = *text == 't';
        break;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_OID:
        cell->kind = CELL_INTEGER;
        cell->integer = strtoll(text, NULL, 10);
        break;
    case TYPE_FLOAT4: /* the shortest digits of a float, so no digits of a double are made up */
    case TYPE_FLOAT8:
        cell->kind = CELL_REAL;
        cell->real = strtod(text, NULL);
        break;
    case TYPE_BYTEA:
        read_blob(reading, text, length, cell);
        break;
    default:
        cell->kind = CELL_TEXT;
        cell->bytes = text;
        cell->length = length;
    }
}

static enum rowstream_status read_row(struct postgresql_cursor *reading, int row,
                                      struct error *error) {
    size_t blob_bytes = 0;
    int count = (int)reading->base.column_count;
    for (int i = 0; i < count; i++)
        if (PQftype(reading->result, i) == TYPE_BYTEA)
            blob_bytes += (size_t)PQgetlength(reading->result, row, i) / 2 + 1;
    buffer_clear(&reading->blobs);
    if (!buffer_reserve(&reading->blobs, blob_bytes))
        return postgresql_no_memory(error);
    for (int i = 0; i < count; i++)
        read_cell(reading, row, i);
    return ROWSTREAM_OK;
}

/* ---- Selecting ---- */

static void postgresql_finish(struct cursor *cursor) {
    struct postgresql_cursor *reading = (struct postgresql_cursor *)cursor;
    PQclear(reading->result);
    if (!reading->ended) { /* rows that nobody wants may still be on their way */
        char ignored[256];
        PGcancel *cancel = PQgetCancel(reading->connection);
        if (cancel != NULL)
            PQcancel(cancel, ignored, sizeof ignored);
        PQfreeCancel(cancel);
        for (PGresult *left; (left = PQgetResult(reading->connection)) != NULL;)
            PQclear(left);
    }
    columns_free(cursor->columns, cursor->column_count);
    buffer_fini(&reading->blobs);
    free(reading->cells);
    free(reading);
}

static bool table_sql(PGconn *connection, const struct selection *selection, struct buffer *sql) {
    bool done = buffer_append_text(sql, "SELECT ");
    for (size_t i = 0; done && i < selection->column_count; i++)
        done =
            postgresql_append_name(connection, sql, i > 0 ? ", " : "", selection->columns[i]->name);
    if (selection->column_count == 0) /* a row still counts */
        done = done && buffer_append_text(sql, "NULL");
    done = done && postgresql_append_name(connection, sql, " FROM ", selection->table);
    if (selection->after != NULL)
        done = done && postgresql_append_name(connection, sql, " WHERE ", selection->key->name) &&
               buffer_append_text(sql, " > $1");
    if (selection->key != NULL)
        done = done && postgresql_append_name(connection, sql, " ORDER BY ", selection->key->name);
    if (selection->page_rows > 0)
        done = done && buffer_printf(sql, " LIMIT %zu", selection->page_rows);
    return done;
}

static enum rowstream_status add_columns_of_table(struct cursor *cursor,
                                                  const struct selection *selection,
                                                  struct error *error) {
    for (size_t i = 0; i < selection->column_count; i++)
        if (!columns_add(&cursor->columns, &cursor->column_count, selection->columns[i]->name,
                         selection->columns[i]->declared, false))
            return postgresql_no_memory(error);
    return ROWSTREAM_OK;
}

static enum rowstream_status add_column_of_query(PGconn *connection, struct cursor *cursor,
                                                 const PGresult *described, int i,
                                                 struct error *error) {
    char type[16], modifier[16];
    snprintf(type, sizeof type, "%u", PQftype(described, i));
    snprintf(modifier, sizeof modifier, "%d", PQfmod(described, i));
    const char *const values[] = {type, modifier};
    PGresult *named = PQexecParams(connection, "SELECT pg_catalog.format_type($1::oid, $2::int)", 2,
                                   NULL, values, NULL, NULL, 0);
    enum rowstream_status status = ROWSTREAM_OK;
    if (PQresultStatus(named) != PGRES_TUPLES_OK)
        status = postgresql_failure(connection, named, error);
    else if (!columns_add(&cursor->columns, &cursor->column_count, PQfname(described, i),
                          PQgetvalue(named, 0, 0), false))
        status = postgresql_no_memory(error);
    PQclear(named);
    return status;
}

/* Prepares a query before anything runs: that refuses several statements, and tells its columns.
 * What it might change, the transaction refuses. */
static enum rowstream_status add_columns_of_query(PGconn *connection, struct cursor *cursor,
                                                  const char *query, struct error *error) {
    enum rowstream_status status =
        postgresql_expect(connection, PQprepare(connection, "rowstream_query", query, 0, NULL),
                          PGRES_COMMAND_OK, error);
    if (status != ROWSTREAM_OK)
        return status;
    PGresult *described = PQdescribePrepared(connection, "rowstream_query");
    if (PQresultStatus(described) != PGRES_COMMAND_OK)
        status = postgresql_failure(connection, described, error);
    else if (PQnfields(described) == 0) {
        error_set(error, "a query must be one statement that gives rows and changes nothing");
        status = ROWSTREAM_SOURCE;
    }
    for (int i = 0; status == ROWSTREAM_OK && i < PQnfields(described); i++)
        status = add_column_of_query(connection, cursor, described, i, error);
    PQclear(described);
    if (status == ROWSTREAM_OK)
        status = postgresql_execute(connection, "DEALLOCATE rowstream_query", error);
    return status;
}

/* Sends a statement whose rows are to come one at a time. */
static enum rowstream_status send(struct postgresql_cursor *reading, const char *sql,
                                  const char *key, struct error *error) {
    reading->ended = false;
    reading->chunk_at = 0;
    if (PQsendQueryParams(reading->connection, sql, key != NULL, NULL, &key, NULL, NULL, 0) == 1 &&
        PQsetSingleRowMode(reading->connection) == 1)
        return ROWSTREAM_OK;
    reading->ended = true;
    return postgresql_failure(reading->connection, NULL, error);
}

static enum rowstream_status send_fetch(struct postgresql_cursor *reading, struct error *error) {
    char sql[64];
    snprintf(sql, sizeof sql, "FETCH %zu FROM rowstream_cursor", reading->chunk_rows);
    return send(reading, sql, NULL, error);
}

static enum rowstream_status declare(struct postgresql_cursor *reading, const char *sql,
                                     struct error *error) {
    struct buffer text = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX);
    enum rowstream_status status =
        !buffer_printf(&text, "DECLARE rowstream_cursor NO SCROLL CURSOR FOR %s", sql)
            ? postgresql_no_memory(error)
            : postgresql_execute(reading->connection, text.bytes, error);
    buffer_fini(&text);
    return status == ROWSTREAM_OK ? send_fetch(reading, error) : status;
}

static enum rowstream_status start(struct postgresql_cursor *reading, const char *sql,
                                   const char *key, const char *fetch, size_t chunk_rows,
                                   struct error *error) {
    if (strcmp(fetch, "cursor") == 0) {
        reading->chunk_rows = chunk_rows;
        return declare(reading, sql, error);
    }
    if (strcmp(fetch, "stream") == 0)
        return send(reading, sql, key, error);
    reading->result = PQexec(reading->connection, sql);
    if (PQresultStatus(reading->result) != PGRES_TUPLES_OK)
        return postgresql_failure(reading->connection, reading->result, error);
    return ROWSTREAM_OK;
}

static enum rowstream_status postgresql_select(struct source *source,
                                               const struct selection *selection, const char *fetch,
                                               struct cursor **cursor, struct error *error) {
    PGconn *connection = of(source)->connection;
    struct buffer sql = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX),
                  key = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX);
    struct postgresql_cursor *reading = calloc(1, sizeof *reading);
    if (reading == NULL)
        return postgresql_no_memory(error);
    reading->connection = connection;
    reading->ended = true;
    reading->blobs = (struct buffer)BUFFER_INIT(ROW_BYTES_MAX);
    enum rowstream_status status =
        selection->table != NULL
            ? add_columns_of_table(&reading->base, selection, error)
            : add_columns_of_query(connection, &reading->base, selection->query, error);
    if (status != ROWSTREAM_OK)
        goto out;
    reading->cells = calloc(reading->base.column_count + 1, sizeof *reading->cells);
    bool made = selection->table != NULL ? table_sql(connection, selection, &sql)
                                         : buffer_append_text(&sql, selection->query);
    if (selection->after != NULL)
        made = made && postgresql_append_cell(&key, selection->after);
    if (!made || reading->cells == NULL)
        status = postgresql_no_memory(error);
    else
        status = start(reading, sql.bytes, key.bytes, fetch, selection->chunk_rows, error);
out:
    buffer_fini(&sql);
    buffer_fini(&key);
    if (status == ROWSTREAM_OK)
        *cursor = &reading->base;
    else
        postgresql_finish(&reading->base);
    return status;
}

/* After the last result of a statement: a cursor has another chunk where this one was full. */
static enum rowstream_status end_statement(struct postgresql_cursor *reading, struct error *error) {
    reading->ended = true;
    if (reading->chunk_rows == 0)
        return ROWSTREAM_OK;
    if (reading->chunk_at == reading->chunk_rows)
        return send_fetch(reading, error);
    return postgresql_execute(reading->connection, "CLOSE rowstream_cursor",
                              error); /* for the next table */
}

static enum rowstream_status next_result(struct postgresql_cursor *reading, struct error *error) {
    PQclear(reading->result);
    reading->row = 0;
    reading->result = PQgetResult(reading->connection);
    if (reading->result == NULL)
        return end_statement(reading, error);
    ExecStatusType status = PQresultStatus(reading->result);
    if (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK)
        return ROWSTREAM_OK;
    return postgresql_failure(reading->connection, reading->result, error);
}

static enum rowstream_status postgresql_next(struct cursor *cursor, const struct cell **cells,
                                             struct error *error) {
    struct postgresql_cursor *reading = (struct postgresql_cursor *)cursor;
    enum rowstream_status status = ROWSTREAM_OK;
    *cells = NULL;
    while (status == ROWSTREAM_OK && reading->row == PQntuples(reading->result)) {
        if (reading->ended)
            return ROWSTREAM_OK;
        status = next_result(reading, error);
    }
    if (status == ROWSTREAM_OK)
        status = read_row(reading, reading->row++, error);
    if (status != ROWSTREAM_OK)
        return status;
    reading->chunk_at++;
    *cells = reading->cells;
    return ROWSTREAM_OK;
}

/* ---- Filling ---- */

static enum rowstream_status fill_table(struct source *source, const char *table,
                                        const struct column *columns, const bool *nullable,
                                        size_t count, bool replace, struct error *error) {
    return postgresql_fill_begin(&of(source)->fill, table, columns, nullable, count, replace,
                                 error);
}

static enum rowstream_status fill_row(struct source *source, const struct cell *cells,
                                      struct error *error) {
    return postgresql_fill_row(&of(source)->fill, cells, error);
}

static enum rowstream_status fill_commit(struct source *source, struct error *error) {
    return postgresql_fill_commit(&of(source)->fill, error);
}

static const char *const fetches[] = {"stream", "cursor", "buffered", NULL};

const struct source_driver source_postgresql = {
    .title = "PostgreSQL",
    .fetches = fetches,
    .open = postgresql_open,
    .close = postgresql_close,
    .tables = list_tables,
    .describe = describe_table,
    .select = postgresql_select,
    .next = postgresql_next,
    .finish = postgresql_finish,
    .fill = fill_table,
    .insert = fill_row,
    .commit = fill_commit,
};
