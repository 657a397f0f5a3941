/* XML with libxml2's SAX parser: <django-objects><object model="" pk=""><field name="">text</field>
 * ... as events, so that nothing of the document is kept but the record that is being read.
 * (xmlTextReader would make nodes of it first.)
 *
 * A document type ends the reading where it begins, before anything in it is looked at: so there
 * are no entities to expand and no external ones to fetch. */
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdio.h>
#include <string.h>

#include "rowstream/format/reader.h"
#include "rowstream/format/xml/text.h"

/* Names of elements and attributes, which libxml2 keeps for the whole document. */
enum { NAMES_MAXIMUM_BYTES = 1 << 16, READ_BYTES = 2048 };

enum place {
    OUTSIDE,   /* of the root */
    IN_ROOT,   /* between the objects */
    IN_OBJECT, /* between the fields */
    IN_FIELD,
    IN_NONE, /* in a <None> */
    IN_ITEM, /* in an <object> of a list */
};

struct parser {
    xmlParserCtxtPtr context;
    struct input *input;
    struct record *record;
    const struct reader_target *target;
    enum place place;
    bool list;                    /* the field is a list */
    bool none;                    /* the field had a <None> */
    enum rowstream_status status; /* not OK: nothing more is taken */
    struct error *error;
    bool located; /* the error says its place already */
};

static struct record_field *field_of(struct parser *parser) {
    return &parser->record->fields[parser->record->field_count - 1];
}

static void stop(struct parser *parser, enum rowstream_status status) {
    parser->status = status;
    if (status != ROWSTREAM_OK)
        xmlStopParser(parser->context);
}

static void refuse(struct parser *parser, const char *format, const char *what) {
    char text[128];
    snprintf(text, sizeof text, format, what);
    error_set(parser->error, "%s", text);
    stop(parser, ROWSTREAM_INPUT);
}

static uint64_t line_of(const struct parser *parser) {
    const xmlParserInput *input = parser->context->input;
    return input != NULL && input->line > 0 ? (uint64_t)input->line : 0;
}

/* The value of an attribute of SAX2's fives (name, prefix, namespace, begin, end). */
static const char *find_attribute(const xmlChar **attributes, int count, const char *name,
                                  size_t *length) {
    for (int i = 0; i < count; i++) {
        if (strcmp((const char *)attributes[i * 5], name) != 0)
            continue;
        *length = (size_t)(attributes[i * 5 + 4] - attributes[i * 5 + 3]);
        return (const char *)attributes[i * 5 + 3];
    }
    *length = 0;
    return NULL;
}

static void begin_object(struct parser *parser, const xmlChar **attributes, int count) {
    struct record *record = parser->record;
    size_t length;
    record_clear(record, line_of(parser));
    record->has_fields = true;
    parser->place = IN_OBJECT;
    const char *model = find_attribute(attributes, count, "model", &length);
    if (model == NULL) {
        refuse(parser, "%s", "an <object> without a model");
        return;
    }
    enum rowstream_status status =
        record_text(record, &record->model, model, length, parser->error);
    const char *key = find_attribute(attributes, count, "pk", &length);
    if (status == ROWSTREAM_OK && key != NULL)
        status = record_text(record, &record->key, key, length, parser->error);
    stop(parser, status);
}

static void begin_field(struct parser *parser, const xmlChar **attributes, int count) {
    size_t length;
    struct record_field *field;
    const char *name = find_attribute(attributes, count, "name", &length);
    parser->place = IN_FIELD;
    if (name == NULL) {
        refuse(parser, "%s", "a <field> without a name");
        return;
    }
    enum rowstream_status status =
        record_field(parser->record, name, length, &field, parser->error);
    if (status == ROWSTREAM_OK) {
        const char *relation = find_attribute(attributes, count, "rel", &length);
        field->line = line_of(parser);
        parser->none = false;
        parser->list = relation != NULL && length == strlen("ManyToManyRel") &&
                       strncmp(relation, "ManyToManyRel", length) == 0;
        if (parser->list)
            record_list(parser->record, &field->value);
        else
            status = record_text(parser->record, &field->value, "", 0, parser->error);
    }
    stop(parser, status);
}

static void begin_item(struct parser *parser, const xmlChar **attributes, int count) {
    size_t length;
    struct record_value *item;
    struct record_value *list = &field_of(parser)->value;
    const char *key = find_attribute(attributes, count, "pk", &length);
    enum rowstream_status status = ROWSTREAM_OK;
    parser->place = IN_ITEM;
    if (key == NULL) {
        list->natural = true;
        return;
    }
    status = record_item(parser->record, list, &item, parser->error);
    if (status == ROWSTREAM_OK)
        status = record_text(parser->record, item, key, length, parser->error);
    stop(parser, status);
}

static void begin_element(void *context, const xmlChar *local, const xmlChar *prefix,
                          const xmlChar *uri, int namespace_count, const xmlChar **namespaces,
                          int attribute_count, int defaulted_count, const xmlChar **attributes) {
    struct parser *parser = context;
    const char *name = (const char *)local;
    (void)prefix, (void)uri, (void)namespace_count, (void)namespaces, (void)defaulted_count;
    if (parser->status != ROWSTREAM_OK)
        return;
    bool object = strcmp(name, "object") == 0;
    if (parser->place == OUTSIDE && strcmp(name, "django-objects") == 0)
        parser->place = IN_ROOT;
    else if (parser->place == OUTSIDE)
        refuse(parser, "not a fixture: its root is <%.40s>, not <django-objects>", name);
    else if (parser->place == IN_ROOT && object)
        begin_object(parser, attributes, attribute_count);
    else if (parser->place == IN_OBJECT && strcmp(name, "field") == 0)
        begin_field(parser, attributes, attribute_count);
    else if (parser->place == IN_FIELD && parser->list && object)
        begin_item(parser, attributes, attribute_count);
    else if (parser->place == IN_FIELD && !parser->list && strcmp(name, "None") == 0) {
        parser->place = IN_NONE;
        parser->none = true;
    } else if (parser->place >= IN_FIELD && strcmp(name, "natural") == 0)
        refuse(parser, "%s",
               "a natural key: only primary keys can be loaded (dumpdata without "
               "--natural-foreign)");
    else
        refuse(parser, "unexpected element <%.40s>", name);
}

static void end_record(struct parser *parser) {
    enum rowstream_status status = record_end(parser->record, parser->error);
    if (status == ROWSTREAM_OK) {
        status = parser->target->take(parser->target->context, parser->record, parser->error);
        parser->located = status != ROWSTREAM_OK;
    }
    parser->place = IN_ROOT;
    stop(parser, status);
}

static void end_element(void *context, const xmlChar *local, const xmlChar *prefix,
                        const xmlChar *uri) {
    struct parser *parser = context;
    (void)local, (void)prefix, (void)uri;
    if (parser->status != ROWSTREAM_OK)
        return;
    switch (parser->place) {
    case OUTSIDE:
    case IN_ROOT:
        parser->place = OUTSIDE;
        break;
    case IN_OBJECT:
        end_record(parser);
        break;
    case IN_FIELD:
        if (parser->none)
            field_of(parser)->value = (struct record_value){.kind = RECORD_NULL};
        parser->place = IN_OBJECT;
        break;
    case IN_NONE:
    case IN_ITEM:
        parser->place = IN_FIELD;
        break;
    }
}

static void take_text(void *context, const xmlChar *text, int length) {
    struct parser *parser = context;
    if (parser->status != ROWSTREAM_OK)
        return;
    if (parser->place == IN_FIELD && !parser->list) {
        stop(parser, record_append(parser->record, &field_of(parser)->value, (const char *)text,
                                   (size_t)length, parser->error));
        return;
    }
    for (int i = 0; i < length; i++) {
        if (strchr(" \t\r\n", text[i]) == NULL || text[i] == '\0') {
            refuse(parser, "%s", "text outside of the fields");
            return;
        }
    }
}

static void refuse_type(void *context, const xmlChar *name, const xmlChar *public_id,
                        const xmlChar *system_id) {
    (void)name, (void)public_id, (void)system_id;
    refuse(context, "%s",
           "a document type, which a fixture has no use for and which may define "
           "entities");
}

/* The first error is libxml2's own; after `stop` there is none to add. */
static void take_error(void *context, xml_reason reason) {
    struct parser *parser = context;
    if (parser->status != ROWSTREAM_OK || reason->level < XML_ERR_ERROR)
        return;
    /* There is no context yet while it is being made. */
    if (reason->code == XML_ERR_NO_MEMORY && parser->context != NULL &&
        xmlDictGetUsage(parser->context->dict) > NAMES_MAXIMUM_BYTES) {
        error_set(parser->error, "the names of elements and attributes take more than %d KiB",
                  NAMES_MAXIMUM_BYTES >> 10);
        parser->status = ROWSTREAM_INPUT;
        return;
    }
    if (reason->code == XML_ERR_NO_MEMORY) {
        parser->status = record_no_memory(parser->error);
        return;
    }
    parser->status = parser->input->status;
    if (parser->status != ROWSTREAM_OK) {
        reader_input_failure(parser->input, parser->error);
        return;
    }
    parser->status = ROWSTREAM_INPUT;
    const char *text = reason->message != NULL ? reason->message : "not well-formed";
    error_set(parser->error, "%.*s", (int)strcspn(text, "\n"), text);
}

/* Never as much as libxml2 asks for, which is half of its buffer: where the halves happen to fall
 * badly it would double that, once in some hundred thousand records. */
static int read_input(void *context, char *bytes, int most) {
    struct parser *parser = context;
    return input_read(parser->input, bytes, most > READ_BYTES ? READ_BYTES : (size_t)most);
}

static void print_nothing(void *context, const char *format, ...) {
    (void)context;
    (void)format;
}

static void ignore_error(void *context, xml_reason reason) {
    (void)context;
    (void)reason;
}

/* What xmlCreateIOParserCtxt does, but for the input buffer that it loses when memory runs out. */
static bool open_context(struct parser *parser, const xmlSAXHandler *handler) {
    parser->context = xmlNewParserCtxt();
    if (parser->context == NULL)
        return false;
    *parser->context->sax = *handler;
    parser->context->userData = parser;
    xmlParserInputBufferPtr buffer =
        xmlParserInputBufferCreateIO(read_input, NULL, parser, XML_CHAR_ENCODING_NONE);
    xmlParserInputPtr stream =
        buffer != NULL ? xmlNewIOInputStream(parser->context, buffer, XML_CHAR_ENCODING_NONE)
                       : NULL;
    if (stream != NULL)
        return inputPush(parser->context, stream) >= 0;
    xmlFreeParserInputBuffer(buffer);
    return false;
}

/* Parses with the parser's own handlers. */
static void parse(struct parser *parser) {
    xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = begin_element,
        .endElementNs = end_element,
        .characters = take_text,
        .ignorableWhitespace = take_text,
        .cdataBlock = take_text,
        .internalSubset = refuse_type,
        .serror = take_error,
    };
    if (!open_context(parser, &handler)) {
        if (parser->status == ROWSTREAM_OK)
            parser->status = record_no_memory(parser->error);
        xmlFreeParserCtxt(parser->context);
        return;
    }
    xmlCtxtUseOptions(parser->context, XML_PARSE_NONET);
    xmlDictSetLimit(parser->context->dict, NAMES_MAXIMUM_BYTES);
    int failed = xmlParseDocument(parser->context);
    if (parser->status == ROWSTREAM_OK && (failed != 0 || !parser->context->wellFormed)) {
        error_set(parser->error, "not well-formed");
        parser->status = ROWSTREAM_INPUT;
    }
    if (parser->status != ROWSTREAM_OK && !parser->located)
        reader_locate(parser->error, line_of(parser),
                      parser->place > IN_ROOT ? parser->record->number : 0);
    xmlFreeParserCtxt(parser->context);
}

static enum rowstream_status xml_read(struct input *input, struct record *record,
                                      const struct reader_target *target, struct error *error) {
    struct parser parser = {.input = input, .record = record, .target = target, .error = error};
    struct error unasked = {.set = false};
    xmlStructuredErrorFunc handler = xmlStructuredError;
    void *context = xmlStructuredErrorContext, *printer_context = xmlGenericErrorContext;
    xmlGenericErrorFunc printer = xmlGenericError;
    if (error == NULL)
        parser.error = &unasked;
    /* What fails without a parser, such as setting itself up, would be printed. */
    xmlSetStructuredErrorFunc(NULL, ignore_error);
    xmlSetGenericErrorFunc(NULL, print_nothing);
    parse(&parser);
    xmlResetLastError();
    xmlSetStructuredErrorFunc(context, handler);
    xmlSetGenericErrorFunc(printer_context, printer);
    return parser.status;
}

static const char *const extensions[] = {"xml", NULL};

const struct reader_format reader_xml = {
    .name = "xml",
    .extensions = extensions,
    .read = xml_read,
};
