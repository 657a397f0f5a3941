#include "cases.h"

#include <stdio.h>
#include <string.h>

/* One way of fetching, with the document written as it comes and built first. Where the way is the
 * default it is not asked for: the default must stream. */
#define CELLS(database, name, fetch)                                                               \
    {"dump/" database "/" name, database, "ticket5423_item", NULL, fetch, NULL},                   \
    {"dump/" database "/" name "/tree", database, "ticket5423_item", NULL, fetch, "tree"}

const struct gate_case gate_cases[] = {
    CELLS("sqlite", "stream", NULL),
    {"dump/sqlite/one-column", "sqlite", "ticket5423_item", "name", NULL, NULL},
    {"dump/sqlite/every-type", "sqlite", "every_type", NULL, NULL, NULL},
    CELLS("sqlite", "keyset", "keyset"),
    CELLS("sqlite", "buffered", "buffered"),
    CELLS("postgresql", "stream", NULL),
    {"dump/postgresql/one-column", "postgresql", "ticket5423_item", "name", NULL, NULL},
    CELLS("postgresql", "cursor", "cursor"),
    CELLS("postgresql", "keyset", "keyset"),
    CELLS("postgresql", "buffered", "buffered"),
    CELLS("mysql", "stream", NULL),
    {"dump/mysql/one-column", "mysql", "ticket5423_item", "name", NULL, NULL},
    CELLS("mysql", "cursor", "cursor"),
    CELLS("mysql", "keyset", "keyset"),
    CELLS("mysql", "buffered", "buffered"),
    {.name = NULL},
};

const struct gate_case *gate_case_find(const char *case_key, char *format, size_t format_bytes) {
    const char *slash = strchr(case_key, '/');
    if (slash == NULL || (size_t)(slash - case_key) >= format_bytes)
        return NULL;
    snprintf(format, format_bytes, "%.*s", (int)(slash - case_key), case_key);
    for (const struct gate_case *at = gate_cases; at->name != NULL; at++)
        if (strcmp(at->name, slash + 1) == 0)
            return at;
    return NULL;
}

void gate_table(const char *table, unsigned rows, char name[GATE_TABLE_BYTES]) {
    if (rows == GATE_ROWS)
        snprintf(name, GATE_TABLE_BYTES, "%s", table);
    else
        snprintf(name, GATE_TABLE_BYTES, "%s_%u", table, rows);
}
