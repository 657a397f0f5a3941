/* A YAML file as a tree of nodes that know where they stand, to the byte.
 *
 * The subset that a budget file needs and no more: one document of mappings, sequences and short
 * scalars. Anchors, aliases and tags are refused, so that a figure has exactly one place and can
 * be rewritten there. Every error message starts with file:line:column. */
#ifndef BUDGET_DOCUMENT_H
#define BUDGET_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
    DOCUMENT_FILE_BYTES = 4 << 20, /* a longer file is refused */
    DOCUMENT_SCALAR_BYTES = 256,
    DOCUMENT_NODES_MAX = 100000,
    DOCUMENT_DEPTH_MAX = 8,
};

enum node_kind { NODE_SCALAR, NODE_MAPPING, NODE_SEQUENCE };

struct node {
    enum node_kind kind;
    unsigned line, column; /* from 1; a column is a character, not a byte */
    size_t begin, end;     /* bytes of the file; a block collection ends with its last child */
    char quote;            /* scalar: its quoting character, or 0 */
    bool flow;             /* collection: written with braces or brackets */
    char *text;            /* scalar: its value, without control characters */
    struct node *children; /* a mapping has key, value, key, value, ... */
    size_t count;          /* of children */
    size_t capacity;
};

/* Parses the whole text. False with the error set; `root` is then freed already. */
bool document_parse(const char *file, const char *text, size_t length, struct node *root,
                    struct error *error);
void node_fini(struct node *node);

/* The value under a key of a mapping, or NULL. */
const struct node *node_find(const struct node *mapping, const char *key);

/* Sets the error to "file:line:column: " and the message. Returns false, for the caller to. */
bool node_error(struct error *error, const char *file, const struct node *node, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

#endif
