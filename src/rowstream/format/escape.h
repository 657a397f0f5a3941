/* How a format's library writes a character in a text, asked once, used for every text. */
#ifndef ROWSTREAM_FORMAT_ESCAPE_H
#define ROWSTREAM_FORMAT_ESCAPE_H

#include "rowstream/core/output.h"

enum { ASCII_COUNT = 128, ESCAPE_BYTES = 7 };

struct escape {
    unsigned char length; /* 0 where it is written as it is */
    char text[ESCAPE_BYTES];
};

/* Keeps the library's answer, in which `length` bytes stand for `character`; false when that is
 * no answer. */
static inline bool escape_learn(struct escape *escape, char character, const char *text,
                                size_t length) {
    if (length == 0 || length > ESCAPE_BYTES)
        return false;
    if (length == 1 && text[0] == character)
        return true;
    escape->length = (unsigned char)length;
    memcpy(escape->text, text, length);
    return true;
}

/* With a copy of known size, where there is room for it. */
static inline bool escape_write(struct output *output, const struct escape *escape) {
    if (output->capacity - output->length < ESCAPE_BYTES)
        return output_append(output, escape->text, escape->length);
    memcpy(output->bytes + output->length, escape->text, ESCAPE_BYTES);
    output->length += escape->length;
    return true;
}

#endif
