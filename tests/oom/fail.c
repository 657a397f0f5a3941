/* A preload library that fails one allocation, HEAPGATE_FAIL_AT=N being the N-th of the process,
 * or that one and all after it with HEAPGATE_FAIL_FOREVER set. The counting allocator stands in
 * front of it and sees that the call failed.
 *
 * With HEAPGATE_FAIL_CONNECTED set the first is that after which a connection was asked for from
 * libpq, or was made by MySQL's library. Before that the libraries that these need start, thousands
 * of allocations ahead of the program; and MySQL's library does not survive all failures while it
 * connects (3.3.17 writes through the pointer that it did not get). How many there were, and how
 * many blocks were left at the end, is written to the file that HEAPGATE_FAIL_COUNT names.
 *
 * With HEAPGATE_FAIL_SERVE=FD set the process never comes to its main function: for each struct
 * fail_request that is read from the socket FD a fork of it does, with that allocation failed, and
 * its wait status (an int) is the answer. So libraries are linked once, not for each try. */
#include "fail.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long fail_at;
static bool fail_forever;
static atomic_bool counts;
static atomic_ulong calls;
static atomic_long blocks;

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static int (*next_posix_memalign)(void **, size_t, size_t);
static void (*next_free)(void *);

static void find(void) {
    void *found;
    found = dlsym(RTLD_NEXT, "calloc");
    memcpy(&next_calloc, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "realloc");
    memcpy(&next_realloc, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "posix_memalign");
    memcpy(&next_posix_memalign, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "free");
    memcpy(&next_free, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "malloc");
    memcpy(&next_malloc, &found, sizeof found);
}

/* Returns in each child alone. */
static void serve(int socket) {
    enum { SECONDS_TO_HANG = 60 };
    struct fail_request request;
    while (read(socket, &request, sizeof request) == (ssize_t)sizeof request) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            close(socket);
            alarm(SECONDS_TO_HANG);
            fail_at = request.at;
            fail_forever = request.forever;
            return;
        }
        if (child < 0 || waitpid(child, &status, 0) != child ||
            write(socket, &status, sizeof status) != (ssize_t)sizeof status)
            _exit(1);
    }
    _exit(0);
}

__attribute__((constructor)) static void start(void) {
    const char *served = getenv("HEAPGATE_FAIL_SERVE");
    const char *at = getenv("HEAPGATE_FAIL_AT");
    fail_at = at != NULL ? strtoul(at, NULL, 10) : 0;
    fail_forever = getenv("HEAPGATE_FAIL_FOREVER") != NULL;
    if (served != NULL)
        serve(atoi(served));
    counts = getenv("HEAPGATE_FAIL_CONNECTED") == NULL;
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("HEAPGATE_FAIL_COUNT");
    unsigned long count = calls;
    long left = blocks;
    counts = false;
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file != NULL) {
        fprintf(file, "%lu %ld\n", count, left);
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

static void *made(void *block) {
    blocks += block != NULL;
    return block;
}

void *malloc(size_t bytes) {
    return fails() ? NULL : made(next_malloc(bytes));
}

void *calloc(size_t count, size_t bytes) {
    return fails() ? NULL : made(next_calloc(count, bytes));
}

/* Of no bytes it gives the block back, as glibc has it. */
void *realloc(void *block, size_t bytes) {
    if (fails())
        return NULL;
    void *moved = next_realloc(block, bytes);
    if (block == NULL)
        return made(moved);
    blocks -= bytes == 0 && moved == NULL;
    return moved;
}

int posix_memalign(void **block, size_t alignment, size_t bytes) {
    int error = fails() ? ENOMEM : next_posix_memalign(block, alignment, bytes);
    blocks += error == 0;
    return error;
}

void free(void *block) {
    if (next_free == NULL)
        find();
    blocks -= block != NULL;
    next_free(block);
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
