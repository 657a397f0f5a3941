/* Files: reading one whole, and writing one so that it is either whole or not there.
 *
 * An output is written beside its target under a temporary name and renamed over it by
 * file_output_commit. Until then, and for ever if the program stops half-way, the target is as it
 * was. Not to be shared between threads. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

struct file_output {
    int fd;          /* -1 when closed */
    bool in_place;   /* the target is no regular file (a pipe, /dev/stdout): written directly */
    char *path;      /* owned */
    char *temporary; /* owned; NULL when in_place */
};

/* Opens the temporary file. A target that exists and is no regular file is opened itself, so
 * that /dev/null and named pipes work. An existing target's permissions are kept. Errors name
 * the path. */
bool file_output_open(struct file_output *output, const char *path, struct error *error);
/* Writes all of it, or fails with the path and the reason (no space left, ...). */
bool file_output_write(struct file_output *output, const void *bytes, size_t length,
                       struct error *error);
/* Closes and renames over the target. After a failure nothing is left behind. */
bool file_output_commit(struct file_output *output, struct error *error);
/* Closes and removes the temporary file; harmless after a commit or a failed open. */
void file_output_abort(struct file_output *output);

/* All of a file in one call: open, write, commit. */
bool file_write(const char *path, const void *bytes, size_t length, struct error *error);

/* Appends the whole file to `contents`, up to its maximum. Errors name the path. */
bool file_read(const char *path, struct buffer *contents, struct error *error);

/* Makes the folder and those above it; fine when they are there. */
bool file_make_directories(const char *path, struct error *error);
/* The same for the folders above a file. */
bool file_make_parents(const char *path, struct error *error);
/* Removes a folder with all that is in it; does not follow links. Missing is fine. */
bool file_remove_tree(const char *path, struct error *error);

/* Writes all of `bytes` to a descriptor; false with errno set. */
bool file_write_all(int fd, const void *bytes, size_t length);

#endif
