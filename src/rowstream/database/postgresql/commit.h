/* What PostgreSQL's sink has to see to before it commits. */
#ifndef ROWSTREAM_DATABASE_POSTGRESQL_COMMIT_H
#define ROWSTREAM_DATABASE_POSTGRESQL_COMMIT_H

#include "rowstream/database/postgresql/pipeline.h"

/* Has the deferred references checked, and finds the row of one that leads nowhere. */
enum rowstream_status postgresql_check_references(PGconn *connection, struct error *error);

/* The next key that the sequence of a table's key makes up comes after those that were given. */
enum rowstream_status postgresql_move_sequence(PGconn *connection, const char *table,
                                               struct error *error);

#endif
