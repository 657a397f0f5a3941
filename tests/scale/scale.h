/* What the scale tests read: made before anything is measured, and the same every time. */
#ifndef SCALE_SCALE_H
#define SCALE_SCALE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Writes FOLDER/results-COUNT with that many cases, each with call stacks and a timeline, a changed
 * copy of it as FOLDER/changed-COUNT, and FOLDER/budgets-COUNT, which all of the first are within.
 * Does nothing where they are there. */
bool scale_make_results(const char *folder, size_t count, struct error *error);

#endif
