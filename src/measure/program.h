/* What can be told of a program before it runs. */
#ifndef MEASURE_PROGRAM_H
#define MEASURE_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

/* Whether a preloaded allocator can count the program that `name` stands for: found in PATH, and
 * neither statically linked, nor set-user-ID or set-group-ID, nor built with a sanitizer. A script
 * is followed to its interpreter. False with program and reason. What cannot be told beforehand
 * is left to the record: a program that did not count is found out after it ran. */
bool program_can_be_counted(const char *name, struct error *error);

/* The interpreter that runs the file, when it is a script: the path behind its "#!". */
bool program_interpreter(const char *path, char interpreter[PATH_MAX]);

/* Whether `name` stands for a Python interpreter or a script of one, also by way of env: told by
 * the interpreter's name, python, python3, python3.11, ... What starts Python further on (sh -c, a
 * program that embeds it) is not seen. */
bool program_is_python(const char *name);

#endif
