/* SQLite: a prepared statement, stepped a row at a time.
 *
 * Sized for a scan. Every page of the table is needed once, so a large page cache would only hold
 * pages that nobody asks for again: a few dozen KiB do, for the way down the B-tree and the pages
 * of one long row. The lookaside memory (about 48 KiB a connection) is for programs that prepare
 * many statements. Both are set per connection: other users of SQLite in the process keep theirs.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/source/source.h"

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

static enum rowstream_status no_memory(struct error *error) {
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

/* Says why the last call on the database failed. */
static enum rowstream_status failure(sqlite3 *database, struct error *error) {
    int code = database == NULL ? SQLITE_NOMEM : sqlite3_errcode(database);
    if ((code & 0xFF) == SQLITE_NOMEM || (code & 0xFF) == SQLITE_OK)
        return no_memory(error);
    error_set(error, "%s", sqlite3_errmsg(database));
    return ROWSTREAM_SOURCE;
}

static enum rowstream_status execute(sqlite3 *database, const char *sql, struct error *error) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK)
        return ROWSTREAM_OK;
    return failure(database, error);
}

static enum rowstream_status prepare(sqlite3 *database, const char *sql, sqlite3_stmt **statement,
                                     const char **rest, struct error *error) {
    if (sqlite3_prepare_v2(database, sql, -1, statement, rest) == SQLITE_OK)
        return ROWSTREAM_OK;
    return failure(database, error);
}

/* Takes over `text`, finishes it and runs it, or prepares it when `statement` is given. */
static enum rowstream_status use_sql(sqlite3 *database, sqlite3_str *text,
                                     sqlite3_stmt **statement, struct error *error) {
    int code = sqlite3_str_errcode(text);
    char *sql = sqlite3_str_finish(text);
    enum rowstream_status status;
    if (code != SQLITE_OK || sql == NULL)
        status = no_memory(error);
    else if (statement != NULL)
        status = prepare(database, sql, statement, NULL, error);
    else
        status = execute(database, sql, error);
    sqlite3_free(sql);
    return status;
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
        execute(database, "PRAGMA cache_size = -" CACHE_KIB "; PRAGMA mmap_size = 0;"
                          "PRAGMA temp_store = FILE", error);
    sqlite3_db_release_memory(database);
    return status;
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
        return no_memory(error);
    opened->base.driver = &source_sqlite;
    int flags = access == SOURCE_READ ? SQLITE_OPEN_READONLY
                                      : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    enum rowstream_status status = ROWSTREAM_OK;
    if (sqlite3_open_v2(location, &opened->database, flags | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        status = failure(opened->database, error);
        goto out;
    }
    sqlite3_busy_timeout(opened->database, 5000);
    status = access == SOURCE_READ ? size_for_scan(opened->database, error)
                                   : execute(opened->database, "PRAGMA foreign_keys = OFF", error);
    /* Reading the schema is what finds out that a file is no database. */
    if (status == ROWSTREAM_OK)
        status = execute(opened->database,
                         access == SOURCE_READ ? "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1"
                                               : "SELECT 1 FROM sqlite_schema LIMIT 1", error);
out:
    if (status == ROWSTREAM_OK)
        *source = &opened->base;
    else
        sqlite_close(&opened->base);
    return status;
}

static enum rowstream_status sqlite_tables(struct source *source, struct names *names,
                                           struct error *error) {
    sqlite3 *database = of(source)->database;
    sqlite3_stmt *statement = NULL;
    enum rowstream_status status =
        prepare(database,
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND "
                "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name", &statement, NULL, error);
    while (status == ROWSTREAM_OK) {
        int step = sqlite3_step(statement);
        if (step == SQLITE_DONE)
            break;
        const char *name = step == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0)
                                              : NULL;
        if (step != SQLITE_ROW)
            status = failure(database, error);
        else if (name == NULL || !names_add(names, name))
            status = no_memory(error);
    }
    sqlite3_finalize(statement);
    return status;
}

static char *copy_text(const char *text) {
    return text == NULL ? NULL : strdup(text);
}

static enum rowstream_status sqlite_describe(struct source *source, const char *name,
                                             struct table *table, struct error *error) {
    sqlite3 *database = of(source)->database;
    sqlite3_stmt *statement = NULL;
    *table = (struct table){.name = NULL};
    enum rowstream_status status =
        prepare(database,
                "SELECT t.name, c.name, c.type, c.pk FROM sqlite_schema t, "
                "pragma_table_info(t.name) c WHERE t.type IN ('table', 'view') AND "
                "t.name = ?1 COLLATE NOCASE ORDER BY c.cid", &statement, NULL, error);
    if (status == ROWSTREAM_OK &&
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) != SQLITE_OK)
        status = failure(database, error);
    while (status == ROWSTREAM_OK) {
        int step = sqlite3_step(statement);
        if (step == SQLITE_DONE)
            break;
        if (step != SQLITE_ROW) {
            status = failure(database, error);
            break;
        }
        if (table->name == NULL)
            table->name = copy_text((const char *)sqlite3_column_text(statement, 0));
        if (table->name == NULL ||
            !columns_add(&table->columns, &table->column_count,
                        (const char *)sqlite3_column_text(statement, 1),
                        (const char *)sqlite3_column_text(statement, 2),
                        sqlite3_column_int(statement, 3) > 0))
            status = no_memory(error);
    }
    sqlite3_finalize(statement);
    if (status == ROWSTREAM_OK && table->column_count == 0)
        status = source_no_such_table(source, name, error);
    if (status != ROWSTREAM_OK)
        table_fini(table);
    return status;
}

static void sqlite_finish(struct cursor *cursor) {
    struct sqlite_cursor *reading = (struct sqlite_cursor *)cursor;
    sqlite3_finalize(reading->statement);
    columns_free(cursor->columns, cursor->column_count);
    free(reading->cells);
    free(reading);
}

/* The cell's bytes are not copied: they must last as long as the statement is stepped. */
static int bind_cell(sqlite3_stmt *statement, int i, const struct cell *cell) {
    switch (cell->kind) {
    case CELL_INTEGER:
        return sqlite3_bind_int64(statement, i, cell->integer);
    case CELL_REAL:
        return sqlite3_bind_double(statement, i, cell->real);
    case CELL_TEXT:
        return sqlite3_bind_text64(statement, i, cell->bytes, cell->length, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case CELL_BLOB:
        return sqlite3_bind_blob64(statement, i, cell->length > 0 ? cell->bytes : "",
                                   cell->length, SQLITE_STATIC);
    case CELL_NULL:
        break;
    }
    return sqlite3_bind_null(statement, i);
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
                                           const struct selection *selection,
                                           struct error *error) {
    sqlite3_str *sql = sqlite3_str_new(reading->database);
    sqlite3_str_appendall(sql, "SELECT ");
    for (size_t i = 0; i < selection->column_count; i++)
        sqlite3_str_appendf(sql, "%s\"%w\"", i > 0 ? ", " : "", selection->columns[i]->name);
    if (selection->column_count == 0) /* a row still counts */
        sqlite3_str_appendall(sql, "NULL");
    sqlite3_str_appendf(sql, " FROM main.\"%w\"", selection->table);
    if (selection->page_rows > 0 && selection->after != NULL)
        sqlite3_str_appendf(sql, " WHERE \"%w\" > ?", selection->key->name);
    if (selection->page_rows > 0)
        sqlite3_str_appendf(sql, " ORDER BY \"%w\" LIMIT %llu", selection->key->name,
                            (unsigned long long)selection->page_rows);
    enum rowstream_status status = use_sql(reading->database, sql, &reading->statement, error);
    if (status == ROWSTREAM_OK && selection->page_rows > 0 && selection->after != NULL &&
        bind_cell(reading->statement, 1, selection->after) != SQLITE_OK)
        status = failure(reading->database, error);
    return status;
}

static enum rowstream_status sqlite_select(struct source *source,
                                           const struct selection *selection, const char *fetch,
                                           struct cursor **cursor, struct error *error) {
    (void)fetch; /* there is only "stream" */
    struct sqlite_cursor *reading = calloc(1, sizeof *reading);
    if (reading == NULL)
        return no_memory(error);
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
            status = no_memory(error);
            goto out;
        }
    }
    if (reading->cells == NULL)
        status = no_memory(error);
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
        return failure(reading->database, error);
    for (size_t i = 0; i < cursor->column_count; i++)
        if (!read_cell(reading->statement, (int)i, &reading->cells[i]))
            return no_memory(error);
    *cells = reading->cells;
    return ROWSTREAM_OK;
}

static enum rowstream_status make_table(struct sqlite_source *filled, const char *table,
                                        const struct column *columns, const bool *nullable,
                                        size_t count, struct error *error) {
    sqlite3_str *create = sqlite3_str_new(filled->database);
    sqlite3_str_appendf(create, "CREATE TABLE \"%w\" (\"id\" integer NOT NULL PRIMARY KEY "
                        "AUTOINCREMENT", table);
    for (size_t i = 0; i < count; i++)
        sqlite3_str_appendf(create, ", \"%w\" %s%s", columns[i].name, columns[i].declared,
                            nullable[i] ? " NULL" : " NOT NULL");
    sqlite3_str_appendall(create, ")");
    enum rowstream_status status = use_sql(filled->database, create, NULL, error);
    if (status != ROWSTREAM_OK)
        return status;
    sqlite3_str *insert = sqlite3_str_new(filled->database);
    sqlite3_str_appendf(insert, "INSERT INTO \"%w\" VALUES (NULL", table);
    for (size_t i = 0; i < count; i++)
        sqlite3_str_appendall(insert, ", ?");
    sqlite3_str_appendall(insert, ")");
    filled->insert_count = count;
    return use_sql(filled->database, insert, &filled->insert, error);
}

static enum rowstream_status sqlite_fill(struct source *source, const char *table,
                                         const struct column *columns, const bool *nullable,
                                         size_t count, bool replace, struct error *error) {
    sqlite3 *database = of(source)->database;
    enum rowstream_status status = execute(database, "BEGIN IMMEDIATE", error);
    if (status == ROWSTREAM_OK && replace) {
        sqlite3_str *drop = sqlite3_str_new(database);
        sqlite3_str_appendf(drop, "DROP TABLE IF EXISTS \"%w\"", table);
        status = use_sql(database, drop, NULL, error);
    }
    if (status == ROWSTREAM_OK)
        status = make_table(of(source), table, columns, nullable, count, error);
    return status;
}

static enum rowstream_status sqlite_insert(struct source *source, const struct cell *cells,
                                           struct error *error) {
    struct sqlite_source *filled = of(source);
    for (size_t i = 0; i < filled->insert_count; i++)
        if (bind_cell(filled->insert, (int)i + 1, &cells[i]) != SQLITE_OK)
            return failure(filled->database, error);
    if (sqlite3_step(filled->insert) != SQLITE_DONE)
        return failure(filled->database, error);
    sqlite3_reset(filled->insert);
    return ROWSTREAM_OK;
}

static enum rowstream_status sqlite_commit(struct source *source, struct error *error) {
    return execute(of(source)->database, "COMMIT", error);
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
    .tables = sqlite_tables,
    .describe = sqlite_describe,
    .select = sqlite_select,
    .next = sqlite_next,
    .finish = sqlite_finish,
    .fill = sqlite_fill,
    .insert = sqlite_insert,
    .commit = sqlite_commit,
    .setup = sqlite_setup,
    .cleanup = sqlite_cleanup,
};
