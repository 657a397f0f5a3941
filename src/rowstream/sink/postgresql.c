/* PostgreSQL: prepared statements in one transaction, a row a trip.
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
#include "rowstream/client/postgresql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/sink/sink.h"

enum { NUMBER_BYTES = 32, STATEMENT_BYTES = 32 };

struct postgresql_sink {
    struct sink base;
    PGconn *connection;
    unsigned made;      /* names given to statements and temporary tables so far */
    struct names keyed; /* tables that were given keys */
};

/* A prepared statement with room for its parameters. */
struct statement {
    char name[STATEMENT_BYTES]; /* empty: none */
    const char **values;
    int *lengths, *formats;
    char (*numbers)[NUMBER_BYTES];
};

struct postgresql_table {
    struct sink_table base;
    struct postgresql_sink *sink;
    bool was_empty;
    char *key_constraint; /* its name; NULL without a key */
    struct statement put, note, clear;
    const struct column *clear_column;
    size_t column_count; /* of `put` */
    size_t key_cell;     /* of `put`; column_count when no key is given */
};

static struct postgresql_sink *of(struct sink *sink) {
    return (struct postgresql_sink *)sink;
}

static struct postgresql_table *table_of(struct sink_table *table) {
    return (struct postgresql_table *)table;
}

/* ---- Errors ---- */

static bool has_state(const PGresult *result, const char *state) {
    const char *found = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return found != NULL && strncmp(found, state, strlen(state)) == 0;
}

/* Class 22 is a value that is none of the type, 23 a row against a constraint. What a key or a
 * reference was, the server tells in its detail. */
static enum rowstream_status failure(PGconn *connection, const PGresult *result,
                                     struct error *error) {
    struct error reason = {.set = false};
    enum rowstream_status status = postgresql_failure(connection, result, &reason);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    bool telling = has_state(result, "23505") || has_state(result, "23503");
    int length = telling && detail != NULL ? (int)strcspn(detail, "\n") : 0;
    error_set(error, "%s%s%.*s", reason.text, length > 0 ? ": " : "", length > 200 ? 200 : length,
              length > 0 ? detail : "");
    return has_state(result, "22") || has_state(result, "23") ? ROWSTREAM_INPUT : status;
}

/* ---- Statements ---- */

static void statement_fini(struct statement *statement, PGconn *connection) {
    char sql[STATEMENT_BYTES + 16];
    if (statement->name[0] != '\0') {
        snprintf(sql, sizeof sql, "DEALLOCATE %s", statement->name);
        PQclear(PQexec(connection, sql));
    }
    free(statement->values);
    free(statement->lengths);
    free(statement->formats);
    free(statement->numbers);
    *statement = (struct statement){.values = NULL};
}

/* `made` says whether memory sufficed for the SQL. */
static enum rowstream_status prepare(struct postgresql_sink *sink, struct statement *statement,
                                     bool made, const struct buffer *sql, size_t count,
                                     struct error *error) {
    char name[STATEMENT_BYTES];
    statement_fini(statement, sink->connection);
    statement->values = calloc(count + 1, sizeof(const char *));
    statement->lengths = calloc(count + 1, sizeof *statement->lengths);
    statement->formats = calloc(count + 1, sizeof *statement->formats);
    statement->numbers = calloc(count + 1, sizeof *statement->numbers);
    if (!made || statement->values == NULL || statement->lengths == NULL ||
        statement->formats == NULL || statement->numbers == NULL)
        return postgresql_no_memory(error);
    snprintf(name, sizeof name, "rowstream_%u", ++sink->made);
    enum rowstream_status status = postgresql_expect(
        sink->connection, PQprepare(sink->connection, name, sql->bytes, (int)count, NULL),
        PGRES_COMMAND_OK, error);
    if (status == ROWSTREAM_OK)
        strcpy(statement->name, name);
    return status;
}

/* Values go as text, which the server reads as the column's type, and blobs as they are. */
static enum rowstream_status bind_cell(struct statement *statement, size_t i,
                                       const struct cell *cell, struct error *error) {
    char *number = statement->numbers[i];
    statement->formats[i] = 0;
    statement->values[i] = number;
    switch (cell->kind) {
    case CELL_NULL:
        statement->values[i] = NULL;
        break;
    case CELL_INTEGER:
        snprintf(number, NUMBER_BYTES, "%lld", (long long)cell->integer);
        break;
    case CELL_REAL:
        snprintf(number, NUMBER_BYTES, "%.17g", cell->real);
        break;
    case CELL_TEXT:
        statement->values[i] = cell->bytes;
        if (memchr(cell->bytes, '\0', cell->length) != NULL) {
            error_set(error, "a text with a NUL, which PostgreSQL cannot hold");
            return ROWSTREAM_INPUT;
        }
        break;
    case CELL_BLOB:
        statement->formats[i] = 1;
        statement->values[i] = cell->length > 0 ? cell->bytes : "";
        statement->lengths[i] = (int)cell->length;
        break;
    }
    return ROWSTREAM_OK;
}

/* Runs it with these cells; the result is the caller's to clear, also of a failure. */
static enum rowstream_status run(PGconn *connection, struct statement *statement,
                                 const struct cell *cells, size_t count, PGresult **result,
                                 struct error *error) {
    enum rowstream_status status = ROWSTREAM_OK;
    *result = NULL;
    for (size_t i = 0; status == ROWSTREAM_OK && i < count; i++)
        status = bind_cell(statement, i, &cells[i], error);
    if (status != ROWSTREAM_OK)
        return status;
    *result = PQexecPrepared(connection, statement->name, (int)count, statement->values,
                             statement->lengths, statement->formats, 0);
    ExecStatusType ended = PQresultStatus(*result);
    if (ended == PGRES_COMMAND_OK || ended == PGRES_TUPLES_OK)
        return ROWSTREAM_OK;
    return failure(connection, *result, error);
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
    if (status == ROWSTREAM_OK)
        *sink = &opened->base;
    else
        close_sink(&opened->base);
    return status;
}

static enum rowstream_status begin(struct sink *sink, struct error *error) {
    return postgresql_execute(of(sink)->connection, "BEGIN; SET CONSTRAINTS ALL DEFERRED", error);
}

/* Asks which row it is whose reference leads nowhere; of a reference of several columns the
 * server's own words have to do. */
static enum rowstream_status find_reference(PGconn *connection, const PGresult *failed,
                                            struct error *error) {
    static const char question[] =
        "SELECT r.relname, a.attname, f.relname, pg_catalog.format("
        "'SELECT %s FROM %s c WHERE c.%I IS NOT NULL AND NOT EXISTS "
        "(SELECT FROM %s p WHERE p.%I = c.%I) LIMIT 1', "
        "COALESCE((SELECT pg_catalog.format('c.%I::text', ka.attname) "
        "FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute ka "
        "ON ka.attrelid = k.conrelid AND ka.attnum = k.conkey[1] "
        "WHERE k.conrelid = r.oid AND k.contype = 'p'), 'c.ctid::text'), "
        "r.oid::regclass, a.attname, f.oid::regclass, b.attname, a.attname) "
        "FROM pg_catalog.pg_constraint con "
        "JOIN pg_catalog.pg_class r ON r.oid = con.conrelid "
        "JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace "
        "JOIN pg_catalog.pg_class f ON f.oid = con.confrelid "
        "JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = con.conkey[1] "
        "JOIN pg_catalog.pg_attribute b ON b.attrelid = f.oid AND b.attnum = con.confkey[1] "
        "WHERE con.contype = 'f' AND pg_catalog.cardinality(con.conkey) = 1 "
        "AND n.nspname = $1 AND r.relname = $2 AND con.conname = $3";
    const char *const values[] = {PQresultErrorField(failed, PG_DIAG_SCHEMA_NAME),
                                  PQresultErrorField(failed, PG_DIAG_TABLE_NAME),
                                  PQresultErrorField(failed, PG_DIAG_CONSTRAINT_NAME)};
    PGresult *where = PQexecParams(connection, question, 3, NULL, values, NULL, NULL, 0);
    PGresult *row = PQntuples(where) == 1 ? PQexec(connection, PQgetvalue(where, 0, 3)) : NULL;
    bool found = PQntuples(row) == 1;
    if (found)
        error_set(error, "table \"%s\", row %s: \"%s\" refers to a row of \"%s\" that is not there",
                  PQgetvalue(where, 0, 0), PQgetvalue(row, 0, 0), PQgetvalue(where, 0, 1),
                  PQgetvalue(where, 0, 2));
    PQclear(row);
    PQclear(where);
    return found ? ROWSTREAM_INPUT : failure(connection, failed, error);
}

static enum rowstream_status check_references(PGconn *connection, struct error *error) {
    enum rowstream_status status = postgresql_execute(connection, "SAVEPOINT rowstream", error);
    if (status != ROWSTREAM_OK)
        return status;
    PGresult *checked = PQexec(connection, "SET CONSTRAINTS ALL IMMEDIATE");
    if (PQresultStatus(checked) != PGRES_COMMAND_OK) {
        bool asked = has_state(checked, "23503");
        if (asked)
            status = postgresql_execute(connection, "ROLLBACK TO rowstream", error);
        if (status == ROWSTREAM_OK)
            status = asked ? find_reference(connection, checked, error)
                           : failure(connection, checked, error);
    }
    PQclear(checked);
    return status;
}

/* The next key that the sequence of a table's key makes up comes after those that were given. */
static enum rowstream_status move_sequence(PGconn *connection, const char *table,
                                           struct error *error) {
    struct table described;
    struct buffer sql = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX);
    const struct column *key = NULL;
    enum rowstream_status status = postgresql_describe(connection, table, &described, error);
    if (status != ROWSTREAM_OK)
        return status;
    for (size_t i = 0; i < described.column_count; i++)
        if (described.columns[i].key)
            key = &described.columns[i];
    if (key == NULL || key->type.kind != COLUMN_INTEGER)
        goto out;
    const char *const names[] = {table, key->name};
    bool made = postgresql_append_name(connection, &sql,
                                       "SELECT pg_catalog.setval(s.name, m.most) "
                                       "FROM (SELECT max(",
                                       key->name) &&
                postgresql_append_name(connection, &sql, ") AS most FROM ", table) &&
                buffer_append_text(&sql, ") m, (SELECT pg_catalog.pg_get_serial_sequence("
                                         "pg_catalog.quote_ident($1), $2) AS name) s "
                                         "WHERE s.name IS NOT NULL AND m.most > "
                                         "COALESCE(pg_catalog.pg_sequence_last_value(s.name), 0)");
    status =
        !made
            ? postgresql_no_memory(error)
            : postgresql_expect(connection,
                                PQexecParams(connection, sql.bytes, 2, NULL, names, NULL, NULL, 0),
                                PGRES_TUPLES_OK, error);
out:
    buffer_fini(&sql);
    table_fini(&described);
    return status;
}

static enum rowstream_status end_transaction(PGconn *connection, struct error *error) {
    PGresult *ended = PQexec(connection, "COMMIT");
    enum rowstream_status status = ROWSTREAM_OK;
    if (PQresultStatus(ended) != PGRES_COMMAND_OK) {
        status = failure(connection, ended, error);
        if (PQresultErrorField(ended, PG_DIAG_SQLSTATE) == NULL)
            error_prefix(error, SINK_IN_DOUBT);
    }
    PQclear(ended);
    return status;
}

static enum rowstream_status commit(struct sink *sink, struct error *error) {
    PGconn *connection = of(sink)->connection;
    struct names *keyed = &of(sink)->keyed;
    enum rowstream_status status = check_references(connection, error);
    for (size_t i = 0; status == ROWSTREAM_OK && i < keyed->count; i++)
        status = move_sequence(connection, keyed->list[i], error);
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
        status = failure(connection, result, error);
    table->was_empty = PQntuples(result) == 0;
    PQclear(result);
    buffer_fini(&sql);
    return status;
}

static enum rowstream_status find_key(struct postgresql_table *table, struct error *error) {
    PGconn *connection = table->sink->connection;
    const char *const name = table->base.table.name;
    size_t keys = 0;
    for (size_t i = 0; i < table->base.table.column_count; i++)
        if (table->base.table.columns[i].key) {
            table->base.key = &table->base.table.columns[i];
            keys++;
        }
    if (keys != 1) {
        table->base.key = NULL;
        return ROWSTREAM_OK;
    }
    PGresult *result = PQexecParams(connection,
                                    "SELECT conname FROM pg_catalog.pg_constraint WHERE conrelid = "
                                    "pg_catalog.quote_ident($1)::regclass AND contype = 'p'",
                                    1, NULL, &name, NULL, NULL, 0);
    enum rowstream_status status = ROWSTREAM_OK;
    if (PQntuples(result) != 1)
        status = failure(connection, result, error);
    else if ((table->key_constraint = strdup(PQgetvalue(result, 0, 0))) == NULL)
        status = postgresql_no_memory(error);
    PQclear(result);
    return status;
}

static void table_close(struct sink_table *table) {
    struct postgresql_table *closed = table_of(table);
    statement_fini(&closed->put, closed->sink->connection);
    statement_fini(&closed->note, closed->sink->connection);
    statement_fini(&closed->clear, closed->sink->connection);
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
    enum rowstream_status status =
        postgresql_describe(opened->sink->connection, name, &opened->base.table, error);
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
    unsigned number = ++table->sink->made;
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
        status = prepare(
            table->sink, &table->note,
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
    PGconn *connection = filled->sink->connection;
    struct buffer sql = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX);
    enum rowstream_status status = ROWSTREAM_OK;
    filled->column_count = filled->key_cell = count;
    for (size_t i = 0; i < count; i++)
        if (columns[i] == table->key)
            filled->key_cell = i;
    bool keyed = filled->key_cell < count;
    bool update = conflict == SINK_REPLACE && keyed && !filled->was_empty;
    if (keyed && !names_has(&filled->sink->keyed, table->table.name) &&
        !names_add(&filled->sink->keyed, table->table.name))
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
    status = prepare(filled->sink, &filled->put, made, &sql, count, error);
    buffer_fini(&sql);
    return status;
}

/* Of a key that was put before: `constraint` is its, or NULL for any. */
static enum rowstream_status key_failure(const PGresult *result, const char *constraint,
                                         enum rowstream_status status, struct error *error) {
    const char *found = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    if (!has_state(result, "23505") ||
        (constraint != NULL && (found == NULL || strcmp(found, constraint) != 0)))
        return status;
    if (error != NULL)
        error->set = false;
    error_set(error, "the key was there in a record before");
    return ROWSTREAM_INPUT;
}

static enum rowstream_status put(struct sink_table *table, const struct cell *cells,
                                 struct cell *key, struct error *error) {
    struct postgresql_table *filled = table_of(table);
    PGconn *connection = filled->sink->connection;
    bool keyed = filled->key_cell < filled->column_count;
    PGresult *result = NULL;
    enum rowstream_status status = ROWSTREAM_OK;
    if (keyed && filled->note.name[0] != '\0') {
        status = run(connection, &filled->note, &cells[filled->key_cell], 1, &result, error);
        if (status != ROWSTREAM_OK)
            status = key_failure(result, NULL, status, error);
        PQclear(result);
    }
    if (status != ROWSTREAM_OK)
        return status;
    status = run(connection, &filled->put, cells, filled->column_count, &result, error);
    if (status != ROWSTREAM_OK && keyed)
        status = key_failure(result, filled->key_constraint, status, error);
    if (status == ROWSTREAM_OK && key != NULL && PQntuples(result) == 1)
        *key = (struct cell){.kind = CELL_INTEGER,
                             .integer = strtoll(PQgetvalue(result, 0, 0), NULL, 10)};
    PQclear(result);
    return status;
}

static enum rowstream_status clear(struct sink_table *table, const struct column *column,
                                   const struct cell *value, struct error *error) {
    struct postgresql_table *cleared = table_of(table);
    PGconn *connection = cleared->sink->connection;
    enum rowstream_status status = ROWSTREAM_OK;
    PGresult *result = NULL;
    if (cleared->was_empty)
        return ROWSTREAM_OK;
    if (cleared->clear_column != column) {
        struct buffer sql = BUFFER_INIT(POSTGRESQL_SQL_BYTES_MAX);
        bool made = postgresql_append_name(connection, &sql, "DELETE FROM ", table->table.name) &&
                    postgresql_append_name(connection, &sql, " WHERE ", column->name) &&
                    buffer_append_text(&sql, " = $1");
        status = prepare(cleared->sink, &cleared->clear, made, &sql, 1, error);
        cleared->clear_column = column;
        buffer_fini(&sql);
    }
    if (status == ROWSTREAM_OK)
        status = run(connection, &cleared->clear, value, 1, &result, error);
    PQclear(result);
    return status;
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
            status = failure(connection, result, error);
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
    .clear = clear,
    .delete_chunk = delete_chunk,
};
