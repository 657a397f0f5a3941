#include "rowstream/database/mysql/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/database/mysql/quote.h"
#include "rowstream/database/url.h"

enum { OUT_OF_MEMORY = 2008 }; /* CR_OUT_OF_MEMORY */

enum rowstream_status client_mysql_no_memory(struct error *error) {
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

static enum rowstream_status failed(unsigned code, const char *message, struct error *error) {
    if (code == OUT_OF_MEMORY || code == 0)
        return client_mysql_no_memory(error);
    error_set(error, "%.*s", (int)strcspn(message, "\n"), message);
    return ROWSTREAM_SOURCE;
}

enum rowstream_status client_mysql_failure(MYSQL *connection, struct error *error) {
    return failed(mysql_errno(connection), mysql_error(connection), error);
}

enum rowstream_status client_mysql_statement_failure(MYSQL_STMT *statement, struct error *error) {
    return failed(mysql_stmt_errno(statement), mysql_stmt_error(statement), error);
}

enum rowstream_status client_mysql_execute(MYSQL *connection, const char *sql,
                                           struct error *error) {
    if (mysql_real_query(connection, sql, strlen(sql)) == 0)
        return ROWSTREAM_OK;
    return client_mysql_failure(connection, error);
}

MYSQL_RES *client_mysql_ask(MYSQL *connection, const char *sql, enum rowstream_status *status,
                            struct error *error) {
    MYSQL_RES *result = NULL;
    *status = client_mysql_execute(connection, sql, error);
    if (*status == ROWSTREAM_OK && (result = mysql_store_result(connection)) == NULL)
        *status = client_mysql_failure(connection, error);
    return result;
}

enum rowstream_status client_mysql_prepare(MYSQL *connection, const char *sql,
                                           MYSQL_STMT **statement, struct error *error) {
    *statement = mysql_stmt_init(connection);
    if (*statement == NULL)
        return client_mysql_no_memory(error);
    if (mysql_stmt_prepare(*statement, sql, strlen(sql)) == 0)
        return ROWSTREAM_OK;
    return client_mysql_statement_failure(*statement, error);
}

/* ---- The connection ---- */

static enum rowstream_status check_parts(const struct url *url, const char **socket, unsigned *port,
                                         struct error *error) {
    *socket = NULL;
    *port = 0;
    for (size_t i = 0; i < url->parameter_count; i++) {
        if (strcmp(url->parameters[i].name, "socket") != 0) {
            error_set(error, "unknown parameter \"%s\": accepted is \"socket\"",
                      url->parameters[i].name);
            return ROWSTREAM_USAGE;
        }
        *socket = url->parameters[i].value;
    }
    if (url->port != NULL) {
        char *end;
        unsigned long number = strtoul(url->port, &end, 10);
        if (*end != '\0' || number < 1 || number > 65535) {
            error_set(error, "the port is no number from 1 to 65535");
            return ROWSTREAM_USAGE;
        }
        *port = (unsigned)number;
    }
    if (url->database == NULL) {
        error_set(error, "a database is missing: mysql://[USER@]HOST/DATABASE");
        return ROWSTREAM_USAGE;
    }
    return ROWSTREAM_OK;
}

static enum rowstream_status connect_parts(const struct url *url, MYSQL **connection,
                                           struct error *error) {
    const char *socket;
    unsigned port;
    const unsigned local_files = 0;
    enum rowstream_status status = check_parts(url, &socket, &port, error);
    if (status != ROWSTREAM_OK)
        return status;
    *connection = mysql_init(NULL);
    if (*connection == NULL)
        return client_mysql_no_memory(error);
    const char *password = url->password != NULL ? url->password : getenv("MYSQL_PWD");
    if (mysql_options(*connection, MYSQL_READ_DEFAULT_GROUP, "client") != 0 ||
        mysql_options(*connection, MYSQL_SET_CHARSET_NAME, "utf8mb4") != 0 ||
        mysql_options(*connection, MYSQL_OPT_LOCAL_INFILE, &local_files) != 0)
        return client_mysql_no_memory(error);
    if (mysql_real_connect(*connection, url->host, url->user, password, url->database, port, socket,
                           CLIENT_FOUND_ROWS) == NULL)
        return client_mysql_failure(*connection, error);
    return ROWSTREAM_OK;
}

enum rowstream_status client_mysql_connect(const char *text, MYSQL **connection,
                                           struct error *error) {
    struct url url;
    *connection = NULL;
    enum rowstream_status status = url_parse(&url, text, error);
    if (status != ROWSTREAM_OK)
        return status;
    status = connect_parts(&url, connection, error);
    url_fini(&url);
    if (status == ROWSTREAM_OK)
        status = client_mysql_execute(*connection, "SET SESSION time_zone = '+00:00'", error);
    return status;
}

/* ---- Literals ---- */

static bool append_quoted(MYSQL *connection, struct buffer *sql, const struct cell *cell) {
    if (!buffer_append_text(sql, "'") || !buffer_reserve(sql, cell->length * 2 + 1))
        return false;
    sql->length +=
        mysql_real_escape_string(connection, sql->bytes + sql->length, cell->bytes, cell->length);
    return buffer_append_text(sql, "'");
}

bool client_mysql_append_literal(MYSQL *connection, struct buffer *sql, const struct cell *cell) {
    bool done;
    switch (cell->kind) {
    case CELL_INTEGER:
        return buffer_printf(sql, "%lld", (long long)cell->integer);
    case CELL_REAL: /* with an exponent it is a double and no decimal */
        return buffer_printf(sql, "%.17e", cell->real);
    case CELL_TEXT:
        return append_quoted(connection, sql, cell);
    case CELL_BLOB:
        done = buffer_append_text(sql, "x'");
        for (size_t i = 0; done && i < cell->length; i++)
            done = buffer_printf(sql, "%02x", (unsigned)(unsigned char)cell->bytes[i]);
        return done && buffer_append_text(sql, "'");
    case CELL_NULL:
        break;
    }
    return buffer_append_text(sql, "NULL");
}

/* ---- The catalogue ---- */

enum rowstream_status client_mysql_tables(MYSQL *connection, struct names *names,
                                          struct error *error) {
    enum rowstream_status status;
    MYSQL_ROW row;
    MYSQL_RES *result =
        client_mysql_ask(connection,
                         "SELECT table_name FROM information_schema.tables "
                         "WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' "
                         "ORDER BY BINARY table_name",
                         &status, error);
    while (status == ROWSTREAM_OK && (row = mysql_fetch_row(result)) != NULL)
        if (!names_add(names, row[0]))
            status = client_mysql_no_memory(error);
    mysql_free_result(result);
    return status;
}

enum rowstream_status client_mysql_describe(MYSQL *connection, const char *name,
                                            struct table *table, struct error *error) {
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    struct cell text = {.kind = CELL_TEXT, .bytes = name, .length = strlen(name)};
    enum rowstream_status status = ROWSTREAM_MEMORY;
    MYSQL_RES *result = NULL;
    MYSQL_ROW row;
    *table = (struct table){.name = NULL};
    if (buffer_append_text(&sql, "SELECT table_name, column_name, column_type, column_key "
                                 "FROM information_schema.columns "
                                 "WHERE table_schema = DATABASE() AND extra NOT LIKE '%GENERATED%' "
                                 "AND table_name = ") &&
        client_mysql_append_literal(connection, &sql, &text) &&
        buffer_append_text(&sql, " ORDER BY ordinal_position"))
        result = client_mysql_ask(connection, sql.bytes, &status, error);
    else
        client_mysql_no_memory(error);
    while (status == ROWSTREAM_OK && (row = mysql_fetch_row(result)) != NULL) {
        my_sql_plain_type(row[2]);
        if (table->name == NULL)
            table->name = strdup(row[0]);
        if (table->name == NULL || !columns_add(&table->columns, &table->column_count, row[1],
                                                row[2], strcmp(row[3], "PRI") == 0))
            status = client_mysql_no_memory(error);
        else
            table->columns[table->column_count - 1].type.is_unsigned =
                strstr(row[2], "unsigned") != NULL;
    }
    mysql_free_result(result);
    buffer_fini(&sql);
    if (status != ROWSTREAM_OK)
        table_fini(table);
    return status;
}
