/* What reading from SQLite and writing to it have in common. The one place that includes SQLite's
 * header. */
#ifndef ROWSTREAM_DATABASE_SQLITE_CLIENT_H
#define ROWSTREAM_DATABASE_SQLITE_CLIENT_H

#include <sqlite3.h>

#include "rowstream/database/source.h"

/* Says why the last call on the database failed; NULL is one that could not be made. */
enum rowstream_status client_sqlite_failure(sqlite3 *database, struct error *error);
enum rowstream_status client_sqlite_no_memory(struct error *error);

enum rowstream_status client_sqlite_execute(sqlite3 *database, const char *sql,
                                            struct error *error);
/* Takes over `text`, finishes it and runs it, or prepares it when `statement` is given. */
enum rowstream_status client_sqlite_use(sqlite3 *database, sqlite3_str *text,
                                        sqlite3_stmt **statement, struct error *error);

/* Binds a parameter. The cell's bytes are not copied: they must last as long as the statement is
 * stepped. */
int client_sqlite_bind(sqlite3_stmt *statement, int i, const struct cell *cell);

/* As in source.h; but of a table that is not there `describe` makes one without columns. */
enum rowstream_status client_sqlite_tables(sqlite3 *database, struct names *names,
                                           struct error *error);
enum rowstream_status client_sqlite_describe(sqlite3 *database, const char *name, bool or_view,
                                             struct table *table, struct error *error);

#endif
