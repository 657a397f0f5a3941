/* A table of MySQL's that is made and filled with rows. While it is, it is a staging table, since
 * DDL ends a transaction in MySQL; the commit gives it its name. */
#ifndef ROWSTREAM_DATABASE_MYSQL_FILL_H
#define ROWSTREAM_DATABASE_MYSQL_FILL_H

#include "rowstream/database/mysql/client.h"

struct my_fill {
    MYSQL *connection;
    char *table; /* owned: its name once it is whole; NULL when none is filled */
    char staging[64];
    bool replace;
    size_t column_count;
    struct buffer insert; /* INSERT ... VALUES */
    struct buffer rows;   /* the statement that is gathered */
};

void my_fill_init(struct my_fill *fill, MYSQL *connection);
/* Drops what is not committed. */
void my_fill_fini(struct my_fill *fill);

/* As `fill`, `insert` and `commit` of source.h. */
enum rowstream_status my_fill_begin(struct my_fill *fill, const char *table,
                                    const struct column *columns, const bool *nullable,
                                    size_t count, bool replace, struct error *error);
enum rowstream_status my_fill_row(struct my_fill *fill, const struct cell *cells,
                                  struct error *error);
enum rowstream_status my_fill_commit(struct my_fill *fill, struct error *error);

#endif
