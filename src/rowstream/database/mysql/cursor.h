/* A selection that is read from MySQL, a row at a time.
 *
 * mysql_store_result gathers a whole result before it hands out the first row; mysql_use_result
 * reads rows off the connection as they are asked for. "stream" is the second, "buffered" the
 * first. A "cursor" is a prepared statement's: the server keeps the rows, and the library keeps
 * what one trip brings. It counts a trip in rows, however wide they are, so a chunk of wide rows
 * is fetched in several trips.
 *
 * Values come as text, or with a cursor in the binary protocol; both are read to the same cells. */
#ifndef ROWSTREAM_DATABASE_MYSQL_CURSOR_H
#define ROWSTREAM_DATABASE_MYSQL_CURSOR_H

#include "rowstream/database/mysql/client.h"

/* As `select`, `next` and `finish` of source.h, on a connection that lasts as long. */
enum rowstream_status my_cursor_open(MYSQL *connection, const struct selection *selection,
                                     const char *fetch, struct cursor **cursor,
                                     struct error *error);
enum rowstream_status my_cursor_next(struct cursor *cursor, const struct cell **cells,
                                     struct error *error);
void my_cursor_finish(struct cursor *cursor);

#endif
