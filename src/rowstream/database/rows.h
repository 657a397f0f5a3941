/* Rows of a selection, however they are fetched. Two ways are done here, for every database alike:
 *
 * "keyset" reads a page at a time, in the order of the primary key, each from where the last one
 * ended. No statement runs for longer than a page takes.
 *
 * "buffered" copies all rows to memory before the first is handed out, unless the client library
 * does that itself. It is what most programs do without knowing, and what the gate is there to
 * find. */
#ifndef ROWSTREAM_DATABASE_ROWS_H
#define ROWSTREAM_DATABASE_ROWS_H

#include "rowstream/database/source.h"

struct rows_copy;

struct rows {
    struct source *source;
    struct selection selection; /* of the page, with "keyset" */
    struct cursor *cursor;      /* owned; with "keyset" of the page */
    bool buffered;
    struct rows_copy *first;    /* owned: a list of all rows */
    struct rows_copy *current;  /* handed out last */
    size_t key_cell;            /* with "keyset" */
    size_t page_at;             /* rows of the page handed out */
    struct rows_copy *last_key; /* owned: of the page that was read last */
};

/* ROWSTREAM_OK or as the driver's `select` and `next`. What the selection points to must last
 * until rows_close. */
enum rowstream_status rows_open(struct rows *rows, struct source *source,
                                const struct selection *selection, const char *fetch,
                                struct error *error);
/* As the driver's `next`: `cells` is NULL after the last row. */
enum rowstream_status rows_next(struct rows *rows, const struct cell **cells, struct error *error);
/* Harmless after a failed open. */
void rows_close(struct rows *rows);

#endif
