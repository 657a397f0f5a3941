/* Names in messages: "a", "b", "c". */
#ifndef ROWSTREAM_CORE_NAMES_H
#define ROWSTREAM_CORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* A list of names, each owned. */
struct names {
    char **list;
    size_t count;
};

/* False when memory is out. */
bool names_add(struct names *names, const char *name);
bool names_has(const struct names *names, const char *name);
void names_fini(struct names *names);

enum { NAMES_TEXT_BYTES = 512 };

/* Writes the names, quoted and parted by commas, into the caller's NAMES_TEXT_BYTES and returns
 * it; "..." stands for those that do not fit, "none" for no names. `stride` is the distance in
 * bytes from one `const char *` to the next, so that arrays of structs can be listed too. */
const char *names_list(const void *first, size_t count, size_t stride, char text[NAMES_TEXT_BYTES]);

#endif
