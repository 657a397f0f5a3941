/* The cases of the gate: what is dumped, from which database, and how. The same table for each
 * format; the case is the format and the name: json/dump/sqlite/stream. SQLite's cases are the gate,
 * which runs anywhere; those of the servers are the matrix. Each is measured at two sizes, from a
 * table of each, so that its budget holds the growth from one to the other. */
#ifndef GATE_CASES_H
#define GATE_CASES_H

#include <stddef.h>

enum { GATE_FEW_ROWS = 5000, GATE_ROWS = 50000, GATE_CHUNK_ROWS = 500, GATE_TABLE_BYTES = 64 };

struct gate_case {
    const char *name;     /* without the format */
    const char *database; /* "sqlite", "postgresql" or "mysql" */
    const char *table;    /* of GATE_ROWS rows; with SQLite also the name of its fixture's file */
    const char *column;   /* the only one that is dumped, or NULL for all */
    const char *fetch;    /* NULL: the default */
    const char *document; /* the same */
};

extern const struct gate_case gate_cases[]; /* ends with a NULL name */

/* The case of "FORMAT/NAME", or NULL; `format` gets the first part. */
const struct gate_case *gate_case_find(const char *case_key, char *format, size_t format_bytes);

/* The name of the table in the shape of `table` that has so many rows: itself at GATE_ROWS. */
void gate_table(const char *table, unsigned rows, char name[GATE_TABLE_BYTES]);

#endif
