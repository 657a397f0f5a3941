#include "execute.h"

#include <libpq-fe.h>
#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/database/url.h"

static void ignore_notice(void *context, const char *message) {
    (void)context;
    (void)message;
}

static bool execute_postgresql(const char *url, const char *sql, struct error *error) {
    PGconn *connection = PQconnectdb(url);
    PQsetNoticeProcessor(connection, ignore_notice, NULL);
    PGresult *result = PQstatus(connection) == CONNECTION_OK ? PQexec(connection, sql) : NULL;
    ExecStatusType status = PQresultStatus(result);
    bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!done)
        error_set(error, "%s: %s", sql, PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
    return done;
}

static bool execute_mysql(const char *text, const char *sql, struct error *error) {
    struct url url;
    if (url_parse(&url, text, error) != ROWSTREAM_OK)
        return false;
    MYSQL *connection = mysql_init(NULL);
    mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    const char *socket = url.parameter_count > 0 ? url.parameters[0].value : NULL;
    unsigned port = url.port != NULL ? (unsigned)atoi(url.port) : 0;
    bool done = mysql_real_connect(connection, url.host, url.user, url.password, url.database, port,
                                   socket, 0) != NULL &&
                mysql_real_query(connection, sql, strlen(sql)) == 0;
    if (!done)
        error_set(error, "%s: %s", sql, mysql_error(connection));
    mysql_close(connection);
    url_fini(&url);
    return done;
}

bool server_execute(const char *url, const char *sql, struct error *error) {
    return strncmp(url, "mysql:", 6) == 0 ? execute_mysql(url, sql, error)
                                          : execute_postgresql(url, sql, error);
}
