/* The databases that the gate dumps: made once, before anything is measured. */
#ifndef GATE_FIXTURE_H
#define GATE_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Makes FOLDER/<name>.sqlite3 with a table <name> of so many rows in the shape of `table`, unless
 * it is there; gate_table tells the name. Two tests may both make it: each writes a file of its own
 * and renames it. */
bool fixture_make(const char *folder, const char *table, unsigned rows, struct error *error);

/* Dumps the first rows of a table, in the order of the id, as rows of load_<format>: the model that
 * load cases have for each format, so that they can run side by side in one database. */
bool fixture_dump(const char *url, const char *table, const char *format, const char *path,
                  unsigned rows, struct error *error);

/* A document that is loaded: FOLDER/<name>-<rows>.<format>, of the model load.<format>. */
struct fixture_document {
    const char *name;
    const char *table; /* whose first rows it has, or */
    const char *query; /* what gives so many rows, with a %u for them */
    unsigned more;     /* records that it has behind these */
};
/* "items" (the first rows of ticket5423_item), "long-texts", or "refused" (a last record that no
 * table takes); NULL for any other. */
const struct fixture_document *fixture_document_find(const char *name);
/* Makes it unless it is there. */
bool fixture_make_document(const char *folder, const char *name, const char *format, unsigned rows,
                           struct error *error);

/* How many rows a table has. */
bool fixture_count(const char *url, const char *table, uint64_t *rows, struct error *error);

/* The peaks of the engines count and profile in the result of a case, which must be the same to the
 * byte, on a server but for two digits of a connection's number, and that there are call stacks.
 * False, with both, when they are not. */
bool fixture_same_peak(const char *results, const char *case_key, struct error *error);

#endif
