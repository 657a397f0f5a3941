/* MySQL and MariaDB: prepared statements in one transaction, a row a trip.
 *
 * InnoDB knows no deferred constraints: a reference is checked as its row comes. So while rows are
 * loaded nothing is checked, and before the commit each reference from and to the tables that were
 * loaded is looked up, by a query that gives the first row which leads nowhere. (What others delete
 * while that query runs it does not see.) Rows of an engine without transactions could not be taken
 * back, so such a table is refused.
 *
 * A row whose key may be there is updated, and inserted when nothing was found: ON DUPLICATE KEY
 * would take any unique column for the key. Keys that come twice in a document have to be told from
 * those that the table had before. For a table that was empty its own key does that. Else the keys
 * of the document are noted in a temporary table. */
#include "rowstream/client/mysql.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/sink/sink.h"
#include "rowstream/source/mysql_sql.h"

struct mysql_sink {
    struct sink base;
    MYSQL *connection;
    bool unchecked;      /* references are not checked as rows come */
    unsigned seen_count; /* temporary tables of keys made so far */
    struct names loaded; /* tables that rows were put into */
};

/* A prepared statement with room for its parameters. */
struct statement {
    MYSQL_STMT *prepared; /* NULL: none */
    MYSQL_BIND *binds;
    struct number {
        long long integer;
        double real;
    } * numbers;
};

struct mysql_table {
    struct sink_table base;
    struct mysql_sink *sink;
    bool was_empty;
    struct statement insert, update, note, clear;
    const struct column *clear_column;
    size_t column_count; /* of a row */
    size_t key_cell;     /* of a row; column_count when no key is given */
};

static struct mysql_sink *of(struct sink *sink) {
    return (struct mysql_sink *)sink;
}

static struct mysql_table *table_of(struct sink_table *table) {
    return (struct mysql_table *)table;
}

/* ---- Statements ---- */

static void statement_fini(struct statement *statement) {
    if (statement->prepared != NULL)
        mysql_stmt_close(statement->prepared);
    free(statement->binds);
    free(statement->numbers);
    *statement = (struct statement){.prepared = NULL};
}

/* `made` says whether memory sufficed for the SQL. */
static enum rowstream_status prepare(struct mysql_sink *sink, struct statement *statement,
                                     bool made, const struct buffer *sql, size_t count,
                                     struct error *error) {
    statement_fini(statement);
    statement->binds = calloc(count + 1, sizeof *statement->binds);
    statement->numbers = calloc(count + 1, sizeof *statement->numbers);
    if (!made || statement->binds == NULL || statement->numbers == NULL)
        return client_mysql_no_memory(error);
    return client_mysql_prepare(sink->connection, sql->bytes, &statement->prepared, error);
}

static void bind_cell(struct statement *statement, size_t i, const struct cell *cell) {
    MYSQL_BIND *bind = &statement->binds[i];
    struct number *number = &statement->numbers[i];
    *bind = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_NULL};
    switch (cell->kind) {
    case CELL_NULL:
        break;
    case CELL_INTEGER:
        number->integer = cell->integer;
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = &number->integer;
        break;
    case CELL_REAL:
        number->real = cell->real;
        bind->buffer_type = MYSQL_TYPE_DOUBLE;
        bind->buffer = &number->real;
        break;
    case CELL_TEXT:
    case CELL_BLOB:
        bind->buffer_type = cell->kind == CELL_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_LONG_BLOB;
        bind->buffer = (void *)(uintptr_t)(cell->length > 0 ? cell->bytes : "");
        bind->buffer_length = cell->length;
        break;
    }
}

/* A value that is none of the type, a row against a constraint. Not all have a SQLSTATE that says
 * so: a truncated value, one out of range, a column without default, a wrong value. */
static bool is_about_input(MYSQL_STMT *statement) {
    static const unsigned codes[] = {1264, 1265, 1292, 1364, 1366};
    const char *state = mysql_stmt_sqlstate(statement);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (mysql_stmt_errno(statement) == codes[i])
            return true;
    return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0;
}

static enum rowstream_status run_bound(struct statement *statement, struct error *error) {
    MYSQL_STMT *prepared = statement->prepared;
    if (mysql_stmt_bind_param(prepared, statement->binds) == 0 && mysql_stmt_execute(prepared) == 0)
        return ROWSTREAM_OK;
    enum rowstream_status status = client_mysql_statement_failure(prepared, error);
    return status == ROWSTREAM_SOURCE && is_about_input(prepared) ? ROWSTREAM_INPUT : status;
}

static enum rowstream_status run(struct statement *statement, const struct cell *cells,
                                 size_t count, struct error *error) {
    for (size_t i = 0; i < count; i++)
        bind_cell(statement, i, &cells[i]);
    return run_bound(statement, error);
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

/* ---- The transaction ---- */

static void close_sink(struct sink *sink) {
    if (of(sink)->connection != NULL)
        mysql_close(of(sink)->connection); /* rolls back */
    names_fini(&of(sink)->loaded);
    free(sink);
}

static enum rowstream_status open_sink(struct sink **sink, const char *url, struct error *error) {
    struct mysql_sink *opened = calloc(1, sizeof *opened);
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

static enum rowstream_status leave_unchecked(struct mysql_sink *sink, struct error *error) {
    if (sink->unchecked)
        return ROWSTREAM_OK;
    sink->unchecked = true;
    return client_mysql_execute(sink->connection, "SET SESSION foreign_key_checks = 0", error);
}

/* A row of the catalogue: one column of a reference. */
enum { CONSTRAINT, TABLE, COLUMN, TO_SCHEMA, TO_TABLE, TO_COLUMN };

/* Appends "c.`a` = p.`x` AND c.`b` = p.`y`", or with `wanted` "c.`a` IS NOT NULL AND ...". */
static bool append_columns(struct buffer *sql, MYSQL_RES *columns, my_ulonglong first,
                           my_ulonglong end, bool wanted) {
    bool done = true;
    mysql_data_seek(columns, first);
    for (my_ulonglong i = first; done && i < end; i++) {
        MYSQL_ROW row = mysql_fetch_row(columns);
        done = mysql_sql_name(sql, i > first ? " AND c." : "c.", row[COLUMN]) &&
               (wanted ? buffer_append_text(sql, " IS NOT NULL")
                       : mysql_sql_name(sql, " = p.", row[TO_COLUMN]));
    }
    return done;
}

static bool append_check(struct buffer *sql, MYSQL_RES *columns, my_ulonglong first,
                         my_ulonglong end, const char *key) {
    mysql_data_seek(columns, first);
    MYSQL_ROW row = mysql_fetch_row(columns);
    return (key != NULL ? mysql_sql_name(sql, "SELECT c.", key)
                        : buffer_append_text(sql, "SELECT '?'")) &&
           mysql_sql_name(sql, " FROM ", row[TABLE]) &&
           mysql_sql_name(sql, " c LEFT JOIN ", row[TO_SCHEMA]) &&
           mysql_sql_name(sql, ".", row[TO_TABLE]) && buffer_append_text(sql, " p ON ") &&
           append_columns(sql, columns, first, end, false) && buffer_append_text(sql, " WHERE ") &&
           append_columns(sql, columns, first, end, true) &&
           mysql_sql_name(sql, " AND p.", row[TO_COLUMN]) &&
           buffer_append_text(sql, " IS NULL LIMIT 1");
}

static const struct column *first_key(const struct table *table) {
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].key)
            return &table->columns[i];
    return NULL;
}

/* Looks up one reference, of which the catalogue's rows are `first` to before `end`. */
static enum rowstream_status check_reference(MYSQL *connection, MYSQL_RES *columns,
                                             my_ulonglong first, my_ulonglong end,
                                             struct error *error) {
    struct buffer sql = BUFFER_INIT(MYSQL_SQL_BYTES_MAX);
    struct table table = {.name = NULL};
    MYSQL_RES *found = NULL;
    mysql_data_seek(columns, first);
    MYSQL_ROW row = mysql_fetch_row(columns), lost;
    enum rowstream_status status = client_mysql_describe(connection, row[TABLE], &table, error);
    if (status != ROWSTREAM_OK)
        return status;
    const struct column *key = first_key(&table);
    if (append_check(&sql, columns, first, end, key != NULL ? key->name : NULL))
        found = client_mysql_ask(connection, sql.bytes, &status, error);
    else
        status = client_mysql_no_memory(error);
    if (status == ROWSTREAM_OK && (lost = mysql_fetch_row(found)) != NULL) {
        error_set(error, "table \"%s\", row %s: \"%s\" refers to a row of \"%s\" that is not there",
                  row[TABLE], lost[0], row[COLUMN], row[TO_TABLE]);
        status = ROWSTREAM_INPUT;
    }
    mysql_free_result(found);
    table_fini(&table);
    buffer_fini(&sql);
    return status;
}

static enum rowstream_status check_references(struct mysql_sink *sink, struct error *error) {
    enum rowstream_status status;
    MYSQL_RES *columns = client_mysql_ask(
        sink->connection,
        "SELECT constraint_name, table_name, column_name, referenced_table_schema, "
        "referenced_table_name, referenced_column_name FROM information_schema.key_column_usage "
        "WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL "
        "ORDER BY table_name, constraint_name, ordinal_position",
        &status, error);
    my_ulonglong count = status == ROWSTREAM_OK ? mysql_num_rows(columns) : 0, end;
    for (my_ulonglong first = 0; status == ROWSTREAM_OK && first < count; first = end) {
        mysql_data_seek(columns, first);
        MYSQL_ROW row = mysql_fetch_row(columns), other;
        for (end = first + 1; end < count && (other = mysql_fetch_row(columns)) != NULL &&
                              strcmp(other[TABLE], row[TABLE]) == 0 &&
                              strcmp(other[CONSTRAINT], row[CONSTRAINT]) == 0;)
            end++;
        if (names_has(&sink->loaded, row[TABLE]) || names_has(&sink->loaded, row[TO_TABLE]))
            status = check_reference(sink->connection, columns, first, end, error);
    }
    mysql_free_result(columns);
    return status;
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
    struct mysql_sink *filled = of(sink);
    enum rowstream_status status =
        filled->loaded.count > 0 ? check_references(filled, error) : ROWSTREAM_OK;
    names_fini(&filled->loaded);
    return status == ROWSTREAM_OK ? end_transaction(filled->connection, error) : status;
}

static enum rowstream_status list_tables(struct sink *sink, struct names *names,
                                         struct error *error) {
    return client_mysql_tables(of(sink)->connection, names, error);
}

/* ---- A table ---- */

static enum rowstream_status refuse_engine(struct mysql_table *table, struct error *error) {
    MYSQL *connection = table->sink->connection;
    const char *name = table->base.table.name;
    struct cell text = {.kind = CELL_TEXT, .bytes = name, .length = strlen(name)};
    struct buffer sql = BUFFER_INIT(MYSQL_SQL_BYTES_MAX);
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

static enum rowstream_status look_if_empty(struct mysql_table *table, struct error *error) {
    struct buffer sql = BUFFER_INIT(MYSQL_SQL_BYTES_MAX);
    enum rowstream_status status = ROWSTREAM_OK;
    MYSQL_RES *result = NULL;
    if (mysql_sql_name(&sql, "SELECT 1 FROM ", table->base.table.name) &&
        buffer_append_text(&sql, " LIMIT 1"))
        result = client_mysql_ask(table->sink->connection, sql.bytes, &status, error);
    else
        status = client_mysql_no_memory(error);
    table->was_empty = status == ROWSTREAM_OK && mysql_num_rows(result) == 0;
    mysql_free_result(result);
    buffer_fini(&sql);
    return status;
}

static void table_close(struct sink_table *table) {
    struct mysql_table *closed = table_of(table);
    statement_fini(&closed->insert);
    statement_fini(&closed->update);
    statement_fini(&closed->note);
    statement_fini(&closed->clear);
    table_fini(&table->table);
    free(closed);
}

static enum rowstream_status table_open(struct sink *sink, const char *name,
                                        struct sink_table **table, struct error *error) {
    struct mysql_table *opened = calloc(1, sizeof *opened);
    *table = NULL;
    if (opened == NULL)
        return client_mysql_no_memory(error);
    opened->sink = of(sink);
    enum rowstream_status status =
        client_mysql_describe(opened->sink->connection, name, &opened->base.table, error);
    bool found = status == ROWSTREAM_OK && opened->base.table.column_count > 0;
    if (found)
        status = refuse_engine(opened, error);
    if (found && status == ROWSTREAM_OK)
        status = look_if_empty(opened, error);
    size_t keys = 0;
    for (size_t i = 0; i < opened->base.table.column_count; i++) {
        struct column *column = &opened->base.table.columns[i];
        keys += column->key;
        /* Bits are dumped as a number, which MySQL would take byte by byte from a text. */
        if (strncmp(column->declared, "bit(", 4) == 0)
            column->type.kind = COLUMN_INTEGER;
    }
    opened->base.key = keys == 1 ? first_key(&opened->base.table) : NULL;
    if (found && status == ROWSTREAM_OK)
        *table = &opened->base;
    else
        table_close(&opened->base);
    return status;
}

/* ---- Its rows ---- */

/* Makes the temporary table of the document's keys, compared as the key itself is. */
static enum rowstream_status ready_note(struct mysql_table *table, struct error *error) {
    struct buffer sql = BUFFER_INIT(MYSQL_SQL_BYTES_MAX);
    if (table->note.prepared != NULL)
        return ROWSTREAM_OK;
    unsigned number = ++table->sink->seen_count;
    bool made = buffer_printf(&sql,
                              "CREATE TEMPORARY TABLE rowstream_seen_%u (PRIMARY KEY "
                              "(seen)) SELECT",
                              number) &&
                mysql_sql_name(&sql, " ", table->base.key->name) &&
                mysql_sql_name(&sql, " AS seen FROM ", table->base.table.name) &&
                buffer_append_text(&sql, " LIMIT 0");
    enum rowstream_status status =
        !made ? client_mysql_no_memory(error)
              : client_mysql_execute(table->sink->connection, sql.bytes, error);
    buffer_clear(&sql);
    if (status == ROWSTREAM_OK)
        status = prepare(table->sink, &table->note,
                         buffer_printf(&sql, "INSERT INTO rowstream_seen_%u VALUES (?)", number),
                         &sql, 1, error);
    buffer_fini(&sql);
    return status;
}

/* UPDATE of the other columns by the key, which is the last parameter. */
static enum rowstream_status ready_update(struct mysql_table *table,
                                          const struct column *const *columns, size_t count,
                                          struct error *error) {
    struct buffer sql = BUFFER_INIT(MYSQL_SQL_BYTES_MAX);
    const struct column *key = table->base.key;
    bool made = mysql_sql_name(&sql, "UPDATE ", table->base.table.name);
    const char *between = " SET ";
    for (size_t i = 0; made && i < count; i++) {
        if (columns[i] == key)
            continue;
        made = mysql_sql_name(&sql, between, columns[i]->name) && buffer_append_text(&sql, " = ?");
        between = ", ";
    }
    if (between[0] != ',') /* a key and nothing else is as it is */
        made = made && mysql_sql_name(&sql, " SET ", key->name) &&
               mysql_sql_name(&sql, " = ", key->name);
    made = made && mysql_sql_name(&sql, " WHERE ", key->name) && buffer_append_text(&sql, " = ?");
    enum rowstream_status status = prepare(table->sink, &table->update, made, &sql, count, error);
    buffer_fini(&sql);
    return status;
}

static enum rowstream_status ready_insert(struct mysql_table *table,
                                          const struct column *const *columns, size_t count,
                                          enum sink_conflict conflict, struct error *error) {
    struct buffer sql = BUFFER_INIT(MYSQL_SQL_BYTES_MAX);
    bool made = mysql_sql_name(&sql, "INSERT INTO ", table->base.table.name);
    for (size_t i = 0; made && i < count; i++)
        made = mysql_sql_name(&sql, i == 0 ? " (" : ", ", columns[i]->name);
    made = made && buffer_append_text(&sql, count == 0 ? " () VALUES (" : ") VALUES (");
    for (size_t i = 0; made && i < count; i++)
        made = buffer_append_text(&sql, i == 0 ? "?" : ", ?");
    made = made && buffer_append_text(&sql, ")");
    if (conflict == SINK_SKIP) /* IGNORE would ignore more than that */
        made = made && mysql_sql_name(&sql, " ON DUPLICATE KEY UPDATE ", columns[0]->name) &&
               mysql_sql_name(&sql, " = ", columns[0]->name);
    enum rowstream_status status = prepare(table->sink, &table->insert, made, &sql, count, error);
    buffer_fini(&sql);
    return status;
}

static enum rowstream_status ready(struct sink_table *table, const struct column *const *columns,
                                   size_t count, enum sink_conflict conflict, struct error *error) {
    struct mysql_table *filled = table_of(table);
    struct names *loaded = &filled->sink->loaded;
    filled->column_count = filled->key_cell = count;
    for (size_t i = 0; i < count; i++)
        if (columns[i] == table->key)
            filled->key_cell = i;
    if (!names_has(loaded, table->table.name) && !names_add(loaded, table->table.name))
        return client_mysql_no_memory(error);
    enum rowstream_status status = leave_unchecked(filled->sink, error);
    statement_fini(&filled->update);
    if (conflict == SINK_REPLACE && filled->key_cell < count && !filled->was_empty) {
        if (status == ROWSTREAM_OK)
            status = ready_note(filled, error);
        if (status == ROWSTREAM_OK)
            status = ready_update(filled, columns, count, error);
    }
    return status == ROWSTREAM_OK ? ready_insert(filled, columns, count, conflict, error) : status;
}

/* Of a key that was put before. The server names the index: 'PRIMARY', or 'table.PRIMARY'. */
static enum rowstream_status key_failure(const struct statement *statement,
                                         enum rowstream_status status, struct error *error) {
    enum { DUPLICATE_ENTRY = 1062 };
    static const char ending[] = "PRIMARY'";
    const char *message = mysql_stmt_error(statement->prepared);
    size_t length = strlen(message);
    if (status == ROWSTREAM_OK || mysql_stmt_errno(statement->prepared) != DUPLICATE_ENTRY ||
        length < strlen(ending) || strcmp(message + length - strlen(ending), ending) != 0)
        return status;
    if (error != NULL)
        error->set = false;
    error_set(error, "the key was there in a record before");
    return ROWSTREAM_INPUT;
}

/* `*found` says whether there was a row of that key. */
static enum rowstream_status update(struct mysql_table *table, const struct cell *cells,
                                    bool *found, struct error *error) {
    struct statement *statement = &table->update;
    size_t at = 0;
    for (size_t i = 0; i < table->column_count; i++)
        if (i != table->key_cell)
            bind_cell(statement, at++, &cells[i]);
    bind_cell(statement, at, &cells[table->key_cell]);
    enum rowstream_status status = run_bound(statement, error);
    *found = status == ROWSTREAM_OK && mysql_stmt_affected_rows(statement->prepared) > 0;
    return status;
}

static enum rowstream_status put(struct sink_table *table, const struct cell *cells,
                                 struct cell *key, struct error *error) {
    struct mysql_table *filled = table_of(table);
    bool keyed = filled->key_cell < filled->column_count, found = false;
    enum rowstream_status status = refuse_infinite(cells, filled->column_count, error);
    if (status == ROWSTREAM_OK && keyed && filled->update.prepared != NULL) {
        status = key_failure(&filled->note, run(&filled->note, &cells[filled->key_cell], 1, error),
                             error);
        if (status == ROWSTREAM_OK)
            status = update(filled, cells, &found, error);
    }
    if (status != ROWSTREAM_OK || found)
        return status;
    status = run(&filled->insert, cells, filled->column_count, error);
    if (keyed)
        status = key_failure(&filled->insert, status, error);
    if (status == ROWSTREAM_OK && key != NULL)
        *key = (struct cell){.kind = CELL_INTEGER,
                             .integer = (int64_t)mysql_stmt_insert_id(filled->insert.prepared)};
    return status;
}

static enum rowstream_status clear(struct sink_table *table, const struct column *column,
                                   const struct cell *value, struct error *error) {
    struct mysql_table *cleared = table_of(table);
    enum rowstream_status status = ROWSTREAM_OK;
    if (cleared->was_empty)
        return ROWSTREAM_OK;
    if (cleared->clear_column != column) {
        struct buffer sql = BUFFER_INIT(MYSQL_SQL_BYTES_MAX);
        bool made = mysql_sql_name(&sql, "DELETE FROM ", table->table.name) &&
                    mysql_sql_name(&sql, " WHERE ", column->name) &&
                    buffer_append_text(&sql, " = ?");
        status = prepare(cleared->sink, &cleared->clear, made, &sql, 1, error);
        cleared->clear_column = column;
        buffer_fini(&sql);
    }
    return status == ROWSTREAM_OK ? run(&cleared->clear, value, 1, error) : status;
}

/* ---- Deleting ---- */

static bool append_delete(struct buffer *sql, const struct table *table, uint64_t most) {
    bool done = mysql_sql_name(sql, "DELETE FROM ", table->name);
    const char *between = " ORDER BY ";
    for (size_t i = 0; done && i < table->column_count; i++) {
        if (!table->columns[i].key)
            continue;
        done = mysql_sql_name(sql, between, table->columns[i].name);
        between = ", ";
    }
    return done && buffer_printf(sql, " LIMIT %llu", (unsigned long long)most);
}

static enum rowstream_status delete_chunk(struct sink *sink, const char *name, uint64_t most,
                                          uint64_t *deleted, struct error *error) {
    MYSQL *connection = of(sink)->connection;
    struct buffer sql = BUFFER_INIT(MYSQL_SQL_BYTES_MAX);
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
    .clear = clear,
    .delete_chunk = delete_chunk,
};
