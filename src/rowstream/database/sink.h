/* Where records go: the contract that every database in this folder fulfils. What source.h is for
 * reading, this is for loading and deleting.
 *
 *     open  begin  { table_open  { ready  put ... } ...  flush  table_close } ...  commit  close
 *     open  { begin  delete_chunk  commit } ...  close
 *
 * A driver is one file, with a `const struct sink_driver` at its bottom and a place in the line of
 * its database in drivers.c. A sink, and everything made from it, belongs to one thread at a time.
 * Memory must not depend on the number of rows.
 *
 * A trip to a server costs more than a row: a driver may hold back what it is told to do with rows,
 * in order, and send much at once. Then a failure may be of a row that was put before; which one,
 * the sink says.
 *
 * Errors say what and why; the caller puts where in front. ROWSTREAM_MEMORY is for memory,
 * ROWSTREAM_INPUT for a row that the table does not take (a constraint, a key that was put before)
 * and ROWSTREAM_SOURCE for all else. After a failure only `flush`, `table_close` and `close` come.
 */
#ifndef ROWSTREAM_DATABASE_SINK_H
#define ROWSTREAM_DATABASE_SINK_H

#include "rowstream/database/source.h"

struct sink_driver;

/* What a row is of, for the message should it fail: the caller's, and kept with the row. */
struct sink_place {
    uint64_t record;
    const char *field;   /* NULL: of all of it. Not owned: as good as the table is open */
    uint64_t field_line; /* 0: not known */
};

/* The most records of which rows are held back at a time. */
enum { SINK_HELD_RECORDS = 64 };

/* An open database. Drivers put this first in a struct of their own. */
struct sink {
    const struct sink_driver *driver;
    struct sink_place place;  /* set by the caller: of the rows that are put next */
    struct sink_place failed; /* after a failure in `flush`, `ready`, `put` or `clear`: of what */
};

/* A table that is loaded from one document. The same. */
struct sink_table {
    struct table table;
    const struct column
        *key;       /* its primary key; NULL when it has none, or one of several columns */
    bool was_empty; /* when it was opened */
    /* As `ready` was told. */
    size_t column_count;
    size_t key_cell; /* of a row; column_count when no key is given */
};

#define SINK_IN_DOUBT "no answer to the commit, which may have taken place: "

enum sink_conflict {
    SINK_REPLACE, /* a row with that key is updated, in the columns given */
    SINK_SKIP,    /* a row like that is left alone */
};

struct sink_driver {
    /* All of these are required, but for `flush`. */

    /* Takes the whole URL; the database must be there. References between tables are enforced, at
     * `commit`. */
    enum rowstream_status (*open)(struct sink **sink, const char *url, struct error *error);
    /* Rolls back what is not committed. Takes no NULL. */
    void (*close)(struct sink *sink);
    enum rowstream_status (*begin)(struct sink *sink, struct error *error);
    /* A reference to a row that is not there fails here, with its table and row. When the server's
     * answer to the commit itself is lost, the error starts with SINK_IN_DOUBT. */
    enum rowstream_status (*commit)(struct sink *sink, struct error *error);

    /* Adds the names of the tables, for messages. */
    enum rowstream_status (*tables)(struct sink *sink, struct names *names, struct error *error);
    /* Describes a table; `*table` is NULL when there is none of that name. Each key may be put
     * once through what is returned here: a key that was put before is ROWSTREAM_INPUT, one that
     * the table had before is no error. */
    enum rowstream_status (*table_open)(struct sink *sink, const char *name,
                                        struct sink_table **table, struct error *error);
    void (*table_close)(struct sink_table *table);
    /* Prepares for rows with these columns of the table, in place of those before. */
    enum rowstream_status (*ready)(struct sink_table *table, const struct column *const *columns,
                                   size_t count, enum sink_conflict conflict, struct error *error);
    /* Takes a row. When `key` is given it becomes the number that the database made up. */
    enum rowstream_status (*put)(struct sink_table *table, const struct cell *cells,
                                 struct cell *key, struct error *error);
    /* Waits until what was held back is done. NULL: nothing ever is. */
    enum rowstream_status (*flush)(struct sink *sink, struct error *error);
    /* Deletes the rows that the table had before `table_open` whose column has this value. */
    enum rowstream_status (*clear)(struct sink_table *table, const struct column *column,
                                   const struct cell *value, struct error *error);

    /* Deletes the first `most` rows in the order of the key; `*deleted` says how many there were.
     */
    enum rowstream_status (*delete_chunk)(struct sink *sink, const char *table, uint64_t most,
                                          uint64_t *deleted, struct error *error);
};

extern const struct sink_driver sink_sqlite;
extern const struct sink_driver sink_postgresql; /* only where it is built in */
extern const struct sink_driver sink_mysql;      /* the same */

/* For drivers: find the only column of a table's key, and note what `ready` was told. */
const struct column *sink_single_key(const struct table *table);
void sink_table_aim(struct sink_table *table, const struct column *const *columns, size_t count);

/* Opens what a URL names; as source_open. */
enum rowstream_status sink_open(struct sink **sink, const char *url, struct error *error);
enum rowstream_status sink_flush(struct sink *sink, struct error *error);
/* Takes NULL. */
void sink_close(struct sink *sink);

#endif
