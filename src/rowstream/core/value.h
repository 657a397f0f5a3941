/* A cell is what a database hands over; a value is what a fixture says of it. This is where the
 * one becomes the other, by the column's declared type, the same for every database and format. */
#ifndef ROWSTREAM_CORE_VALUE_H
#define ROWSTREAM_CORE_VALUE_H

#include "base/buffer.h"
#include "rowstream/core/number.h"
#include "rowstream/core/rowstream.h"
#include "rowstream/core/type.h"

struct column {
    char *name;     /* owned */
    char *declared; /* owned; the type as the database gives it, or NULL */
    struct column_type type;
    bool key; /* part of the primary key */
};

enum cell_kind { CELL_NULL, CELL_INTEGER, CELL_REAL, CELL_TEXT, CELL_BLOB };

struct cell {
    enum cell_kind kind;
    size_t length; /* bytes of text (without its NUL) or blob */
    union {
        int64_t integer;
        double real;
        const char *bytes; /* text is followed by a NUL; NULL only for a blob of 0 bytes */
    };
};

enum value_kind {
    VALUE_NULL,
    VALUE_FALSE,
    VALUE_TRUE,
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_STRING,   /* also decimals, UUIDs, and binary data in base64 */
    VALUE_DATE,     /* "2014-09-24" */
    VALUE_DATETIME, /* "2014-09-24T10:35:31" or "2014-09-24T10:35:31.001000"; behind either
                       "+00:00" where the database says that it is UTC */
    VALUE_TIME,     /* "10:35:31" or "10:35:31.001000" */
};

struct value {
    enum value_kind kind;
    const char *text; /* its text, followed by a NUL: of everything but NULL, false and true */
    size_t length;
    int64_t integer;
    double real;
};

/* Memory for texts that are not the cell's own. */
struct value_scratch {
    char number[NUMBER_TEXT_BYTES];
    struct buffer base64;
};

enum { VALUE_BASE64_MAXIMUM = 1 << 30 };

void value_scratch_init(struct value_scratch *scratch);
void value_scratch_fini(struct value_scratch *scratch);

/* Makes `value` of `cell`. It points into the cell's memory or the scratch, and so lasts until
 * either is used again. ROWSTREAM_DATA for text that is not UTF-8 or has a NUL, and for a blob
 * where text is declared or the other way round, since base64 could not be told from text. */
enum rowstream_status value_from_cell(struct value *value, const struct cell *cell,
                                      const struct column_type *type, struct value_scratch *scratch,
                                      struct error *error);

#endif
