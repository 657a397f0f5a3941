/* The interposed symbols: one line each, made from the list in entries.h, and the call that joins
 * the record before main. Built twice: into the preload library, and (with HEAPGATE_LINKED) into
 * the library that executables link. */
#include <dlfcn.h>
#include <stddef.h>

#include "alloc/attach.h"
#include "alloc/capture.h"
#include "alloc/entries.h"
#include "alloc/heap.h"
#include "alloc/mapped.h"
#include "alloc/modules.h"
#include "alloc/profile.h"
#include "alloc/resident.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#ifdef __clang__
#pragma clang diagnostic ignored "-Wmissing-prototypes"
#endif

/* When memory is out, C++ wants its new_handler called and bad_alloc thrown. The next definition,
 * the C++ library's, knows how: it asks malloc, which refuses again, and does the rest. Its
 * exception passes through these frames, so they are compiled with -fexceptions. */
static void *new_block(const char *symbol, size_t bytes) {
    void *block = heap_malloc(bytes);
    if (block != NULL)
        return block;
    void *(*next)(size_t);
    *(void **)&next = dlsym(RTLD_NEXT, symbol);
    return next == NULL ? NULL : next(bytes);
}

static void *new_nothrow(const char *symbol, size_t bytes, const void *nothrow) {
    void *block = heap_malloc(bytes);
    if (block != NULL)
        return block;
    void *(*next)(size_t, const void *);
    *(void **)&next = dlsym(RTLD_NEXT, symbol);
    return next == NULL ? NULL : next(bytes, nothrow);
}

static void *new_aligned(const char *symbol, size_t bytes, size_t alignment) {
    void *block = heap_memalign(alignment, bytes);
    if (block != NULL)
        return block;
    void *(*next)(size_t, size_t);
    *(void **)&next = dlsym(RTLD_NEXT, symbol);
    return next == NULL ? NULL : next(bytes, alignment);
}

static void *new_aligned_nothrow(const char *symbol, size_t bytes, size_t alignment,
                                 const void *nothrow) {
    void *block = heap_memalign(alignment, bytes);
    if (block != NULL)
        return block;
    void *(*next)(size_t, size_t, const void *);
    *(void **)&next = dlsym(RTLD_NEXT, symbol);
    return next == NULL ? NULL : next(bytes, alignment, nothrow);
}

#define DEFINE(type, name, parameters, body)                                                       \
    __attribute__((visibility("default"))) type name parameters {                                  \
        body;                                                                                      \
    }
/* A program that replaces operator new itself keeps its own. */
#define DEFINE_WEAK(type, name, parameters, body)                                                  \
    __attribute__((visibility("default"), weak)) type name parameters {                            \
        body;                                                                                      \
    }
ALLOC_C_ENTRIES(DEFINE)
ALLOC_CXX_ENTRIES(DEFINE_WEAK)

/* What is loaded next may come to the same addresses. */
__attribute__((visibility("default"))) int dlclose(void *library) {
    int (*next)(void *);
    *(void **)&next = dlsym(RTLD_NEXT, "dlclose");
    modules_look();
    int reason = next(library);
    profile_modules_gone();
    return reason;
}

static void start(int argc, char **argv, char **environment) {
    (void)argc;
    attach(argv, environment);
    mapped_start();
    resident_start();
}

#ifdef HEAPGATE_LINKED
/* Before the constructors of every library: they may allocate, fork and start threads. */
__attribute__((section(".preinit_array"), used)) static void (*const at_start)(int, char **,
                                                                               char **) = start;

__attribute__((constructor)) static void at_start_capture(void) {
    capture_prepare();
}
#else
/* Linked with -z initfirst, which makes this the first constructor of the process: before libc's
 * own, so that dlopen cannot be called yet. What needs it is left to capture_start.c. */
__attribute__((constructor)) static void at_start(int argc, char **argv, char **environment) {
    start(argc, argv, environment);
}

void heapgate_capture_prepare(void);

__attribute__((visibility("default"))) void heapgate_capture_prepare(void) {
    capture_prepare();
}
#endif
