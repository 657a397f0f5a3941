#include "rowstream/database/mysql/fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/database/mysql/quote.h"

enum { INSERT_BYTES = 128 << 10 }; /* rows are inserted together up to about this */

void my_fill_init(struct my_fill *fill, MYSQL *connection) {
    *fill = (struct my_fill){.connection = connection,
                             .insert = BUFFER_INIT(MY_SQL_BYTES_MAX),
                             .rows = BUFFER_INIT(MY_SQL_BYTES_MAX)};
}

void my_fill_fini(struct my_fill *fill) {
    if (fill->table != NULL) { /* its rows were not committed */
        char sql[96];
        snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS `%s`", fill->staging);
        mysql_rollback(fill->connection);
        client_mysql_execute(fill->connection, sql, NULL);
    }
    buffer_fini(&fill->insert);
    buffer_fini(&fill->rows);
    free(fill->table);
    fill->table = NULL;
}

/* ---- Statements ---- */

static bool append_type(struct buffer *sql, const struct column_type *type) {
    enum { VARCHAR_MAX = 16383 }; /* characters of four bytes */
    static const char *const names[] = {
        [COLUMN_BOOLEAN] = "bool",         [COLUMN_REAL] = "double",  [COLUMN_DATE] = "date",
        [COLUMN_DATETIME] = "datetime(6)", [COLUMN_TIME] = "time(6)", [COLUMN_UUID] = "char(32)",
        [COLUMN_BINARY] = "longblob",
    };
    switch (type->kind) {
    case COLUMN_INTEGER:
        return buffer_append_text(sql, type->bits == 64   ? "bigint"
                                       : type->bits == 16 ? "smallint"
                                                          : "int") &&
               (strncmp(type->field, "Positive", 8) != 0 || buffer_append_text(sql, " unsigned"));
    case COLUMN_DECIMAL:
        return buffer_printf(sql, "decimal(%d, %d)", type->size < 1 ? 10 : type->size,
                             type->size < 1    ? 2
                             : type->scale < 0 ? 0
                                               : type->scale);
    case COLUMN_TEXT:
        if (strcmp(type->field, "TextField") == 0 || type->size > VARCHAR_MAX)
            return buffer_append_text(sql, "longtext");
        return buffer_printf(sql, "varchar(%d)", type->size < 1 ? 255 : type->size);
    default:
        return buffer_append_text(sql, names[type->kind]);
    }
}

static bool append_create(struct buffer *sql, const char *table, const struct column *columns,
                          const bool *nullable, size_t count) {
    bool done = my_sql_name(sql, "CREATE TABLE ", table) &&
                buffer_append_text(sql, " (id int NOT NULL AUTO_INCREMENT PRIMARY KEY");
    for (size_t i = 0; done && i < count; i++)
        done = my_sql_name(sql, ", ", columns[i].name) && buffer_append_text(sql, " ") &&
               append_type(sql, &columns[i].type) &&
               buffer_append_text(sql, nullable[i] ? " NULL" : " NOT NULL");
    return done && buffer_append_text(sql, ") ENGINE=InnoDB CHARACTER SET utf8mb4 "
                                           "COLLATE utf8mb4_bin");
}

static bool append_insert(struct buffer *sql, const char *table, const struct column *columns,
                          size_t count) {
    bool done = my_sql_name(sql, "INSERT INTO ", table);
    for (size_t i = 0; done && i < count; i++)
        done = my_sql_name(sql, i == 0 ? " (" : ", ", columns[i].name);
    return done && buffer_append_text(sql, count == 0 ? " () VALUES " : ") VALUES ");
}

/* ---- Filling ---- */

static enum rowstream_status refuse_existing(MYSQL *connection, const char *table,
                                             struct error *error) {
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    struct cell text = {.kind = CELL_TEXT, .bytes = table, .length = strlen(table)};
    enum rowstream_status status = ROWSTREAM_MEMORY;
    MYSQL_RES *result = NULL;
    if (buffer_append_text(&sql, "SELECT 1 FROM information_schema.tables "
                                 "WHERE table_schema = DATABASE() AND table_name = ") &&
        client_mysql_append_literal(connection, &sql, &text))
        result = client_mysql_ask(connection, sql.bytes, &status, error);
    else
        client_mysql_no_memory(error);
    if (status == ROWSTREAM_OK && mysql_num_rows(result) > 0) {
        error_set(error, "table `%s` already exists", table);
        status = ROWSTREAM_SOURCE;
    }
    mysql_free_result(result);
    buffer_fini(&sql);
    return status;
}

enum rowstream_status my_fill_begin(struct my_fill *fill, const char *table,
                                    const struct column *columns, const bool *nullable,
                                    size_t count, bool replace, struct error *error) {
    enum rowstream_status status = ROWSTREAM_OK;
    if (!replace)
        status = refuse_existing(fill->connection, table, error);
    if (status != ROWSTREAM_OK)
        return status;
    snprintf(fill->staging, sizeof fill->staging, "rowstream_seed_%lu",
             mysql_thread_id(fill->connection));
    fill->column_count = count;
    fill->replace = replace;
    buffer_clear(&fill->rows);
    buffer_clear(&fill->insert);
    if (!append_create(&fill->rows, fill->staging, columns, nullable, count) ||
        !append_insert(&fill->insert, fill->staging, columns, count))
        return client_mysql_no_memory(error);
    status = client_mysql_execute(fill->connection, fill->rows.bytes, error);
    buffer_clear(&fill->rows);
    if (status == ROWSTREAM_OK && (fill->table = strdup(table)) == NULL)
        status = client_mysql_no_memory(error);
    return status;
}

static enum rowstream_status flush_rows(struct my_fill *fill, struct error *error) {
    enum rowstream_status status = ROWSTREAM_OK;
    if (fill->rows.length > 0 &&
        mysql_real_query(fill->connection, fill->rows.bytes, fill->rows.length) != 0)
        status = client_mysql_failure(fill->connection, error);
    buffer_clear(&fill->rows);
    return status;
}

enum rowstream_status my_fill_row(struct my_fill *fill, const struct cell *cells,
                                  struct error *error) {
    struct buffer *rows = &fill->rows;
    bool done = rows->length > 0 ? buffer_append_text(rows, ", (")
                                 : buffer_append(rows, fill->insert.bytes, fill->insert.length) &&
                                       buffer_append_text(rows, "(");
    for (size_t i = 0; done && i < fill->column_count; i++)
        done = (i == 0 || buffer_append_text(rows, ", ")) &&
               client_mysql_append_literal(fill->connection, rows, &cells[i]);
    if (!done || !buffer_append_text(rows, ")"))
        return client_mysql_no_memory(error);
    return rows->length >= INSERT_BYTES ? flush_rows(fill, error) : ROWSTREAM_OK;
}

enum rowstream_status my_fill_commit(struct my_fill *fill, struct error *error) {
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    enum rowstream_status status = flush_rows(fill, error);
    if (status == ROWSTREAM_OK)
        status = client_mysql_execute(fill->connection, "COMMIT", error);
    if (status == ROWSTREAM_OK && fill->replace)
        status = !my_sql_name(&sql, "DROP TABLE IF EXISTS ", fill->table)
                     ? client_mysql_no_memory(error)
                     : client_mysql_execute(fill->connection, sql.bytes, error);
    buffer_clear(&sql);
    if (status == ROWSTREAM_OK)
        status = !my_sql_name(&sql, "RENAME TABLE ", fill->staging) ||
                         !my_sql_name(&sql, " TO ", fill->table)
                     ? client_mysql_no_memory(error)
                     : client_mysql_execute(fill->connection, sql.bytes, error);
    buffer_fini(&sql);
    if (status == ROWSTREAM_OK) {
        free(fill->table);
        fill->table = NULL;
    }
    return status;
}
