/* The bytes of a document that is loaded: a file, or standard input, unpacked when gzip has packed
 * it. zlib tells by the first bytes, so that no name has to promise anything; its header is
 * included in input.c only. */
#ifndef ROWSTREAM_CORE_INPUT_H
#define ROWSTREAM_CORE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "rowstream/core/rowstream.h"

struct input {
    const char *name;             /* for messages; the caller's, or "standard input" */
    void *file;                   /* zlib's */
    bool ended;                   /* all has been read */
    bool truncated;               /* a packed one that stops half-way */
    enum rowstream_status status; /* of the first failure; a library that read stands in between */
    struct error error;
};

/* Opens `path`, or standard input for "-". The error names the path. */
enum rowstream_status input_open(struct input *input, const char *path, struct error *error);

/* Reads at most `most` bytes (up to 1 GiB): 0 at the end, negative for a failure, which is kept in
 * `status` and `error`. A packed file that stops half-way is a failure. */
int input_read(struct input *input, char *bytes, size_t most);

/* Harmless after a failed open. */
void input_close(struct input *input);

#endif
