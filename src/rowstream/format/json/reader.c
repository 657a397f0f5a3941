/* JSON with jansson, one record at a time: jansson is called once for each object of the array, and
 * is fed that object and not a byte more.
 *
 * To do so the objects' ends are found here, by counting brackets outside of strings. That is also
 * where the limits are: a record that is too long or too deep ends before jansson sees it, and the
 * number of values is bounded, because jansson makes a node of each. */
#include <jansson.h>
#include <string.h>

#include "base/json_memory.h"
#include "rowstream/format/reader.h"

enum { INPUT_BYTES = 8192 };

struct scanner {
    struct input *input;
    char bytes[INPUT_BYTES];
    size_t at, end;
    uint64_t line; /* of the next byte */
    /* The object being fed. */
    size_t record_bytes, values;
    unsigned depth;
    bool in_string, escaped, done;
    struct error error; /* a limit */
};

/* The next byte without taking it; -1 at the end or on failure. */
static int peek(struct scanner *scanner) {
    if (scanner->at == scanner->end) {
        int length = input_read(scanner->input, scanner->bytes, sizeof scanner->bytes);
        scanner->at = 0;
        scanner->end = length > 0 ? (size_t)length : 0;
    }
    return scanner->at < scanner->end ? (unsigned char)scanner->bytes[scanner->at] : -1;
}

/* The same behind white space. */
static int peek_mark(struct scanner *scanner) {
    int byte;
    while ((byte = peek(scanner)) == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
        scanner->line += byte == '\n';
        scanner->at++;
    }
    return byte;
}

static bool open_bracket(struct scanner *scanner) {
    if (++scanner->depth > RECORD_DEPTH_MAXIMUM)
        return record_too_deep(&scanner->error), false;
    return true;
}

/* Follows one byte of the object; false when a limit is passed. */
static bool follow(struct scanner *scanner, char byte) {
    if (scanner->in_string) {
        if (scanner->escaped)
            scanner->escaped = false;
        else if (byte == '\\')
            scanner->escaped = true;
        else if (byte == '"')
            scanner->in_string = false;
        return true;
    }
    switch (byte) {
    case '"':
        scanner->in_string = true;
        return true;
    case '\n':
        scanner->line++;
        return true;
    case '{':
    case '[':
        return open_bracket(scanner);
    case '}':
    case ']':
        scanner->done = --scanner->depth == 0;
        return true;
    case ',':
        if (++scanner->values <= RECORD_ITEMS_MAXIMUM + RECORD_FIELDS_MAXIMUM)
            return true;
        error_set(&scanner->error, "the record has more than %d values",
                  RECORD_ITEMS_MAXIMUM + RECORD_FIELDS_MAXIMUM);
        return false;
    default:
        return true;
    }
}

/* jansson's callback. */
static size_t feed(void *bytes, size_t most, void *context) {
    struct scanner *scanner = context;
    size_t length = 0;
    if (scanner->done || scanner->error.set || peek(scanner) < 0)
        return 0;
    const char *from = scanner->bytes + scanner->at;
    size_t there = scanner->end - scanner->at;
    while (length < most && length < there && !scanner->done) {
        if (scanner->in_string && !scanner->escaped) { /* most bytes are in strings */
            while (length < most && length < there && from[length] != '"' && from[length] != '\\')
                length++;
            if (length == most || length == there)
                break;
        }
        if (!follow(scanner, from[length]))
            return 0;
        length++;
    }
    memcpy(bytes, from, length);
    scanner->at += length;
    scanner->record_bytes += length;
    if (scanner->record_bytes > ROWSTREAM_RECORD_BYTES_MAXIMUM) {
        record_too_large(&scanner->error);
        return 0;
    }
    return length;
}

static enum rowstream_status invalid(struct error *error, const char *message) {
    error_set(error, "%s", message);
    return ROWSTREAM_INPUT;
}

static enum rowstream_status copy_value(struct record *record, struct record_value *value,
                                        const json_t *node, struct error *error) {
    switch (json_typeof(node)) {
    case JSON_STRING:
        return record_text(record, value, json_string_value(node), json_string_length(node), error);
    case JSON_INTEGER:
        *value = (struct record_value){.kind = RECORD_INTEGER, .integer = json_integer_value(node)};
        return ROWSTREAM_OK;
    case JSON_REAL:
        *value = (struct record_value){.kind = RECORD_REAL, .real = json_real_value(node)};
        return ROWSTREAM_OK;
    case JSON_TRUE:
        value->kind = RECORD_TRUE;
        return ROWSTREAM_OK;
    case JSON_FALSE:
        value->kind = RECORD_FALSE;
        return ROWSTREAM_OK;
    case JSON_NULL:
        value->kind = RECORD_NULL;
        return ROWSTREAM_OK;
    default:
        return invalid(error, "an object where a value is expected");
    }
}

static enum rowstream_status copy_list(struct record *record, size_t field, const json_t *node,
                                       struct error *error) {
    struct record_value *list = &record->fields[field].value, *item;
    enum rowstream_status status = ROWSTREAM_OK;
    record_list(record, list);
    for (size_t i = 0; status == ROWSTREAM_OK && i < json_array_size(node); i++) {
        const json_t *key = json_array_get(node, i);
        if (json_is_array(key)) {
            list->natural = true;
            break;
        }
        status = record_item(record, list, &item, error);
        if (status == ROWSTREAM_OK)
            status = copy_value(record, item, key, error);
    }
    return status;
}

static enum rowstream_status copy_fields(struct record *record, json_t *fields,
                                         struct error *error) {
    enum rowstream_status status = ROWSTREAM_OK;
    if (!json_is_object(fields))
        return invalid(error, "\"fields\" is no object");
    record->has_fields = true;
    for (void *at = json_object_iter(fields); status == ROWSTREAM_OK && at != NULL;
         at = json_object_iter_next(fields, at)) {
        struct record_field *field;
        const char *name = json_object_iter_key(at);
        const json_t *node = json_object_iter_value(at);
        status = record_field(record, name, strlen(name), &field, error);
        if (status == ROWSTREAM_OK && json_is_array(node))
            status = copy_list(record, record->field_count - 1, node, error);
        else if (status == ROWSTREAM_OK)
            status = copy_value(record, &field->value, node, error);
        if (status == ROWSTREAM_INPUT)
            error_prefix(error, "field \"%s\": ", name);
    }
    return status;
}

static enum rowstream_status copy_record(struct record *record, json_t *object,
                                         struct error *error) {
    enum rowstream_status status = ROWSTREAM_OK;
    for (void *at = json_object_iter(object); status == ROWSTREAM_OK && at != NULL;
         at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        json_t *node = json_object_iter_value(at);
        bool model = strcmp(name, "model") == 0;
        if (strcmp(name, "fields") == 0) {
            status = copy_fields(record, node, error);
        } else if (!model && strcmp(name, "pk") != 0) {
            error_set(error, "unknown key \"%s\": a record has \"model\", \"pk\" and \"fields\"",
                      name);
            return ROWSTREAM_INPUT;
        } else {
            status = copy_value(record, model ? &record->model : &record->key, node, error);
            if (status == ROWSTREAM_INPUT)
                error_prefix(error, "\"%s\": ", name);
        }
    }
    return status == ROWSTREAM_OK ? record_end(record, error) : status;
}

/* Why jansson made no object. The line it tells is counted from the record's first. */
static enum rowstream_status explain(const struct scanner *scanner, const struct record *record,
                                     const json_error_t *reason, struct error *error) {
    enum rowstream_status status = ROWSTREAM_INPUT;
    uint64_t line = record->line;
    if (json_error_code(reason) == json_error_out_of_memory)
        return record_no_memory(error);
    if (scanner->error.set) {
        error_set(error, "%s", scanner->error.text);
        line = scanner->line;
    } else if (scanner->input->status != ROWSTREAM_OK) {
        status = reader_input_failure(scanner->input, error);
    } else if (scanner->input->ended && !scanner->done) {
        error_set(error, "the document ends within the record");
    } else {
        error_set(error, "%s", reason->text);
        line += reason->line > 0 ? (uint64_t)reason->line - 1 : 0;
    }
    reader_locate(error, line, record->number);
    return status;
}

static enum rowstream_status read_record(struct scanner *scanner, struct record *record,
                                         const struct reader_target *target, struct error *error) {
    json_error_t reason;
    record_clear(record, scanner->line);
    scanner->record_bytes = scanner->values = 0;
    scanner->depth = 0;
    scanner->in_string = scanner->escaped = scanner->done = false;
    json_memory_forget();
    json_t *object =
        json_load_callback(feed, scanner, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &reason);
    if (json_memory_ran_out()) {
        json_decref(object);
        record_no_memory(error);
        reader_locate(error, record->line, record->number);
        return ROWSTREAM_MEMORY;
    }
    if (object == NULL)
        return explain(scanner, record, &reason, error);
    enum rowstream_status status = copy_record(record, object, error);
    json_decref(object);
    if (status != ROWSTREAM_OK) {
        reader_locate(error, record->line, record->number);
        return status;
    }
    return target->take(target->context, record, error);
}

/* Something else than what belongs between the records. */
static enum rowstream_status misplaced(const struct scanner *scanner, int found, uint64_t number,
                                       const char *expected, struct error *error) {
    enum rowstream_status status = ROWSTREAM_INPUT;
    if (scanner->input->status != ROWSTREAM_OK)
        status = reader_input_failure(scanner->input, error);
    else if (found < 0)
        error_set(error, "the document ends where %s is expected", expected);
    else if (found > ' ' && found < 127)
        error_set(error, "\"%c\" where %s is expected", found, expected);
    else
        error_set(error, "the byte 0x%02X where %s is expected", (unsigned)found, expected);
    reader_locate(error, scanner->line, number);
    return status;
}

static enum rowstream_status json_read(struct input *input, struct record *record,
                                       const struct reader_target *target, struct error *error) {
    struct scanner scanner = {.input = input, .line = 1};
    json_memory_watch();
    int byte = peek_mark(&scanner);
    if (byte != '[')
        return misplaced(&scanner, byte, 0, "the \"[\" of a fixture", error);
    scanner.at++;
    byte = peek_mark(&scanner);
    while (byte != ']') {
        if (byte != '{')
            return misplaced(&scanner, byte, record->number + 1, "the \"{\" of a record", error);
        enum rowstream_status status = read_record(&scanner, record, target, error);
        if (status != ROWSTREAM_OK)
            return status;
        byte = peek_mark(&scanner);
        if (byte == ']')
            break;
        if (byte != ',')
            return misplaced(&scanner, byte, record->number, "\",\" or \"]\"", error);
        scanner.at++;
        byte = peek_mark(&scanner);
        if (byte == ']')
            return misplaced(&scanner, byte, record->number + 1, "the \"{\" of a record", error);
    }
    scanner.at++;
    byte = peek_mark(&scanner);
    if (byte >= 0 || input->status != ROWSTREAM_OK)
        return misplaced(&scanner, byte, 0, "the end of the document", error);
    return ROWSTREAM_OK;
}

static const char *const extensions[] = {"json", NULL};

const struct reader_format reader_json = {
    .name = "json",
    .extensions = extensions,
    .read = json_read,
};
