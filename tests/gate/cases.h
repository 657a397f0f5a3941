/* The cases of the gate: what is dumped, from which fixture. The same table for each format; the
 * case is the format and the name: json/dump/sqlite/stream. */
#ifndef GATE_CASES_H
#define GATE_CASES_H

#include <stddef.h>

enum { GATE_ROWS = 50000 };

struct gate_case {
    const char *name;    /* without the format */
    const char *table;   /* also the name of its fixture's database */
    const char *column;  /* the only one that is dumped, or NULL for all */
};

extern const struct gate_case gate_cases[]; /* ends with a NULL name */

/* The case of "FORMAT/NAME", or NULL; `format` gets the first part. */
const struct gate_case *gate_case_find(const char *case_key, char *format, size_t format_bytes);

#endif
