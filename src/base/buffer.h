/* A growing run of bytes with a stated maximum.
 *
 *     struct buffer text = BUFFER_INIT(1 << 20);
 *     ok = buffer_append(&text, bytes, length);
 *     buffer_fini(&text);
 *
 * After every successful call `bytes[length]` is a NUL that is not counted, so a buffer of text
 * is also a C string. A failed call leaves the contents as they were. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *bytes;     /* NULL until the first append; owned */
    size_t length;   /* bytes in use */
    size_t capacity; /* bytes reserved */
    size_t maximum;  /* length never passes this */
};

#define BUFFER_INIT(maximum_bytes)                                                                 \
    { NULL, 0, 0, (maximum_bytes) }

/* Each returns false, changing nothing, when memory is out (errno ENOMEM) or the maximum would be
 * passed (errno EFBIG). */
bool buffer_reserve(struct buffer *buffer, size_t more);
bool buffer_append(struct buffer *buffer, const void *bytes, size_t length);
bool buffer_append_text(struct buffer *buffer, const char *text);
bool buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Empties the buffer and keeps its memory. */
void buffer_clear(struct buffer *buffer);
/* Frees the memory; the buffer can be used again afterwards. */
void buffer_fini(struct buffer *buffer);

#endif
