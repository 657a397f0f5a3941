#include "rowstream/database/postgresql/fill.h"

#include <string.h>

enum { LINE_BYTES_MAX = 1 << 30 };

void postgresql_fill_init(struct postgresql_fill *fill, PGconn *connection) {
    *fill = (struct postgresql_fill){.connection = connection, .line = BUFFER_INIT(LINE_BYTES_MAX)};
}

void postgresql_fill_fini(struct postgresql_fill *fill) {
    buffer_fini(&fill->line);
}

static bool append_type(struct buffer *sql, const struct column_type *type) {
    static const char *const names[] = {
        [COLUMN_BOOLEAN] = "boolean", [COLUMN_REAL] = "double precision",
        [COLUMN_DATE] = "date",       [COLUMN_DATETIME] = "timestamp",
        [COLUMN_TIME] = "time",       [COLUMN_UUID] = "uuid",
        [COLUMN_BINARY] = "bytea",
    };
    switch (type->kind) {
    case COLUMN_INTEGER:
        return buffer_append_text(sql, type->bits == 64   ? "bigint"
                                       : type->bits == 16 ? "smallint"
                                                          : "integer");
    case COLUMN_DECIMAL:
        return buffer_printf(sql, "numeric(%d, %d)", type->size < 1 ? 10 : type->size,
                             type->size < 1    ? 2
                             : type->scale < 0 ? 0
                                               : type->scale);
    case COLUMN_TEXT:
        if (strcmp(type->field, "TextField") == 0)
            return buffer_append_text(sql, "text");
        return buffer_printf(sql, "varchar(%d)", type->size < 1 ? 255 : type->size);
    default:
        return buffer_append_text(sql, names[type->kind]);
    }
}

static bool table_of_columns(PGconn *connection, struct buffer *sql, const char *table,
                             const struct column *columns, const bool *nullable, size_t count) {
    bool done = postgresql_append_name(connection, sql, "CREATE TABLE ", table) &&
                buffer_append_text(sql, " (id serial PRIMARY KEY");
    for (size_t i = 0; done && i < count; i++)
        done = postgresql_append_name(connection, sql, ", ", columns[i].name) &&
               buffer_append_text(sql, " ") && append_type(sql, &columns[i].type) &&
               buffer_append_text(sql, nullable[i] ? " NULL" : " NOT NULL");
    return done && buffer_append_text(sql, ")");
}

static bool copy_of_columns(PGconn *connection, struct buffer *sql, const char *table,
                            const struct column *columns, size_t count) {
    bool done = postgresql_append_name(connection, sql, "COPY ", table);
    for (size_t i = 0; done && i < count; i++)
        done = postgresql_append_name(connection, sql, i == 0 ? " (" : ", ", columns[i].name);
    return done && buffer_append_text(sql, ") FROM STDIN");
}

enum rowstream_status postgresql_fill_begin(struct postgresql_fill *fill, const char *table,
                                            const struct column *columns, const bool *nullable,
                                            size_t count, bool replace, struct error *error) {
    PGconn *connection = fill->connection;
    struct buffer sql = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX);
    enum rowstream_status status = ROWSTREAM_OK;
    if (replace)
        status = !postgresql_append_name(connection, &sql, "DROP TABLE IF EXISTS ", table)
                     ? postgresql_no_memory(error)
                     : postgresql_execute(connection, sql.bytes, error);
    buffer_clear(&sql);
    if (status == ROWSTREAM_OK)
        status = !table_of_columns(connection, &sql, table, columns, nullable, count)
                     ? postgresql_no_memory(error)
                     : postgresql_execute(connection, sql.bytes, error);
    buffer_clear(&sql);
    if (status == ROWSTREAM_OK)
        status = !copy_of_columns(connection, &sql, table, columns, count)
                     ? postgresql_no_memory(error)
                     : postgresql_expect(connection, PQexec(connection, sql.bytes), PGRES_COPY_IN,
                                         error);
    buffer_fini(&sql);
    fill->copying = status == ROWSTREAM_OK;
    fill->column_count = count;
    return status;
}

/* COPY's own escapes, of bytes that mean something to it. */
static bool append_escaped(struct buffer *line, const struct cell *cell) {
    static const char meaning[] = "\\\b\f\n\r\t\v", letters[] = "\\bfnrtv";
    for (size_t i = 0; i < cell->length; i++) {
        const char *found = cell->bytes[i] == '\0' ? NULL : strchr(meaning, cell->bytes[i]);
        const char pair[] = {'\\', found != NULL ? letters[found - meaning] : '\0'};
        if (!(found != NULL ? buffer_append(line, pair, 2)
                            : buffer_append(line, &cell->bytes[i], 1)))
            return false;
    }
    return true;
}

static bool append_cell(struct buffer *line, const struct cell *cell) {
    switch (cell->kind) {
    case CELL_NULL:
        return buffer_append_text(line, "\\N");
    case CELL_TEXT:
        return append_escaped(line, cell);
    case CELL_BLOB:
        return buffer_append_text(line, "\\") && postgresql_append_cell(line, cell);
    default:
        return postgresql_append_cell(line, cell);
    }
}

enum rowstream_status postgresql_fill_row(struct postgresql_fill *fill, const struct cell *cells,
                                          struct error *error) {
    bool done = true;
    buffer_clear(&fill->line);
    for (size_t i = 0; done && i < fill->column_count; i++)
        done = (i == 0 || buffer_append_text(&fill->line, "\t")) &&
               append_cell(&fill->line, &cells[i]);
    if (!done || !buffer_append_text(&fill->line, "\n"))
        return postgresql_no_memory(error);
    if (PQputCopyData(fill->connection, fill->line.bytes, (int)fill->line.length) == 1)
        return ROWSTREAM_OK;
    return postgresql_failure(fill->connection, NULL, error);
}

enum rowstream_status postgresql_fill_commit(struct postgresql_fill *fill, struct error *error) {
    enum rowstream_status status = ROWSTREAM_OK;
    if (fill->copying) {
        fill->copying = false;
        if (PQputCopyEnd(fill->connection, NULL) != 1)
            return postgresql_failure(fill->connection, NULL, error);
        status = postgresql_expect(fill->connection, PQgetResult(fill->connection),
                                   PGRES_COMMAND_OK, error);
        for (PGresult *left; (left = PQgetResult(fill->connection)) != NULL;)
            PQclear(left);
    }
    return status == ROWSTREAM_OK ? postgresql_execute(fill->connection, "COMMIT", error) : status;
}
