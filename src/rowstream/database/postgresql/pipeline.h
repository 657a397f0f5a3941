/* Prepared statements that are sent one after the other and waited for together, in libpq's
 * pipeline mode: a trip to the server for some dozens of rows and not for each. The server does
 * them in order, and nothing after the first that fails. */
#ifndef ROWSTREAM_DATABASE_POSTGRESQL_PIPELINE_H
#define ROWSTREAM_DATABASE_POSTGRESQL_PIPELINE_H

#include "rowstream/database/postgresql/client.h"
#include "rowstream/database/sink.h"

enum { POSTGRESQL_NUMBER_BYTES = 32, POSTGRESQL_STATEMENT_BYTES = 32 };

/* A prepared statement with room for its parameters. Zero is none. */
struct postgresql_statement {
    char name[POSTGRESQL_STATEMENT_BYTES]; /* empty: none */
    const char **values;
    int *lengths, *formats;
    char (*numbers)[POSTGRESQL_NUMBER_BYTES];
};

/* What to make of a run of one. */
struct postgresql_run {
    struct sink_place place;
    bool keyed;             /* a conflict on this constraint is a key that was put before */
    const char *constraint; /* NULL: any. As good as the pipeline is not waited for */
    struct cell *key;       /* unless NULL, becomes the number that is returned */
};

struct postgresql_pipeline {
    PGconn *connection;
    unsigned made; /* names given to statements so far */
    size_t count;  /* sent and not waited for */
    struct postgresql_run runs[SINK_HELD_RECORDS];
};

/* Waits for those before. `made` says whether memory sufficed for the SQL. Takes the place of what
 * the statement was. */
enum rowstream_status postgresql_pipeline_prepare(struct postgresql_pipeline *pipeline,
                                                  struct postgresql_statement *statement, bool made,
                                                  const struct buffer *sql, size_t count,
                                                  struct error *error);
void postgresql_statement_fini(struct postgresql_statement *statement, PGconn *connection);

/* Whether so many more can be sent before it must be waited. */
bool postgresql_pipeline_has_room(const struct postgresql_pipeline *pipeline, size_t count);
/* The cells are not needed any more when it returns. */
enum rowstream_status postgresql_pipeline_send(struct postgresql_pipeline *pipeline,
                                               struct postgresql_statement *statement,
                                               const struct cell *cells, size_t count,
                                               const struct postgresql_run *run,
                                               struct error *error);
/* `*failed` becomes the place of what failed. Other calls of libpq need this before. */
enum rowstream_status postgresql_pipeline_wait(struct postgresql_pipeline *pipeline,
                                               struct sink_place *failed, struct error *error);

/* As postgresql_failure; a row that the table does not take is ROWSTREAM_INPUT. */
enum rowstream_status postgresql_row_failure(PGconn *connection, const PGresult *result,
                                             struct error *error);
bool postgresql_has_state(const PGresult *result, const char *state);

#endif
