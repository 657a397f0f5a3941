/* MySQL and MariaDB: prepared statements in one transaction, some dozens of rows a trip.
 *
 * InnoDB knows no deferred constraints: a reference is checked as its row comes. So while rows are
 * loaded nothing is checked, and all references of their tables are before the commit. Rows of an
 * engine without transactions could not be taken back, so such a table is refused.
 *
 * Keys that come twice in a document have to be told from those that the table had before. For a
 * table that was empty its own key does that. Else the keys of the document are noted in a
 * temporary table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/database/mysql/batch.h"
#include "rowstream/database/mysql/check.h"
#include "rowstream/database/mysql/quote.h"

struct my_sink {
    struct sink base;
    MYSQL *connection;
    bool unchecked;          /* references are not checked as rows come */
    unsigned seen_count;     /* temporary tables of keys made so far */
    struct names loaded;     /* tables that rows were put into */
    struct my_table *holder; /* the one of which rows are held back; NULL: none */
};

struct my_table {
    struct sink_table base;
    struct my_sink *sink;
    struct my_batch batch;
    struct my_statement clear;
    const struct column *clear_column;
};

static struct my_sink *of(struct sink *sink) {
    return (struct my_sink *)sink;
}

static struct my_table *table_of(struct sink_table *table) {
    return (struct my_table *)table;
}

/* ---- The transaction ---- */

static void close_sink(struct sink *sink) {
    if (of(sink)->connection != NULL)
        mysql_close(of(sink)->connection); /* rolls back */
    names_fini(&of(sink)->loaded);
    free(sink);
}

static enum rowstream_status open_sink(struct sink **sink, const char *url, struct error *error) {
    struct my_sink *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return client_mysql_no_memory(error);
    opened->base.driver = &sink_mysql;
    enum rowstream_status status = client_mysql_connect(url, &opened->connection, error);
    if (status == ROWSTREAM_OK)
        status = client_mysql_execute(opened->connection,
                                      "SET SESSION sql_mode = 'STRICT_ALL_TABLES,"
                                      "NO_AUTO_VALUE_ON_ZERO'",
                                      error);
    if (status == ROWSTREAM_OK)
        *sink = &opened->base;
    else
        close_sink(&opened->base);
    return status;
}

static enum rowstream_status begin(struct sink *sink, struct error *error) {
    return client_mysql_execute(of(sink)->connection, "START TRANSACTION", error);
}

static enum rowstream_status leave_unchecked(struct my_sink *sink, struct error *error) {
    if (sink->unchecked)
        return ROWSTREAM_OK;
    sink->unchecked = true;
    return client_mysql_execute(sink->connection, "SET SESSION foreign_key_checks = 0", error);
}

static enum rowstream_status flush(struct sink *sink, struct error *error) {
    struct my_table *holder = of(sink)->holder;
    of(sink)->holder = NULL;
    return holder == NULL ? ROWSTREAM_OK : my_batch_flush(&holder->batch, sink, error);
}

static enum rowstream_status end_transaction(MYSQL *connection, struct error *error) {
    enum { CLIENT_FIRST = 2000, CLIENT_END = 3000 }; /* numbers of the library's own errors */
    enum rowstream_status status = client_mysql_execute(connection, "COMMIT", error);
    unsigned code = mysql_errno(connection);
    if (status != ROWSTREAM_OK && (code == 0 || (code >= CLIENT_FIRST && code < CLIENT_END)))
        error_prefix(error, SINK_IN_DOUBT);
    return status;
}

static enum rowstream_status commit(struct sink *sink, struct error *error) {
    struct my_sink *filled = of(sink);
    enum rowstream_status status = flush(sink, error);
    if (status == ROWSTREAM_OK && filled->loaded.count > 0)
        status = my_check_references(filled->connection, &filled->loaded, error);
    names_fini(&filled->loaded);
    return status == ROWSTREAM_OK ? end_transaction(filled->connection, error) : status;
}

static enum rowstream_status list_tables(struct sink *sink, struct names *names,
                                         struct error *error) {
    return client_mysql_tables(of(sink)->connection, names, error);
}

/* ---- A table ---- */

static enum rowstream_status refuse_engine(struct my_table *table, struct error *error) {
    MYSQL *connection = table->sink->connection;
    const char *name = table->base.table.name;
    struct cell text = {.kind = CELL_TEXT, .bytes = name, .length = strlen(name)};
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    enum rowstream_status status = ROWSTREAM_OK;
    MYSQL_RES *result = NULL;
    MYSQL_ROW row;
    if (buffer_append_text(&sql, "SELECT e.engine FROM information_schema.tables t "
                                 "JOIN information_schema.engines e ON e.engine = t.engine "
                                 "WHERE t.table_schema = DATABASE() "
                                 "AND COALESCE(e.transactions, 'NO') <> 'YES' "
                                 "AND t.table_name = ") &&
        client_mysql_append_literal(connection, &sql, &text))
        result = client_mysql_ask(connection, sql.bytes, &status, error);
    else
        status = client_mysql_no_memory(error);
    if (status == ROWSTREAM_OK && (row = mysql_fetch_row(result)) != NULL) {
        error_set(error,
                  "table \"%s\" is kept by the engine %s, which has no transactions: rows "
                  "could not be taken back",
                  name, row[0]);
        status = ROWSTREAM_SOURCE;
    }
    mysql_free_result(result);
    buffer_fini(&sql);
    return status;
}

static enum rowstream_status look_if_empty(struct my_table *table, struct error *error) {
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    enum rowstream_status status = ROWSTREAM_OK;
    MYSQL_RES *result = NULL;
    if (my_sql_name(&sql, "SELECT 1 FROM ", table->base.table.name) &&
        buffer_append_text(&sql, " LIMIT 1"))
        result = client_mysql_ask(table->sink->connection, sql.bytes, &status, error);
    else
        status = client_mysql_no_memory(error);
    table->base.was_empty = status == ROWSTREAM_OK && mysql_num_rows(result) == 0;
    mysql_free_result(result);
    buffer_fini(&sql);
    return status;
}

static void table_close(struct sink_table *table) {
    struct my_table *closed = table_of(table);
    if (closed->sink->holder == closed)
        closed->sink->holder = NULL;
    my_batch_fini(&closed->batch);
    my_statement_fini(&closed->clear);
    table_fini(&table->table);
    free(closed);
}

static enum rowstream_status table_open(struct sink *sink, const char *name,
                                        struct sink_table **table, struct error *error) {
    struct my_table *opened = calloc(1, sizeof *opened);
    *table = NULL;
    if (opened == NULL)
        return client_mysql_no_memory(error);
    opened->sink = of(sink);
    opened->batch = (struct my_batch){.connection = opened->sink->connection,
                                      .table = &opened->base,
                                      .seen_count = &opened->sink->seen_count};
    enum rowstream_status status = flush(sink, error);
    if (status == ROWSTREAM_OK)
        status = client_mysql_describe(opened->sink->connection, name, &opened->base.table, error);
    bool found = status == ROWSTREAM_OK && opened->base.table.column_count > 0;
    if (found)
        status = refuse_engine(opened, error);
    if (found && status == ROWSTREAM_OK)
        status = look_if_empty(opened, error);
    for (size_t i = 0; i < opened->base.table.column_count; i++) {
        struct column *column = &opened->base.table.columns[i];
        /* Bits are dumped as a number, which MySQL would take byte by byte from a text. */
        if (strncmp(column->declared, "bit(", 4) == 0)
            column->type.kind = COLUMN_INTEGER;
    }
    opened->base.key = sink_single_key(&opened->base.table);
    if (found && status == ROWSTREAM_OK)
        *table = &opened->base;
    else
        table_close(&opened->base);
    return status;
}

/* ---- Its rows ---- */

static enum rowstream_status ready(struct sink_table *table, const struct column *const *columns,
                                   size_t count, enum sink_conflict conflict, struct error *error) {
    struct my_table *filled = table_of(table);
    struct names *loaded = &filled->sink->loaded;
    enum rowstream_status status = flush(&filled->sink->base, error);
    sink_table_aim(table, columns, count);
    if (status == ROWSTREAM_OK && !names_has(loaded, table->table.name) &&
        !names_add(loaded, table->table.name))
        status = client_mysql_no_memory(error);
    if (status == ROWSTREAM_OK)
        status = leave_unchecked(filled->sink, error);
    return status == ROWSTREAM_OK ? my_batch_ready(&filled->batch, columns, conflict, error)
                                  : status;
}

/* MySQL has neither; MariaDB would make a 0 or the largest number of them. */
static enum rowstream_status refuse_infinite(const struct cell *cells, size_t count,
                                             struct error *error) {
    for (size_t i = 0; i < count; i++) {
        if (cells[i].kind == CELL_REAL && !isfinite(cells[i].real)) {
            error_set(error, "the number %g, which MySQL cannot hold", cells[i].real);
            return ROWSTREAM_INPUT;
        }
    }
    return ROWSTREAM_OK;
}

/* Rows of one table are held at a time, so that all are put in their order. */
static enum rowstream_status put(struct sink_table *table, const struct cell *cells,
                                 struct cell *key, struct error *error) {
    struct my_table *filled = table_of(table);
    struct sink *sink = &filled->sink->base;
    enum rowstream_status status = refuse_infinite(cells, table->column_count, error);
    if (status == ROWSTREAM_OK && filled->sink->holder != filled)
        status = flush(sink, error);
    if (status != ROWSTREAM_OK)
        return status;
    filled->sink->holder = filled;
    return my_batch_put(&filled->batch, cells, key, sink, error);
}

static enum rowstream_status clear(struct sink_table *table, const struct column *column,
                                   const struct cell *value, struct error *error) {
    struct my_table *cleared = table_of(table);
    if (table->was_empty)
        return ROWSTREAM_OK;
    enum rowstream_status status = flush(&cleared->sink->base, error);
    if (status == ROWSTREAM_OK && cleared->clear_column != column) {
        struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
        bool made = my_sql_name(&sql, "DELETE FROM ", table->table.name) &&
                    my_sql_name(&sql, " WHERE ", column->name) && buffer_append_text(&sql, " = ?");
        status =
            my_statement_prepare(&cleared->clear, cleared->sink->connection, made, &sql, 1, error);
        cleared->clear_column = column;
        buffer_fini(&sql);
    }
    return status == ROWSTREAM_OK ? my_statement_run_with(&cleared->clear, value, 1, error)
                                  : status;
}

/* ---- Deleting ---- */

static bool append_delete(struct buffer *sql, const struct table *table, uint64_t most) {
    bool done = my_sql_name(sql, "DELETE FROM ", table->name);
    const char *between = " ORDER BY ";
    for (size_t i = 0; done && i < table->column_count; i++) {
        if (!table->columns[i].key)
            continue;
        done = my_sql_name(sql, between, table->columns[i].name);
        between = ", ";
    }
    return done && buffer_printf(sql, " LIMIT %llu", (unsigned long long)most);
}

static enum rowstream_status delete_chunk(struct sink *sink, const char *name, uint64_t most,
                                          uint64_t *deleted, struct error *error) {
    MYSQL *connection = of(sink)->connection;
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    struct table table;
    *deleted = 0;
    enum rowstream_status status = client_mysql_describe(connection, name, &table, error);
    if (status == ROWSTREAM_OK && table.column_count == 0) {
        error_set(error, "no such table");
        status = ROWSTREAM_SOURCE;
    } else if (status == ROWSTREAM_OK) {
        status = !append_delete(&sql, &table, most)
                     ? client_mysql_no_memory(error)
                     : client_mysql_execute(connection, sql.bytes, error);
    }
    if (status == ROWSTREAM_OK)
        *deleted = mysql_affected_rows(connection);
    buffer_fini(&sql);
    table_fini(&table);
    return status;
}

const struct sink_driver sink_mysql = {
    .open = open_sink,
    .close = close_sink,
    .begin = begin,
    .commit = commit,
    .tables = list_tables,
    .table_open = table_open,
    .table_close = table_close,
    .ready = ready,
    .put = put,
    .flush = flush,
    .clear = clear,
    .delete_chunk = delete_chunk,
};
