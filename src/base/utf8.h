/* UTF-8 as Unicode's table 3-7 has it: nothing overlong, no surrogates. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* What stands for bytes that are no character: U+FFFD. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* How many bytes at the start of a NUL-terminated text are one character (1 to 4), or 0 when they
 * are none or the text ends. */
size_t utf8_character_bytes(const char *text);

/* The offset in bytes of the first byte that is not part of a character, or is NUL; `length` when
 * there is none. */
size_t utf8_check(const char *text, size_t length);

#endif
