#include "rowstream/database/postgresql/pipeline.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Errors ---- */

bool postgresql_has_state(const PGresult *result, const char *state) {
    const char *found = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return found != NULL && strncmp(found, state, strlen(state)) == 0;
}

/* Class 22 is a value that is none of the type, 23 a row against a constraint. What a key or a
 * reference was, the server tells in its detail. */
enum rowstream_status postgresql_row_failure(PGconn *connection, const PGresult *result,
                                             struct error *error) {
    struct error reason = {.set = false};
    enum rowstream_status status = postgresql_failure(connection, result, &reason);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    bool telling = postgresql_has_state(result, "23505") || postgresql_has_state(result, "23503");
    int length = telling && detail != NULL ? (int)strcspn(detail, "\n") : 0;
    error_set(error, "%s%s%.*s", reason.text, length > 0 ? ": " : "", length > 200 ? 200 : length,
              length > 0 ? detail : "");
    return postgresql_has_state(result, "22") || postgresql_has_state(result, "23")
               ? ROWSTREAM_INPUT
               : status;
}

static bool is_key_conflict(const struct postgresql_run *run, const PGresult *result) {
    const char *found = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    return run->keyed && postgresql_has_state(result, "23505") &&
           (run->constraint == NULL || (found != NULL && strcmp(found, run->constraint) == 0));
}

/* ---- Statements ---- */

void postgresql_statement_fini(struct postgresql_statement *statement, PGconn *connection) {
    char sql[POSTGRESQL_STATEMENT_BYTES + 16];
    if (statement->name[0] != '\0') {
        snprintf(sql, sizeof sql, "DEALLOCATE %s", statement->name);
        PQclear(PQexec(connection, sql));
    }
    free(statement->values);
    free(statement->lengths);
    free(statement->formats);
    free(statement->numbers);
    *statement = (struct postgresql_statement){.values = NULL};
}

enum rowstream_status postgresql_pipeline_prepare(struct postgresql_pipeline *pipeline,
                                                  struct postgresql_statement *statement, bool made,
                                                  const struct buffer *sql, size_t count,
                                                  struct error *error) {
    char name[POSTGRESQL_STATEMENT_BYTES];
    postgresql_statement_fini(statement, pipeline->connection);
    statement->values = calloc(count + 1, sizeof(const char *));
    statement->lengths = calloc(count + 1, sizeof *statement->lengths);
    statement->formats = calloc(count + 1, sizeof *statement->formats);
    statement->numbers = calloc(count + 1, sizeof *statement->numbers);
    if (!made || statement->values == NULL || statement->lengths == NULL ||
        statement->formats == NULL || statement->numbers == NULL)
        return postgresql_no_memory(error);
    snprintf(name, sizeof name, "rowstream_%u", ++pipeline->made);
    enum rowstream_status status = postgresql_expect(
        pipeline->connection, PQprepare(pipeline->connection, name, sql->bytes, (int)count, NULL),
        PGRES_COMMAND_OK, error);
    if (status == ROWSTREAM_OK)
        strcpy(statement->name, name);
    return status;
}

/* Values go as text, which the server reads as the column's type, and blobs as they are. */
static enum rowstream_status bind_cell(struct postgresql_statement *statement, size_t i,
                                       const struct cell *cell, struct error *error) {
    char *number = statement->numbers[i];
    statement->formats[i] = 0;
    statement->values[i] = number;
    switch (cell->kind) {
    case CELL_NULL:
        statement->values[i] = NULL;
        break;
    case CELL_INTEGER:
        snprintf(number, POSTGRESQL_NUMBER_BYTES, "%lld", (long long)cell->integer);
        break;
    case CELL_REAL:
        snprintf(number, POSTGRESQL_NUMBER_BYTES, "%.17g", cell->real);
        break;
    case CELL_TEXT:
        statement->values[i] = cell->bytes;
        if (memchr(cell->bytes, '\0', cell->length) != NULL) {
            error_set(error, "a text with a NUL, which PostgreSQL cannot hold");
            return ROWSTREAM_INPUT;
        }
        break;
    case CELL_BLOB:
        statement->formats[i] = 1;
        statement->values[i] = cell->length > 0 ? cell->bytes : "";
        statement->lengths[i] = (int)cell->length;
        break;
    }
    return ROWSTREAM_OK;
}

/* ---- Sending and waiting ---- */

bool postgresql_pipeline_has_room(const struct postgresql_pipeline *pipeline, size_t count) {
    return pipeline->count + count <= SINK_HELD_RECORDS;
}

/* libpq sends what it has gathered whenever that is 8 KiB, so the rows of a trip are never in its
 * memory together; the answers are a few bytes each. */
enum rowstream_status postgresql_pipeline_send(struct postgresql_pipeline *pipeline,
                                               struct postgresql_statement *statement,
                                               const struct cell *cells, size_t count,
                                               const struct postgresql_run *run,
                                               struct error *error) {
    PGconn *connection = pipeline->connection;
    for (size_t i = 0; i < count; i++) {
        enum rowstream_status status = bind_cell(statement, i, &cells[i], error);
        if (status != ROWSTREAM_OK)
            return status;
    }
    if (PQenterPipelineMode(connection) != 1 ||
        PQsendQueryPrepared(connection, statement->name, (int)count, statement->values,
                            statement->lengths, statement->formats, 0) != 1)
        return postgresql_failure(connection, NULL, error);
    pipeline->runs[pipeline->count++] = *run;
    return ROWSTREAM_OK;
}

/* PQgetResult waits for ever for the end of a pipeline of which the answer came and no memory was
 * found to say so. But libpq leaves word of that: then, and when the connection fails, this gives
 * NULL. */
static PGresult *next_result(PGconn *connection) {
    while (PQisBusy(connection)) {
        struct pollfd socket = {.fd = PQsocket(connection), .events = POLLIN};
        if (*PQerrorMessage(connection) != '\0')
            return NULL;
        poll(&socket, 1, -1);
        if (PQconsumeInput(connection) != 1)
            return NULL;
    }
    return PQgetResult(connection);
}

static enum rowstream_status take_result(PGconn *connection, const struct postgresql_run *run,
                                         const PGresult *result, struct error *error) {
    ExecStatusType ended = PQresultStatus(result);
    if (ended != PGRES_COMMAND_OK && ended != PGRES_TUPLES_OK) {
        if (!is_key_conflict(run, result))
            return postgresql_row_failure(connection, result, error);
        error_set(error, "the key was there in a record before");
        return ROWSTREAM_INPUT;
    }
    if (run->key != NULL && PQntuples(result) == 1)
        *run->key = (struct cell){.kind = CELL_INTEGER,
                                  .integer = strtoll(PQgetvalue(result, 0, 0), NULL, 10)};
    return ROWSTREAM_OK;
}

enum rowstream_status postgresql_pipeline_wait(struct postgresql_pipeline *pipeline,
                                               struct sink_place *failed, struct error *error) {
    PGconn *connection = pipeline->connection;
    size_t count = pipeline->count;
    enum rowstream_status status = ROWSTREAM_OK;
    pipeline->count = 0;
    if (count == 0)
        return ROWSTREAM_OK;
    if (PQpipelineSync(connection) != 1) {
        *failed = pipeline->runs[0].place;
        return postgresql_failure(connection, NULL, error);
    }
    for (size_t i = 0; status == ROWSTREAM_OK && i < count; i++) {
        PGresult *result = next_result(connection);
        status = take_result(connection, &pipeline->runs[i], result, error);
        if (status != ROWSTREAM_OK)
            *failed = pipeline->runs[i].place;
        PQclear(result);
        PQclear(next_result(connection)); /* the end of this statement's results */
    }
    if (status != ROWSTREAM_OK)
        return status;                /* the connection is not used again */
    PQclear(next_result(connection)); /* the end of the pipeline */
    return PQexitPipelineMode(connection) == 1 ? ROWSTREAM_OK
                                               : postgresql_failure(connection, NULL, error);
}
