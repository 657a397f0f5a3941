/* A prepared statement of MySQL's with room for its parameters, which are cells. */
#ifndef ROWSTREAM_DATABASE_MYSQL_STATEMENT_H
#define ROWSTREAM_DATABASE_MYSQL_STATEMENT_H

#include "rowstream/database/mysql/client.h"

struct my_number {
    long long integer;
    double real;
};

/* Zero is none. */
struct my_statement {
    MYSQL_STMT *prepared;
    MYSQL_BIND *binds;
    struct my_number *numbers;
};

/* `made` says whether memory sufficed for the SQL. Takes the place of what the statement was. */
enum rowstream_status my_statement_prepare(struct my_statement *statement, MYSQL *connection,
                                           bool made, const struct buffer *sql, size_t count,
                                           struct error *error);
void my_statement_fini(struct my_statement *statement);

/* The cell's bytes must last until it has run. */
void my_statement_bind(struct my_statement *statement, size_t i, const struct cell *cell);
/* ROWSTREAM_INPUT for a row that the table does not take: then all the statement did is undone, and
 * the transaction goes on. */
enum rowstream_status my_statement_run(struct my_statement *statement, struct error *error);
enum rowstream_status my_statement_run_with(struct my_statement *statement,
                                            const struct cell *cells, size_t count,
                                            struct error *error);

#endif
