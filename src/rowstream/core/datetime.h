/* Dates and times as fixtures have them, read and written as databases keep them. */
#ifndef ROWSTREAM_CORE_DATETIME_H
#define ROWSTREAM_CORE_DATETIME_H

#include <stdbool.h>
#include <stddef.h>

/* Enough for each of the functions below, with the NUL. */
enum { DATETIME_TEXT_BYTES = 32 };

/* Each reads all of `text`, writes into the caller's DATETIME_TEXT_BYTES and returns the length; 0
 * for anything that is no date of the calendar or no time of a day. Fractions become six digits,
 * or none when they are 0. */

/* "2014-09-24" */
size_t datetime_read_date(const char *text, size_t length, char *out);
/* "10:35", "10:35:31", "10:35:31.5" */
size_t datetime_read_time(const char *text, size_t length, char *out);
/* A date, or a date and a time with "T" or a space between, and "Z" or an offset such as "+02:00"
 * behind: then it is turned into the same moment in UTC. Written "2014-09-24 10:35:31.500000". */
size_t datetime_read(const char *text, size_t length, char *out);

#endif
