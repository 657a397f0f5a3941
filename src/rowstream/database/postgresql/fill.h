/* A table of PostgreSQL's that is made and filled with rows, by COPY. */
#ifndef ROWSTREAM_DATABASE_POSTGRESQL_FILL_H
#define ROWSTREAM_DATABASE_POSTGRESQL_FILL_H

#include "rowstream/database/postgresql/client.h"

struct postgresql_fill {
    PGconn *connection;
    bool copying; /* a COPY has begun that is not ended */
    size_t column_count;
    struct buffer line; /* of the COPY */
};

void postgresql_fill_init(struct postgresql_fill *fill, PGconn *connection);
void postgresql_fill_fini(struct postgresql_fill *fill);

/* As `fill`, `insert` and `commit` of source.h, in the transaction that is open. */
enum rowstream_status postgresql_fill_begin(struct postgresql_fill *fill, const char *table,
                                            const struct column *columns, const bool *nullable,
                                            size_t count, bool replace, struct error *error);
enum rowstream_status postgresql_fill_row(struct postgresql_fill *fill, const struct cell *cells,
                                          struct error *error);
enum rowstream_status postgresql_fill_commit(struct postgresql_fill *fill, struct error *error);

#endif
