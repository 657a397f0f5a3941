/* libyaml's events become nodes. libyaml counts positions in characters, the update needs bytes:
 * the reader walks the text beside the parser and translates. A byte order mark is taken off
 * first, because libyaml would count it as a column of the first line. */
#include "budget/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
    yaml_parser_t parser;
    const char *file;
    const char *text; /* behind the byte order mark */
    size_t length;
    size_t mark_bytes;  /* of the byte order mark: 0 or 3 */
    size_t index, byte; /* the same position in characters and in bytes of `text` */
    size_t nodes;
    struct error *error;
};

static const char *const kind_names[] = {"a value", "a mapping", "a sequence"};

bool node_error(struct error *error, const char *file, const struct node *node, const char *format,
                ...) {
    char text[ERROR_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    error_set(error, "%s:%u:%u: %s", file, node->line, node->column, text);
    return false;
}

void node_fini(struct node *node) {
    for (size_t i = 0; i < node->count; i++)
        node_fini(&node->children[i]);
    free(node->children);
    free(node->text);
    *node = (struct node){0};
}

const struct node *node_find(const struct node *mapping, const char *key) {
    for (size_t i = 0; mapping->kind == NODE_MAPPING && i + 1 < mapping->count; i += 2)
        if (strcmp(mapping->children[i].text, key) == 0)
            return &mapping->children[i + 1];
    return NULL;
}

static bool is_continuation(char byte) {
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The byte of the file at a character. */
static size_t byte_at(struct reader *reader, size_t index) {
    if (index < reader->index)
        reader->index = reader->byte = 0;
    while (reader->index < index && reader->byte < reader->length) {
        reader->byte++;
        while (reader->byte < reader->length && is_continuation(reader->text[reader->byte]))
            reader->byte++;
        reader->index++;
    }
    return reader->mark_bytes + reader->byte;
}

static void place(struct reader *reader, struct node *node, const yaml_event_t *event) {
    node->line = (unsigned)event->start_mark.line + 1;
    node->column = (unsigned)event->start_mark.column + 1;
    node->begin = byte_at(reader, event->start_mark.index);
    node->end = byte_at(reader, event->end_mark.index);
}

/* libyaml gives the byte, but no line, of a character that it could not decode. */
static void undecodable_place(const struct reader *reader, struct node *at) {
    size_t offset = reader->parser.problem_offset;
    at->line = at->column = 1;
    for (size_t i = 0; i < offset && i < reader->length; i++) {
        if (reader->text[i] == '\n') {
            at->line++;
            at->column = 1;
        } else if (!is_continuation(reader->text[i])) {
            at->column++;
        }
    }
}

static bool parser_failed(struct reader *reader) {
    const yaml_parser_t *parser = &reader->parser;
    struct node at = {.line = (unsigned)parser->problem_mark.line + 1,
                      .column = (unsigned)parser->problem_mark.column + 1};
    if (parser->error == YAML_MEMORY_ERROR || parser->problem == NULL) {
        error_set(reader->error, "%s: out of memory", reader->file);
        return false;
    }
    if (parser->error == YAML_READER_ERROR)
        undecodable_place(reader, &at);
    return node_error(reader->error, reader->file, &at, "not YAML: %s%s%s", parser->problem,
                      parser->context != NULL ? ", " : "",
                      parser->context != NULL ? parser->context : "");
}

static bool next_event(struct reader *reader, yaml_event_t *event) {
    return yaml_parser_parse(&reader->parser, event) || parser_failed(reader);
}

/* The new child stays where it is until the next one is added. */
static struct node *add_child(struct reader *reader, struct node *parent) {
    if (parent->count == parent->capacity) {
        size_t capacity = parent->capacity == 0 ? 8 : parent->capacity * 2;
        struct node *children = reallocarray(parent->children, capacity, sizeof *children);
        if (children == NULL) {
            error_set(reader->error, "%s: out of memory", reader->file);
            return NULL;
        }
        parent->children = children;
        parent->capacity = capacity;
    }
    struct node *child = &parent->children[parent->count++];
    *child = (struct node){0};
    return child;
}

/* ---- What a budget file may not hold ---- */

static bool plain_enough(struct reader *reader, const struct node *node,
                         const yaml_event_t *event) {
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else {
        return node_error(reader->error, reader->file, node,
                          "alias \"*%s\": expected the value written out",
                          (const char *)event->data.alias.anchor);
    }
    if (anchor != NULL)
        return node_error(reader->error, reader->file, node,
                          "anchor \"&%s\": expected a value without one", (const char *)anchor);
    if (tag != NULL)
        return node_error(reader->error, reader->file, node,
                          "tag \"%s\": expected a value without one", (const char *)tag);
    return true;
}

static bool take_scalar(struct reader *reader, struct node *node, const yaml_event_t *event) {
    const unsigned char *value = event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (length > DOCUMENT_SCALAR_BYTES)
        return node_error(reader->error, reader->file, node,
                          "a value of %zu bytes: expected at most %d", length,
                          DOCUMENT_SCALAR_BYTES);
    for (size_t i = 0; i < length; i++)
        if (value[i] < ' ' || value[i] == 0x7f)
            return node_error(reader->error, reader->file, node,
                              "a value with control character 0x%02x: expected plain text",
                              value[i]);
    if (event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE)
        node->quote = '\'';
    if (event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        node->quote = '"';
    node->text = strndup((const char *)value, length);
    if (node->text == NULL)
        error_set(reader->error, "%s: out of memory", reader->file);
    return node->text != NULL;
}

static int compare_keys(const void *left, const void *right) {
    const struct node *a = *(const struct node *const *)left;
    const struct node *b = *(const struct node *const *)right;
    int order = strcmp(a->text, b->text);
    return order != 0 ? order : a->begin < b->begin ? -1 : a->begin > b->begin;
}

/* Sorted, because a hostile file may have very many keys. Names the first repetition. */
static bool keys_differ(struct reader *reader, const struct node *mapping) {
    size_t count = mapping->count / 2;
    const struct node **keys = calloc(count + 1, sizeof *keys);
    const struct node *first = NULL, *again = NULL;
    if (keys == NULL) {
        error_set(reader->error, "%s: out of memory", reader->file);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        keys[i] = &mapping->children[2 * i];
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(keys[i - 1]->text, keys[i]->text) == 0 &&
            (again == NULL || keys[i]->begin < again->begin)) {
            first = keys[i - 1];
            again = keys[i];
        }
    }
    free(keys);
    return again == NULL ||
           node_error(reader->error, reader->file, again, "duplicate key \"%s\": first on line %u",
                      again->text, first->line);
}

/* ---- The tree ---- */

static bool read_node(struct reader *reader, const yaml_event_t *event, struct node *node,
                      unsigned depth);

static bool read_children(struct reader *reader, struct node *node, unsigned depth) {
    for (;;) {
        yaml_event_t event;
        if (!next_event(reader, &event))
            return false;
        if (event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT) {
            if (node->flow)
                node->end = byte_at(reader, event.end_mark.index);
            else if (node->count > 0)
                node->end = node->children[node->count - 1].end;
            yaml_event_delete(&event);
            return node->kind == NODE_SEQUENCE || keys_differ(reader, node);
        }
        bool is_key = node->kind == NODE_MAPPING && node->count % 2 == 0;
        struct node *child = add_child(reader, node);
        bool read = child != NULL && read_node(reader, &event, child, depth + 1);
        yaml_event_delete(&event);
        if (!read)
            return false;
        if (is_key && child->kind != NODE_SCALAR)
            return node_error(reader->error, reader->file, child, "%s as a key: expected a name",
                              kind_names[child->kind]);
    }
}

static bool read_node(struct reader *reader, const yaml_event_t *event, struct node *node,
                      unsigned depth) {
    place(reader, node, event);
    if (!plain_enough(reader, node, event))
        return false;
    if (++reader->nodes > DOCUMENT_NODES_MAX)
        return node_error(reader->error, reader->file, node, "too long: expected at most %d values",
                          DOCUMENT_NODES_MAX);
    if (event->type == YAML_SCALAR_EVENT)
        return take_scalar(reader, node, event);
    if (depth >= DOCUMENT_DEPTH_MAX)
        return node_error(reader->error, reader->file, node,
                          "nested too deeply: expected at most %d levels", DOCUMENT_DEPTH_MAX);
    if (event->type == YAML_MAPPING_START_EVENT) {
        node->kind = NODE_MAPPING;
        node->flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    } else {
        node->kind = NODE_SEQUENCE;
        node->flow = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    }
    return read_children(reader, node, depth);
}

/* From the start of the stream to its end, with one document between. */
static bool read_stream(struct reader *reader, struct node *root) {
    bool have_document = false;
    for (;;) {
        yaml_event_t event;
        bool fine = true;
        if (!next_event(reader, &event))
            return false;
        struct node at = {.line = (unsigned)event.start_mark.line + 1,
                          .column = (unsigned)event.start_mark.column + 1};
        yaml_event_type_t type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && have_document)
            fine = node_error(reader->error, reader->file, &at,
                              "a second document: expected one in a file");
        else if (type != YAML_STREAM_START_EVENT && type != YAML_STREAM_END_EVENT &&
                 type != YAML_DOCUMENT_START_EVENT && type != YAML_DOCUMENT_END_EVENT) {
            have_document = true;
            fine = read_node(reader, &event, root, 0);
        }
        yaml_event_delete(&event);
        if (!fine)
            return false;
        if (type == YAML_STREAM_END_EVENT)
            break;
    }
    if (!have_document)
        error_set(reader->error, "%s:1:1: an empty file: expected schema, defaults and cases",
                  reader->file);
    return have_document;
}

bool document_parse(const char *file, const char *text, size_t length, struct node *root,
                    struct error *error) {
    struct reader reader = {.file = file, .text = text, .length = length, .error = error};
    *root = (struct node){0};
    if (length > DOCUMENT_FILE_BYTES) {
        error_set(error, "%s: %zu bytes: expected at most %d", file, length, DOCUMENT_FILE_BYTES);
        return false;
    }
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        reader.mark_bytes = 3;
        reader.text += 3;
        reader.length -= 3;
    }
    if (!yaml_parser_initialize(&reader.parser)) {
        error_set(error, "%s: out of memory", file);
        return false;
    }
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)reader.text, reader.length);
    bool parsed = read_stream(&reader, root);
    yaml_parser_delete(&reader.parser);
    if (!parsed)
        node_fini(root);
    return parsed;
}
