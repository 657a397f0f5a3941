#include "rowstream/database/sqlite/client.h"

#include <stdlib.h>
#include <string.h>

enum rowstream_status client_sqlite_no_memory(struct error *error) {
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

enum rowstream_status client_sqlite_failure(sqlite3 *database, struct error *error) {
    int code = database == NULL ? SQLITE_NOMEM : sqlite3_errcode(database);
    if ((code & 0xFF) == SQLITE_NOMEM || (code & 0xFF) == SQLITE_OK)
        return client_sqlite_no_memory(error);
    /* "unable to open database file" by itself is no reason: the system has one. */
    int reason = (code & 0xFF) == SQLITE_CANTOPEN ? sqlite3_system_errno(database) : 0;
    error_set(error, "%s%s%s", sqlite3_errmsg(database), reason != 0 ? ": " : "",
              reason != 0 ? strerror(reason) : "");
    return ROWSTREAM_SOURCE;
}

enum rowstream_status client_sqlite_execute(sqlite3 *database, const char *sql,
                                            struct error *error) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK)
        return ROWSTREAM_OK;
    return client_sqlite_failure(database, error);
}

enum rowstream_status client_sqlite_use(sqlite3 *database, sqlite3_str *text,
                                        sqlite3_stmt **statement, struct error *error) {
    int code = sqlite3_str_errcode(text);
    char *sql = sqlite3_str_finish(text);
    enum rowstream_status status;
    if (code != SQLITE_OK || sql == NULL)
        status = client_sqlite_no_memory(error);
    else if (statement != NULL)
        status = sqlite3_prepare_v2(database, sql, -1, statement, NULL) == SQLITE_OK
                     ? ROWSTREAM_OK
                     : client_sqlite_failure(database, error);
    else
        status = client_sqlite_execute(database, sql, error);
    sqlite3_free(sql);
    return status;
}

int client_sqlite_bind(sqlite3_stmt *statement, int i, const struct cell *cell) {
    switch (cell->kind) {
    case CELL_INTEGER:
        return sqlite3_bind_int64(statement, i, cell->integer);
    case CELL_REAL:
        return sqlite3_bind_double(statement, i, cell->real);
    case CELL_TEXT:
        return sqlite3_bind_text64(statement, i, cell->bytes, cell->length, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case CELL_BLOB:
        return sqlite3_bind_blob64(statement, i, cell->length > 0 ? cell->bytes : "", cell->length,
                                   SQLITE_STATIC);
    case CELL_NULL:
        break;
    }
    return sqlite3_bind_null(statement, i);
}

static enum rowstream_status ask(sqlite3 *database, const char *sql, const char *name,
                                 sqlite3_stmt **statement, struct error *error) {
    if (sqlite3_prepare_v2(database, sql, -1, statement, NULL) == SQLITE_OK &&
        (name == NULL || sqlite3_bind_text(*statement, 1, name, -1, SQLITE_STATIC) == SQLITE_OK))
        return ROWSTREAM_OK;
    return client_sqlite_failure(database, error);
}

enum rowstream_status client_sqlite_tables(sqlite3 *database, struct names *names,
                                           struct error *error) {
    sqlite3_stmt *statement = NULL;
    int step = SQLITE_DONE;
    enum rowstream_status status =
        ask(database,
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND "
            "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
            NULL, &statement, error);
    while (status == ROWSTREAM_OK && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        if (name == NULL || !names_add(names, name))
            status = client_sqlite_no_memory(error);
    }
    if (status == ROWSTREAM_OK && step != SQLITE_DONE)
        status = client_sqlite_failure(database, error);
    sqlite3_finalize(statement);
    return status;
}

static bool add_column(struct table *table, sqlite3_stmt *row) {
    const char *name = (const char *)sqlite3_column_text(row, 0);
    if (table->name == NULL && name != NULL)
        table->name = strdup(name);
    return table->name != NULL &&
           columns_add(&table->columns, &table->column_count,
                       (const char *)sqlite3_column_text(row, 1),
                       (const char *)sqlite3_column_text(row, 2), sqlite3_column_int(row, 3) > 0);
}

enum rowstream_status client_sqlite_describe(sqlite3 *database, const char *name, bool or_view,
                                             struct table *table, struct error *error) {
    sqlite3_stmt *statement = NULL;
    int step = SQLITE_DONE;
    *table = (struct table){.name = NULL};
    enum rowstream_status status =
        ask(database,
            or_view ? "SELECT t.name, c.name, c.type, c.pk FROM sqlite_schema t, "
                      "pragma_table_info(t.name) c WHERE t.type IN ('table', 'view') AND "
                      "t.name = ?1 COLLATE NOCASE ORDER BY c.cid"
                    : "SELECT t.name, c.name, c.type, c.pk FROM sqlite_schema t, "
                      "pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name = ?1 COLLATE "
                      "NOCASE AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY c.cid",
            name, &statement, error);
    while (status == ROWSTREAM_OK && (step = sqlite3_step(statement)) == SQLITE_ROW)
        if (!add_column(table, statement))
            status = client_sqlite_no_memory(error);
    if (status == ROWSTREAM_OK && step != SQLITE_DONE)
        status = client_sqlite_failure(database, error);
    sqlite3_finalize(statement);
    if (status != ROWSTREAM_OK)
        table_fini(table);
    return status;
}
