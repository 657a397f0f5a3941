#include "rowstream/core/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { PACKED_BUFFER_BYTES = 8192 };

static enum rowstream_status cannot_read(const struct input *input, struct error *error) {
    error_set(error, "%s: cannot read: %s", input->name, strerror(errno));
    return ROWSTREAM_INPUT;
}

enum rowstream_status input_open(struct input *input, const char *path, struct error *error) {
    bool standard = strcmp(path, "-") == 0;
    *input = (struct input){.name = standard ? "standard input" : path};
    int fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot_read(input, error);
    input->file = gzdopen(fd, "rb");
    if (input->file == NULL) {
        close(fd);
        error_set(error, "%s: out of memory", input->name);
        return ROWSTREAM_MEMORY;
    }
    gzbuffer(input->file, PACKED_BUFFER_BYTES);
    return ROWSTREAM_OK;
}

static int failed(struct input *input) {
    int code = Z_OK;
    const char *reason = gzerror(input->file, &code);
    input->status = code == Z_MEM_ERROR ? ROWSTREAM_MEMORY : ROWSTREAM_INPUT;
    if (code == Z_MEM_ERROR)
        error_set(&input->error, "out of memory");
    else if (code == Z_ERRNO)
        error_set(&input->error, "cannot read: %s", strerror(errno));
    else if (code == Z_BUF_ERROR || input->truncated)
        error_set(&input->error, "the gzip file is truncated");
    else
        error_set(&input->error, "the gzip file is damaged: %s", reason);
    return -1;
}

int input_read(struct input *input, char *bytes, size_t most) {
    if (input->status != ROWSTREAM_OK)
        return -1;
    int length = gzread(input->file, bytes, (unsigned)most), code = Z_OK;
    gzerror(input->file, &code);
    /* From zlib 1.3.2 on the next call forgets it. */
    input->truncated = input->truncated || code == Z_BUF_ERROR;
    if (length > 0)
        return length;
    if (length < 0 || input->truncated)
        return failed(input);
    input->ended = true;
    return 0;
}

void input_close(struct input *input) {
    if (input->file != NULL)
        gzclose(input->file);
    input->file = NULL;
}
