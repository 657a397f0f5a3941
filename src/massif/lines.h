/* The text under the format: lines of a file, and the slices they are taken apart into. */
#ifndef MASSIF_LINES_H
#define MASSIF_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "massif/massif.h"

struct massif_lines {
    const char *path;
    int fd;
    uint64_t number; /* of the line last returned; the first is 1 */
    bool unfinished; /* the line last returned was ended by the file, not by a newline */
    bool ended;      /* nothing is left to read from the file */
    char *bytes;     /* owned */
    size_t capacity;
    size_t begin; /* what is read but not yet returned lies from here ... */
    size_t end;   /* ... to here */
};

enum massif_lines_status { MASSIF_LINES_ONE, MASSIF_LINES_END, MASSIF_LINES_FAILED };

/* Keeps `path`. */
bool massif_lines_open(struct massif_lines *lines, const char *path, struct error *error);
/* The next line without its newline; lasts until the next call. */
enum massif_lines_status massif_lines_next(struct massif_lines *lines, struct massif_slice *line,
                                           struct error *error);
void massif_lines_close(struct massif_lines *lines);

/* True when `slice` begins with `prefix`, which is then taken off. */
bool massif_slice_take(struct massif_slice *slice, const char *prefix);
/* The same for the digits of a number, at least one. False for one above INT64_MAX. */
bool massif_slice_take_number(struct massif_slice *slice, uint64_t *number);
/* The same for "0xHEX: " with valgrind's upper-case digits. */
bool massif_slice_take_address(struct massif_slice *slice, uint64_t *address);
bool massif_slice_is(struct massif_slice slice, const char *text);

/* The beginning of a slice fit for a message: what cannot be printed as \xHH, "..." where more
 * follows. Returns `text`. */
enum { MASSIF_EXCERPT_BYTES = 48, MASSIF_EXCERPT_TEXT_BYTES = 4 * MASSIF_EXCERPT_BYTES + 4 };
const char *massif_slice_excerpt(struct massif_slice slice, char text[MASSIF_EXCERPT_TEXT_BYTES]);

#endif
