/* Finding the preload library and getting it in front of a command. */
#ifndef MEASURE_PRELOAD_H
#define MEASURE_PRELOAD_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

enum { PRELOAD_VARIABLE_BYTES = 3 * PATH_MAX };

/* Writes "LD_PRELOAD=…" with the library in front of what the environment preloads already, and for
 * `with_capture` the one that readies it to keep a call stack (left out if missing). It is looked
 * for where $HEAPGATE_PRELOAD says, else in the library folder beside the running program's own
 * folder, else beside that of the heapgate command in PATH, else where it was installed. False with
 * the places when it is in none. */
bool preload_variable(bool with_capture, char variable[PRELOAD_VARIABLE_BYTES],
                      struct error *error);

#endif
