/* Links a library, and allocates as many bytes as it is told. */
#include <stdlib.h>
#include <string.h>

int demo(void);

int main(int argc, char **argv) {
    size_t bytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    char *block = malloc(bytes);
    if (block == NULL)
        return 1;
    memset(block, 1, bytes);
    free(block);
    return demo();
}
