/* SQLite: prepared statements in one transaction.
 *
 * A page cache of 64 KiB holds the way down a few B-trees; what is dirty and does not fit goes to
 * the file, from where the journal takes it back if need be. References are counted by SQLite while
 * the rows come (deferred), and only if some are left over at the commit is it asked which.
 *
 * Keys that come twice in a document have to be told from those that the table had before. For a
 * table that was empty its own key does that. Else the keys of the document are noted in a
 * temporary table, which is a file as well. */
#include "rowstream/database/sqlite/client.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/database/sink.h"

#define CACHE_KIB "64"
#define SEEN_CACHE_KIB "64"

struct sqlite_sink {
    struct sink base;
    sqlite3 *database;
    unsigned seen_count; /* temporary tables of keys made so far */
};

struct sqlite_table {
    struct sink_table base;
    struct sqlite_sink *sink;
    unsigned seen; /* the number of its temporary table; 0: none */
    sqlite3_stmt *put, *note, *clear;
    const struct column *clear_column; /* of the statement */
};

static struct sqlite_sink *of(struct sink *sink) {
    return (struct sqlite_sink *)sink;
}

static struct sqlite_table *table_of(struct sink_table *table) {
    return (struct sqlite_table *)table;
}

/* Says why the last call on the database failed: a row that it does not take is the input's fault.
 */
static enum rowstream_status failure(sqlite3 *database, struct error *error) {
    enum rowstream_status status = client_sqlite_failure(database, error);
    int code = database == NULL ? SQLITE_NOMEM : sqlite3_errcode(database) & 0xFF;
    return code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH ? ROWSTREAM_INPUT : status;
}

/* Runs a statement that gives no rows, and readies it for the next time. */
static enum rowstream_status run(sqlite3 *database, sqlite3_stmt *statement, struct error *error) {
    enum rowstream_status status = ROWSTREAM_OK;
    if (sqlite3_step(statement) != SQLITE_DONE)
        status = failure(database, error);
    sqlite3_reset(statement);
    return status;
}

/* SQLite would make a NULL of it. */
static enum rowstream_status refuse_nan(const struct cell *cells, size_t count,
                                        struct error *error) {
    for (size_t i = 0; i < count; i++) {
        if (cells[i].kind == CELL_REAL && isnan(cells[i].real)) {
            error_set(error, "the number nan, which SQLite cannot hold");
            return ROWSTREAM_INPUT;
        }
    }
    return ROWSTREAM_OK;
}

static void sqlite_close(struct sink *sink) {
    sqlite3_close(of(sink)->database); /* rolls back */
    free(sink);
}

static enum rowstream_status sqlite_open(struct sink **sink, const char *url, struct error *error) {
    const char *location = strchr(url, ':') + 1;
    if (*location == '\0') {
        error_set(error, "a path is missing: sqlite:PATH");
        return ROWSTREAM_USAGE;
    }
    struct sqlite_sink *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return client_sqlite_no_memory(error);
    opened->base.driver = &sink_sqlite;
    enum rowstream_status status;
    if (sqlite3_open_v2(location, &opened->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        status = failure(opened->database, error);
        goto out;
    }
    sqlite3_busy_timeout(opened->database, 5000);
    sqlite3_db_config(opened->database, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0);
    /* Setting the cache's size reads the schema, which finds out that a file is no database. */
    status = client_sqlite_execute(
        opened->database,
        "PRAGMA cache_size = -" CACHE_KIB "; PRAGMA mmap_size = 0;"
        "PRAGMA temp_store = FILE; PRAGMA temp.cache_size = -" SEEN_CACHE_KIB ";"
        "PRAGMA foreign_keys = ON; SELECT 1 FROM sqlite_schema LIMIT 1",
        error);
    sqlite3_db_release_memory(opened->database);
out:
    if (status == ROWSTREAM_OK)
        *sink = &opened->base;
    else
        sqlite_close(&opened->base);
    return status;
}

static enum rowstream_status sqlite_begin(struct sink *sink, struct error *error) {
    return client_sqlite_execute(of(sink)->database,
                                 "BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON", error);
}

/* Names the first row whose reference leads nowhere. */
static enum rowstream_status find_reference(sqlite3 *database, struct error *error) {
    sqlite3_stmt *statement = NULL;
    enum rowstream_status status = ROWSTREAM_INPUT;
    if (sqlite3_prepare_v2(database,
                           "SELECT c.\"table\", c.rowid, c.parent, f.\"from\" "
                           "FROM pragma_foreign_key_check c, "
                           "pragma_foreign_key_list(c.\"table\") f WHERE f.id = c.fkid LIMIT 1",
                           -1, &statement, NULL) != SQLITE_OK)
        return failure(database, error);
    if (sqlite3_step(statement) == SQLITE_ROW)
        error_set(error,
                  "table \"%s\", row %lld: \"%s\" refers to a row of \"%s\" that is not "
                  "there",
                  (const char *)sqlite3_column_text(statement, 0),
                  (long long)sqlite3_column_int64(statement, 1),
                  (const char *)sqlite3_column_text(statement, 3),
                  (const char *)sqlite3_column_text(statement, 2));
    else
        error_set(error, "a reference leads to a row that is not there");
    sqlite3_finalize(statement);
    return status;
}

static enum rowstream_status sqlite_commit(struct sink *sink, struct error *error) {
    sqlite3 *database = of(sink)->database;
    if (sqlite3_exec(database, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
        return ROWSTREAM_OK;
    if (sqlite3_extended_errcode(database) == SQLITE_CONSTRAINT_FOREIGNKEY)
        return find_reference(database, error);
    return failure(database, error);
}

static enum rowstream_status list_tables(struct sink *sink, struct names *names,
                                         struct error *error) {
    return client_sqlite_tables(of(sink)->database, names, error);
}

static enum rowstream_status look_if_empty(struct sqlite_table *table, struct error *error) {
    sqlite3 *database = table->sink->database;
    sqlite3_stmt *statement = NULL;
    sqlite3_str *sql = sqlite3_str_new(database);
    sqlite3_str_appendf(sql, "SELECT 1 FROM main.\"%w\" LIMIT 1", table->base.table.name);
    enum rowstream_status status = client_sqlite_use(database, sql, &statement, error);
    int step = status == ROWSTREAM_OK ? sqlite3_step(statement) : SQLITE_DONE;
    table->base.was_empty = step == SQLITE_DONE;
    if (step != SQLITE_DONE && step != SQLITE_ROW)
        status = failure(database, error);
    sqlite3_finalize(statement);
    return status;
}

static void sqlite_table_close(struct sink_table *table) {
    struct sqlite_table *closed = table_of(table);
    sqlite3_finalize(closed->put);
    sqlite3_finalize(closed->note);
    sqlite3_finalize(closed->clear);
    table_fini(&table->table);
    free(closed);
}

static enum rowstream_status sqlite_table_open(struct sink *sink, const char *name,
                                               struct sink_table **table, struct error *error) {
    struct sqlite_table *opened = calloc(1, sizeof *opened);
    *table = NULL;
    if (opened == NULL)
        return client_sqlite_no_memory(error);
    opened->sink = of(sink);
    enum rowstream_status status =
        client_sqlite_describe(opened->sink->database, name, false, &opened->base.table, error);
    bool found = status == ROWSTREAM_OK && opened->base.table.column_count > 0;
    if (found)
        status = look_if_empty(opened, error);
    opened->base.key = sink_single_key(&opened->base.table);
    if (found && status == ROWSTREAM_OK)
        *table = &opened->base;
    else
        sqlite_table_close(&opened->base);
    return status;
}

/* Makes the temporary table of the document's keys, compared as the key itself is. */
static enum rowstream_status ready_note(struct sqlite_table *table, struct error *error) {
    sqlite3 *database = table->sink->database;
    const char *declared = table->base.key->declared;
    if (table->note != NULL)
        return ROWSTREAM_OK;
    table->seen = ++table->sink->seen_count;
    sqlite3_stmt *make = NULL;
    sqlite3_str *sql = sqlite3_str_new(database);
    sqlite3_str_appendf(sql,
                        "CREATE TEMP TABLE rowstream_seen_%u (key %s PRIMARY KEY) "
                        "WITHOUT ROWID",
                        table->seen, declared != NULL ? declared : "");
    enum rowstream_status status = client_sqlite_use(database, sql, &make, error);
    if (status == ROWSTREAM_OK)
        status = run(database, make, error);
    sqlite3_finalize(make);
    if (status != ROWSTREAM_OK)
        return status;
    sql = sqlite3_str_new(database);
    sqlite3_str_appendf(sql, "INSERT INTO temp.rowstream_seen_%u VALUES (?)", table->seen);
    return client_sqlite_use(database, sql, &table->note, error);
}

static void append_update(sqlite3_str *sql, const struct sink_table *table,
                          const struct column *const *columns, size_t count) {
    const char *between = " DO UPDATE SET ";
    sqlite3_str_appendf(sql, " ON CONFLICT (\"%w\")", table->key->name);
    for (size_t i = 0; i < count; i++) {
        if (columns[i] == table->key)
            continue;
        sqlite3_str_appendf(sql, "%s\"%w\" = excluded.\"%w\"", between, columns[i]->name,
                            columns[i]->name);
        between = ", ";
    }
    if (between[1] == 'D')
        sqlite3_str_appendall(sql, " DO NOTHING");
}

static enum rowstream_status sqlite_ready(struct sink_table *table,
                                          const struct column *const *columns, size_t count,
                                          enum sink_conflict conflict, struct error *error) {
    struct sqlite_table *filled = table_of(table);
    sqlite3 *database = filled->sink->database;
    sqlite3_finalize(filled->put);
    filled->put = NULL;
    sink_table_aim(table, columns, count);
    bool update = conflict == SINK_REPLACE && table->key_cell < count && !table->was_empty;
    enum rowstream_status status = update ? ready_note(filled, error) : ROWSTREAM_OK;
    if (status != ROWSTREAM_OK)
        return status;
    sqlite3_str *sql = sqlite3_str_new(database);
    sqlite3_str_appendf(sql, "INSERT INTO main.\"%w\"", table->table.name);
    for (size_t i = 0; i < count; i++)
        sqlite3_str_appendf(sql, "%s\"%w\"", i == 0 ? " (" : ", ", columns[i]->name);
    sqlite3_str_appendall(sql, count == 0 ? " DEFAULT VALUES" : ") VALUES (");
    for (size_t i = 0; i < count; i++)
        sqlite3_str_appendall(sql, i + 1 < count ? "?, " : "?)");
    if (update)
        append_update(sql, table, columns, count);
    else if (conflict == SINK_SKIP)
        sqlite3_str_appendall(sql, " ON CONFLICT DO NOTHING");
    return client_sqlite_use(database, sql, &filled->put, error);
}

/* Whether the statement failed because the primary key was there. */
static bool is_key_conflict(sqlite3 *database) {
    int code = sqlite3_extended_errcode(database);
    return code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID;
}

static enum rowstream_status run_keyed(sqlite3 *database, sqlite3_stmt *statement,
                                       struct error *error) {
    if (sqlite3_step(statement) != SQLITE_DONE) {
        if (!is_key_conflict(database))
            return failure(database, error);
        error_set(error, "the key was there in a record before");
        return ROWSTREAM_INPUT;
    }
    sqlite3_reset(statement);
    return ROWSTREAM_OK;
}

static enum rowstream_status sqlite_put(struct sink_table *table, const struct cell *cells,
                                        struct cell *key, struct error *error) {
    struct sqlite_table *filled = table_of(table);
    sqlite3 *database = filled->sink->database;
    bool keyed = table->key_cell < table->column_count;
    enum rowstream_status status = refuse_nan(cells, table->column_count, error);
    if (status != ROWSTREAM_OK)
        return status;
    for (size_t i = 0; i < table->column_count; i++)
        if (client_sqlite_bind(filled->put, (int)i + 1, &cells[i]) != SQLITE_OK)
            return failure(database, error);
    if (keyed && filled->note != NULL) {
        if (client_sqlite_bind(filled->note, 1, &cells[table->key_cell]) != SQLITE_OK)
            return failure(database, error);
        status = run_keyed(database, filled->note, error);
    }
    if (status == ROWSTREAM_OK)
        status =
            keyed ? run_keyed(database, filled->put, error) : run(database, filled->put, error);
    if (key != NULL)
        *key = (struct cell){.kind = CELL_INTEGER, .integer = sqlite3_last_insert_rowid(database)};
    return status;
}

static enum rowstream_status sqlite_clear(struct sink_table *table, const struct column *column,
                                          const struct cell *value, struct error *error) {
    struct sqlite_table *cleared = table_of(table);
    sqlite3 *database = cleared->sink->database;
    enum rowstream_status status = ROWSTREAM_OK;
    if (table->was_empty)
        return ROWSTREAM_OK;
    if (cleared->clear_column != column) {
        sqlite3_finalize(cleared->clear);
        cleared->clear = NULL;
        cleared->clear_column = column;
        sqlite3_str *sql = sqlite3_str_new(database);
        sqlite3_str_appendf(sql, "DELETE FROM main.\"%w\" WHERE \"%w\" = ?", table->table.name,
                            column->name);
        status = client_sqlite_use(database, sql, &cleared->clear, error);
    }
    if (status == ROWSTREAM_OK && client_sqlite_bind(cleared->clear, 1, value) != SQLITE_OK)
        status = failure(database, error);
    return status == ROWSTREAM_OK ? run(database, cleared->clear, error) : status;
}

/* The columns that tell the rows of a table apart, in the order of the table: its rowid, or where
 * it has none, its key. */
static enum rowstream_status append_key(sqlite3_str *sql, sqlite3 *database,
                                        const struct table *table, struct error *error) {
    int without_rowid = 0;
    sqlite3_stmt *statement = NULL;
    enum rowstream_status status = ROWSTREAM_OK;
    if (sqlite3_prepare_v2(database,
                           "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND "
                           "name = ?1",
                           -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_bind_text(statement, 1, table->name, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        status = failure(database, error);
    else
        without_rowid = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    const char *between = "";
    for (size_t i = 0; without_rowid && i < table->column_count; i++) {
        if (!table->columns[i].key)
            continue;
        sqlite3_str_appendf(sql, "%s\"%w\"", between, table->columns[i].name);
        between = ", ";
    }
    if (!without_rowid)
        sqlite3_str_appendall(sql, "rowid");
    return status;
}

static enum rowstream_status sqlite_delete_chunk(struct sink *sink, const char *name, uint64_t most,
                                                 uint64_t *deleted, struct error *error) {
    sqlite3 *database = of(sink)->database;
    struct table table = {.name = NULL};
    sqlite3_stmt *statement = NULL;
    *deleted = 0;
    enum rowstream_status status = client_sqlite_describe(database, name, false, &table, error);
    if (status != ROWSTREAM_OK || table.name == NULL) {
        if (status == ROWSTREAM_OK) {
            error_set(error, "no such table");
            status = ROWSTREAM_SOURCE;
        }
        goto out;
    }
    sqlite3_str *keys = sqlite3_str_new(database);
    status = append_key(keys, database, &table, error);
    char *key = sqlite3_str_finish(keys);
    sqlite3_str *sql = sqlite3_str_new(database);
    sqlite3_str_appendf(sql,
                        "DELETE FROM main.\"%w\" WHERE (%s) IN (SELECT %s FROM main.\"%w\" "
                        "ORDER BY %s LIMIT %llu)",
                        table.name, key, key, table.name, key, (unsigned long long)most);
    if (key == NULL && status == ROWSTREAM_OK)
        status = client_sqlite_no_memory(error);
    if (status == ROWSTREAM_OK)
        status = client_sqlite_use(database, sql, &statement, error);
    else
        sqlite3_free(sqlite3_str_finish(sql));
    sqlite3_free(key);
    if (status == ROWSTREAM_OK)
        status = run(database, statement, error);
    if (status == ROWSTREAM_OK)
        *deleted = (uint64_t)sqlite3_changes64(database);
out:
    sqlite3_finalize(statement);
    table_fini(&table);
    return status;
}

const struct sink_driver sink_sqlite = {
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .tables = list_tables,
    .table_open = sqlite_table_open,
    .table_close = sqlite_table_close,
    .ready = sqlite_ready,
    .put = sqlite_put,
    .clear = sqlite_clear,
    .delete_chunk = sqlite_delete_chunk,
};
