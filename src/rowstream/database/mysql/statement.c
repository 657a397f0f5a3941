#include "rowstream/database/mysql/statement.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void my_statement_fini(struct my_statement *statement) {
    if (statement->prepared != NULL)
        mysql_stmt_close(statement->prepared);
    free(statement->binds);
    free(statement->numbers);
    *statement = (struct my_statement){.prepared = NULL};
}

enum rowstream_status my_statement_prepare(struct my_statement *statement, MYSQL *connection,
                                           bool made, const struct buffer *sql, size_t count,
                                           struct error *error) {
    my_statement_fini(statement);
    statement->binds = calloc(count + 1, sizeof *statement->binds);
    statement->numbers = calloc(count + 1, sizeof *statement->numbers);
    if (!made || statement->binds == NULL || statement->numbers == NULL)
        return client_mysql_no_memory(error);
    return client_mysql_prepare(connection, sql->bytes, &statement->prepared, error);
}

void my_statement_bind(struct my_statement *statement, size_t i, const struct cell *cell) {
    MYSQL_BIND *bind = &statement->binds[i];
    struct my_number *number = &statement->numbers[i];
    *bind = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_NULL};
    switch (cell->kind) {
    case CELL_NULL:
        break;
    case CELL_INTEGER:
        number->integer = cell->integer;
        bind->buffer_type = MYSQL_TYPE_LONGLONG;
        bind->buffer = &number->integer;
        break;
    case CELL_REAL:
        number->real = cell->real;
        bind->buffer_type = MYSQL_TYPE_DOUBLE;
        bind->buffer = &number->real;
        break;
    case CELL_TEXT:
    case CELL_BLOB:
        bind->buffer_type = cell->kind == CELL_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_LONG_BLOB;
        bind->buffer = (void *)(uintptr_t)(cell->length > 0 ? cell->bytes : "");
        bind->buffer_length = cell->length;
        break;
    }
}

/* A value that is none of the type, a row against a constraint. Not all have a SQLSTATE that says
 * so: a subquery of several rows (batch.c), a truncated value, one out of range, a column
 * without default, a wrong value. */
static bool is_about_input(MYSQL_STMT *statement) {
    static const unsigned codes[] = {1242, 1264, 1265, 1292, 1364, 1366};
    const char *state = mysql_stmt_sqlstate(statement);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (mysql_stmt_errno(statement) == codes[i])
            return true;
    return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0;
}

enum rowstream_status my_statement_run(struct my_statement *statement, struct error *error) {
    MYSQL_STMT *prepared = statement->prepared;
    if (mysql_stmt_bind_param(prepared, statement->binds) == 0 && mysql_stmt_execute(prepared) == 0)
        return ROWSTREAM_OK;
    enum rowstream_status status = client_mysql_statement_failure(prepared, error);
    return status == ROWSTREAM_SOURCE && is_about_input(prepared) ? ROWSTREAM_INPUT : status;
}

enum rowstream_status my_statement_run_with(struct my_statement *statement,
                                            const struct cell *cells, size_t count,
                                            struct error *error) {
    for (size_t i = 0; i < count; i++)
        my_statement_bind(statement, i, &cells[i]);
    return my_statement_run(statement, error);
}
