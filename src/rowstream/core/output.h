/* The one large buffer between a format's library, which writes a few bytes at a time, and the
 * caller's output. A write error is kept until it is asked for, because it has to travel back
 * through the library that was writing. */
#ifndef ROWSTREAM_CORE_OUTPUT_H
#define ROWSTREAM_CORE_OUTPUT_H

#include <string.h>

#include "rowstream/core/rowstream.h"

enum { OUTPUT_BUFFER_BYTES = 32768 };

struct output {
    struct rowstream_output target;
    struct error error;   /* set by the first write that failed; nothing is written after it */
    uint64_t total_bytes; /* handed to the target */
    size_t length;
    size_t capacity; /* OUTPUT_BUFFER_BYTES, or 0 while there is no buffer */
    char *bytes;     /* owned */
};

void output_init(struct output *output, const struct rowstream_output *target);
void output_fini(struct output *output);
/* Hands over what is buffered. */
bool output_flush(struct output *output);
/* The same, and lends the buffer's memory to others until the next append. */
bool output_rest(struct output *output);
/* The path for what does not fit the buffer. */
bool output_append_slowly(struct output *output, const void *bytes, size_t length);

static inline bool output_append(struct output *output, const void *bytes, size_t length) {
    if (length > output->capacity - output->length)
        return output_append_slowly(output, bytes, length);
    if (length > 0)
        memcpy(output->bytes + output->length, bytes, length);
    output->length += length;
    return true;
}

/* Why a library said that writing failed: the output's error, or else its own memory. */
enum rowstream_status output_failure(const struct output *output, struct error *error);

#endif
