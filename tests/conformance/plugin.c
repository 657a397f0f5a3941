/* Allocates when it is loaded, frees when it is unloaded, and hands memory to its host. */
#include <stdlib.h>

void *plugin_make(size_t bytes);

static void *own;

__attribute__((constructor)) static void load(void) {
    own = malloc(500000);
}

__attribute__((destructor)) static void unload(void) {
    free(own);
}

__attribute__((visibility("default"))) void *plugin_make(size_t bytes) {
    return malloc(bytes);
}
