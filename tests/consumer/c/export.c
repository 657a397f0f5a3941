/* export BYTES "" "a;b" COMMAND: needs BYTES of heap at once, and its arguments as they were
 * written. */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    if (argc != 5 || strcmp(argv[2], "") != 0 || strcmp(argv[3], "a;b") != 0 ||
        strcmp(argv[4], "COMMAND") != 0)
        return 1;
    volatile char *rows = malloc((size_t)atol(argv[1]));
    if (rows == NULL)
        return 1;
    rows[0] = 'r';
    free((void *)rows);
    return 0;
}
