/* server_sql URL SQL: runs a statement, for scripts. */
#include <stdio.h>

#include "execute.h"

int main(int argc, char **argv) {
    struct error error = {.set = false};
    if (argc != 3) {
        fprintf(stderr, "usage: server_sql URL SQL\n");
        return 2;
    }
    if (server_execute(argv[1], argv[2], &error))
        return 0;
    fprintf(stderr, "server_sql: %s\n", error.text);
    return 1;
}
