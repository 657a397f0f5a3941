/* PostgreSQL: prepared statements in one transaction, some dozens of rows a trip.
 *
 * References are checked at the commit where their constraint may be deferred, as Django declares
 * them all; where it may not, PostgreSQL checks each row as it comes. An error ends a transaction
 * here, so what has to be asked of it afterwards is asked behind a savepoint.
 *
 * Keys that come twice in a document have to be told from those that the table had before. For a
 * table that was empty its own key does that. Else the keys of the document are noted in a
 * temporary table.
 *
 * A key that a document gives does not move the sequence which makes up the next one: that is done
 * at the commit, forwards only. */
#include <stdlib.h>
#include <string.h>

#include "rowstream/database/postgresql/commit.h"
#include "rowstream/database/postgresql/pipeline.h"

struct postgresql_sink {
    struct sink base;
    PGconn *connection;
    struct postgresql_pipeline pipeline;
    unsigned seen_count; /* temporary tables of keys made so far */
    struct names keyed;  /* tables that were given keys */
};

struct postgresql_table {
    struct sink_table base;
    struct postgresql_sink *sink;
    char *key_constraint; /* its name; NULL without a key */
    struct postgresql_statement put, note, clear;
    const struct column *clear_column;
};

static struct postgresql_sink *of(struct sink *sink) {
    return (struct postgresql_sink *)sink;
}

static struct postgresql_table *table_of(struct sink_table *table) {
    return (struct postgresql_table *)table;
}

/* ---- The transaction ---- */

static void close_sink(struct sink *sink) {
    PQfinish(of(sink)->connection); /* rolls back */
    names_fini(&of(sink)->keyed);
    free(sink);
}

static enum rowstream_status open_sink(struct sink **sink, const char *url, struct error *error) {
    struct postgresql_sink *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return postgresql_no_memory(error);
    opened->base.driver = &sink_postgresql;
    enum rowstream_status status = postgresql_connect(url, &opened->connection, error);
    opened->pipeline.connection = opened->connection;
    if (status == ROWSTREAM_OK)
        *sink = &opened->base;
    else
        close_sink(&opened->base);
    return status;
}

static enum rowstream_status begin(struct sink *sink, struct error *error) {
    return postgresql_execute(of(sink)->connection, "BEGIN; SET CONSTRAINTS ALL DEFERRED", error);
}

static enum rowstream_status flush(struct sink *sink, struct error *error) {
    return postgresql_pipeline_wait(&of(sink)->pipeline, &sink->failed, error);
}

static enum rowstream_status end_transaction(PGconn *connection, struct error *error) {
    PGresult *ended = PQexec(connection, "COMMIT");
    enum rowstream_status status = ROWSTREAM_OK;
    if (PQresultStatus(ended) != PGRES_COMMAND_OK) {
        status = postgresql_row_failure(connection, ended, error);
        if (PQresultErrorField(ended, PG_DIAG_SQLSTATE) == NULL)
            error_prefix(error, SINK_IN_DOUBT);
    }
    PQclear(ended);
    return status;
}

static enum rowstream_status commit(struct sink *sink, struct error *error) {
    PGconn *connection = of(sink)->connection;
    struct names *keyed = &of(sink)->keyed;
    enum rowstream_status status = flush(sink, error);
    if (status == ROWSTREAM_OK)
        status = postgresql_check_references(connection, error);
    for (size_t i = 0; status == ROWSTREAM_OK && i < keyed->count; i++)
        status = postgresql_move_sequence(connection, keyed->list[i], error);
    names_fini(keyed);
    return status == ROWSTREAM_OK ? end_transaction(connection, error) : status;
}

static enum rowstream_status list_tables(struct sink *sink, struct names *names,
                                         struct error *error) {
    return postgresql_tables(of(sink)->connection, names, error);
}

/* ---- A table ---- */

static enum rowstream_status look_if_empty(struct postgresql_table *table, struct error *error) {
    PGconn *connection = table->sink->connection;
    struct buffer sql = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX);
    PGresult *result = NULL;
    enum rowstream_status status = ROWSTREAM_OK;
    if (!postgresql_append_name(connection, &sql, "SELECT 1 FROM ", table->base.table.name) ||
        !buffer_append_text(&sql, " LIMIT 1"))
        status = postgresql_no_memory(error);
    else if (PQresultStatus(result = PQexec(connection, sql.bytes)) != PGRES_TUPLES_OK)
        status = postgresql_failure(connection, result, error);
    table->base.was_empty = PQntuples(result) == 0;
    PQclear(result);
    buffer_fini(&sql);
    return status;
}

static enum rowstream_status find_key(struct postgresql_table *table, struct error *error) {
    PGconn *connection = table->sink->connection;
    const char *const name = table->base.table.name;
    table->base.key = sink_single_key(&table->base.table);
    if (table->base.key == NULL)
        return ROWSTREAM_OK;
    PGresult *result = PQexecParams(connection,
                                    "SELECT conname FROM pg_catalog.pg_constraint WHERE conrelid = "
                                    "pg_catalog.quote_ident($1)::regclass AND contype = 'p'",
                                    1, NULL, &name, NULL, NULL, 0);
    enum rowstream_status status = ROWSTREAM_OK;
    if (PQntuples(result) != 1)
        status = postgresql_failure(connection, result, error);
    else if ((table->key_constraint = strdup(PQgetvalue(result, 0, 0))) == NULL)
        status = postgresql_no_memory(error);
    PQclear(result);
    return status;
}

static void table_close(struct sink_table *table) {
    struct postgresql_table *closed = table_of(table);
    postgresql_statement_fini(&closed->put, closed->sink->connection);
    postgresql_statement_fini(&closed->note, closed->sink->connection);
    postgresql_statement_fini(&closed->clear, closed->sink->connection);
    free(closed->key_constraint);
    table_fini(&table->table);
    free(closed);
}

static enum rowstream_status table_open(struct sink *sink, const char *name,
                                        struct sink_table **table, struct error *error) {
    struct postgresql_table *opened = calloc(1, sizeof *opened);
    *table = NULL;
    if (opened == NULL)
        return postgresql_no_memory(error);
    opened->sink = of(sink);
    enum rowstream_status status = flush(sink, error);
    if (status == ROWSTREAM_OK)
        status = postgresql_describe(opened->sink->connection, name, &opened->base.table, error);
    bool found = status == ROWSTREAM_OK && opened->base.table.column_count > 0;
    if (found)
        status = look_if_empty(opened, error);
    if (found && status == ROWSTREAM_OK)
        status = find_key(opened, error);
    if (found && status == ROWSTREAM_OK)
        *table = &opened->base;
    else
        table_close(&opened->base);
    return status;
}

/* ---- Its rows ---- */

/* Makes the temporary table of the document's keys, compared as the key itself is. */
static enum rowstream_status ready_note(struct postgresql_table *table, struct error *error) {
    PGconn *connection = table->sink->connection;
    struct buffer sql = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX);
    unsigned number = ++table->sink->seen_count;
    if (table->note.name[0] != '\0')
        return ROWSTREAM_OK;
    bool made = buffer_printf(&sql, "CREATE TEMP TABLE rowstream_seen_%u ON COMMIT DROP AS SELECT",
                              number) &&
                postgresql_append_name(connection, &sql, " ", table->base.key->name) &&
                postgresql_append_name(connection, &sql, " AS key FROM ", table->base.table.name) &&
                buffer_printf(&sql,
                              " WITH NO DATA; ALTER TABLE rowstream_seen_%u "
                              "ADD PRIMARY KEY (key)",
                              number);
    enum rowstream_status status =
        !made ? postgresql_no_memory(error) : postgresql_execute(connection, sql.bytes, error);
    buffer_clear(&sql);
    if (status == ROWSTREAM_OK)
        status = postgresql_pipeline_prepare(
            &table->sink->pipeline, &table->note,
            buffer_printf(&sql, "INSERT INTO pg_temp.rowstream_seen_%u VALUES ($1)", number), &sql,
            1, error);
    buffer_fini(&sql);
    return status;
}

static bool append_update(PGconn *connection, struct buffer *sql, const struct sink_table *table,
                          const struct column *const *columns, size_t count) {
    bool done = postgresql_append_name(connection, sql, " ON CONFLICT (", table->key->name) &&
                buffer_append_text(sql, ")");
    const char *between = " DO UPDATE SET ";
    for (size_t i = 0; done && i < count; i++) {
        if (columns[i] == table->key)
            continue;
        done = postgresql_append_name(connection, sql, between, columns[i]->name) &&
               postgresql_append_name(connection, sql, " = excluded.", columns[i]->name);
        between = ", ";
    }
    return done && (between[0] == ',' || buffer_append_text(sql, " DO NOTHING"));
}

static bool append_insert(PGconn *connection, struct buffer *sql, const struct sink_table *table,
                          const struct column *const *columns, size_t count, bool keyed) {
    bool done = postgresql_append_name(connection, sql, "INSERT INTO ", table->table.name);
    for (size_t i = 0; done && i < count; i++)
        done = postgresql_append_name(connection, sql, i == 0 ? " (" : ", ", columns[i]->name);
    /* A key that is always made up by the server is one that was given, all the same. */
    done = done && buffer_append_text(sql, count == 0 ? " DEFAULT VALUES"
                                           : keyed    ? ") OVERRIDING SYSTEM VALUE VALUES ("
                                                      : ") VALUES (");
    for (size_t i = 0; done && i < count; i++)
        done = buffer_printf(sql, "$%zu%s", i + 1, i + 1 < count ? ", " : ")");
    return done;
}

static enum rowstream_status ready(struct sink_table *table, const struct column *const *columns,
                                   size_t count, enum sink_conflict conflict, struct error *error) {
    struct postgresql_table *filled = table_of(table);
    struct postgresql_sink *sink = filled->sink;
    PGconn *connection = sink->connection;
    struct buffer sql = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX);
    enum rowstream_status status = flush(&sink->base, error);
    sink_table_aim(table, columns, count);
    bool keyed = table->key_cell < count;
    bool update = conflict == SINK_REPLACE && keyed && !table->was_empty;
    if (status == ROWSTREAM_OK && keyed && !names_has(&sink->keyed, table->table.name) &&
        !names_add(&sink->keyed, table->table.name))
        status = postgresql_no_memory(error);
    if (status == ROWSTREAM_OK && update)
        status = ready_note(filled, error);
    if (status != ROWSTREAM_OK)
        return status;
    bool made = append_insert(connection, &sql, table, columns, count, keyed);
    if (update)
        made = made && append_update(connection, &sql, table, columns, count);
    else if (conflict == SINK_SKIP)
        made = made && buffer_append_text(&sql, " ON CONFLICT DO NOTHING");
    if (!keyed && table->key != NULL)
        made = made && postgresql_append_name(connection, &sql, " RETURNING ", table->key->name);
    status = postgresql_pipeline_prepare(&sink->pipeline, &filled->put, made, &sql, count, error);
    buffer_fini(&sql);
    return status;
}

/* Two statements at the most: the key is noted, the row is put. */
static enum rowstream_status put(struct sink_table *table, const struct cell *cells,
                                 struct cell *key, struct error *error) {
    struct postgresql_table *filled = table_of(table);
    struct postgresql_pipeline *pipeline = &filled->sink->pipeline;
    struct sink *sink = &filled->sink->base;
    struct postgresql_run run = {.place = sink->place, .key = NULL};
    enum rowstream_status status = ROWSTREAM_OK;
    run.keyed = table->key_cell < table->column_count;
    if (!postgresql_pipeline_has_room(pipeline, 2))
        status = flush(sink, error);
    if (status == ROWSTREAM_OK && run.keyed && filled->note.name[0] != '\0')
        status = postgresql_pipeline_send(pipeline, &filled->note, &cells[table->key_cell], 1, &run,
                                          error);
    run.constraint = filled->key_constraint;
    run.key = key;
    if (status == ROWSTREAM_OK)
        status = postgresql_pipeline_send(pipeline, &filled->put, cells, table->column_count, &run,
                                          error);
    return status == ROWSTREAM_OK && key != NULL ? flush(sink, error) : status;
}

static enum rowstream_status ready_clear(struct postgresql_table *table,
                                         const struct column *column, struct error *error) {
    struct postgresql_sink *sink = table->sink;
    struct buffer sql = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX);
    enum rowstream_status status = flush(&sink->base, error);
    if (status != ROWSTREAM_OK)
        return status;
    bool made =
        postgresql_append_name(sink->connection, &sql, "DELETE FROM ", table->base.table.name) &&
        postgresql_append_name(sink->connection, &sql, " WHERE ", column->name) &&
        buffer_append_text(&sql, " = $1");
    status = postgresql_pipeline_prepare(&sink->pipeline, &table->clear, made, &sql, 1, error);
    table->clear_column = column;
    buffer_fini(&sql);
    return status;
}

static enum rowstream_status clear(struct sink_table *table, const struct column *column,
                                   const struct cell *value, struct error *error) {
    struct postgresql_table *cleared = table_of(table);
    struct sink *sink = &cleared->sink->base;
    struct postgresql_pipeline *pipeline = &cleared->sink->pipeline;
    const struct postgresql_run run = {.place = sink->place, .key = NULL};
    enum rowstream_status status = ROWSTREAM_OK;
    if (table->was_empty)
        return ROWSTREAM_OK;
    if (cleared->clear_column != column)
        status = ready_clear(cleared, column, error);
    else if (!postgresql_pipeline_has_room(pipeline, 1))
        status = flush(sink, error);
    return status == ROWSTREAM_OK
               ? postgresql_pipeline_send(pipeline, &cleared->clear, value, 1, &run, error)
               : status;
}

/* ---- Deleting ---- */

/* "a", "b": the columns of the key, or where there is none, the place of the row. */
static bool append_key(PGconn *connection, struct buffer *sql, const struct table *table) {
    bool done = true, any = false;
    for (size_t i = 0; done && i < table->column_count; i++) {
        if (!table->columns[i].key)
            continue;
        done = postgresql_append_name(connection, sql, any ? ", " : "", table->columns[i].name);
        any = true;
    }
    return done && (any || buffer_append_text(sql, "ctid"));
}

static bool append_delete(PGconn *connection, struct buffer *sql, const struct table *table,
                          uint64_t most) {
    return postgresql_append_name(connection, sql, "DELETE FROM ", table->name) &&
           buffer_append_text(sql, " WHERE (") && append_key(connection, sql, table) &&
           buffer_append_text(sql, ") IN (SELECT ") && append_key(connection, sql, table) &&
           postgresql_append_name(connection, sql, " FROM ", table->name) &&
           buffer_append_text(sql, " ORDER BY ") && append_key(connection, sql, table) &&
           buffer_printf(sql, " LIMIT %llu)", (unsigned long long)most);
}

static enum rowstream_status delete_chunk(struct sink *sink, const char *name, uint64_t most,
                                          uint64_t *deleted, struct error *error) {
    PGconn *connection = of(sink)->connection;
    struct buffer sql = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX);
    struct table table;
    PGresult *result = NULL;
    *deleted = 0;
    enum rowstream_status status = postgresql_describe(connection, name, &table, error);
    if (status == ROWSTREAM_OK && table.column_count == 0) {
        error_set(error, "no such table");
        status = ROWSTREAM_SOURCE;
    } else if (status == ROWSTREAM_OK && !append_delete(connection, &sql, &table, most)) {
        status = postgresql_no_memory(error);
    }
    if (status == ROWSTREAM_OK) {
        result = PQexec(connection, sql.bytes);
        if (PQresultStatus(result) == PGRES_COMMAND_OK)
            *deleted = strtoull(PQcmdTuples(result), NULL, 10);
        else
            status = postgresql_row_failure(connection, result, error);
    }
    PQclear(result);
    buffer_fini(&sql);
    table_fini(&table);
    return status;
}

const struct sink_driver sink_postgresql = {
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
