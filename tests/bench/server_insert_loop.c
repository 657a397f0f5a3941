/* Nothing but inserts, on a server: 50,000 rows of four texts of 255 characters in 290 bytes, as a
 * seeded row has, through one prepared statement in one transaction, a row a trip, as a program
 * without more ado would. usage: server_insert_loop URL (with an empty table ticket5423_item) */
#include <libpq-fe.h>
#include <mysql.h>
#include <stdio.h>
#include <string.h>

#include "rowstream/database/mysql/client.h"

enum { ROWS = 50000, TEXT_BYTES = 290, COLUMNS = 5 };

static char text[TEXT_BYTES + 1];

static bool done(PGresult *result, ExecStatusType wanted) {
    bool fine = PQresultStatus(result) == wanted;
    PQclear(result);
    return fine;
}

static bool insert_postgresql(const char *url) {
    PGconn *connection = PQconnectdb(url);
    char id[16];
    const char *values[COLUMNS] = {id, text, text, text, text};
    bool fine = done(PQexec(connection, "BEGIN"), PGRES_COMMAND_OK) &&
                done(PQprepare(connection, "i",
                               "INSERT INTO ticket5423_item (id, name, title, "
                               "description, notes) VALUES ($1, $2, $3, $4, $5)",
                               COLUMNS, NULL),
                     PGRES_COMMAND_OK);
    for (int row = 1; fine && row <= ROWS; row++) {
        snprintf(id, sizeof id, "%d", row);
        fine =
            done(PQexecPrepared(connection, "i", COLUMNS, values, NULL, NULL, 0), PGRES_COMMAND_OK);
    }
    fine = fine && done(PQexec(connection, "COMMIT"), PGRES_COMMAND_OK);
    if (!fine)
        fprintf(stderr, "server_insert_loop: %s", PQerrorMessage(connection));
    PQfinish(connection);
    return fine;
}

static bool insert_mysql(const char *url) {
    static const char sql[] = "INSERT INTO ticket5423_item (id, name, title, description, notes) "
                              "VALUES (?, ?, ?, ?, ?)";
    MYSQL *connection = NULL;
    int id = 0;
    MYSQL_BIND binds[COLUMNS] = {{.buffer_type = MYSQL_TYPE_LONG, .buffer = &id}};
    if (client_mysql_connect(url, &connection, NULL) != ROWSTREAM_OK)
        return false;
    for (int i = 1; i < COLUMNS; i++)
        binds[i] = (MYSQL_BIND){
            .buffer_type = MYSQL_TYPE_STRING, .buffer = text, .buffer_length = TEXT_BYTES};
    MYSQL_STMT *statement = mysql_stmt_init(connection);
    bool fine = mysql_query(connection, "BEGIN") == 0 &&
                mysql_stmt_prepare(statement, sql, sizeof sql - 1) == 0 &&
                mysql_stmt_bind_param(statement, binds) == 0;
    for (id = 1; fine && id <= ROWS; id++)
        fine = mysql_stmt_execute(statement) == 0;
    fine = fine && mysql_query(connection, "COMMIT") == 0;
    if (!fine)
        fprintf(stderr, "server_insert_loop: %s\n", mysql_error(connection));
    mysql_stmt_close(statement);
    mysql_close(connection);
    return fine;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: server_insert_loop URL\n");
        return 2;
    }
    memset(text, 'x', TEXT_BYTES);
    for (int i = 0; i < TEXT_BYTES - 255; i++)
        memcpy(text + 2 * i, "\xC3\xA9", 2);
    bool is_mysql = strncmp(argv[1], "mysql:", 6) == 0;
    return (is_mysql ? insert_mysql(argv[1]) : insert_postgresql(argv[1])) ? 0 : 1;
}
