/* What a result is measured with, found out without the program's help: the machine, the compiler,
 * and the versions of the libraries. These are what `when` in a budget asks for. */
#ifndef MEASURE_ENVIRONMENT_H
#define MEASURE_ENVIRONMENT_H

#include "result/result.h"

struct record_slot;

/* "arch", "libc" and, where os-release says it, "distribution" ("debian 12"). False when memory or
 * the table of pairs is out, as for all here. */
bool environment_note_machine(struct result *result);

/* "compiler" ("gcc 12.2.0"), where the program says which, and of each library that has a version
 * its soname ("libsqlite3.so.0") and version. Pairs that are there stay. */
bool environment_note_program(struct result *result, const char *program,
                              const char *const *libraries, size_t count);

/* The paths of the libraries that the process of a slot has loaded; each refers to the slot.
 * Returns how many, at most `most`. */
size_t loaded_modules(const struct record_slot *slot, const char **paths, size_t most);

/* "NAME=VALUE", as it is given to a run: false, with the error, for a name that cannot be one or is
 * heapgate's own. */
bool environment_pair_valid(const char *text, struct error *error);
/* Adds them, in place of those of the same name. `pairs` ends with NULL, or is NULL. */
bool environment_note_pairs(struct result *result, const char *const *pairs);

#endif
