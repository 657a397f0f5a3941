#include "cases.h"

#include <stdio.h>
#include <string.h>

/* One way of fetching, with the document written as it comes and built first. Where the way is the
 * default it is not asked for: the default must stream. */
#define CELLS(where, way, how)                                                                     \
    {.name = "dump/" where "/" way, .database = where, .table = "ticket5423_item", .fetch = how},  \
    {                                                                                              \
        .name = "dump/" where "/" way "/tree", .database = where, .table = "ticket5423_item",      \
        .fetch = how, .document = "tree"                                                           \
    }
#define ONE_COLUMN(where)                                                                          \
    {                                                                                              \
        .name = "dump/" where "/one-column", .database = where, .table = "ticket5423_item",        \
        .column = "name"                                                                           \
    }

/* Rows that the database makes up, so that there may be any number of them. */
#define MADE_UP "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT %u + 1) "

const struct gate_case gate_cases[] = {
    CELLS("sqlite", "stream", NULL),
    ONE_COLUMN("sqlite"),
    {.name = "dump/sqlite/every-type", .database = "sqlite", .table = "every_type"},
    CELLS("sqlite", "keyset", "keyset"),
    CELLS("sqlite", "buffered", "buffered"),
    {.name = "dump/sqlite/query",
     .database = "sqlite",
     .table = "ticket5423_item",
     .query =
         "SELECT id, title, notes FROM ticket5423_item WHERE id <= %u AND id <= %u ORDER BY id",
     .aside = true},
    {.name = "dump/sqlite/two-tables",
     .database = "sqlite",
     .table = "pair_item",
     .all_tables = true,
     .aside = true},
    {.name = "dump/sqlite/long-texts",
     .database = "sqlite",
     .table = "long_text",
     .aside = true,
     .few_rows = 60,
     .rows = 600},
    {.name = "dump/sqlite/refused",
     .database = "sqlite",
     .table = "ticket5423_item",
     .query =
         MADE_UP "SELECT id, CASE WHEN id <= %u THEN 'text ' || id ELSE CAST(x'80' AS TEXT) END "
                 "AS name FROM n",
     .refused = true,
     .aside = true},
    {.name = "dump/sqlite/million",
     .database = "sqlite",
     .table = "ticket5423_item",
     .query = MADE_UP "SELECT id, 'text ' || id AS name FROM n WHERE id <= %u",
     .aside = true,
     .huge = true,
     .few_rows = 100000,
     .rows = 1000000},
    CELLS("postgresql", "stream", NULL),
    ONE_COLUMN("postgresql"),
    CELLS("postgresql", "cursor", "cursor"),
    CELLS("postgresql", "keyset", "keyset"),
    CELLS("postgresql", "buffered", "buffered"),
    CELLS("mysql", "stream", NULL),
    ONE_COLUMN("mysql"),
    CELLS("mysql", "cursor", "cursor"),
    CELLS("mysql", "keyset", "keyset"),
    CELLS("mysql", "buffered", "buffered"),
    {.name = NULL},
};

const struct gate_load gate_loads[GATE_LOADS] = {
    {"stream", "items", false, false, GATE_FEW_ROWS, GATE_ROWS},
    {"again", "items", true, false, GATE_FEW_ROWS, GATE_ROWS},
    {"long-texts", "long-texts", true, false, 60, 600},
    {"refused", "refused", true, true, GATE_FEW_ROWS, GATE_ROWS},
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

unsigned gate_few_rows(const struct gate_case *gated) {
    return gated->few_rows > 0 ? gated->few_rows : GATE_FEW_ROWS;
}

unsigned gate_rows(const struct gate_case *gated) {
    return gated->rows > 0 ? gated->rows : GATE_ROWS;
}

void gate_table(const char *table, unsigned rows, char name[GATE_TABLE_BYTES]) {
    if (rows == GATE_ROWS)
        snprintf(name, GATE_TABLE_BYTES, "%s", table);
    else
        snprintf(name, GATE_TABLE_BYTES, "%s_%u", table, rows);
}
