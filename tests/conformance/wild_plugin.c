/* A plugin that allocates for its program, and frees for it. */
#include <dlfcn.h>
#include <stdlib.h>

void *wild_allocate(size_t bytes);
void wild_release(void *block);
void *wild_open_inner(void);

void *wild_allocate(size_t bytes) {
    return malloc(bytes);
}

void wild_release(void *block) {
    free(block);
}

#ifdef WILD_INNER
/* By its name alone, in a folder that only this library's RUNPATH names. Not as a tail call, which
 * would return to somebody else. */
void *wild_open_inner(void) {
    void *volatile inner = dlopen(WILD_INNER, RTLD_NOW | RTLD_DEEPBIND);
    return inner;
}
#endif
