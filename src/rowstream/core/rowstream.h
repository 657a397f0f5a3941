/* rowstream: rows of a database, written out as a Django fixture (JSON, XML, YAML) in constant
 * memory, and tables of random rows to try it on. This is the library that the command `rowstream`
 * is made of.
 *
 *     struct rowstream_dump_options options = {.url = "sqlite:jobs.sqlite3", .format = "json"};
 *     struct rowstream_descriptor out = {STDOUT_FILENO, "standard output"};
 *     struct rowstream_output output = rowstream_output_descriptor(&out);
 *     struct error error = {0};
 *     if (rowstream_dump(&options, &output, NULL, &error) != ROWSTREAM_OK)
 *         fprintf(stderr, "%s\n", error.text);
 *
 * Threads: the functions keep nothing between calls and may run in several threads at once, each
 * with its own options, output and error. Callbacks run in the calling thread, before the function
 * returns. Ownership: nothing passed in is kept or freed; nothing is returned that must be freed,
 * and everything allocated within a call is free again when it returns, whether it succeeded or
 * not, except what the client libraries set up once in a process (rowstream_cleanup). */
#ifndef ROWSTREAM_CORE_ROWSTREAM_H
#define ROWSTREAM_CORE_ROWSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* How a call ended. Whatever is not ROWSTREAM_OK has put one message in the error struct. */
enum rowstream_status {
    ROWSTREAM_OK = 0,
    ROWSTREAM_SOURCE = 1, /* the database: cannot be opened, no such table or column, refused SQL */
    ROWSTREAM_USAGE = 2,  /* the options: missing, unknown or contradictory values */
    ROWSTREAM_DATA = 3,   /* a value that the format cannot hold; names table, row and column */
    ROWSTREAM_OUTPUT = 4, /* the output refused bytes: disk full, closed pipe */
    ROWSTREAM_MEMORY = 5, /* an allocation failed */
    ROWSTREAM_INPUT = 6,  /* a document that is no fixture, or does not fit the tables */
};

/* Where a document's bytes go. `write` takes all `length` bytes or returns false with the error
 * set; it is called with large pieces (about 32 KiB), never with 0 bytes, and not again after it
 * has failed. A dump that fails has usually written a part: what to do with it is the caller's. */
struct rowstream_output {
    bool (*write)(void *context, const void *bytes, size_t length, struct error *error);
    void *context;
};

/* An output that writes to an open file descriptor, which stays the caller's. `name` stands for it
 * in messages ("standard output"); both must outlive the output. */
struct rowstream_descriptor {
    int fd;
    const char *name;
};
struct rowstream_output rowstream_output_descriptor(struct rowstream_descriptor *descriptor);

/* What a call has done, also when it failed half-way. */
struct rowstream_counts {
    uint64_t tables; /* begun */
    uint64_t rows;   /* written completely */
    uint64_t bytes;  /* handed to the output (dump only) */
};

/* `report` is called about every thousand rows and at the end; total_rows is 0 where it is not
 * known. `stage` is called where a part of the work begins: "connect", then "query" and "rows" for
 * each table (only "rows" when loading), then "finish". Each may be NULL. */
struct rowstream_progress {
    void (*report)(void *context, uint64_t rows, uint64_t total_rows);
    void *context;
    void (*stage)(void *context, const char *stage);
};

/* What to dump, and how. A pointer left NULL or a number left 0 takes the default. */
struct rowstream_dump_options {
    const char *url;           /* required: "sqlite:PATH", "postgresql://..." as libpq takes it, or
                                   "mysql://USER:PASSWORD@HOST:PORT/DATABASE?socket=PATH" */
    const char *const *tables; /* names of tables or views; default: every user table */
    size_t table_count;
    const char *query;          /* instead of tables: one SELECT; needs `model`. Its column `pk`,
                                   or else `id`, is the primary key; without either, pk is null */
    const char *model;          /* "app.name", for a query or one table. Default: the table's name
                                   with its first underscore turned into a dot */
    const char *const *columns; /* fields to write, in this order; default: all but the key, which
                                   is always written, as pk */
    size_t column_count;
    const char *format; /* required: "json", "xml" or "yaml" */
    const char *fetch;  /* "stream" (default): one row at a time; "cursor": chunks from a
                                   cursor of the server, which SQLite has not; "keyset": pages of a
                                   table by its primary key; "buffered": all rows of a table are in
                                   memory first */
    /* rows of a page, and the most of a trip to a cursor; default 2000 */
    size_t chunk;
    const char *document; /* "stream" (default): written as rows come; "tree": the whole
                                   document is built in memory first. The bytes are the same */
    unsigned indent;      /* columns per level, 0-9. 0 (default): JSON and XML on one line;
                                   YAML is always indented, by at least 2 */
    struct rowstream_progress progress;
};

/* Writes the fixture, from one snapshot of the database. `counts` may be NULL. A table without
 * primary key has pk null, which loaddata takes as "make one". A value is written by its column's
 * declared type as Django 3.2 does; one that contradicts the type is written as what it is where
 * that reads back the same, and else refused (ROWSTREAM_DATA). In JSON microseconds are cut to
 * milliseconds only where nothing is lost.
 *
 * Memory: with fetch and document on "stream" it does not depend on the number of rows. It depends
 * on the longest row, and on the size of the database's pages, of which SQLite holds four at once:
 * at most 256 KiB up to pages of 32 KiB and about 320 KiB with the largest, of 64 KiB. Without
 * rowstream_setup SQLite takes 20 pages at once while a database is opened: 1.3 MiB with the
 * largest. */
enum rowstream_status rowstream_dump(const struct rowstream_dump_options *options,
                                     const struct rowstream_output *output,
                                     struct rowstream_counts *counts, struct error *error);

struct rowstream_seed_options {
    const char *url;     /* required; SQLite's file is made where it is missing */
    const char *table;   /* required */
    uint64_t rows;       /* how many; 0 makes an empty table */
    uint64_t seed;       /* the same seed gives the same rows on every machine */
    const char *columns; /* "NAME TYPE [NULL], ...", after `id integer primary key autoincrement`.
                            Default: ROWSTREAM_SEED_COLUMNS */
    bool replace;        /* drop a table of that name first; default: it is an error */
    struct rowstream_progress progress;
};

/* The shape of Django's bug 5423: four text columns of 255 characters. */
#define ROWSTREAM_SEED_COLUMNS                                                                     \
    "name varchar(255), title varchar(255), description varchar(255), notes varchar(255)"

/* Makes the table with its rows in one transaction: all of it or nothing. */
enum rowstream_status rowstream_seed(const struct rowstream_seed_options *options,
                                     struct rowstream_counts *counts, struct error *error);

/* The largest record that is loaded, in bytes of the document. Everything else that bounds what a
 * document can ask for is in reader/record.h: 2000 fields, 100,000 keys in lists, 16 levels. */
enum { ROWSTREAM_RECORD_BYTES_MAXIMUM = 16 << 20 };

struct rowstream_load_options {
    const char *url;          /* required */
    const char *const *files; /* required: fixtures, also packed by gzip; "-" is standard input */
    size_t file_count;
    const char *format; /* "json", "xml" or "yaml"; default: by each file's extension */
    struct rowstream_progress progress;
};

/* Loads the fixtures in one transaction: all rows of all files or none. A record of model app.name
 * goes to table app_name; a field is a column, a column without its "_id", or a list of keys, which
 * replaces the rows of <table>_<field>. A row whose key is there gets the fields of the record. A
 * key twice in one file is an error, and so is a natural key. References may point forward: they
 * are checked at the end. Memory does not depend on the number of records. ROWSTREAM_INPUT names
 * file, line, record and field. */
enum rowstream_status rowstream_load(const struct rowstream_load_options *options,
                                     struct rowstream_counts *counts, struct error *error);

struct rowstream_delete_options {
    const char *url;   /* required */
    const char *table; /* required */
    uint64_t chunk;    /* rows per transaction; 0: 2000 */
    struct rowstream_progress progress;
};

/* Deletes all rows of a table, in the order of its key, a chunk at a time, each in a transaction of
 * its own. When it fails or is killed the chunks before are gone and the others are whole.
 * `counts->rows` are those deleted. */
enum rowstream_status rowstream_delete(const struct rowstream_delete_options *options,
                                       struct rowstream_counts *counts, struct error *error);

/* Has the client libraries set up now what they keep for the life of a process, which they else do
 * at their first use, and SQLite take memory for pages one by one, in the whole process. Optional;
 * for those who measure. Call it before there are other threads, and before the process uses
 * SQLite: a SQLite in use keeps its ways. */
void rowstream_setup(void);

/* Gives it back, whether rowstream_setup was called or not. Call it last, once, when no
 * other thread uses SQLite or libxml2. */
void rowstream_cleanup(void);

#endif
