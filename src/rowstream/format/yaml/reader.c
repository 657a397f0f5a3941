/* YAML with libyaml, event by event: a list of maps with model, pk and fields, in any order.
 *
 * libyaml has no limit of its own for a scalar, so that one is kept where it reads: no more than a
 * record may have is handed to it between one record and the next. Aliases are refused where they
 * stand, and so nothing is ever kept for one. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "rowstream/format/reader.h"
#include "rowstream/format/yaml/plain.h"

/* What libyaml may have read ahead. */
enum { AHEAD_BYTES = 1 << 17 };

#define DIGITS "0123456789"

struct parser {
    yaml_parser_t yaml;
    struct input *input;
    struct record *record;
    struct error *error;
    size_t given_bytes; /* since the record began */
    bool too_large;
};

static int give(void *context, unsigned char *bytes, size_t most, size_t *length) {
    struct parser *parser = context;
    *length = 0;
    if (parser->given_bytes > ROWSTREAM_RECORD_BYTES_MAXIMUM + AHEAD_BYTES) {
        parser->too_large = true;
        return 0;
    }
    int got = input_read(parser->input, (char *)bytes, most);
    if (got < 0)
        return 0;
    *length = (size_t)got;
    parser->given_bytes += (size_t)got;
    return 1;
}

static enum rowstream_status invalid(struct parser *parser, const char *message) {
    error_set(parser->error, "%s", message);
    return ROWSTREAM_INPUT;
}

/* Puts the place of an event in front of the error. */
static enum rowstream_status at_event(struct parser *parser, enum rowstream_status status,
                                      const yaml_event_t *event) {
    if (status != ROWSTREAM_OK)
        reader_locate(parser->error, event->start_mark.line + 1, parser->record->number);
    return status;
}

/* Why libyaml gave no event. */
static enum rowstream_status explain(struct parser *parser) {
    const yaml_parser_t *yaml = &parser->yaml;
    enum rowstream_status status = ROWSTREAM_INPUT;
    uint64_t line = yaml->problem_mark.line + 1;
    if (yaml->error == YAML_MEMORY_ERROR)
        return record_no_memory(parser->error);
    if (parser->too_large) {
        record_too_large(parser->error);
        line = yaml->mark.line + 1;
    } else if (parser->input->status != ROWSTREAM_OK) {
        status = reader_input_failure(parser->input, parser->error);
        line = yaml->mark.line + 1;
    } else {
        error_set(parser->error, "%s%s%s", yaml->context != NULL ? yaml->context : "",
                  yaml->context != NULL ? ": " : "", yaml->problem);
        if (yaml->error == YAML_READER_ERROR) /* it tells the byte, not the line */
            line = yaml->mark.line + 1;
    }
    reader_locate(parser->error, line, parser->record->number);
    return status;
}

static const char *tag_of(const yaml_event_t *event) {
    const yaml_char_t *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT)
        tag = event->data.scalar.tag;
    else if (event->type == YAML_SEQUENCE_START_EVENT)
        tag = event->data.sequence_start.tag;
    else if (event->type == YAML_MAPPING_START_EVENT)
        tag = event->data.mapping_start.tag;
    return (const char *)tag;
}

/* The next event, which the caller deletes. Every alias and foreign tag ends here. */
static enum rowstream_status next(struct parser *parser, yaml_event_t *event) {
    static const char *const tags[] = {
        YAML_STR_TAG,  "tag:yaml.org,2002:binary", YAML_INT_TAG, YAML_FLOAT_TAG, YAML_BOOL_TAG,
        YAML_NULL_TAG, YAML_TIMESTAMP_TAG,         YAML_SEQ_TAG, YAML_MAP_TAG};
    if (yaml_parser_parse(&parser->yaml, event) == 0)
        return explain(parser);
    const char *tag = tag_of(event);
    bool known = tag == NULL;
    for (size_t i = 0; !known && i < sizeof tags / sizeof tags[0]; i++)
        known = strcmp(tag, tags[i]) == 0;
    if (known && event->type != YAML_ALIAS_EVENT)
        return ROWSTREAM_OK;
    if (!known)
        error_set(parser->error, "the tag \"%.80s\", which a fixture has no use for", tag);
    else
        error_set(parser->error, "the alias \"*%.40s\": aliases are not loaded",
                  (const char *)event->data.alias.anchor);
    enum rowstream_status status = at_event(parser, ROWSTREAM_INPUT, event);
    yaml_event_delete(event);
    return status;
}

static bool is_one_of(const char *text, const char *const *words) {
    for (; *words != NULL; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

/* Digits alone, without the zero in front that makes them octal for some. */
static bool is_whole(const char *text) {
    size_t length = strlen(text);
    return length > 0 && strspn(text, DIGITS) == length && (text[0] != '0' || length == 1);
}

/* 1.5, .5, 1. and 1.5e+3: with a point, and with a sign in the exponent. (-.5 is a text: PyYAML
 * writes that one without quotes.) */
static bool is_fraction(const char *text) {
    size_t before = strspn(text, DIGITS);
    if (text[before] != '.')
        return false;
    const char *at = text + before + 1;
    size_t after = strspn(at, DIGITS);
    at += after;
    if (before + after > 0 && *at == '\0')
        return true;
    return before + after > 0 && (*at == 'e' || *at == 'E') && (at[1] == '+' || at[1] == '-') &&
           at[2] != '\0' && strspn(at + 2, DIGITS) == strlen(at + 2);
}

/* 012, 0x1F, 1_000, 12:30:45: a number to YAML 1.1, which Django writes, and another or none to
 * YAML 1.2. What only 1.2 takes for a number (1e3, 0o17) is a text. */
static bool is_ambiguous(const char *text) {
    const char *at = text + (text[0] == '-' || text[0] == '+');
    if (!yaml_plain_is_other(text, strlen(text)))
        return false;
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'b' || strspn(at, DIGITS) == strlen(at)))
        return true;
    return (*at >= '0' && *at <= '9' && strpbrk(at, "_:") != NULL && strchr(at, '-') == NULL) ||
           strcasecmp(at, ".nan") == 0;
}

/* What a scalar without quotes stands for. Dates are texts until a column says otherwise. */
static void resolve(struct record_value *value, const char *text) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
                                      "YES",  "on",   "On",   "ON",  NULL};
    static const char *const no[] = {"false", "False", "FALSE", "no",  "No",
                                     "NO",    "off",   "Off",   "OFF", NULL};
    const char *unsigned_text = text + (text[0] == '-' || text[0] == '+');
    if (is_one_of(text, nulls))
        *value = (struct record_value){.kind = RECORD_NULL};
    else if (is_one_of(text, yes))
        *value = (struct record_value){.kind = RECORD_TRUE};
    else if (is_one_of(text, no))
        *value = (struct record_value){.kind = RECORD_FALSE};
    else if (strcmp(unsigned_text, ".inf") == 0)
        *value = (struct record_value){.kind = RECORD_REAL,
                                       .real = text[0] == '-' ? -HUGE_VAL : HUGE_VAL};
    else if (is_whole(unsigned_text)) {
        errno = 0;
        int64_t integer = strtoll(text, NULL, 10);
        if (errno == 0)
            *value = (struct record_value){.kind = RECORD_INTEGER, .integer = integer};
    } else if (is_fraction(unsigned_text) && (unsigned_text == text || *unsigned_text != '.'))
        *value = (struct record_value){.kind = RECORD_REAL, .real = strtod(text, NULL)};
    else if (is_ambiguous(text))
        value->kind = RECORD_AMBIGUOUS;
}

static enum rowstream_status take_scalar(struct parser *parser, struct record_value *value,
                                         const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value, *tag = tag_of(event);
    size_t length = event->data.scalar.length;
    if (event->type != YAML_SCALAR_EVENT)
        return invalid(parser, "a list or map where a value is expected");
    if (strlen(text) != length)
        return invalid(parser, "a NUL character in a text");
    enum rowstream_status status = record_text(parser->record, value, text, length, parser->error);
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && tag == NULL;
    bool tagged = tag != NULL && strcmp(tag, YAML_STR_TAG) != 0 && strstr(tag, "binary") == NULL;
    if (status == ROWSTREAM_OK && (plain || tagged))
        resolve(value, text);
    return status;
}

static enum rowstream_status take_list(struct parser *parser, struct record_value *list) {
    enum rowstream_status status = ROWSTREAM_OK;
    bool more = true;
    record_list(parser->record, list);
    while (status == ROWSTREAM_OK && more) {
        yaml_event_t event;
        struct record_value *item;
        status = next(parser, &event);
        if (status != ROWSTREAM_OK)
            break;
        more = event.type != YAML_SEQUENCE_END_EVENT;
        if (event.type == YAML_SEQUENCE_START_EVENT)
            status = invalid(parser, "a natural key: only primary keys can be loaded (dumpdata "
                                     "without --natural-foreign)");
        else if (more)
            status = record_item(parser->record, list, &item, parser->error);
        if (status == ROWSTREAM_OK && more)
            status = take_scalar(parser, item, &event);
        at_event(parser, status, &event);
        yaml_event_delete(&event);
    }
    return status;
}

/* The value of a field whose name has been read. */
static enum rowstream_status take_field_value(struct parser *parser) {
    struct record_field *field = &parser->record->fields[parser->record->field_count - 1];
    yaml_event_t event;
    enum rowstream_status status = next(parser, &event);
    if (status != ROWSTREAM_OK)
        return status;
    field->line = event.start_mark.line + 1;
    bool list = event.type == YAML_SEQUENCE_START_EVENT;
    if (!list)
        status = at_event(parser, take_scalar(parser, &field->value, &event), &event);
    yaml_event_delete(&event);
    return list ? take_list(parser, &field->value) : status;
}

static enum rowstream_status take_fields(struct parser *parser) {
    yaml_event_t event;
    enum rowstream_status status = next(parser, &event);
    if (status != ROWSTREAM_OK)
        return status;
    if (event.type != YAML_MAPPING_START_EVENT)
        status = at_event(parser, invalid(parser, "\"fields\" is no map"), &event);
    yaml_event_delete(&event);
    parser->record->has_fields = true;
    while (status == ROWSTREAM_OK && (status = next(parser, &event)) == ROWSTREAM_OK) {
        struct record_field *field;
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        if (event.type != YAML_SCALAR_EVENT)
            status = invalid(parser, "a list or map where a field's name is expected");
        else
            status = record_field(parser->record, (const char *)event.data.scalar.value,
                                  event.data.scalar.length, &field, parser->error);
        at_event(parser, status, &event);
        yaml_event_delete(&event);
        if (status == ROWSTREAM_OK)
            status = take_field_value(parser);
    }
    return status;
}

/* One of the keys of a record, and what is behind it. */
static enum rowstream_status take_key(struct parser *parser, const yaml_event_t *event) {
    static const char *const names[] = {"model", "pk", "fields"};
    struct record_value *values[] = {&parser->record->model, &parser->record->key};
    const char *name = (const char *)event->data.scalar.value;
    size_t index = 0;
    while (event->type == YAML_SCALAR_EVENT && index < 3 && strcmp(name, names[index]) != 0)
        index++;
    if (event->type != YAML_SCALAR_EVENT || index == 3) {
        error_set(parser->error,
                  "unknown key \"%.80s\": a record has \"model\", \"pk\" and "
                  "\"fields\"",
                  event->type == YAML_SCALAR_EVENT ? name : "");
        return at_event(parser, ROWSTREAM_INPUT, event);
    }
    if (index == 2 ? parser->record->has_fields : values[index]->kind != RECORD_NULL) {
        error_set(parser->error, "\"%s\" appears twice", name);
        return at_event(parser, ROWSTREAM_INPUT, event);
    }
    if (index == 2)
        return take_fields(parser);
    yaml_event_t value;
    enum rowstream_status status = next(parser, &value);
    if (status != ROWSTREAM_OK)
        return status;
    status = at_event(parser, take_scalar(parser, values[index], &value), &value);
    yaml_event_delete(&value);
    return status;
}

/* A record whose map has begun on `line`. */
static enum rowstream_status read_record(struct parser *parser, uint64_t line,
                                         const struct reader_target *target) {
    enum rowstream_status status = ROWSTREAM_OK;
    yaml_event_t event;
    bool more = true;
    record_clear(parser->record, line);
    parser->given_bytes = 0;
    while (status == ROWSTREAM_OK && more) {
        status = next(parser, &event);
        if (status != ROWSTREAM_OK)
            return status;
        more = event.type != YAML_MAPPING_END_EVENT;
        if (more)
            status = take_key(parser, &event);
        yaml_event_delete(&event);
    }
    if (status != ROWSTREAM_OK)
        return status;
    status = record_end(parser->record, parser->error);
    if (status != ROWSTREAM_OK) {
        reader_locate(parser->error, line, parser->record->number);
        return status;
    }
    return target->take(target->context, parser->record, parser->error);
}

/* Takes the next event if it is of the type that belongs here. */
static enum rowstream_status expect(struct parser *parser, yaml_event_type_t type,
                                    const char *message) {
    yaml_event_t event;
    enum rowstream_status status = next(parser, &event);
    if (status != ROWSTREAM_OK)
        return status;
    if (event.type != type)
        status = at_event(parser, invalid(parser, message), &event);
    yaml_event_delete(&event);
    return status;
}

static enum rowstream_status read_records(struct parser *parser,
                                          const struct reader_target *target) {
    static const char no_list[] = "not a fixture: a list of records is expected";
    enum rowstream_status status = expect(parser, YAML_STREAM_START_EVENT, no_list);
    if (status == ROWSTREAM_OK)
        status = expect(parser, YAML_DOCUMENT_START_EVENT, no_list);
    if (status == ROWSTREAM_OK)
        status = expect(parser, YAML_SEQUENCE_START_EVENT, no_list);
    while (status == ROWSTREAM_OK) {
        yaml_event_t event;
        parser->given_bytes = 0;
        status = next(parser, &event);
        if (status != ROWSTREAM_OK)
            return status;
        uint64_t line = event.start_mark.line + 1;
        yaml_event_type_t type = event.type;
        if (type != YAML_MAPPING_START_EVENT && type != YAML_SEQUENCE_END_EVENT)
            status = at_event(parser,
                              invalid(parser, "no record: a map with model, pk and fields "
                                              "is expected"),
                              &event);
        yaml_event_delete(&event);
        if (type == YAML_SEQUENCE_END_EVENT)
            break;
        if (status == ROWSTREAM_OK)
            status = read_record(parser, line, target);
    }
    if (status == ROWSTREAM_OK)
        status = expect(parser, YAML_DOCUMENT_END_EVENT, "the end of the list is expected");
    if (status == ROWSTREAM_OK)
        status = expect(parser, YAML_STREAM_END_EVENT, "a second document");
    return status;
}

static enum rowstream_status yaml_read(struct input *input, struct record *record,
                                       const struct reader_target *target, struct error *error) {
    struct parser parser = {.input = input, .record = record, .error = error};
    if (yaml_parser_initialize(&parser.yaml) == 0)
        return record_no_memory(error);
    yaml_parser_set_input(&parser.yaml, give, &parser);
    enum rowstream_status status = read_records(&parser, target);
    yaml_parser_delete(&parser.yaml);
    return status;
}

static const char *const extensions[] = {"yaml", "yml", NULL};

const struct reader_format reader_yaml = {
    .name = "yaml",
    .extensions = extensions,
    .read = yaml_read,
};
