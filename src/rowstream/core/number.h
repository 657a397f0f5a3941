/* Numbers as text, the same in every format and locale, so that they read back unchanged. */
#ifndef ROWSTREAM_CORE_NUMBER_H
#define ROWSTREAM_CORE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Enough for each of the functions below, with the NUL. */
enum { NUMBER_TEXT_BYTES = 416 };

/* Each writes into the caller's NUMBER_TEXT_BYTES and returns the length in bytes. */
size_t number_format_integer(int64_t number, char *text);

/* The shortest digits that read back as the same double, laid out as Python's repr does: "0.0",
 * "3.141592653589793", "1e-300", "1.7976931348623157e+308", "inf", "-inf". */
size_t number_format_real(double number, char *text);

/* The same digits without an exponent and with at least `scale` (up to 100) of them after the
 * point; a scale of -1 asks for none. For doubles that stand for decimals. */
size_t number_format_decimal(double number, int scale, char *text);

#endif
