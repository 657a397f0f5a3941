/* What reading from PostgreSQL and writing to it have in common: a connection, its errors and its
 * catalogue. The one place that includes libpq's header. */
#ifndef ROWSTREAM_DATABASE_POSTGRESQL_CLIENT_H
#define ROWSTREAM_DATABASE_POSTGRESQL_CLIENT_H

#include <libpq-fe.h>

#include "base/buffer.h"
#include "rowstream/database/source.h"

enum { POSTGRESQL_SQL_BYTES_MAX = 1 << 24 };

/* Connects, with settings in which a value's text is exact and the same everywhere: ISO dates, the
 * shortest digits that read back as the same number, times in UTC. PQfinish it, also after a
 * failure. */
enum rowstream_status postgresql_connect(const char *url, PGconn **connection, struct error *error);

/* Says why the last call failed: what the server said, or else libpq, of which the first line tells
 * it. */
enum rowstream_status postgresql_failure(PGconn *connection, const PGresult *result,
                                         struct error *error);
enum rowstream_status postgresql_no_memory(struct error *error);

/* Takes over a result and wants it to be as it should. */
enum rowstream_status postgresql_expect(PGconn *connection, PGresult *result, ExecStatusType wanted,
                                        struct error *error);
enum rowstream_status postgresql_execute(PGconn *connection, const char *sql, struct error *error);

/* Appends `before`, and an identifier as libpq quotes it. False when memory is out. */
bool postgresql_append_name(PGconn *connection, struct buffer *sql, const char *before,
                            const char *name);
/* Appends a cell that is not NULL as PostgreSQL reads it; the server takes the type from the
 * column. False when memory is out. */
bool postgresql_append_cell(struct buffer *text, const struct cell *cell);

/* As in source.h; but of a table that is not there `describe` makes one without columns. */
enum rowstream_status postgresql_tables(PGconn *connection, struct names *names,
                                        struct error *error);
enum rowstream_status postgresql_describe(PGconn *connection, const char *name, struct table *table,
                                          struct error *error);

#endif
