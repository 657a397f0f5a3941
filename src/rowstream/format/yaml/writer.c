/* YAML with libyaml, laid out as PyYAML (which writes with libyaml too) does it for Django, but
 * with lines of any length: a list of `- model:`, `pk:`, `fields:`.
 *
 * Every scalar is said to be what a plain or a quoted scalar means by itself, so that there is
 * never a tag; and it gets quotes when its plain text would be read as something else, or when a
 * plain scalar cannot hold it.
 *
 * All rows of a table look the same but for their values. So libyaml writes one row per table, of
 * which a stream repeats what is between the values; texts are then written as libyaml has said
 * before (yaml_library.c, yaml_text.c). libyaml itself copies, analyses and writes every text
 * character by character, which costs seven times as much as JSON.
 *
 * As a tree, the same scalars are nodes of one yaml_document_t, written by libyaml alone. That the
 * bytes are the same is what the tests hold the stream to. */
#include <stdlib.h>

#include "rowstream/format/document.h"
#include "rowstream/format/yaml/library.h"
#include "rowstream/format/yaml/text.h"

struct document {
    struct output *output;
    bool tree;
    unsigned indent;
    const struct document_table *table;
    struct buffer number; /* a text that YAML writes otherwise than all others */
    /* of a stream */
    bool any_row;
    struct yaml_text known;
    struct yaml_layout layout;
    /* of a tree */
    bool emitting; /* `emitter` is initialized */
    bool building; /* `nodes` is initialized */
    yaml_emitter_t emitter;
    yaml_document_t nodes;
    int root, row_node, fields_node;
};

enum { NUMBER_MAXIMUM_BYTES = 1024 };

static int write_output(void *context, unsigned char *bytes, size_t length) {
    return output_append(context, bytes, length) ? 1 : 0;
}

static enum rowstream_status no_memory(struct error *error) {
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

static enum rowstream_status finished(const struct document *document, bool done,
                                      struct error *error) {
    const yaml_emitter_t *emitter = &document->emitter;
    if (done)
        return ROWSTREAM_OK;
    if (emitter->error == YAML_EMITTER_ERROR && emitter->problem != NULL) {
        error_set(error, "libyaml refuses: %s", emitter->problem);
        return ROWSTREAM_DATA;
    }
    return output_failure(document->output, error);
}

/* What stands in a fixture for a value. */
struct scalar {
    const char *text;
    size_t length;
    bool string; /* may need quotes */
};

/* YAML 1.1 asks a real for a point in front of its exponent, and for one of ".inf". */
static bool real_scalar(struct document *document, struct scalar *scalar) {
    const char *text = scalar->text;
    const char *exponent = strchr(text, 'e');
    struct buffer *number = &document->number;
    const char *infinite = strstr(text, "inf");
    buffer_clear(number);
    if (infinite != NULL) {
        if (!buffer_printf(number, "%.*s.inf", (int)(infinite - text), text))
            return false;
    } else if (strcmp(text, "nan") == 0) {
        if (!buffer_append_text(number, ".nan"))
            return false;
    } else if (exponent != NULL && strchr(text, '.') == NULL) {
        if (!buffer_printf(number, "%.*s.0%s", (int)(exponent - text), text, exponent))
            return false;
    } else {
        return true;
    }
    scalar->text = number->bytes;
    scalar->length = number->length;
    return true;
}

static bool value_scalar(struct document *document, const struct value *value,
                         struct scalar *scalar) {
    *scalar = (struct scalar){value->text, value->length, false};
    switch (value->kind) {
    case VALUE_NULL:
        scalar->text = "null";
        break;
    case VALUE_FALSE:
        scalar->text = "false";
        break;
    case VALUE_TRUE:
        scalar->text = "true";
        break;
    case VALUE_REAL:
        return real_scalar(document, scalar);
    case VALUE_DATETIME: /* with a space for the T */
        buffer_clear(&document->number);
        if (!buffer_append(&document->number, value->text, value->length))
            return false;
        document->number.bytes[10] = ' ';
        scalar->text = document->number.bytes;
        break;
    case VALUE_STRING:
    case VALUE_TIME:
        scalar->string = true;
        break;
    case VALUE_INTEGER:
    case VALUE_DATE:
        break;
    }
    if (value->kind <= VALUE_TRUE)
        scalar->length = strlen(scalar->text);
    return true;
}

static bool write_piece(struct document *document, size_t piece) {
    const struct yaml_layout *layout = &document->layout;
    size_t start = piece == 0 ? 0 : layout->ends[piece - 1];
    return output_append(document->output, layout->text.bytes + start, layout->ends[piece] - start);
}

static bool write_scalar(struct document *document, const struct scalar *scalar, size_t indent) {
    enum yaml_style style = YAML_PLAIN;
    if (scalar->string)
        style = yaml_text_style(&document->known, scalar->text, scalar->length);
    return yaml_text_write(&document->known, document->output, scalar->text, scalar->length, style,
                           indent);
}

/* Nodes are numbers from 1; 0 is a failure. */
static int add_scalar(struct document *document, const struct scalar *scalar) {
    yaml_scalar_style_t style =
        scalar->string ? yaml_library_style(scalar->text, scalar->length) : YAML_PLAIN_SCALAR_STYLE;
    return yaml_document_add_scalar(&document->nodes, NULL, (const yaml_char_t *)scalar->text,
                                    (int)scalar->length, style);
}

static int add_name(struct document *document, const char *name) {
    return add_scalar(document, &(struct scalar){name, strlen(name), true});
}

static int add_mapping(struct document *document) {
    return yaml_document_add_mapping(&document->nodes, NULL, YAML_BLOCK_MAPPING_STYLE);
}

static bool add_pair(struct document *document, int mapping, const char *name, int value) {
    int key = add_name(document, name);
    return key != 0 && value != 0 &&
           yaml_document_append_mapping_pair(&document->nodes, mapping, key, value) != 0;
}

static bool open_tree(struct document *document) {
    if (yaml_library_emitter(&document->emitter, document->indent, write_output,
                             document->output) == 0)
        return false;
    document->emitting = true;
    if (yaml_document_initialize(&document->nodes, NULL, NULL, NULL, 1, 1) == 0)
        return false;
    document->building = true;
    document->root = yaml_document_add_sequence(&document->nodes, NULL, YAML_BLOCK_SEQUENCE_STYLE);
    return document->root != 0;
}

static bool close_tree(struct document *document) {
    document->building = false; /* yaml_emitter_dump takes it over */
    return yaml_emitter_dump(&document->emitter, &document->nodes) != 0 &&
           yaml_emitter_close(&document->emitter) != 0;
}

static enum rowstream_status yaml_open(struct document **document,
                                       const struct document_options *options,
                                       struct output *output, struct error *error) {
    struct document *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return no_memory(error);
    opened->output = output;
    opened->tree = options->tree;
    opened->indent = options->indent;
    opened->number = (struct buffer)BUFFER_INIT(NUMBER_MAXIMUM_BYTES);
    *document = opened;
    bool done = opened->tree ? open_tree(opened) : yaml_library_ask(&opened->known);
    return done ? ROWSTREAM_OK : no_memory(error);
}

static enum rowstream_status yaml_table(struct document *document,
                                        const struct document_table *table, struct error *error) {
    document->table = table;
    if (document->tree)
        return ROWSTREAM_OK;
    /* libyaml takes 50 KiB to be asked: not on top of the output's. */
    if (!output_rest(document->output))
        return output_failure(document->output, error);
    if (yaml_library_lay_out(&document->layout, table, document->indent))
        return ROWSTREAM_OK;
    return no_memory(error);
}

static bool tree_row(struct document *document, const struct scalar *key) {
    document->row_node = add_mapping(document);
    document->fields_node = add_mapping(document);
    return document->row_node != 0 && document->fields_node != 0 &&
           yaml_document_append_sequence_item(&document->nodes, document->root,
                                              document->row_node) != 0 &&
           add_pair(document, document->row_node, "model",
                    add_name(document, document->table->model)) &&
           add_pair(document, document->row_node, "pk", add_scalar(document, key)) &&
           add_pair(document, document->row_node, "fields", document->fields_node);
}

static enum rowstream_status yaml_row(struct document *document, const struct value *key,
                                      struct error *error) {
    struct scalar scalar;
    if (!value_scalar(document, key, &scalar))
        return no_memory(error);
    if (document->tree)
        return tree_row(document, &scalar) ? ROWSTREAM_OK : no_memory(error);
    document->any_row = true;
    return finished(document,
                    write_piece(document, 0) &&
                        write_scalar(document, &scalar, document->layout.key_indent),
                    error);
}

static enum rowstream_status yaml_field(struct document *document, size_t column,
                                        const struct value *value, struct error *error) {
    struct scalar scalar;
    if (!value_scalar(document, value, &scalar))
        return no_memory(error);
    if (document->tree)
        return add_pair(document, document->fields_node, document->table->columns[column]->name,
                        add_scalar(document, &scalar))
                   ? ROWSTREAM_OK
                   : no_memory(error);
    return finished(document,
                    write_piece(document, column + 1) &&
                        write_scalar(document, &scalar, document->layout.field_indent),
                    error);
}

static enum rowstream_status yaml_row_end(struct document *document, struct error *error) {
    if (document->tree)
        return ROWSTREAM_OK;
    return finished(document, write_piece(document, document->layout.count - 1), error);
}

/* A stream ends with its last row; one without rows is the same as a tree. */
static enum rowstream_status yaml_close(struct document *document, struct error *error) {
    bool done = true;
    if (!document->tree && !document->any_row)
        done = open_tree(document);
    if (document->tree || !document->any_row)
        done = done && close_tree(document);
    return finished(document, done, error);
}

static void yaml_free_document(struct document *document) {
    if (document == NULL)
        return;
    if (document->building)
        yaml_document_delete(&document->nodes);
    if (document->emitting)
        yaml_emitter_delete(&document->emitter);
    buffer_fini(&document->number);
    yaml_layout_fini(&document->layout);
    free(document);
}

const struct document_format document_yaml = {
    .name = "yaml",
    .open = yaml_open,
    .table = yaml_table,
    .row = yaml_row,
    .field = yaml_field,
    .row_end = yaml_row_end,
    .close = yaml_close,
    .free = yaml_free_document,
};
