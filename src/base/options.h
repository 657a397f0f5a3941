/* Command-line options from a table, which is also the help and the list in an error message. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stddef.h>

#include "base/error.h"

struct option_row {
    const char *name;  /* with its hyphens */
    const char *value; /* how help calls its value; NULL: it takes none */
    const char *help;
    /* Takes one use of the option; false with the error set (without the option's name). */
    bool (*take)(void *target, const char *value, struct error *error);
};

/* Reads the words behind a verb: options anywhere, "--name value" or "--name=value", and after
 * "--" none. All others are handed to `operand`. False with the error set for anything that is
 * unknown, lacks its value or is refused. */
bool options_read(char **words, const struct option_row *options, size_t count,
                  bool (*operand)(void *target, char *word, struct error *error), void *target,
                  struct error *error);

/* Prints the table on standard output. */
void options_help(const struct option_row *options, size_t count);

#endif
