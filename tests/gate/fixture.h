/* The databases that the gate dumps: made once, before anything is measured. */
#ifndef GATE_FIXTURE_H
#define GATE_FIXTURE_H

#include <stdbool.h>

#include "base/error.h"

/* Makes FOLDER/<table>.sqlite3 with GATE_ROWS rows, unless it is there. Two tests may both make
 * it: each writes a file of its own and renames it. */
bool fixture_make(const char *folder, const char *table, struct error *error);

#endif
