/* Nothing but inserts: 50,000 rows of four texts of 290 bytes, as many as a seeded row has, through
 * one prepared statement in one transaction, with SQLite as it is. What a load cannot be faster
 * than. usage: insert_loop DATABASE (with an empty table ticket5423_item) */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 50000, TEXT_BYTES = 290 };

int main(int argc, char **argv) {
    sqlite3 *database = NULL;
    sqlite3_stmt *insert = NULL;
    char text[TEXT_BYTES];
    memset(text, 'x', sizeof text);
    int code =
        argc == 2 ? sqlite3_open_v2(argv[1], &database, SQLITE_OPEN_READWRITE, NULL) : SQLITE_ERROR;
    if (code == SQLITE_OK)
        code = sqlite3_exec(database, "BEGIN", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(database,
                                  "INSERT INTO ticket5423_item (id, name, title, "
                                  "description, notes) VALUES (?, ?, ?, ?, ?)",
                                  -1, &insert, NULL);
    for (int row = 1; code == SQLITE_OK && row <= ROWS; row++) {
        sqlite3_bind_int(insert, 1, row);
        for (int i = 2; i <= 5; i++)
            sqlite3_bind_text(insert, i, text, sizeof text, SQLITE_STATIC);
        code = sqlite3_step(insert) == SQLITE_DONE ? sqlite3_reset(insert) : SQLITE_ERROR;
    }
    sqlite3_finalize(insert);
    if (code == SQLITE_OK)
        code = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        fprintf(stderr, "insert_loop: %s\n", database != NULL ? sqlite3_errmsg(database) : "usage");
    sqlite3_close(database);
    return code == SQLITE_OK ? 0 : 1;
}
