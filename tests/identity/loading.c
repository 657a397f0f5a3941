/* loading NAME: has a library load another, by name alone. Fails where that is not found. */
#include <dlfcn.h>
#include <stdio.h>

void *loader_load(const char *name);

int main(int argc, char **argv) {
    if (argc == 2 && loader_load(argv[1]) != NULL)
        return 0;
    fprintf(stderr, "%s\n", dlerror());
    return 1;
}
