#include "alloc/next.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/place.h"

/* A function that the preload library exports: an executable that links heapgate and runs with the
 * preload library behind it takes what is behind both, so that nothing is counted, or paid for,
 * twice. */
#define SHARED_SYMBOL "heapgate_next_allocator"

enum { EARLY_BYTES = 1 << 16 };
static _Alignas(16) unsigned char early[EARLY_BYTES];
static _Atomic size_t early_used;
static bool preload_behind;
static _Thread_local int looking __attribute__((tls_model("initial-exec")));

bool next_is_early(const void *memory) {
    uintptr_t address = (uintptr_t)memory;
    return address >= (uintptr_t)early && address < (uintptr_t)early + EARLY_BYTES;
}

bool next_has_preload(void) {
    return preload_behind;
}

static void *early_alloc(size_t bytes) {
    if (bytes > EARLY_BYTES)
        return NULL;
    size_t at = atomic_fetch_add(&early_used, (bytes + 15) & ~(size_t)15);
    return at + bytes <= EARLY_BYTES ? early + at : NULL;
}

#define SANITIZER_PREFIX "__interceptor_"

/* A sanitizer that is linked into the executable, as clang's are, stands beside this object, not
 * behind it: its own malloc gave way to this one, and goes by another name. Its other functions
 * (strdup) give out blocks that only its own free takes. It intercepts most of libc, and may not be
 * ready for that. */
static void look_up(const char *sanitizer_name, void *function) {
    const char *name = sanitizer_name + sizeof SANITIZER_PREFIX - 1;
    void *found = NULL;
#ifdef HEAPGATE_LINKED
    found = dlsym(RTLD_DEFAULT, sanitizer_name);
#endif
    if (found == NULL)
        found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        static const char message[] = "heapgate: no allocator behind the counting one\n";
        if (write(STDERR_FILENO, message, sizeof message - 1) < 0)
            _exit(127);
        abort();
    }
    memcpy(function, &found, sizeof found);
}

/* False when called from within itself, by dlsym. Two threads may both look: they find the same. */
static bool find(void) {
    struct next_allocator found;
    if (looking)
        return false;
    looking = 1;
    place_mute();
    const struct next_allocator *(*shared)(void);
    *(void **)&shared = dlsym(RTLD_NEXT, SHARED_SYMBOL);
    if (shared != NULL) {
        found = *shared();
        preload_behind = true;
    } else {
        look_up(SANITIZER_PREFIX "malloc", &found.malloc);
        look_up(SANITIZER_PREFIX "calloc", &found.calloc);
        look_up(SANITIZER_PREFIX "realloc", &found.realloc);
        look_up(SANITIZER_PREFIX "free", &found.free);
        look_up(SANITIZER_PREFIX "posix_memalign", &found.posix_memalign);
        look_up(SANITIZER_PREFIX "malloc_usable_size", &found.malloc_usable_size);
    }
    dlerror(); /* what is not there is no error of the program's */
    next_allocator = found;
    place_unmute();
    looking = 0;
    return true;
}

static void *first_malloc(size_t bytes) {
    return find() ? next_allocator.malloc(bytes) : early_alloc(bytes);
}

static void *first_calloc(size_t count, size_t bytes) { /* the early area is zeroed */
    return find() ? next_allocator.calloc(count, bytes) : early_alloc(count * bytes);
}

static void *first_realloc(void *block, size_t bytes) {
    return find() ? next_allocator.realloc(block, bytes) : NULL;
}

static void first_free(void *block) {
    if (find())
        next_allocator.free(block);
}

static int first_posix_memalign(void **block, size_t alignment, size_t bytes) {
    return find() ? next_allocator.posix_memalign(block, alignment, bytes) : ENOMEM;
}

static size_t first_usable_size(void *block) {
    return find() ? next_allocator.malloc_usable_size(block) : 0;
}

struct next_allocator next_allocator = {
    .malloc = first_malloc,
    .calloc = first_calloc,
    .realloc = first_realloc,
    .free = first_free,
    .posix_memalign = first_posix_memalign,
    .malloc_usable_size = first_usable_size,
};

/* ---- What it makes of odd requests: rare, so that nothing is kept ---- */

static bool grants(const char *name, size_t alignment, size_t bytes) {
    void *(*next)(size_t, size_t);
    int saved = errno;
    place_mute();
    *(void **)&next = dlsym(RTLD_NEXT, name);
    place_unmute();
    errno = saved;
    void *block = next != NULL ? next(alignment, bytes) : NULL;
    saved = errno;
    if (block != NULL)
        next_allocator.free(block);
    errno = saved;
    return block != NULL;
}

bool next_grants_memalign(size_t alignment, size_t bytes) {
    return grants("memalign", alignment, bytes);
}

bool next_grants_aligned_alloc(size_t alignment, size_t bytes) {
    return grants("aligned_alloc", alignment, bytes);
}

int next_tries_posix_memalign(size_t alignment, size_t bytes) {
    void *block;
    int reason = next_allocator.posix_memalign(&block, alignment, bytes), saved = errno;
    if (reason == 0)
        next_allocator.free(block);
    errno = saved;
    return reason;
}

bool next_reallocs_to_nothing(void) {
    int saved = errno;
    void *block = next_allocator.malloc(1);
    if (block != NULL)
        block = next_allocator.realloc(block, 0);
    bool keeps = block != NULL;
    if (keeps)
        next_allocator.free(block);
    errno = saved;
    return keeps;
}

#ifndef HEAPGATE_LINKED
const struct next_allocator *heapgate_next_allocator(void);

__attribute__((visibility("default"))) const struct next_allocator *heapgate_next_allocator(void) {
    if (next_allocator.malloc == first_malloc)
        find();
    return &next_allocator;
}
#endif
