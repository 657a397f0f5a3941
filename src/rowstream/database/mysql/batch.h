/* Rows on their way into a table of MySQL's: some dozens are held back and inserted together, since
 * a trip to the server costs more than a row.
 *
 * Where rows with such keys may be there already, the statement also updates. ON DUPLICATE KEY
 * would take any unique column for the key, so it checks that it was the key, and else fails. And a
 * statement of many rows that fails for any of them is undone by the server, and its rows are put
 * one by one, of which one fails with its own reason. */
#ifndef ROWSTREAM_DATABASE_MYSQL_BATCH_H
#define ROWSTREAM_DATABASE_MYSQL_BATCH_H

#include "rowstream/database/mysql/statement.h"
#include "rowstream/database/sink.h"

/* A statement of so many rows, and one that notes their keys. */
struct my_group {
    size_t count; /* below 2: none */
    struct my_statement insert, note;
};

enum { MY_GROUPS = 2 };

/* Zero is none, but for the first three. */
struct my_batch {
    MYSQL *connection;
    const struct sink_table *table;
    unsigned *seen_count; /* temporary tables of keys made so far, on this connection */
    bool update;          /* rows with such keys may be there */
    struct my_statement insert, update_one, note;
    struct my_group groups[MY_GROUPS]; /* the largest first: that is how many are held */
    size_t held;
    struct cell *cells; /* of the held rows, one after the other */
    struct sink_place *places;
    char *bytes;       /* what the cells point to */
    size_t byte_count; /* of those held */
};

/* Prepares for rows of these columns, of which the table knows (sink_table_aim). None are held. */
enum rowstream_status my_batch_ready(struct my_batch *batch, const struct column *const *columns,
                                     enum sink_conflict conflict, struct error *error);
void my_batch_fini(struct my_batch *batch);

/* As `put` of sink.h; when it or my_batch_flush fails, the sink's `failed` says of what. */
enum rowstream_status my_batch_put(struct my_batch *batch, const struct cell *cells,
                                   struct cell *key, struct sink *sink, struct error *error);
enum rowstream_status my_batch_flush(struct my_batch *batch, struct sink *sink,
                                     struct error *error);

#endif
