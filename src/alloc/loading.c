/* dlclose and _exit look at what is loaded before it goes away (modules.h).
 *
 * dlopen asks by its return address which object called it, for that object's RUNPATH, $ORIGIN and
 * list of link maps. A wrapper that calls it would put itself in the caller's place, and a library
 * that is found without heapgate would not be found with it. So dlopen and dlmopen may only be passed
 * on by a jump: TAIL_CALL. Nothing can be done after them. */
#include "alloc/loading.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alloc/modules.h"

#define EXPORTED __attribute__((visibility("default")))

#if defined(__has_attribute)
#if __has_attribute(musttail)
#define TAIL_CALL __attribute__((musttail)) return
#endif
#endif
#ifndef TAIL_CALL /* a call at the end is made a jump where -O2 is given, as it is to this folder */
#define TAIL_CALL return
#endif

static void *(*next_dlopen)(const char *, int);
static void *(*next_dlmopen)(Lmid_t, const char *, int);
static int (*next_dlclose)(void *);
static void (*next_exit)(int);

static void find(const char *name, void *function) {
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

void loading_prepare(void) {
    find("dlopen", &next_dlopen);
    find("dlmopen", &next_dlmopen);
    find("dlclose", &next_dlclose);
    find("_exit", &next_exit);
}

/* The flags that a library is loaded with. */
static int mode_of(int mode) {
    return mode;
}

EXPORTED void *dlopen(const char *file, int mode) {
    modules_look();
    if (next_dlopen == NULL)
        loading_prepare();
    TAIL_CALL next_dlopen(file, mode_of(mode));
}

EXPORTED void *dlmopen(Lmid_t list, const char *file, int mode) {
    modules_look();
    if (next_dlmopen == NULL)
        loading_prepare();
    TAIL_CALL next_dlmopen(list, file, mode_of(mode));
}

EXPORTED int dlclose(void *handle) {
    modules_look();
    if (next_dlclose == NULL)
        loading_prepare();
    return next_dlclose(handle);
}

EXPORTED void _exit(int status) {
    modules_look();
    if (next_exit != NULL)
        next_exit(status);
    for (;;)
        syscall(SYS_exit_group, status);
}

EXPORTED void _Exit(int status) {
    _exit(status);
}

static __attribute__((destructor)) void at_exit(void) {
    modules_look();
}
