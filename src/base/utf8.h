/* UTF-8, for text that comes as bytes (arguments, symbols, paths) and leaves as JSON or markup. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* What stands for bytes that are no character: U+FFFD. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* How many bytes at the start of a NUL-terminated text are one character (1 to 4; no surrogate,
 * nothing overlong), or 0 when they are none or the text ends. */
size_t utf8_character_bytes(const char *text);

#endif
