/* A second preload library, used when a limit is armed: its constructor runs in the usual order,
 * after libc's, when the preload library's own has long run and dlopen may be called. */
#include <dlfcn.h>
#include <stddef.h>

__attribute__((constructor)) static void at_start(void) {
    void (*prepare)(void);
    *(void **)&prepare = dlsym(RTLD_DEFAULT, "heapgate_capture_prepare");
    if (prepare != NULL)
        prepare();
}
