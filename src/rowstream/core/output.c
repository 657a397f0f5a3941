#include "rowstream/core/output.h"

#include <errno.h>
#include <stdlib.h>

#include "base/file.h"

void output_init(struct output *output, const struct rowstream_output *target) {
    output->target = *target;
    output->error.set = false;
    output->total_bytes = 0;
    output->length = output->capacity = 0;
    output->bytes = NULL;
}

void output_fini(struct output *output) {
    free(output->bytes);
    output->bytes = NULL;
    output->length = output->capacity = 0;
}

static bool hand_over(struct output *output, const void *bytes, size_t length) {
    if (output->error.set)
        return false;
    if (!output->target.write(output->target.context, bytes, length, &output->error)) {
        error_set(&output->error, "the output cannot be written");
        return false;
    }
    output->total_bytes += length;
    return true;
}

bool output_flush(struct output *output) {
    size_t length = output->length;
    output->length = 0;
    return length == 0 ? !output->error.set : hand_over(output, output->bytes, length);
}

bool output_rest(struct output *output) {
    bool flushed = output_flush(output);
    output_fini(output);
    return flushed;
}

bool output_append_slowly(struct output *output, const void *bytes, size_t length) {
    const char *at = bytes;
    if (output->bytes == NULL) {
        output->bytes = malloc(OUTPUT_BUFFER_BYTES);
        if (output->bytes == NULL)
            return false;
        output->capacity = OUTPUT_BUFFER_BYTES;
    }
    while (length > 0) {
        size_t room = output->capacity - output->length;
        size_t part = length < room ? length : room;
        memcpy(output->bytes + output->length, at, part);
        output->length += part;
        at += part;
        length -= part;
        if (output->length == output->capacity && !output_flush(output))
            return false;
    }
    return true;
}

enum rowstream_status output_failure(const struct output *output, struct error *error) {
    if (output->error.set) {
        error_set(error, "%s", output->error.text);
        return ROWSTREAM_OUTPUT;
    }
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

static bool write_descriptor(void *context, const void *bytes, size_t length, struct error *error) {
    const struct rowstream_descriptor *descriptor = context;
    if (file_write_all(descriptor->fd, bytes, length))
        return true;
    error_set(error, "%s: cannot write: %s", descriptor->name, strerror(errno));
    return false;
}

struct rowstream_output rowstream_output_descriptor(struct rowstream_descriptor *descriptor) {
    return (struct rowstream_output){.write = write_descriptor, .context = descriptor};
}
