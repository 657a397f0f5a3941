/* The one large buffer between a format's library, which writes a few bytes at a time, and the
 * caller's output. A write error is kept until it is asked for, because it has to travel back
 * through the library that was writing. */
#ifndef ROWSTREAM_OUTPUT_H
#define ROWSTREAM_OUTPUT_H

#include <string.h>

#include "rowstream/rowstream.h"

enum { OUTPUT_BUFFER_BYTES = 32768 };

struct output {
    struct rowstream_output target;
    struct error error;  /* set by the first write that failed; nothing is written after it */
    uint64_t total_bytes; /* handed to the target */
    size_t length;
    char bytes[OUTPUT_BUFFER_BYTES];
};

/* Caller's memory, nothing to free. */
void output_init(struct output *output, const struct rowstream_output *target);
/* Hands over what is buffered. */
bool output_flush(struct output *output);
/* The path for what does not fit the buffer. */
bool output_append_slowly(struct output *output, const void *bytes, size_t length);

static inline bool output_append(struct output *output, const void *bytes, size_t length) {
    if (length > OUTPUT_BUFFER_BYTES - output->length)
        return output_append_slowly(output, bytes, length);
    memcpy(output->bytes + output->length, bytes, length);
    output->length += length;
    return true;
}

/* Why a library said that writing failed: the output's error, or else its own memory. */
enum rowstream_status output_failure(const struct output *output, struct error *error);

#endif
