/* A preload library that fails one allocation, HEAPGATE_FAIL_AT=N being the N-th of the process,
 * or that one and all after it with HEAPGATE_FAIL_FOREVER set. The counting allocator stands in
 * front of it and sees that the call failed. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static unsigned long fail_at;
static bool fail_forever;
static atomic_ulong calls;

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static int (*next_posix_memalign)(void **, size_t, size_t);

static void find(void) {
    void *found;
    found = dlsym(RTLD_NEXT, "calloc");
    memcpy(&next_calloc, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "realloc");
    memcpy(&next_realloc, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "posix_memalign");
    memcpy(&next_posix_memalign, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "malloc");
    memcpy(&next_malloc, &found, sizeof found);
}

__attribute__((constructor)) static void start(void) {
    const char *at = getenv("HEAPGATE_FAIL_AT");
    fail_at = at != NULL ? strtoul(at, NULL, 10) : 0;
    fail_forever = getenv("HEAPGATE_FAIL_FOREVER") != NULL;
}

/* Before the constructor has run nothing fails: that is the C library starting. */
static bool fails(void) {
    if (next_malloc == NULL)
        find();
    if (fail_at == 0)
        return false;
    unsigned long call = atomic_fetch_add(&calls, 1) + 1;
    if (call < fail_at || (call > fail_at && !fail_forever))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t bytes) {
    return fails() ? NULL : next_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
    return fails() ? NULL : next_calloc(count, bytes);
}

void *realloc(void *block, size_t bytes) {
    return fails() ? NULL : next_realloc(block, bytes);
}

int posix_memalign(void **block, size_t alignment, size_t bytes) {
    return fails() ? ENOMEM : next_posix_memalign(block, alignment, bytes);
}
