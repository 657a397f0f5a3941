#include "base/utf8.h"

#include <string.h>

#include "base/scan.h"

/* Of what is no ASCII. */
static size_t sequence_bytes(const unsigned char *at, size_t left) {
    unsigned char lead = at[0];
    unsigned char low = 0x80, high = 0xBF;
    size_t count;
    if (lead >= 0xC2 && lead <= 0xDF)
        count = 2;
    else if (lead >= 0xE0 && lead <= 0xEF)
        count = 3;
    else if (lead >= 0xF0 && lead <= 0xF4)
        count = 4;
    else
        return 0;
    if (lead == 0xE0)
        low = 0xA0;
    else if (lead == 0xED)
        high = 0x9F;
    else if (lead == 0xF0)
        low = 0x90;
    else if (lead == 0xF4)
        high = 0x8F;
    if (left < count || at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < count; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return count;
}

/* By blocks while they are plain ASCII, as most text is; a character at a time in the rest. */
size_t utf8_check(const char *text, size_t length) {
    static const struct marks marks = {1, 0x80, {0}};
    for (size_t at = scan(text, 0, length, marks); at < length;
         at = scan(text, at, length, marks)) {
        size_t count = sequence_bytes((const unsigned char *)text + at, length - at);
        if (count == 0)
            return at;
        at += count;
    }
    return length;
}

size_t utf8_character_bytes(const char *text) {
    enum { CHARACTER_BYTES_MAX = 4 };
    if (((unsigned char)text[0] & 0x80) == 0)
        return text[0] != '\0';
    return sequence_bytes((const unsigned char *)text, strnlen(text, CHARACTER_BYTES_MAX));
}
