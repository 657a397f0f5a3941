/* What reading from MySQL and writing to it have in common: a connection, its errors and its
 * catalogue. The one place that includes the client library's header. */
#ifndef ROWSTREAM_DATABASE_MYSQL_CLIENT_H
#define ROWSTREAM_DATABASE_MYSQL_CLIENT_H

#include <mysql.h>

#include "base/buffer.h"
#include "rowstream/database/source.h"

enum { MY_SQL_BYTES_MAX = 1 << 30 };

/* Connects as the URL says; what it leaves open, option files ([client]) and the environment say.
 * Times are in UTC, and an update counts the rows that it found. mysql_close it unless it is NULL,
 * also after a failure. */
enum rowstream_status client_mysql_connect(const char *url, MYSQL **connection,
                                           struct error *error);

/* Say why the last call failed. */
enum rowstream_status client_mysql_failure(MYSQL *connection, struct error *error);
enum rowstream_status client_mysql_statement_failure(MYSQL_STMT *statement, struct error *error);
enum rowstream_status client_mysql_no_memory(struct error *error);

enum rowstream_status client_mysql_execute(MYSQL *connection, const char *sql, struct error *error);
/* Runs a statement with few rows; NULL with the error set when it fails. */
MYSQL_RES *client_mysql_ask(MYSQL *connection, const char *sql, enum rowstream_status *status,
                            struct error *error);
/* mysql_stmt_close it unless it is NULL, also after a failure. */
enum rowstream_status client_mysql_prepare(MYSQL *connection, const char *sql,
                                           MYSQL_STMT **statement, struct error *error);

/* Appends a literal; false when memory is out. */
bool client_mysql_append_literal(MYSQL *connection, struct buffer *sql, const struct cell *cell);

/* As in source.h; but of a table that is not there `describe` makes one without columns. */
enum rowstream_status client_mysql_tables(MYSQL *connection, struct names *names,
                                          struct error *error);
enum rowstream_status client_mysql_describe(MYSQL *connection, const char *name,
                                            struct table *table, struct error *error);

#endif
