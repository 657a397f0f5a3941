/* One record of a fixture, as a reader hands it over: the model, the key, and the fields by their
 * names. One struct is used for all records of a document: its memory grows to what the largest
 * needed, and never passes the limits below. */
#ifndef ROWSTREAM_FORMAT_RECORD_H
#define ROWSTREAM_FORMAT_RECORD_H

#include "base/buffer.h"
#include "rowstream/core/rowstream.h"

/* What a record may hold. A document that goes beyond is refused at the byte that does, whatever
 * its size; reading it has then taken less than ROWSTREAM_RECORD_BYTES_MAXIMUM * 8 of memory. */
enum {
    RECORD_FIELDS_MAXIMUM = 2000,  /* SQLite has no more columns */
    RECORD_ITEMS_MAXIMUM = 100000, /* keys in the lists of a record */
    RECORD_DEPTH_MAXIMUM = 16,     /* lists and objects within each other; a fixture needs 4 */
};

enum record_kind {
    RECORD_NULL,
    RECORD_FALSE,
    RECORD_TRUE,
    RECORD_INTEGER,
    RECORD_REAL,
    RECORD_TEXT,
    RECORD_AMBIGUOUS, /* a text that YAML 1.1 takes for a number and YAML 1.2 for none or another */
    RECORD_LIST,
};

struct record_value {
    enum record_kind kind;
    bool natural;  /* of a list: some of its items are no keys but lists, or it was marked so */
    char *text;    /* of TEXT and AMBIGUOUS; may be changed in place; followed by a NUL. NULL for
                      all else */
    size_t length; /* bytes of text */
    size_t offset; /* of text, while the record is being read */
    int64_t integer;
    double real;
    size_t first, count; /* a list's items */
};

struct record_field {
    char *name;
    size_t name_offset;
    uint64_t line; /* 0 where the format's library does not tell */
    struct record_value value;
};

struct record {
    uint64_t number;                /* in its document, from 1 */
    uint64_t line;                  /* where it begins, from 1 */
    struct record_value model, key; /* RECORD_NULL when missing */
    bool has_fields;
    struct record_field *fields;
    size_t field_count;
    struct record_value *items;
    size_t item_count;
    /* Private. */
    size_t field_room, item_room;
    struct buffer texts;
};

void record_init(struct record *record);
void record_fini(struct record *record);

/* Begins the next one. */
void record_clear(struct record *record, uint64_t line);

/* The building blocks of a reader: each fails with ROWSTREAM_MEMORY, or ROWSTREAM_INPUT over a
 * limit. `record_text` makes `value` a text with a copy of these bytes; `record_append` makes the
 * text that was begun last longer. */
enum rowstream_status record_text(struct record *record, struct record_value *value,
                                  const char *bytes, size_t length, struct error *error);
enum rowstream_status record_append(struct record *record, struct record_value *value,
                                    const char *bytes, size_t length, struct error *error);
/* Adds a field, whose value is RECORD_NULL until the reader sets it. `*field` is good until the
 * next is added. */
enum rowstream_status record_field(struct record *record, const char *name, size_t length,
                                   struct record_field **field, struct error *error);
/* Adds an item to a list, which must be the last that was begun. */
enum rowstream_status record_item(struct record *record, struct record_value *list,
                                  struct record_value **item, struct error *error);
void record_list(struct record *record, struct record_value *value);

/* Ends the record: its texts have their places. ROWSTREAM_INPUT when its model is no text or it
 * has no fields. */
enum rowstream_status record_end(struct record *record, struct error *error);

/* Says that the text of a record is larger than allowed. */
enum rowstream_status record_too_large(struct error *error);
enum rowstream_status record_too_deep(struct error *error);
enum rowstream_status record_no_memory(struct error *error);

#endif
