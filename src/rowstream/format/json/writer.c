/* JSON with jansson, laid out as Python's json.dumps does it: [{"model": "app.name", "pk": 1,
 * "fields": {...}}, ...].
 *
 * All rows of a table look the same but for their values. So jansson writes one row of nulls per
 * table, which is cut at the nulls into pieces; a row is then its pieces with the values between
 * them. Numbers are text already (number.h): jansson would print every double with 17 digits.
 *
 * Strings, once for every character that has to be escaped: jansson is asked how it writes each
 * ASCII character, and a string is then what needs no escape, copied, with those in between. Asked
 * for whole strings, jansson decodes them again, character by character, which is nine tenths of a
 * dump's time.
 *
 * As a tree, the rows are jansson's objects in one array, written through the same pieces, and
 * every string by jansson. That the bytes are the same is what the tests hold the stream to. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/scan.h"
#include "rowstream/format/document.h"
#include "rowstream/format/escape.h"

/* A table's row of nulls: piece i is in front of value i, the key being value 0; one more piece
 * ends the row. */
struct layout {
    struct layout *next;
    struct buffer text;
    size_t *ends; /* where each piece ends in `text`; owned */
    size_t count; /* pieces */
    size_t rows;  /* in the tree, of this table */
};

struct document {
    struct output *output;
    bool tree;
    unsigned indent;
    bool first;                         /* no row is written yet */
    struct escape escapes[ASCII_COUNT]; /* stream */
    json_t *rows;                       /* tree: the array of all rows */
    json_t *row;                        /* tree: the one being built; `rows` has it */
    json_t *fields;                     /* likewise */
    json_t *model;                      /* tree: the table's model, shared by its rows; owned */
    const struct document_table *table;
    struct layout *layouts; /* owned; the tree keeps all, a stream only the last */
    struct layout *layout;  /* the last */
};

enum { LAYOUT_MAXIMUM_BYTES = 1 << 24 };

static enum rowstream_status no_memory(struct error *error) {
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

static int write_output(const char *bytes, size_t length, void *context) {
    return output_append(context, bytes, length) ? 0 : -1;
}

/* jansson goes on after a key that could not be written: so the first failure is kept. */
struct kept_text {
    struct buffer *buffer;
    bool failed;
};

static int write_buffer(const char *bytes, size_t length, void *context) {
    struct kept_text *text = context;
    text->failed = text->failed || !buffer_append(text->buffer, bytes, length);
    return text->failed ? -1 : 0;
}

static bool dump_node(const json_t *node, size_t flags, struct buffer *buffer) {
    struct kept_text text = {.buffer = buffer};
    return json_dump_callback(node, write_buffer, &text, flags) == 0 && !text.failed;
}

static bool write_text(struct document *document, const char *text) {
    return output_append(document->output, text, strlen(text));
}

static bool write_piece(struct document *document, const struct layout *layout, size_t piece) {
    size_t start = piece == 0 ? 0 : layout->ends[piece - 1];
    return output_append(document->output, layout->text.bytes + start, layout->ends[piece] - start);
}

static bool write_node_text(struct document *document, const json_t *node) {
    return json_dump_callback(node, write_output, document->output, JSON_ENCODE_ANY) == 0;
}

static bool ask_escapes(struct document *document) {
    struct buffer text = BUFFER_INIT(64);
    bool asked = true;
    for (int i = 1; asked && i < ASCII_COUNT; i++) {
        char character = (char)i;
        json_t *string = json_stringn_nocheck(&character, 1);
        buffer_clear(&text);
        asked = string != NULL && dump_node(string, JSON_ENCODE_ANY, &text) && text.length > 2 &&
                escape_learn(&document->escapes[i], character, text.bytes + 1, text.length - 2);
        json_decref(string);
    }
    buffer_fini(&text);
    return asked;
}

/* All that jansson escapes is among the marks; what is not is found out by its answers. */
static bool write_string(struct document *document, const char *text, size_t length) {
    static const struct marks marks = {0x20, 0xFF, {'"', '\\', 0x7F}};
    struct output *output = document->output;
    size_t copied = 0;
    bool written = output_append(output, "\"", 1);
    for (size_t at = scan(text, 0, length, marks); written && at < length;
         at = scan(text, at + 1, length, marks)) {
        const struct escape *escape = &document->escapes[(unsigned char)text[at]];
        if (escape->length == 0)
            continue;
        written = output_append(output, text + copied, at - copied) && escape_write(output, escape);
        copied = at + 1;
    }
    return written && output_append(output, text + copied, length - copied) &&
           output_append(output, "\"", 1);
}

static void layouts_free(struct document *document) {
    while (document->layouts != NULL) {
        struct layout *next = document->layouts->next;
        buffer_fini(&document->layouts->text);
        free(document->layouts->ends);
        free(document->layouts);
        document->layouts = next;
    }
    document->layout = NULL;
}

/* Cuts the text at its nulls: they are the only n outside of strings. */
static bool cut(struct layout *layout, size_t value_count) {
    char *bytes = layout->text.bytes;
    size_t length = 0;
    bool in_string = false;
    layout->ends = calloc(value_count + 1, sizeof *layout->ends);
    if (layout->ends == NULL)
        return false;
    for (size_t i = 0; i < layout->text.length; i++) {
        if (!in_string && bytes[i] == 'n') {
            layout->ends[layout->count++] = length;
            i += strlen("null") - 1;
            continue;
        }
        if (bytes[i] == '"')
            in_string = !in_string;
        bytes[length++] = bytes[i];
        if (in_string && bytes[i] == '\\')
            bytes[length++] = bytes[++i];
    }
    layout->ends[layout->count++] = length;
    layout->text.length = length;
    return true;
}

/* A row with null for every value; NULL when memory is out. */
static json_t *row_of_nulls(const struct document_table *table) {
    json_t *row = json_object();
    json_t *fields = json_object();
    int failed = json_object_set_new_nocheck(row, "model", json_string_nocheck(table->model));
    failed |= json_object_set_new_nocheck(row, "pk", json_null());
    for (size_t i = 0; i < table->column_count; i++)
        failed |= json_object_set_new_nocheck(fields, table->columns[i]->name, json_null());
    failed |= json_object_set_new_nocheck(row, "fields", fields);
    if (failed == 0)
        return row;
    json_decref(row);
    return NULL;
}

static enum rowstream_status json_table(struct document *document,
                                        const struct document_table *table, struct error *error) {
    if (!document->tree)
        layouts_free(document);
    struct layout *layout = calloc(1, sizeof *layout);
    if (layout == NULL)
        return no_memory(error);
    layout->text = (struct buffer)BUFFER_INIT(LAYOUT_MAXIMUM_BYTES);
    *(document->layout == NULL ? &document->layouts : &document->layout->next) = layout;
    document->layout = layout;
    document->table = table;

    json_t *row = row_of_nulls(table);
    bool done = row != NULL && dump_node(row, JSON_INDENT(document->indent), &layout->text) &&
                cut(layout, table->column_count + 1);
    json_decref(row);
    if (document->tree) {
        json_decref(document->model);
        document->model = json_string_nocheck(table->model);
        done = done && document->model != NULL;
    }
    return done ? ROWSTREAM_OK : no_memory(error);
}

static enum rowstream_status json_open(struct document **document,
                                       const struct document_options *options,
                                       struct output *output, struct error *error) {
    struct document *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return no_memory(error);
    opened->output = output;
    opened->tree = options->tree;
    opened->indent = options->indent;
    opened->first = true;
    *document = opened;
    if (opened->tree)
        opened->rows = json_array();
    if (opened->tree ? opened->rows == NULL : !ask_escapes(opened))
        return no_memory(error);
    return write_text(opened, "[") ? ROWSTREAM_OK : output_failure(output, error);
}

/* Django cuts every moment to milliseconds; here only where that loses nothing. */
static size_t datetime_length(const struct value *value) {
    bool fraction = value->length > 7 && value->text[value->length - 7] == '.';
    bool whole = fraction && memcmp(value->text + value->length - 3, "000", 3) == 0;
    return whole ? value->length - 3 : value->length;
}

/* Infinite, or not a number. */
static bool is_no_number(const struct value *value) {
    return !isfinite(value->real);
}

static enum rowstream_status refuse_no_number(const struct value *value, struct error *error) {
    error_set(error, "the number %s, which JSON cannot hold", value->text);
    return ROWSTREAM_DATA;
}

static enum rowstream_status stream_value(struct document *document, size_t piece,
                                          const struct value *value, struct error *error) {
    size_t length = value->length;
    bool written = write_piece(document, document->layout, piece);
    switch (value->kind) {
    case VALUE_NULL:
        written = written && write_text(document, "null");
        break;
    case VALUE_FALSE:
        written = written && write_text(document, "false");
        break;
    case VALUE_TRUE:
        written = written && write_text(document, "true");
        break;
    case VALUE_REAL:
        if (is_no_number(value))
            return refuse_no_number(value, error);
        written = written && output_append(document->output, value->text, length);
        break;
    case VALUE_INTEGER:
        written = written && output_append(document->output, value->text, length);
        break;
    case VALUE_DATETIME:
    case VALUE_TIME:
        length = datetime_length(value);
        /* fall through */
    case VALUE_STRING:
    case VALUE_DATE:
        written = written && write_string(document, value->text, length);
        break;
    }
    return written ? ROWSTREAM_OK : output_failure(document->output, error);
}

static json_t *tree_value(const struct value *value) {
    switch (value->kind) {
    case VALUE_NULL:
        return json_null();
    case VALUE_FALSE:
        return json_false();
    case VALUE_TRUE:
        return json_true();
    case VALUE_REAL:
        return json_real(value->real);
    case VALUE_INTEGER:
        return json_integer(value->integer);
    case VALUE_DATETIME:
    case VALUE_TIME:
        return json_stringn_nocheck(value->text, datetime_length(value));
    case VALUE_STRING:
    case VALUE_DATE:
        break;
    }
    return json_stringn_nocheck(value->text, value->length);
}

/* Between rows: Django puts a space, or a new line where it indents. */
static bool begin_row(struct document *document) {
    bool first = document->first;
    document->first = false;
    const char *between = document->indent > 0 ? ",\n" : ", ";
    return write_text(document, first ? (document->indent > 0 ? "\n" : "") : between);
}

static enum rowstream_status json_row(struct document *document, const struct value *key,
                                      struct error *error) {
    if (!document->tree)
        return begin_row(document) ? stream_value(document, 0, key, error)
                                   : output_failure(document->output, error);
    if (key->kind == VALUE_REAL && is_no_number(key))
        return refuse_no_number(key, error);
    document->row = json_object();
    document->fields = json_object();
    document->layout->rows++;
    int failed = json_array_append_new(document->rows, document->row);
    if (failed != 0)
        document->row = NULL; /* freed by the array that did not take it */
    failed |= json_object_set_nocheck(document->row, "model", document->model);
    failed |= json_object_set_new_nocheck(document->row, "pk", tree_value(key));
    failed |= json_object_set_new_nocheck(document->row, "fields", document->fields);
    return failed == 0 ? ROWSTREAM_OK : no_memory(error);
}

static enum rowstream_status json_field(struct document *document, size_t column,
                                        const struct value *value, struct error *error) {
    if (!document->tree)
        return stream_value(document, column + 1, value, error);
    if (value->kind == VALUE_REAL && is_no_number(value))
        return refuse_no_number(value, error);
    if (json_object_set_new_nocheck(document->fields, document->table->columns[column]->name,
                                    tree_value(value)) == 0)
        return ROWSTREAM_OK;
    return no_memory(error);
}

static enum rowstream_status json_row_end(struct document *document, struct error *error) {
    if (document->tree)
        return ROWSTREAM_OK;
    return write_piece(document, document->layout, document->layout->count - 1)
               ? ROWSTREAM_OK
               : output_failure(document->output, error);
}

static bool write_node(struct document *document, const struct layout *layout, size_t piece,
                       const json_t *node) {
    char text[NUMBER_TEXT_BYTES];
    if (!write_piece(document, layout, piece))
        return false;
    if (!json_is_number(node))
        return write_node_text(document, node);
    size_t length = json_is_real(node) ? number_format_real(json_real_value(node), text)
                                       : number_format_integer(json_integer_value(node), text);
    return output_append(document->output, text, length);
}

static bool write_tree(struct document *document) {
    size_t index = 0;
    for (struct layout *layout = document->layouts; layout != NULL; layout = layout->next) {
        for (size_t i = 0; i < layout->rows; i++) {
            json_t *row = json_array_get(document->rows, index++);
            if (!begin_row(document) ||
                !write_node(document, layout, 0, json_object_get(row, "pk")))
                return false;
            size_t piece = 1;
            const char *name;
            json_t *node;
            json_object_foreach(json_object_get(row, "fields"), name, node) {
                if (!write_node(document, layout, piece++, node))
                    return false;
            }
            if (!write_piece(document, layout, piece))
                return false;
        }
    }
    return true;
}

static enum rowstream_status json_close(struct document *document, struct error *error) {
    bool written = !document->tree || write_tree(document);
    written = written && write_text(document, document->indent > 0 ? "\n]\n" : "]");
    return written ? ROWSTREAM_OK : output_failure(document->output, error);
}

static void json_document_free(struct document *document) {
    if (document == NULL)
        return;
    layouts_free(document);
    json_decref(document->model);
    json_decref(document->rows);
    free(document);
}

const struct document_format document_json = {
    .name = "json",
    .open = json_open,
    .table = json_table,
    .row = json_row,
    .field = json_field,
    .row_end = json_row_end,
    .close = json_close,
    .free = json_document_free,
};
