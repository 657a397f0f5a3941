/* A fixture being written: the contract that every format in this folder fulfils.
 *
 *     open  { table  { row  { field ... }  row_end } ... } ...  close  free
 *
 * A format is one file, with a `const struct document_format` at its bottom and a line for it in
 * document.c, and maybe others under its name; no other includes its library's header. Calls come
 * in the order above: `field` once for each of the table's columns, in order. After a failure only
 * `free` comes. A document belongs to one thread at a time.
 *
 * Each returns ROWSTREAM_OK, or sets the error and returns ROWSTREAM_DATA (a value the format
 * cannot hold: the caller says which), ROWSTREAM_OUTPUT or ROWSTREAM_MEMORY. */
#ifndef ROWSTREAM_FORMAT_DOCUMENT_H
#define ROWSTREAM_FORMAT_DOCUMENT_H

#include "rowstream/core/output.h"
#include "rowstream/core/value.h"

struct document;

struct document_options {
    bool tree;       /* build the whole document in memory, write it in `close`; the same bytes */
    unsigned indent; /* columns per level; 0 is the format's most compact form */
};

struct document_table {
    const char *model;                   /* "app.name", valid UTF-8 */
    const struct column *const *columns; /* without the key; names are valid UTF-8 */
    size_t column_count;
};

struct document_format {
    const char *name;

    /* All of these are required. What is passed to `open` outlives the document, a table stays
     * until the next one or `close`, a value is lent for the call. */
    enum rowstream_status (*open)(struct document **document,
                                  const struct document_options *options, struct output *output,
                                  struct error *error);
    enum rowstream_status (*table)(struct document *document, const struct document_table *table,
                                   struct error *error);
    /* Begins a row; `key` may be VALUE_NULL, for a row without one. */
    enum rowstream_status (*row)(struct document *document, const struct value *key,
                                 struct error *error);
    enum rowstream_status (*field)(struct document *document, size_t column,
                                   const struct value *value, struct error *error);
    enum rowstream_status (*row_end)(struct document *document, struct error *error);
    /* Ends the document. All of it is in `output` then, which the caller flushes. */
    enum rowstream_status (*close)(struct document *document, struct error *error);
    /* Takes NULL. */
    void (*free)(struct document *document);

    /* Optional: makes the library set up what it keeps for the life of the process, which it
     * would else do at its first use. */
    void (*setup)(void);
    /* Optional: gives back what the library keeps for the life of the process. */
    void (*cleanup)(void);
};

/* Run every format's setup or cleanup. */
void document_setup(void);
void document_cleanup(void);

extern const struct document_format document_json;
extern const struct document_format document_xml;
extern const struct document_format document_yaml;

/* ROWSTREAM_USAGE for an unknown name, listing those there are. */
enum rowstream_status document_find(const struct document_format **format, const char *name,
                                    struct error *error);
/* The same for "stream" and "tree". */
enum rowstream_status document_find_mode(bool *tree, const char *name, struct error *error);

#endif
