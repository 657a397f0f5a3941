#include "alloc/reach.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t read_decimal(const char **text) {
    uint64_t value = 0;
    for (; **text >= '0' && **text <= '9'; ++*text)
        value = value * 10 + (uint64_t)(**text - '0');
    return value;
}

static void read_inherited(struct reach *file, const char *inherited) {
    file->fd = -1;
    if (inherited == NULL)
        return;
    uint64_t fd = read_decimal(&inherited);
    if (*inherited++ != ':' || fd > INT32_MAX)
        return;
    file->fd = (int)fd;
    file->inode = read_decimal(&inherited);
}

/* The program may have closed it, and opened something else under its number. */
static bool has_inherited(const struct reach *file) {
    struct stat status;
    return file->fd >= 0 && fstat(file->fd, &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_ino == file->inode;
}

bool reach_open(struct reach *file, const char *path, const char *inherited, uint64_t begin,
                size_t piece_bytes) {
    if (strlen(path) >= sizeof file->path)
        return false;
    strcpy(file->path, path);
    read_inherited(file, inherited);
    file->begin = begin;
    file->piece_bytes = piece_bytes;
    file->piece = NULL;
    return true;
}

static void *map(const struct reach *file, uint64_t at, size_t bytes) {
    bool inherited = has_inherited(file);
    int fd = inherited ? file->fd : open(file->path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    void *mapped =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, (off_t)at);
    if (!inherited)
        close(fd);
    return mapped != MAP_FAILED ? mapped : NULL;
}

void *reach_map_header(const struct reach *file, size_t bytes) {
    return map(file, 0, bytes);
}

/* An old size of 0 leaves the old mapping where it is, and makes a second one. */
static void *map_behind(const struct reach *file, uint32_t index) {
    size_t between = (size_t)(index - file->index) * file->piece_bytes;
    char *mapped = mremap(file->piece, 0, between + file->piece_bytes, MREMAP_MAYMOVE);
    if (mapped == MAP_FAILED)
        return NULL;
    munmap(mapped, between);
    return mapped + between;
}

void *reach_map(struct reach *file, uint32_t index) {
    void *piece = NULL;
    if (file->piece != NULL && index > file->index)
        piece = map_behind(file, index);
    if (piece == NULL)
        piece = map(file, file->begin + (uint64_t)index * file->piece_bytes, file->piece_bytes);
    file->piece = piece;
    file->index = index;
    return piece;
}

void reach_moved(struct reach *file, void *piece) {
    file->piece = piece;
}
