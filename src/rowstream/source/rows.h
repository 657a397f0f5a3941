/* Rows of a selection, however they are fetched.
 *
 * "buffered" is done here, for every database alike: all rows are copied to memory before the
 * first is handed out. It is what most programs do without knowing, and what the gate is there to
 * find. */
#ifndef ROWSTREAM_ROWS_H
#define ROWSTREAM_ROWS_H

#include "rowstream/source/source.h"

struct rows_copy;

struct rows {
    struct source *source;
    struct cursor *cursor;  /* owned */
    bool buffered;
    struct rows_copy *first; /* owned: a list of all rows */
    struct rows_copy *current; /* handed out last */
};

/* ROWSTREAM_OK or as the driver's `select` and `next`. */
enum rowstream_status rows_open(struct rows *rows, struct source *source,
                                const struct selection *selection, const char *fetch,
                                struct error *error);
/* As the driver's `next`: `cells` is NULL after the last row. */
enum rowstream_status rows_next(struct rows *rows, const struct cell **cells, struct error *error);
/* Harmless after a failed open. */
void rows_close(struct rows *rows);

#endif
