/* A preload library that fails one allocation, HEAPGATE_FAIL_AT=N being the N-th of the process,
 * or that one and all after it with HEAPGATE_FAIL_FOREVER set. The counting allocator stands in
 * front of it and sees that the call failed.
 *
 * With HEAPGATE_FAIL_CONNECTED set the first is that after which a connection was asked for from
 * libpq, or was made by MySQL's library. Before that the libraries that these need start, thousands
 * of allocations ahead of the program; and MySQL's library does not survive all failures while it
 * connects (3.3.17 writes through the pointer that it did not get). How many there were is written
 * to the file that HEAPGATE_FAIL_COUNT names. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long fail_at;
static bool fail_forever;
static atomic_bool counts;
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
    counts = getenv("HEAPGATE_FAIL_CONNECTED") == NULL;
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("HEAPGATE_FAIL_COUNT");
    unsigned long count = calls;
    counts = false;
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file != NULL) {
        fprintf(file, "%lu\n", count);
        fclose(file);
    }
}

/* Before the constructor has run nothing fails: that is the C library starting. */
static bool fails(void) {
    if (next_malloc == NULL)
        find();
    if (!counts)
        return false;
    unsigned long call = atomic_fetch_add(&calls, 1) + 1;
    if (fail_at == 0 || call < fail_at || (call > fail_at && !fail_forever))
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

/* ---- What connects, as its library declares it ---- */

void *PQconnectdbParams(const char *const *names, const char *const *values, int expand);
void *PQconnectdbParams(const char *const *names, const char *const *values, int expand) {
    void *(*next)(const char *const *, const char *const *, int);
    void *found = dlsym(RTLD_NEXT, "PQconnectdbParams");
    memcpy(&next, &found, sizeof found);
    counts = true;
    return next(names, values, expand);
}

void *mysql_real_connect(void *handle, const char *host, const char *user, const char *password,
                         const char *database, unsigned port, const char *socket,
                         unsigned long flags);
void *mysql_real_connect(void *handle, const char *host, const char *user, const char *password,
                         const char *database, unsigned port, const char *socket,
                         unsigned long flags) {
    void *(*next)(void *, const char *, const char *, const char *, const char *, unsigned,
                  const char *, unsigned long);
    void *found = dlsym(RTLD_NEXT, "mysql_real_connect");
    memcpy(&next, &found, sizeof found);
    void *connected = next(handle, host, user, password, database, port, socket, flags);
    counts = true;
    return connected;
}
