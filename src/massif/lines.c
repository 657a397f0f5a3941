/* Reads by large pieces into one block of memory that grows only for a line that does not fit. */
#include "massif/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_CAPACITY_BYTES = 256 << 10 };

bool massif_lines_open(struct massif_lines *lines, const char *path, struct error *error) {
    *lines = (struct massif_lines){.path = path, .capacity = FIRST_CAPACITY_BYTES};
    lines->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (lines->fd >= 0)
        lines->bytes = malloc(lines->capacity);
    if (lines->bytes != NULL)
        return true;
    error_set(error, "%s: cannot read: %s", path, strerror(errno));
    massif_lines_close(lines);
    return false;
}

void massif_lines_close(struct massif_lines *lines) {
    if (lines->fd >= 0)
        close(lines->fd);
    free(lines->bytes);
    *lines = (struct massif_lines){.fd = -1};
}

/* Makes room behind what is not yet returned: by moving it to the front, or else by growing. */
static bool make_room(struct massif_lines *lines, struct error *error) {
    if (lines->begin > 0) {
        memmove(lines->bytes, lines->bytes + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
    }
    if (lines->end < lines->capacity)
        return true;
    if (lines->end > MASSIF_LINE_BYTES_MAX) {
        error_set(error, "%s:%llu: the line is longer than %d bytes, the most that is read",
                  lines->path, (unsigned long long)lines->number + 1, MASSIF_LINE_BYTES_MAX);
        return false;
    }
    size_t capacity = lines->capacity * 2;
    if (capacity > MASSIF_LINE_BYTES_MAX)
        capacity = MASSIF_LINE_BYTES_MAX + 1; /* and its newline */
    char *grown = realloc(lines->bytes, capacity);
    if (grown == NULL) {
        error_set(error, "%s:%llu: out of memory for a line of %zu bytes", lines->path,
                  (unsigned long long)lines->number + 1, capacity);
        return false;
    }
    lines->bytes = grown;
    lines->capacity = capacity;
    return true;
}

static bool refill(struct massif_lines *lines, struct error *error) {
    if (!make_room(lines, error))
        return false;
    for (;;) {
        ssize_t got = read(lines->fd, lines->bytes + lines->end, lines->capacity - lines->end);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            error_set(error, "%s: cannot read: %s", lines->path, strerror(errno));
            return false;
        }
        lines->end += (size_t)got;
        lines->ended = got == 0;
        return true;
    }
}

enum massif_lines_status massif_lines_next(struct massif_lines *lines, struct massif_slice *line,
                                           struct error *error) {
    size_t searched = 0; /* a long line is not searched again from its start at every refill */
    for (;;) {
        char *start = lines->bytes + lines->begin;
        size_t held = lines->end - lines->begin;
        char *newline = memchr(start + searched, '\n', held - searched);
        if (newline != NULL || (lines->ended && held > 0)) {
            size_t length = newline != NULL ? (size_t)(newline - start) : held;
            *line = (struct massif_slice){start, length};
            lines->unfinished = newline == NULL;
            lines->begin += length + (newline != NULL);
            lines->number++;
            return MASSIF_LINES_ONE;
        }
        if (lines->ended)
            return MASSIF_LINES_END;
        searched = held;
        if (!refill(lines, error))
            return MASSIF_LINES_FAILED;
    }
}

bool massif_slice_take(struct massif_slice *slice, const char *prefix) {
    size_t length = strlen(prefix);
    if (slice->length < length || memcmp(slice->bytes, prefix, length) != 0)
        return false;
    slice->bytes += length;
    slice->length -= length;
    return true;
}

bool massif_slice_take_number(struct massif_slice *slice, uint64_t *number) {
    uint64_t value = 0;
    size_t at = 0;
    for (; at < slice->length && slice->bytes[at] >= '0' && slice->bytes[at] <= '9'; at++) {
        unsigned digit = (unsigned)(slice->bytes[at] - '0');
        if (value > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (at == 0)
        return false;
    slice->bytes += at;
    slice->length -= at;
    *number = value;
    return true;
}

static int hexadecimal_digit(char byte) {
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

bool massif_slice_take_address(struct massif_slice *slice, uint64_t *address) {
    struct massif_slice rest = *slice;
    if (!massif_slice_take(&rest, "0x"))
        return false;
    uint64_t value = 0;
    size_t at = 0;
    for (int digit; at < rest.length && (digit = hexadecimal_digit(rest.bytes[at])) >= 0; at++) {
        if (value >> 60 != 0)
            return false;
        value = value << 4 | (unsigned)digit;
    }
    rest.bytes += at;
    rest.length -= at;
    if (at == 0 || !massif_slice_take(&rest, ": "))
        return false;
    *slice = rest;
    *address = value;
    return true;
}

bool massif_slice_is(struct massif_slice slice, const char *text) {
    return slice.length == strlen(text) && memcmp(slice.bytes, text, slice.length) == 0;
}

const char *massif_slice_excerpt(struct massif_slice slice, char text[MASSIF_EXCERPT_TEXT_BYTES]) {
    size_t shown = slice.length < MASSIF_EXCERPT_BYTES ? slice.length : MASSIF_EXCERPT_BYTES;
    char *to = text;
    for (size_t at = 0; at < shown; at++) {
        unsigned char byte = (unsigned char)slice.bytes[at];
        if (byte >= ' ' && byte < 0x7f)
            *to++ = (char)byte;
        else
            to += snprintf(to, 5, "\\x%02x", byte);
    }
    strcpy(to, shown < slice.length ? "..." : "");
    return text;
}
