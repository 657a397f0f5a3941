/* The cases of the gate: what is dumped, from which database, and how. The same table for each
 * format; the case is the format and the name: json/dump/sqlite/stream. SQLite's cases are the
 * gate, which runs anywhere; those of the servers are the matrix. Each is measured at two sizes,
 * from a table of each, so that its budget holds the growth from one to the other.
 *
 * The cells that are set beside each other are measured by Massif too; those of a path of its own
 * (a query, long texts, what is refused) are not, because valgrind would take most of the gate's
 * time. */
#ifndef GATE_CASES_H
#define GATE_CASES_H

#include <stdbool.h>
#include <stddef.h>

enum { GATE_FEW_ROWS = 5000, GATE_ROWS = 50000, GATE_CHUNK_ROWS = 500, GATE_TABLE_BYTES = 64 };

struct gate_case {
    const char *name;        /* without the format */
    const char *database;    /* "sqlite", "postgresql" or "mysql" */
    const char *table;       /* of `rows` rows; with SQLite also the name of its fixture's file */
    const char *column;      /* the only one that is dumped, or NULL for all */
    const char *fetch;       /* NULL: the default */
    const char *document;    /* the same */
    const char *query;       /* instead of the table, with two %u for the rows; or NULL */
    bool all_tables;         /* of the file, instead of the one */
    bool refused;            /* the dump fails for the row behind these */
    bool aside;              /* a path of its own, that Massif does not measure */
    bool huge;               /* too much for anything but counting; its document is thrown away */
    unsigned few_rows, rows; /* 0: GATE_FEW_ROWS and GATE_ROWS */
};

extern const struct gate_case gate_cases[]; /* ends with a NULL name */

/* The ways of loading, each a case FORMAT/load/DATABASE/<name>; those of the servers are the
 * first. */
enum { GATE_LOADS = 4, GATE_SERVER_LOADS = 1 };
extern const struct gate_load {
    const char *name;
    const char *document; /* as fixture_document_find knows it */
    bool aside;
    bool refused; /* all but the last record are taken, and so none is */
    unsigned few_rows, rows;
} gate_loads[GATE_LOADS];

/* The case of "FORMAT/NAME", or NULL; `format` gets the first part. */
const struct gate_case *gate_case_find(const char *case_key, char *format, size_t format_bytes);

/* The two sizes of a case. */
unsigned gate_few_rows(const struct gate_case *gated);
unsigned gate_rows(const struct gate_case *gated);

/* The name of the table in the shape of `table` that has so many rows: itself at GATE_ROWS. */
void gate_table(const char *table, unsigned rows, char name[GATE_TABLE_BYTES]);

#endif
