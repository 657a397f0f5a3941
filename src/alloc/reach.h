/* Reaching the shared files, wherever the process has gone.
 *
 * The parent names a file by a path, /proc/PARENT/fd/N, and lets the command inherit a descriptor
 * of it. A process that changed its root, its user or its PID namespace can no longer open the
 * path, and a daemon closes its descriptors; but what is mapped stays mapped. So the child of a
 * fork opens nothing: a file is a row of pieces, the child's piece lies behind the one that its
 * parent has mapped, and mremap makes a longer mapping of the same file from that. Only an image
 * that comes from exec needs the descriptor, or else the path.
 *
 * Nothing here allocates; all may be called after fork, in a process of any number of threads. */
#ifndef ALLOC_REACH_H
#define ALLOC_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REACH_PATH_BYTES = 256 };

/* The slots of the record; the regions of the profile. */
struct reach {
    char path[REACH_PATH_BYTES];
    int fd;         /* inherited; -1 without one */
    uint64_t inode; /* of the file */
    uint64_t begin; /* of piece 0 in the file */
    size_t piece_bytes;
    void *piece;    /* the newest that was mapped, and still is where it comes to mremap */
    uint32_t index; /* of it */
};

/* `inherited` is what the parent put into the environment for the descriptor, "NUMBER:INODE", or
 * NULL. False when the path is too long. */
bool reach_open(struct reach *file, const char *path, const char *inherited, uint64_t begin,
                size_t piece_bytes);

/* Maps bytes at the begin of the file, to be read and written; NULL when they cannot be reached. */
void *reach_map_header(const struct reach *file, size_t bytes);

/* Maps a piece; NULL when it cannot be reached. In the child of a fork: one after the parent's. */
void *reach_map(struct reach *file, uint32_t index);

/* The piece that was mapped last is at another address now; NULL: it is not there any more. */
void reach_moved(struct reach *file, void *piece);

#endif
