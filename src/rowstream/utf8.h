/* One check of text for all formats: each library would do it again, or not at all. */
#ifndef ROWSTREAM_UTF8_H
#define ROWSTREAM_UTF8_H

#include <stddef.h>

/* The offset in bytes of the first byte that is not part of well-formed UTF-8 (overlong forms and
 * surrogates are not) or that is NUL; `length` when there is none. */
size_t utf8_check(const char *text, size_t length);

#endif
