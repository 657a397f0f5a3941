/* Column types by the names that databases and people give them, and what Django makes of each. */
#ifndef ROWSTREAM_CORE_TYPE_H
#define ROWSTREAM_CORE_TYPE_H

#include <stdbool.h>

/* What a column holds, whatever its database calls it. */
enum column_kind {
    COLUMN_ANY, /* no declared type, or one that is not known: each value is what it is */
    COLUMN_BOOLEAN,
    COLUMN_INTEGER,
    COLUMN_REAL,
    COLUMN_DECIMAL,
    COLUMN_TEXT,
    COLUMN_DATE,
    COLUMN_DATETIME,
    COLUMN_TIME,
    COLUMN_UUID,
    COLUMN_BINARY,
};

struct column_type {
    enum column_kind kind;
    const char *field; /* Django's class of field, for XML's type="..."; static */
    int bits;          /* of an integer: 16, 32 or 64 */
    bool is_unsigned;  /* of an integer that takes more than int64_t has; only a database that knows
                          such says so */
    int size;          /* the first number in parentheses; -1 without: characters or digits */
    int scale;         /* the second: digits after the decimal point; -1 without */
};

/* Reads a declared type such as "varchar(255)", "DECIMAL(12, 2)" or "integer unsigned", in any
 * case. NULL, "" and unknown names are COLUMN_ANY. `char(32)` is what Django declares for a UUID
 * where the database has no such type, and never declares otherwise. */
struct column_type column_type_parse(const char *declared);

#endif
