/* A library that loads another by its own RUNPATH, $ORIGIN/plugins, which its callers do not
 * have. */
#include <dlfcn.h>
#include <stddef.h>

void *loader_load(const char *name);

void *loader_load(const char *name) {
    void *volatile library = dlopen(name, RTLD_NOW);
    return library; /* volatile, so that the call is none in tail position: it is on behalf of this
                       one */
}
