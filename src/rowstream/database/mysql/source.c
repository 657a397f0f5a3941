/* MySQL and MariaDB, with their client library: a session, what is in it, and tables that are
 * filled. Rows are read by a cursor (cursor.h). TIMESTAMPs are in UTC. */
#include <stdlib.h>

#include "rowstream/database/mysql/cursor.h"
#include "rowstream/database/mysql/fill.h"

struct my_source {
    struct source base;
    MYSQL *connection;
    struct my_fill fill;
};

static struct my_source *of(struct source *source) {
    return (struct my_source *)source;
}

/* ---- The connection ---- */

static void my_source_close(struct source *source) {
    struct my_source *closed = of(source);
    my_fill_fini(&closed->fill);
    if (closed->connection != NULL)
        mysql_close(closed->connection);
    free(closed);
}

static enum rowstream_status begin(MYSQL *connection, enum source_access access,
                                   struct error *error) {
    /* A slow output must not make the server give up on us. */
    enum rowstream_status status =
        client_mysql_execute(connection, "SET SESSION net_write_timeout = 28800", error);
    if (status == ROWSTREAM_OK && access == SOURCE_WRITE)
        return client_mysql_execute(connection,
                                    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,"
                                    "NO_AUTO_VALUE_ON_ZERO', autocommit = 0",
                                    error);
    if (status == ROWSTREAM_OK)
        status = client_mysql_execute(
            connection, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", error);
    if (status == ROWSTREAM_OK)
        status = client_mysql_execute(
            connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", error);
    return status;
}

static enum rowstream_status my_open(struct source **source, const char *url,
                                     enum source_access access, struct error *error) {
    struct my_source *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return client_mysql_no_memory(error);
    opened->base.driver = &source_mysql;
    enum rowstream_status status = client_mysql_connect(url, &opened->connection, error);
    my_fill_init(&opened->fill, opened->connection);
    if (status == ROWSTREAM_OK)
        status = begin(opened->connection, access, error);
    if (status == ROWSTREAM_OK)
        *source = &opened->base;
    else
        my_source_close(&opened->base);
    return status;
}

/* ---- Tables ---- */

static enum rowstream_status list_tables(struct source *source, struct names *names,
                                         struct error *error) {
    return client_mysql_tables(of(source)->connection, names, error);
}

static enum rowstream_status describe_table(struct source *source, const char *name,
                                            struct table *table, struct error *error) {
    enum rowstream_status status =
        client_mysql_describe(of(source)->connection, name, table, error);
    if (status == ROWSTREAM_OK && table->column_count == 0)
        status = source_no_such_table(source, name, error);
    return status;
}

static enum rowstream_status select_rows(struct source *source, const struct selection *selection,
                                         const char *fetch, struct cursor **cursor,
                                         struct error *error) {
    return my_cursor_open(of(source)->connection, selection, fetch, cursor, error);
}

/* ---- Filling ---- */

static enum rowstream_status fill_table(struct source *source, const char *table,
                                        const struct column *columns, const bool *nullable,
                                        size_t count, bool replace, struct error *error) {
    return my_fill_begin(&of(source)->fill, table, columns, nullable, count, replace, error);
}

static enum rowstream_status fill_row(struct source *source, const struct cell *cells,
                                      struct error *error) {
    return my_fill_row(&of(source)->fill, cells, error);
}

static enum rowstream_status fill_commit(struct source *source, struct error *error) {
    return my_fill_commit(&of(source)->fill, error);
}

/* There is no setup: the library sets up OpenSSL with itself, for which a program that dumps
 * SQLite should not pay. Without a connection this does nothing. */
static void my_cleanup(void) {
    mysql_library_end();
}

static const char *const fetches[] = {"stream", "cursor", "buffered", NULL};

const struct source_driver source_mysql = {
    .title = "MySQL",
    .fetches = fetches,
    .open = my_open,
    .close = my_source_close,
    .tables = list_tables,
    .describe = describe_table,
    .select = select_rows,
    .next = my_cursor_next,
    .finish = my_cursor_finish,
    .fill = fill_table,
    .insert = fill_row,
    .commit = fill_commit,
    .cleanup = my_cleanup,
};
