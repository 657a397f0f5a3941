#include "measure/shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* As far up as this process may. The measured command sees none of it. */
static void raise_limit(struct rlimit *limit) {
    struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY}, hard = {limit->rlim_max, limit->rlim_max};
    if (setrlimit(RLIMIT_FSIZE, &none) != 0)
        setrlimit(RLIMIT_FSIZE, &hard);
    getrlimit(RLIMIT_FSIZE, limit);
}

static bool fit_pieces(uint64_t limit_bytes, uint64_t header_bytes, uint64_t piece_bytes,
                       uint32_t *pieces) {
    if (limit_bytes == RLIM_INFINITY)
        return true;
    uint64_t room = limit_bytes > header_bytes ? (limit_bytes - header_bytes) / piece_bytes : 0;
    if (room < *pieces)
        *pieces = (uint32_t)room;
    return room > 0;
}

int shared_file_new(const char *what, uint64_t header_bytes, uint64_t piece_bytes, uint32_t *pieces,
                    struct error *error) {
    char name[32];
    struct rlimit before, limit;
    snprintf(name, sizeof name, "heapgate-%s", what);
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) {
        error_set(error, "cannot make the shared %s: %s", what, strerror(errno));
        return -1;
    }
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    if (limit.rlim_cur != RLIM_INFINITY)
        raise_limit(&limit);
    bool fits = fit_pieces(limit.rlim_cur, header_bytes, piece_bytes, pieces);
    bool made = fits && ftruncate(fd, (off_t)(header_bytes + *pieces * piece_bytes)) == 0;
    int reason = errno;
    if (before.rlim_cur != RLIM_INFINITY)
        setrlimit(RLIMIT_FSIZE, &before);
    if (made)
        return fd;
    close(fd);
    if (fits)
        error_set(error, "cannot make the shared %s: %s", what, strerror(reason));
    else
        error_set(error,
                  "cannot make the shared %s: files may have %" PRIu64 " bytes here "
                  "(ulimit -f), and it needs %" PRIu64,
                  what, (uint64_t)limit.rlim_cur, header_bytes + piece_bytes);
    return -1;
}

int shared_file_inherit(int fd, const char *name, char variable[SHARED_FILE_VARIABLE_BYTES]) {
    enum { NUMBER = 1000, BELOW_LIMIT = 16 }; /* away from those that programs choose */
    struct rlimit limit;
    struct stat status;
    getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t from = limit.rlim_cur > NUMBER + BELOW_LIMIT ? NUMBER
                  : limit.rlim_cur > 2 * BELOW_LIMIT    ? limit.rlim_cur - BELOW_LIMIT
                                                        : limit.rlim_cur;
    int inherited = fstat(fd, &status) == 0 ? fcntl(fd, F_DUPFD, (int)from) : -1;
    /* Of one length in every run: shells keep their environment on the heap. */
    int length = snprintf(variable, SHARED_FILE_VARIABLE_BYTES, "%s=", name);
    if (inherited >= 0)
        snprintf(variable + length, SHARED_FILE_VARIABLE_BYTES - (size_t)length, "%d:%020" PRIu64,
                 inherited, (uint64_t)status.st_ino);
    return inherited >= 0 ? inherited : 0;
}
