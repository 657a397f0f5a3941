/* Allocates BYTES and frees them, CALLS times: more work than a shell's, below a shell's peak. */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    size_t bytes = strtoul(argv[1], NULL, 10);
    for (unsigned long calls = strtoul(argv[2], NULL, 10); calls > 0; calls--) {
        char *block = malloc(bytes);
        if (block == NULL)
            return 1;
        memset(block, 1, bytes);
        free(block);
    }
    return 0;
}
