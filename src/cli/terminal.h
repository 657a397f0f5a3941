/* What depends on whether somebody looks on at a terminal. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Colours for a stream: as --color says (NULL or "auto": on a terminal, unless NO_COLOR is set). */
bool terminal_colour(const char *choice, int fd);
/* Takes the value of an option, a const char *: "auto", "always" or "never". */
bool terminal_take_choice(void *field, const char *value, struct error *error);

/* Columns and lines; 80 and 24 where they are not known. */
void terminal_size(int fd, int *columns, int *lines);

/* How many bytes of a line, of whole characters, fit in so many columns. */
size_t terminal_fit(const char *line, size_t bytes, int columns);

#endif
