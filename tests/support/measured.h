/* An identity for a result that a test makes by hand: of the test's own program, which is there,
 * and of a run that has a name. */
#ifndef SUPPORT_MEASURED_H
#define SUPPORT_MEASURED_H

#include "result/result.h"

#define MEASURED_RUN "run-1"
#define MEASURED_START "2026-11-28T10:43:26Z"

/* False when memory is out, or the program cannot be read. */
bool measured_now(struct result *result);
/* The same of another program. */
bool measured_program(struct result *result, const char *path);

#endif
