/* Command-line options from a table, which is also the help and the list in an error message. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stddef.h>

#include "base/error.h"

struct option_row {
    const char *name;  /* with its hyphens */
    const char *value; /* how help calls its value, NULL: it takes none. "[=VALUE]" may be left out,
                        * and is only given behind "=" */
    const char *help;
    /* Takes one use of the option, `field` being what is at `offset` in the target (0: it begins
     * there). False with the error set (without the option's name). NULL: asks for the help. */
    bool (*take)(void *field, const char *value, struct error *error);
    size_t offset;
};

#define OPTION_HELP                                                                                \
    { "--help", NULL, "print this text (also -h)", NULL, 0 }

struct option_table {
    const struct option_row *rows;
    size_t count;
    /* Takes a word that is no option. NULL: there are to be none. */
    bool (*operand)(void *target, char *word, struct error *error);
    /* When set, options end at the first word that is none: takes that and all behind it, which may
     * be nothing. */
    void (*command)(void *target, char **words);
};

enum options_answer { OPTIONS_REFUSED, OPTIONS_READ, OPTIONS_HELP };

/* Reads the words behind a verb, which end with NULL: options anywhere, "--name value" or
 * "--name=value", and after "--" none. Refused with the error set for anything that is unknown,
 * lacks its value or is refused by what takes it. */
enum options_answer options_read(const struct option_table *table, char **words, void *target,
                                 struct error *error);

/* What most options do with their value. */
bool option_text(void *field, const char *value, struct error *error);  /* const char * */
bool option_flag(void *field, const char *value, struct error *error);  /* bool */
bool option_count(void *field, const char *value, struct error *error); /* uint64_t */

/* Prints the table on standard output, in lines of up to 100 columns. */
void options_help(const struct option_table *table);

#endif
