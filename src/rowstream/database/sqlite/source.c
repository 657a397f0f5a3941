/* SQLite: a prepared statement, stepped a row at a time.
 *
 * Sized for a scan. Every page of the table is needed once, so a large page cache would only hold
 * pages that nobody asks for again: a few dozen KiB do, for the way down the B-tree and the pages
 * of one long row. The lookaside memory (about 48 KiB a connection) is for programs that prepare
 * many statements. Both are set per connection: other users of SQLite in the process keep theirs.
 */
#include "rowstream/database/sqlite/client.h"

#include <stdlib.h>
#include <string.h>

#define CACHE_KIB "32"

struct sqlite_source {
    struct source base;
    sqlite3 *database;
    sqlite3_stmt *insert; /* while a table is filled */
    size_t insert_count;
};

struct sqlite_cursor {
    struct cursor base;
    sqlite3_stmt *statement;
    sqlite3 *database;
    struct cell *cells;
};

static struct sqlite_source *of(struct source *source) {
    return (struct sqlite_source *)source;
}

static enum rowstream_status prepare(sqlite3 *database, const char *sql, sqlite3_stmt **statement,
                                     const char **rest, struct error *error) {
    if (sqlite3_prepare_v2(database, sql, -1, statement, rest) == SQLITE_OK)
        return ROWSTREAM_OK;
    return client_sqlite_failure(database, error);
}

static void sqlite_close(struct source *source) {
    sqlite3_finalize(of(source)->insert);
    sqlite3_close(of(source)->database);
    free(source);
}

/* Setting the cache's size reads the schema, with a cache of SQLite's own size (and of 20 pages at
 * once, without sqlite_setup). So its memory is given back before the scan begins. */
static enum rowstream_status size_for_scan(sqlite3 *database, struct error *error) {
    sqlite3_db_config(database, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0);
    enum rowstream_status status =
        client_sqlite_execute(database,
                              "PRAGMA cache_size = -" CACHE_KIB "; PRAGMA mmap_size = 0;"
                              "PRAGMA temp_store = FILE",
                              error);
    sqlite3_db_release_memory(database);
    return status;
}

/* Opens it and reads the schema, which is what finds out that a file is no database. */
static enum rowstream_status open_file(const char *location, enum source_access access,
                                       sqlite3 **database, struct error *error) {
    int flags =
        access == SOURCE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(location, database, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return client_sqlite_failure(*database, error);
    sqlite3_busy_timeout(*database, 5000);
    enum rowstream_status status =
        access == SOURCE_READ
            ? size_for_scan(*database, error)
            : client_sqlite_execute(*database, "PRAGMA foreign_keys = OFF", error);
    if (status == ROWSTREAM_OK)
        status = client_sqlite_execute(*database,
                                       access == SOURCE_READ
                                           ? "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1"
                                           : "SELECT 1 FROM sqlite_schema LIMIT 1",
                                       error);
    return status;
}

/* A change that was interrupted is still to be taken back, which a connection that only reads
 * cannot: another one does, once, as any program would that opens the database to write. */
static enum rowstream_status recover(const char *location, struct error *error) {
    sqlite3 *database = NULL;
    enum rowstream_status status = ROWSTREAM_OK;
    if (sqlite3_open_v2(location, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
            SQLITE_OK ||
        sqlite3_busy_timeout(database, 5000) != SQLITE_OK ||
        sqlite3_exec(database, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL) !=
            SQLITE_OK) {
        status = client_sqlite_failure(database, error);
        error_prefix(error, "a change that was interrupted cannot be taken back: ");
    }
    sqlite3_close(database);
    return status;
}

static bool needs_recovery(sqlite3 *database) {
    int code = sqlite3_extended_errcode(database);
    return code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY;
}

static enum rowstream_status sqlite_open(struct source **source, const char *url,
                                         enum source_access access, struct error *error) {
    const char *location = url + strlen("sqlite:");
    if (*location == '\0') {
        error_set(error, "a path is missing: sqlite:PATH");
        return ROWSTREAM_USAGE;
    }
    struct sqlite_source *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return client_sqlite_no_memory(error);
    opened->base.driver = &source_sqlite;
    struct error reason = {.set = false};
    enum rowstream_status status = open_file(location, access, &opened->database, &reason);
    if (status != ROWSTREAM_OK && opened->database != NULL && needs_recovery(opened->database)) {
        sqlite3_close(opened->database);
        opened->database = NULL;
        reason.set = false;
        status = recover(location, &reason);
        if (status == ROWSTREAM_OK)
            status = open_file(location, access, &opened->database, &reason);
    }
    if (status == ROWSTREAM_OK) {
        *source = &opened->base;
        return ROWSTREAM_OK;
    }
    error_set(error, "%s", reason.text);
    sqlite_close(&opened->base);
    return status;
}

static enum rowstream_status list_tables(struct source *source, struct names *names,
                                         struct error *error) {
    return client_sqlite_tables(of(source)->database, names, error);
}

static enum rowstream_status describe_table(struct source *source, const char *name,
                                            struct table *table, struct error *error) {
    enum rowstream_status status =
        client_sqlite_describe(of(source)->database, name, true, table, error);
    if (status == ROWSTREAM_OK && table->column_count == 0)
        status = source_no_such_table(source, name, error);
    return status;
}

static void sqlite_finish(struct cursor *cursor) {
    struct sqlite_cursor *reading = (struct sqlite_cursor *)cursor;
    sqlite3_finalize(reading->statement);
    columns_free(cursor->columns, cursor->column_count);
    free(reading->cells);
    free(reading);
}

static enum rowstream_status prepare_query(struct sqlite_cursor *reading, const char *query,
                                           struct error *error) {
    const char *rest = "";
    enum rowstream_status status =
        prepare(reading->database, query, &reading->statement, &rest, error);
    if (status != ROWSTREAM_OK)
        return status;
    /* What is behind the statement may be blank or a comment: SQLite itself can tell. */
    sqlite3_stmt *second = NULL;
    status = prepare(reading->database, rest, &second, NULL, error);
    bool alone = second == NULL;
    sqlite3_finalize(second);
    if (status != ROWSTREAM_OK)
        return status;
    if (reading->statement != NULL && alone && sqlite3_column_count(reading->statement) > 0 &&
        sqlite3_stmt_readonly(reading->statement))
        return ROWSTREAM_OK;
    error_set(error, "a query must be one statement that gives rows and changes nothing");
    return ROWSTREAM_SOURCE;
}

static enum rowstream_status prepare_table(struct sqlite_cursor *reading,
                                           const struct selection *selection, struct error *error) {
    sqlite3_str *sql = sqlite3_str_new(reading->database);
    sqlite3_str_appendall(sql, "SELECT ");
    for (size_t i = 0; i < selection->column_count; i++)
        sqlite3_str_appendf(sql, "%s\"%w\"", i > 0 ? ", " : "", selection->columns[i]->name);
    if (selection->column_count == 0) /* a row still counts */
        sqlite3_str_appendall(sql, "NULL");
    sqlite3_str_appendf(sql, " FROM main.\"%w\"", selection->table);
    if (selection->after != NULL)
        sqlite3_str_appendf(sql, " WHERE \"%w\" > ?", selection->key->name);
    if (selection->key != NULL)
        sqlite3_str_appendf(sql, " ORDER BY \"%w\"", selection->key->name);
    if (selection->page_rows > 0)
        sqlite3_str_appendf(sql, " LIMIT %llu", (unsigned long long)selection->page_rows);
    enum rowstream_status status =
        client_sqlite_use(reading->database, sql, &reading->statement, error);
    if (status == ROWSTREAM_OK && selection->after != NULL &&
        client_sqlite_bind(reading->statement, 1, selection->after) != SQLITE_OK)
        status = client_sqlite_failure(reading->database, error);
    return status;
}

static enum rowstream_status sqlite_select(struct source *source, const struct selection *selection,
                                           const char *fetch, struct cursor **cursor,
                                           struct error *error) {
    (void)fetch; /* there is only "stream" */
    struct sqlite_cursor *reading = calloc(1, sizeof *reading);
    if (reading == NULL)
        return client_sqlite_no_memory(error);
    reading->database = of(source)->database;
    enum rowstream_status status = selection->table != NULL
                                       ? prepare_table(reading, selection, error)
                                       : prepare_query(reading, selection->query, error);
    if (status != ROWSTREAM_OK)
        goto out;
    int count = sqlite3_column_count(reading->statement);
    reading->cells = calloc((size_t)count, sizeof *reading->cells);
    for (int i = 0; reading->cells != NULL && i < count; i++) {
        if (!columns_add(&reading->base.columns, &reading->base.column_count,
                         sqlite3_column_name(reading->statement, i),
                         sqlite3_column_decltype(reading->statement, i), false)) {
            status = client_sqlite_no_memory(error);
            goto out;
        }
    }
    if (reading->cells == NULL)
        status = client_sqlite_no_memory(error);
out:
    if (status == ROWSTREAM_OK)
        *cursor = &reading->base;
    else
        sqlite_finish(&reading->base);
    return status;
}

static bool read_cell(sqlite3_stmt *statement, int i, struct cell *cell) {
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
        cell->kind = CELL_INTEGER;
        cell->integer = sqlite3_column_int64(statement, i);
        return true;
    case SQLITE_FLOAT:
        cell->kind = CELL_REAL;
        cell->real = sqlite3_column_double(statement, i);
        return true;
    case SQLITE_TEXT:
        cell->kind = CELL_TEXT;
        cell->bytes = (const char *)sqlite3_column_text(statement, i);
        cell->length = (size_t)sqlite3_column_bytes(statement, i);
        return cell->bytes != NULL;
    case SQLITE_BLOB:
        cell->kind = CELL_BLOB;
        cell->bytes = sqlite3_column_blob(statement, i);
        cell->length = (size_t)sqlite3_column_bytes(statement, i);
        return cell->bytes != NULL || cell->length == 0;
    default:
        cell->kind = CELL_NULL;
        return true;
    }
}

static enum rowstream_status sqlite_next(struct cursor *cursor, const struct cell **cells,
                                         struct error *error) {
    struct sqlite_cursor *reading = (struct sqlite_cursor *)cursor;
    *cells = NULL;
    int step = sqlite3_step(reading->statement);
    if (step == SQLITE_DONE)
        return ROWSTREAM_OK;
    if (step != SQLITE_ROW)
        return client_sqlite_failure(reading->database, error);
    for (size_t i = 0; i < cursor->column_count; i++)
        if (!read_cell(reading->statement, (int)i, &reading->cells[i]))
            return client_sqlite_no_memory(error);
    *cells = reading->cells;
    return ROWSTREAM_OK;
}

static enum rowstream_status make_table(struct sqlite_source *filled, const char *table,
                                        const struct column *columns, const bool *nullable,
                                        size_t count, struct error *error) {
    sqlite3_str *create = sqlite3_str_new(filled->database);
    sqlite3_str_appendf(create,
                        "CREATE TABLE \"%w\" (\"id\" integer NOT NULL PRIMARY KEY "
                        "AUTOINCREMENT",
                        table);
    for (size_t i = 0; i < count; i++)
        sqlite3_str_appendf(create, ", \"%w\" %s%s", columns[i].name, columns[i].declared,
                            nullable[i] ? " NULL" : " NOT NULL");
    sqlite3_str_appendall(create, ")");
    enum rowstream_status status = client_sqlite_use(filled->database, create, NULL, error);
    if (status != ROWSTREAM_OK)
        return status;
    sqlite3_str *insert = sqlite3_str_new(filled->database);
    sqlite3_str_appendf(insert, "INSERT INTO \"%w\" VALUES (NULL", table);
    for (size_t i = 0; i < count; i++)
        sqlite3_str_appendall(insert, ", ?");
    sqlite3_str_appendall(insert, ")");
    filled->insert_count = count;
    return client_sqlite_use(filled->database, insert, &filled->insert, error);
}

static enum rowstream_status sqlite_fill(struct source *source, const char *table,
                                         const struct column *columns, const bool *nullable,
                                         size_t count, bool replace, struct error *error) {
    sqlite3 *database = of(source)->database;
    enum rowstream_status status = client_sqlite_execute(database, "BEGIN IMMEDIATE", error);
    if (status == ROWSTREAM_OK && replace) {
        sqlite3_str *drop = sqlite3_str_new(database);
        sqlite3_str_appendf(drop, "DROP TABLE IF EXISTS \"%w\"", table);
        status = client_sqlite_use(database, drop, NULL, error);
    }
    if (status == ROWSTREAM_OK)
        status = make_table(of(source), table, columns, nullable, count, error);
    return status;
}

static enum rowstream_status sqlite_insert(struct source *source, const struct cell *cells,
                                           struct error *error) {
    struct sqlite_source *filled = of(source);
    for (size_t i = 0; i < filled->insert_count; i++)
        if (client_sqlite_bind(filled->insert, (int)i + 1, &cells[i]) != SQLITE_OK)
            return client_sqlite_failure(filled->database, error);
    if (sqlite3_step(filled->insert) != SQLITE_DONE)
        return client_sqlite_failure(filled->database, error);
    sqlite3_reset(filled->insert);
    return ROWSTREAM_OK;
}

static enum rowstream_status sqlite_commit(struct source *source, struct error *error) {
    return client_sqlite_execute(of(source)->database, "COMMIT", error);
}

/* Else every connection takes memory for 20 pages when it reads its first, before anything can be
 * said about that connection's cache. Refused, without harm, where SQLite is in use already. */
static void sqlite_setup(void) {
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
    sqlite3_initialize();
}

static void sqlite_cleanup(void) {
    sqlite3_shutdown();
}

static const char *const fetches[] = {"stream", NULL};

const struct source_driver source_sqlite = {
    .title = "SQLite",
    .fetches = fetches,
    .open = sqlite_open,
    .close = sqlite_close,
    .tables = list_tables,
    .describe = describe_table,
    .select = sqlite_select,
    .next = sqlite_next,
    .finish = sqlite_finish,
    .fill = sqlite_fill,
    .insert = sqlite_insert,
    .commit = sqlite_commit,
    .setup = sqlite_setup,
    .cleanup = sqlite_cleanup,
};
