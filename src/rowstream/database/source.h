/* What a database has to offer: the contract that every driver in this folder fulfils.
 *
 * A driver is one file, with a `const struct source_driver` at its bottom and a place in the line
 * of its database in drivers.c. Its client library's header is included by client/ only. Nothing
 * outside asks which database it is. A source, and everything made from it, belongs to one thread
 * at a time.
 *
 * Errors say what and why ("no table "x": there is "a", "b""); the caller puts where in front. An
 * operation that fails has freed what it made. ROWSTREAM_MEMORY is for memory, ROWSTREAM_SOURCE
 * for all else. */
#ifndef ROWSTREAM_DATABASE_SOURCE_H
#define ROWSTREAM_DATABASE_SOURCE_H

#include "rowstream/core/names.h"
#include "rowstream/core/rowstream.h"
#include "rowstream/core/value.h"

struct source_driver;

/* An open database. Drivers put this first in a struct of their own. */
struct source {
    const struct source_driver *driver;
};

/* A result that is being read. The same. */
struct cursor {
    size_t column_count;
    struct column *columns; /* as selected; owned by the cursor, kept until it is closed */
};

struct table {
    char *name; /* owned; as the database writes it */
    struct column *columns;
    size_t column_count;
};
void table_fini(struct table *table);

/* Appends a column of that name and declared type (which may be NULL), both copied; false when
 * memory is out. */
bool columns_add(struct column **columns, size_t *count, const char *name, const char *declared,
                 bool key);
void columns_free(struct column *columns, size_t count);

/* Fills in what every driver's `describe` says of a table that it has not: its tables. */
enum rowstream_status source_no_such_table(struct source *source, const char *name,
                                           struct error *error);

/* What to read: columns of a table, or a query. */
struct selection {
    const char *table; /* NULL for a query */
    const struct column *const *columns;
    size_t column_count;
    const char *query;
    size_t chunk_rows;        /* the most rows that "cursor" asks the server for at once; above 0 */
    const struct column *key; /* a table's rows are in its order; NULL: as they are stored */
    /* One page of a table that has a key: the first `page_rows` rows of those whose key is greater
     * than `after`. 0: the whole table. */
    size_t page_rows;
    const struct cell *after; /* NULL: from the start */
};

enum source_access {
    SOURCE_READ, /* one snapshot until it is closed; nothing can be changed */
    SOURCE_WRITE /* made when it is missing */
};

struct source_driver {
    const char *title; /* for messages */
    /* The fetch modes of `select`, NULL-terminated; the first is "stream". "buffered" is not among
     * them unless the client library does it itself: rows.c offers it for every driver, as it does
     * "keyset". */
    const char *const *fetches;

    /* All of these are required. */

    /* A database that is missing or is none should fail here. */
    enum rowstream_status (*open)(struct source **source, const char *url,
                                  enum source_access access, struct error *error);
    /* Ends a transaction that is still open by rolling it back. Takes no NULL. */
    void (*close)(struct source *source);

    /* Adds the user's own tables (no views, nothing of the database's) in a stable order. */
    enum rowstream_status (*tables)(struct source *source, struct names *names,
                                    struct error *error);
    /* Describes a table or view: the columns that can be written back, in order, with those of
     * the primary key marked. Missing: the error lists the tables there are. */
    enum rowstream_status (*describe)(struct source *source, const char *name, struct table *table,
                                      struct error *error);

    /* Starts reading. Rows of a table come in the order of its key. A query must be one statement
     * that gives rows and changes nothing. Memory must not depend on the number of rows. */
    enum rowstream_status (*select)(struct source *source, const struct selection *selection,
                                    const char *fetch, struct cursor **cursor, struct error *error);
    /* Points `cells` at the next row, valid until the next call; at NULL after the last. */
    enum rowstream_status (*next)(struct cursor *cursor, const struct cell **cells,
                                  struct error *error);
    void (*finish)(struct cursor *cursor);

    /* Writing, inside one transaction that `fill` begins and `commit` ends: makes a table with an
     * automatic integer key `id` and these columns (name and declared type are used; `nullable`
     * says per column whether NULL is allowed), and takes its rows. */
    enum rowstream_status (*fill)(struct source *source, const char *table,
                                  const struct column *columns, const bool *nullable, size_t count,
                                  bool replace, struct error *error);
    enum rowstream_status (*insert)(struct source *source, const struct cell *cells,
                                    struct error *error);
    enum rowstream_status (*commit)(struct source *source, struct error *error);

    /* Optional: makes the library set up what it keeps for the life of the process, which it
     * would else do at its first use. */
    void (*setup)(void);
    /* Optional: gives back what the client library keeps for the life of the process. */
    void (*cleanup)(void);
};

/* Run every driver's setup or cleanup. */
void source_setup(void);
void source_cleanup(void);

/* Opens what a URL names: ROWSTREAM_USAGE for an unknown scheme, listing those there are, and for
 * one whose client library this build has not. Errors name the URL, without a password. */
enum rowstream_status source_open(struct source **source, const char *url,
                                  enum source_access access, struct error *error);
/* Takes NULL. */
void source_close(struct source *source);

/* ROWSTREAM_USAGE for a fetch mode that is unknown, or that this source does not have. */
enum rowstream_status source_check_fetch(const struct source *source, const char *fetch,
                                         struct error *error);

extern const struct source_driver source_sqlite;
extern const struct source_driver source_postgresql; /* only where it is built in */
extern const struct source_driver source_mysql;      /* the same */

#endif
