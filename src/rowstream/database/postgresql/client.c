#include "rowstream/database/postgresql/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum rowstream_status postgresql_no_memory(struct error *error) {
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

enum rowstream_status postgresql_failure(PGconn *connection, const PGresult *result,
                                         struct error *error) {
    const char *message =
        result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool by_server = message != NULL;
    if (message == NULL)
        message = PQerrorMessage(connection);
    if (!by_server && (*message == '\0' || strstr(message, "out of memory") != NULL))
        return postgresql_no_memory(error);
    error_set(error, "%.*s", (int)strcspn(message, "\n"), message);
    return ROWSTREAM_SOURCE;
}

enum rowstream_status postgresql_expect(PGconn *connection, PGresult *result, ExecStatusType wanted,
                                        struct error *error) {
    enum rowstream_status status = PQresultStatus(result) == wanted
                                       ? ROWSTREAM_OK
                                       : postgresql_failure(connection, result, error);
    PQclear(result);
    return status;
}

enum rowstream_status postgresql_execute(PGconn *connection, const char *sql, struct error *error) {
    return postgresql_expect(connection, PQexec(connection, sql), PGRES_COMMAND_OK, error);
}

bool postgresql_append_name(PGconn *connection, struct buffer *sql, const char *before,
                            const char *name) {
    char *quoted = PQescapeIdentifier(connection, name, strlen(name));
    bool done =
        quoted != NULL && buffer_append_text(sql, before) && buffer_append_text(sql, quoted);
    PQfreemem(quoted);
    return done;
}

bool postgresql_append_cell(struct buffer *text, const struct cell *cell) {
    bool done = true;
    switch (cell->kind) {
    case CELL_INTEGER:
        return buffer_printf(text, "%lld", (long long)cell->integer);
    case CELL_REAL:
        return buffer_printf(text, "%.17g", cell->real);
    case CELL_TEXT:
        return buffer_append(text, cell->bytes, cell->length);
    case CELL_BLOB:
        done = buffer_append_text(text, "\\x");
        for (size_t i = 0; done && i < cell->length; i++)
            done = buffer_printf(text, "%02x", (unsigned)(unsigned char)cell->bytes[i]);
        return done;
    case CELL_NULL:
        break;
    }
    return false;
}

/* ---- The connection ---- */

static void ignore_notice(void *context, const char *message) {
    (void)context;
    (void)message;
}

/* Of a URL that libpq cannot read only what is before the first quoted part is shown: the rest
 * might be of a password. */
static enum rowstream_status check_url(const char *url, struct error *error) {
    char *message = NULL;
    PQconninfoOption *parts = PQconninfoParse(url, &message);
    enum rowstream_status status = ROWSTREAM_OK;
    if (parts == NULL && message == NULL) {
        status = postgresql_no_memory(error);
    } else if (parts == NULL) {
        error_set(error, "not a URL that libpq takes: %.*s", (int)strcspn(message, "\":\n"),
                  message);
        status = ROWSTREAM_USAGE;
    }
    PQconninfoFree(parts);
    PQfreemem(message);
    return status;
}

/* Texts that say all, and as the server would read them; and a table without a key from its begin,
 * even if another session is reading it (as pg_dump sets it too). */
enum rowstream_status postgresql_connect(const char *url, PGconn **connection,
                                         struct error *error) {
    static const char settings[] =
        "SET datestyle TO 'ISO, YMD'; SET intervalstyle TO iso_8601; SET timezone TO 'UTC';"
        "SET bytea_output TO hex; SET extra_float_digits TO 3; SET xmloption TO content;"
        "SET standard_conforming_strings TO on; SET synchronize_seqscans TO off";
    const char *const names[] = {"dbname", "client_encoding", "fallback_application_name", NULL};
    const char *const values[] = {url, "UTF8", "rowstream", NULL};
    *connection = NULL;
    enum rowstream_status status = check_url(url, error);
    if (status != ROWSTREAM_OK)
        return status;
    *connection = PQconnectdbParams(names, values, 1);
    if (PQstatus(*connection) != CONNECTION_OK)
        return postgresql_failure(*connection, NULL, error);
    PQsetNoticeProcessor(*connection, ignore_notice, NULL);
    return postgresql_execute(*connection, settings, error);
}

/* ---- The catalogue ---- */

/* Ordinary and partitioned tables on the search path; a partition is read through its parent. */
enum rowstream_status postgresql_tables(PGconn *connection, struct names *names,
                                        struct error *error) {
    PGresult *result =
        PQexec(connection, "SELECT c.relname FROM pg_catalog.pg_class c "
                           "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                           "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition "
                           "AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' "
                           "AND pg_catalog.pg_table_is_visible(c.oid) "
                           "ORDER BY c.relname COLLATE \"C\"");
    enum rowstream_status status = ROWSTREAM_OK;
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        status = postgresql_failure(connection, result, error);
    for (int i = 0; status == ROWSTREAM_OK && i < PQntuples(result); i++)
        if (!names_add(names, PQgetvalue(result, i, 0)))
            status = postgresql_no_memory(error);
    PQclear(result);
    return status;
}

/* Of a domain the type is that which it is made of: it says what the values are. */
enum rowstream_status postgresql_describe(PGconn *connection, const char *name, struct table *table,
                                          struct error *error) {
    *table = (struct table){.name = NULL};
    PGresult *result = PQexecParams(
        connection,
        "SELECT a.attname, CASE t.typtype WHEN 'd' "
        "THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) "
        "ELSE pg_catalog.format_type(a.atttypid, a.atttypmod) END, "
        "COALESCE(a.attnum = ANY (k.conkey), false) "
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
        "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
        "LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' "
        "WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') "
        "AND pg_catalog.pg_table_is_visible(c.oid) "
        "AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum",
        1, NULL, &name, NULL, NULL, 0);
    enum rowstream_status status = ROWSTREAM_OK;
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        status = postgresql_failure(connection, result, error);
    for (int i = 0; status == ROWSTREAM_OK && i < PQntuples(result); i++)
        if (!columns_add(&table->columns, &table->column_count, PQgetvalue(result, i, 0),
                         PQgetvalue(result, i, 1), *PQgetvalue(result, i, 2) == 't'))
            status = postgresql_no_memory(error);
    PQclear(result);
    if (status == ROWSTREAM_OK && table->column_count > 0 && (table->name = strdup(name)) == NULL)
        status = postgresql_no_memory(error);
    if (status != ROWSTREAM_OK)
        table_fini(table);
    return status;
}
