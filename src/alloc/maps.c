#include "alloc/maps.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct kept_lines {
    char *text;
    size_t length, capacity;
};

/* Keeps the file-backed lines of what is in the buffer up to its last line end; returns what is
 * left over, moved to the front. */
static size_t keep_lines(struct kept_lines *kept, char *text, size_t length) {
    char *line = text, *end;
    while ((end = memchr(line, '\n', length - (size_t)(line - text))) != NULL) {
        size_t bytes = (size_t)(end + 1 - line);
        if (memchr(line, '/', bytes) != NULL && kept->length + bytes <= kept->capacity) {
            memcpy(kept->text + kept->length, line, bytes);
            kept->length += bytes;
        }
        line = end + 1;
    }
    size_t rest = length - (size_t)(line - text);
    memmove(text, line, rest);
    return rest;
}

size_t maps_read(char *maps, size_t capacity) {
    struct kept_lines kept = {maps, 0, capacity};
    char text[8192]; /* longer than a line: a path has at most 4096 bytes */
    size_t held = 0;
    ssize_t got;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while ((got = read(fd, text + held, sizeof text - held)) > 0)
        held = keep_lines(&kept, text, held + (size_t)got);
    close(fd);
    return kept.length;
}
