/* YAML with libyaml, laid out as PyYAML (which writes with libyaml too) does it for Django, but
 * with lines of any length: a list of `- model:`, `pk:`, `fields:`.
 *
 * Every scalar is said to be what a plain or a quoted scalar means by itself, so that libyaml never
 * writes a tag; and it is asked for quotes when its plain text would be read as something else.
 * What a plain scalar cannot hold otherwise, libyaml sees itself.
 *
 * As a tree, the same scalars are nodes of one yaml_document_t. */
#include <stdlib.h>
#include <yaml.h>

#include "rowstream/document/document.h"
#include "rowstream/document/yaml_plain.h"

struct document {
    struct output *output;
    bool tree;
    bool emitting;           /* `emitter` is initialized */
    bool building;           /* `nodes` is initialized */
    yaml_emitter_t emitter;
    yaml_document_t nodes;
    int root, row_node, fields_node; /* of the tree */
    const struct document_table *table;
    yaml_scalar_style_t model_style;
    yaml_scalar_style_t *name_styles; /* of the table's columns; owned */
    struct buffer number; /* a text that YAML writes otherwise than all others */
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

static yaml_scalar_style_t string_style(const char *text, size_t length) {
    return yaml_plain_is_other(text, length) ? YAML_SINGLE_QUOTED_SCALAR_STYLE
                                             : YAML_PLAIN_SCALAR_STYLE;
}

/* A scalar as an event of the stream or a node of the tree: text and style. */
struct scalar {
    const char *text;
    size_t length;
    yaml_scalar_style_t style;
};

static struct scalar name_scalar(const char *text, yaml_scalar_style_t style) {
    return (struct scalar){text, strlen(text), style};
}

static struct scalar plain_scalar(const char *text) {
    return name_scalar(text, YAML_PLAIN_SCALAR_STYLE);
}

static struct scalar model_scalar(const struct document *document) {
    return name_scalar(document->table->model, document->model_style);
}

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
    *scalar = (struct scalar){value->text, value->length, YAML_PLAIN_SCALAR_STYLE};
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
        scalar->style = string_style(value->text, value->length);
        break;
    case VALUE_INTEGER:
    case VALUE_DATE:
        break;
    }
    if (value->kind <= VALUE_TRUE)
        scalar->length = strlen(scalar->text);
    return true;
}

static bool emit(struct document *document, yaml_event_t *event) {
    return yaml_emitter_emit(&document->emitter, event) != 0;
}

static bool emit_scalar(struct document *document, struct scalar scalar) {
    yaml_event_t event;
    return yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)scalar.text,
                                        (int)scalar.length, 1, 1, scalar.style) != 0 &&
           emit(document, &event);
}

static bool emit_mapping(struct document *document) {
    yaml_event_t event;
    return yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE) !=
               0 && emit(document, &event);
}

static bool emit_mapping_end(struct document *document) {
    yaml_event_t event;
    return yaml_mapping_end_event_initialize(&event) != 0 && emit(document, &event);
}

static bool open_stream(struct document *document) {
    yaml_event_t event;
    return yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) != 0 &&
           emit(document, &event) &&
           yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) != 0 &&
           emit(document, &event) &&
           yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                YAML_BLOCK_SEQUENCE_STYLE) != 0 &&
           emit(document, &event);
}

static bool close_stream(struct document *document) {
    yaml_event_t event;
    return yaml_sequence_end_event_initialize(&event) != 0 && emit(document, &event) &&
           yaml_document_end_event_initialize(&event, 1) != 0 && emit(document, &event) &&
           yaml_stream_end_event_initialize(&event) != 0 && emit(document, &event);
}

static int add_scalar(struct document *document, struct scalar scalar) {
    return yaml_document_add_scalar(&document->nodes, NULL, (const yaml_char_t *)scalar.text,
                                    (int)scalar.length, scalar.style);
}

static int add_mapping(struct document *document) {
    return yaml_document_add_mapping(&document->nodes, NULL, YAML_BLOCK_MAPPING_STYLE);
}

/* Nodes are numbers from 1; 0 is a failure. */
static bool add_pair(struct document *document, int mapping, struct scalar name, int value) {
    int key = add_scalar(document, name);
    return key != 0 && value != 0 &&
           yaml_document_append_mapping_pair(&document->nodes, mapping, key, value) != 0;
}

static bool open_tree(struct document *document) {
    if (yaml_document_initialize(&document->nodes, NULL, NULL, NULL, 1, 1) == 0)
        return false;
    document->building = true;
    document->root =
        yaml_document_add_sequence(&document->nodes, NULL, YAML_BLOCK_SEQUENCE_STYLE);
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
    opened->number = (struct buffer)BUFFER_INIT(NUMBER_MAXIMUM_BYTES);
    *document = opened;
    if (yaml_emitter_initialize(&opened->emitter) == 0)
        return no_memory(error);
    opened->emitting = true;
    yaml_emitter_set_output(&opened->emitter, write_output, output);
    yaml_emitter_set_encoding(&opened->emitter, YAML_UTF8_ENCODING);
    yaml_emitter_set_unicode(&opened->emitter, 1);
    yaml_emitter_set_width(&opened->emitter, -1);
    yaml_emitter_set_indent(&opened->emitter, options->indent < 2 ? 2 : (int)options->indent);
    return finished(opened, opened->tree ? open_tree(opened) : open_stream(opened), error);
}

static enum rowstream_status yaml_table(struct document *document,
                                        const struct document_table *table, struct error *error) {
    document->table = table;
    document->model_style = string_style(table->model, strlen(table->model));
    free(document->name_styles);
    document->name_styles = calloc(table->column_count + 1, sizeof *document->name_styles);
    if (document->name_styles == NULL)
        return no_memory(error);
    for (size_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i]->name;
        document->name_styles[i] = string_style(name, strlen(name));
    }
    return ROWSTREAM_OK;
}

static bool tree_row(struct document *document, struct scalar key) {
    document->row_node = add_mapping(document);
    document->fields_node = add_mapping(document);
    return document->row_node != 0 && document->fields_node != 0 &&
           yaml_document_append_sequence_item(&document->nodes, document->root,
                                              document->row_node) != 0 &&
           add_pair(document, document->row_node, plain_scalar("model"),
                    add_scalar(document, model_scalar(document))) &&
           add_pair(document, document->row_node, plain_scalar("pk"), add_scalar(document, key)) &&
           add_pair(document, document->row_node, plain_scalar("fields"), document->fields_node);
}

static enum rowstream_status yaml_row(struct document *document, const struct value *key,
                                      struct error *error) {
    struct scalar scalar;
    if (!value_scalar(document, key, &scalar))
        return no_memory(error);
    if (document->tree)
        return tree_row(document, scalar) ? ROWSTREAM_OK : no_memory(error);
    return finished(document,
                    emit_mapping(document) && emit_scalar(document, plain_scalar("model")) &&
                        emit_scalar(document, model_scalar(document)) &&
                        emit_scalar(document, plain_scalar("pk")) &&
                        emit_scalar(document, scalar) &&
                        emit_scalar(document, plain_scalar("fields")) && emit_mapping(document),
                    error);
}

static enum rowstream_status yaml_field(struct document *document, size_t column,
                                        const struct value *value, struct error *error) {
    struct scalar name = name_scalar(document->table->columns[column]->name,
                                     document->name_styles[column]);
    struct scalar scalar;
    if (!value_scalar(document, value, &scalar))
        return no_memory(error);
    if (document->tree)
        return add_pair(document, document->fields_node, name, add_scalar(document, scalar))
                   ? ROWSTREAM_OK
                   : no_memory(error);
    return finished(document,
                    emit_scalar(document, name) && emit_scalar(document, scalar),
                    error);
}

static enum rowstream_status yaml_row_end(struct document *document, struct error *error) {
    if (document->tree)
        return ROWSTREAM_OK;
    return finished(document, emit_mapping_end(document) && emit_mapping_end(document), error);
}

static enum rowstream_status yaml_close(struct document *document, struct error *error) {
    return finished(document,
                    document->tree ? close_tree(document) : close_stream(document), error);
}

static void yaml_free_document(struct document *document) {
    if (document == NULL)
        return;
    if (document->building)
        yaml_document_delete(&document->nodes);
    if (document->emitting)
        yaml_emitter_delete(&document->emitter);
    buffer_fini(&document->number);
    free(document->name_styles);
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
