#include "rowstream/database/postgresql/commit.h"

#include <string.h>

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
    return found ? ROWSTREAM_INPUT : postgresql_row_failure(connection, failed, error);
}

enum rowstream_status postgresql_check_references(PGconn *connection, struct error *error) {
    enum rowstream_status status = postgresql_execute(connection, "SAVEPOINT rowstream", error);
    if (status != ROWSTREAM_OK)
        return status;
    PGresult *checked = PQexec(connection, "SET CONSTRAINTS ALL IMMEDIATE");
    if (PQresultStatus(checked) != PGRES_COMMAND_OK) {
        bool asked = postgresql_has_state(checked, "23503");
        if (asked)
            status = postgresql_execute(connection, "ROLLBACK TO rowstream", error);
        if (status == ROWSTREAM_OK)
            status = asked ? find_reference(connection, checked, error)
                           : postgresql_row_failure(connection, checked, error);
    }
    PQclear(checked);
    return status;
}

enum rowstream_status postgresql_move_sequence(PGconn *connection, const char *table,
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
