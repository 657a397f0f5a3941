/* XML with libxml2, laid out as Django does it: <django-objects version="1.0"><object model=""
 * pk=""><field name="" type="">text</field>...
 *
 * All rows of a table look the same but for their values. So xmlTextWriter writes one empty row
 * per table, which is cut where the values go; a row is then its pieces with the values between
 * them, each escaped by xmlOutputBufferWriteEscape straight into libxml2's output. Writing each
 * row with xmlTextWriter would copy every name and every text on the way.
 *
 * As a tree, the rows are nodes of one xmlDoc, saved at the end. */
#include <libxml/tree.h>
#include <libxml/xmlIO.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlsave.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>

#include "rowstream/document/document.h"

static const char declaration[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

/* The constant pieces of a row. A field's own piece, from FIELD_PIECES on, ends with its start
 * tag and begins with the end tag of the field before it. */
enum { PIECE_OBJECT, PIECE_KEY, PIECE_KEY_END, FIELD_PIECES };

struct document {
    struct output *output;
    bool tree;
    unsigned indent;
    xmlOutputBufferPtr out; /* owned; writes to `output` */
    xmlBufferPtr layout;    /* owned: an empty row of the table */
    size_t *ends;           /* owned: where each piece ends in it */
    size_t piece_count;
    xmlBufferPtr key;       /* owned: a key that is text, escaped */
    xmlDocPtr doc;          /* owned: tree */
    xmlNodePtr object;      /* tree: the row being built */
    const struct document_table *table;
    xmlStructuredErrorFunc old_handler; /* the caller's, put back when the document is freed */
    void *old_context;
};

static const xmlChar *x(const char *text) {
    return (const xmlChar *)text;
}

static enum rowstream_status no_memory(struct error *error) {
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

static int write_output(void *context, const char *bytes, int length) {
    return output_append(context, bytes, (size_t)length) ? length : -1;
}

/* libxml2 would print on standard error what is reported by status here. */
static void stay_silent(void *context, xmlErrorPtr error) {
    (void)context;
    (void)error;
}

static enum rowstream_status finished(const struct document *document, bool written,
                                      struct error *error) {
    return written ? ROWSTREAM_OK : output_failure(document->output, error);
}

static bool write_bytes(struct document *document, const void *bytes, size_t length) {
    return xmlOutputBufferWrite(document->out, (int)length, bytes) >= 0;
}

static bool write_piece(struct document *document, size_t piece) {
    size_t start = piece == 0 ? 0 : document->ends[piece - 1];
    return write_bytes(document, xmlBufferContent(document->layout) + start,
                       document->ends[piece] - start);
}

/* The line break and spaces in front of a tag on a level, into the caller's memory. */
enum { INDENT_TEXT_BYTES = 32 };
static const char *indentation(const struct document *document, unsigned level, char *text) {
    size_t spaces = (size_t)document->indent * level;
    text[0] = '\0';
    if (document->indent == 0)
        return text;
    text[0] = '\n';
    memset(text + 1, ' ', spaces);
    text[1 + spaces] = '\0';
    return text;
}

/* XML 1.0 has no way to write these, not even escaped. */
static enum rowstream_status check_text(const char *text, size_t length, struct error *error) {
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = bytes[i];
        unsigned code;
        if (byte >= 0x20 && byte != 0xEF)
            continue;
        if (byte == '\t' || byte == '\n' || byte == '\r')
            continue;
        code = byte;
        if (byte == 0xEF) {
            if (bytes[i + 1] != 0xBF || bytes[i + 2] < 0xBE)
                continue;
            code = 0xFFC0u + bytes[i + 2] - 0x80;
        }
        error_set(error, "the character U+%04X at byte %zu of the text, which XML cannot hold",
                  code, i);
        return ROWSTREAM_DATA;
    }
    return ROWSTREAM_OK;
}

static const char *value_text(const struct value *value) {
    switch (value->kind) {
    case VALUE_FALSE:
        return "False";
    case VALUE_TRUE:
        return "True";
    default:
        return value->text;
    }
}

static enum rowstream_status check_value(const struct value *value, struct error *error) {
    if (value->kind != VALUE_STRING)
        return ROWSTREAM_OK;
    return check_text(value->text, value->length, error);
}

static enum rowstream_status check_table(const struct document_table *table,
                                         struct error *error) {
    enum rowstream_status status = check_text(table->model, strlen(table->model), error);
    for (size_t i = 0; status == ROWSTREAM_OK && i < table->column_count; i++)
        status = check_text(table->columns[i]->name, strlen(table->columns[i]->name), error);
    error_prefix(error, "a name: ");
    return status;
}

/* Writes an empty row and notes where its pieces end. */
static bool write_layout(struct document *document, xmlTextWriterPtr writer) {
    const struct document_table *table = document->table;
    size_t piece = 0;
    char space[INDENT_TEXT_BYTES];
    bool good = true;
#define PUT(call) (good = good && (call) >= 0)
#define END_PIECE() \
    (PUT(xmlTextWriterFlush(writer)), \
     document->ends[piece++] = (size_t)xmlBufferLength(document->layout))
    PUT(xmlTextWriterWriteRaw(writer, x(indentation(document, 1, space))));
    PUT(xmlTextWriterStartElement(writer, x("object")));
    PUT(xmlTextWriterWriteAttribute(writer, x("model"), x(table->model)));
    END_PIECE();
    PUT(xmlTextWriterStartAttribute(writer, x("pk")));
    END_PIECE();
    PUT(xmlTextWriterEndAttribute(writer));
    END_PIECE();
    for (size_t i = 0; i < table->column_count; i++) {
        if (i > 0)
            PUT(xmlTextWriterFullEndElement(writer));
        PUT(xmlTextWriterWriteString(writer, x(indentation(document, 2, space))));
        PUT(xmlTextWriterStartElement(writer, x("field")));
        PUT(xmlTextWriterWriteAttribute(writer, x("name"), x(table->columns[i]->name)));
        PUT(xmlTextWriterWriteAttribute(writer, x("type"), x(table->columns[i]->type.field)));
        PUT(xmlTextWriterWriteString(writer, x("")));
        END_PIECE();
    }
    if (table->column_count > 0)
        PUT(xmlTextWriterFullEndElement(writer));
    PUT(xmlTextWriterWriteString(writer, x(indentation(document, 1, space))));
    PUT(xmlTextWriterFullEndElement(writer));
    END_PIECE();
#undef PUT
#undef END_PIECE
    document->piece_count = piece;
    return good && xmlGetLastError() == NULL;
}

static enum rowstream_status xml_table(struct document *document,
                                       const struct document_table *table, struct error *error) {
    document->table = table;
    enum rowstream_status status = check_table(table, error);
    if (status != ROWSTREAM_OK || document->tree)
        return status;
    free(document->ends);
    document->ends = calloc(FIELD_PIECES + table->column_count + 1, sizeof *document->ends);
    xmlBufferEmpty(document->layout);
    xmlTextWriterPtr writer = xmlNewTextWriterMemory(document->layout, 0);
    bool done = document->ends != NULL && writer != NULL && write_layout(document, writer);
    xmlFreeTextWriter(writer);
    return done ? ROWSTREAM_OK : no_memory(error);
}

static bool open_tree(struct document *document) {
    document->doc = xmlNewDoc(x("1.0"));
    xmlNodePtr root = document->doc == NULL
                          ? NULL
                          : xmlNewDocNode(document->doc, NULL, x("django-objects"), NULL);
    if (root == NULL)
        return false;
    xmlDocSetRootElement(document->doc, root);
    return xmlNewProp(root, x("version"), x("1.0")) != NULL;
}

static enum rowstream_status xml_open(struct document **document,
                                      const struct document_options *options,
                                      struct output *output, struct error *error) {
    struct document *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return no_memory(error);
    opened->output = output;
    opened->tree = options->tree;
    opened->indent = options->indent;
    opened->old_handler = xmlStructuredError;
    opened->old_context = xmlStructuredErrorContext;
    xmlSetStructuredErrorFunc(NULL, stay_silent);
    xmlResetLastError();
    *document = opened;
    opened->out = xmlOutputBufferCreateIO(write_output, NULL, output, NULL);
    opened->layout = xmlBufferCreate();
    opened->key = xmlBufferCreate();
    if (opened->out == NULL || opened->layout == NULL || opened->key == NULL ||
        (opened->tree && !open_tree(opened)))
        return no_memory(error);
    bool written = write_bytes(opened, declaration, strlen(declaration));
    if (!opened->tree)
        written = written && write_bytes(opened, "<django-objects version=\"1.0\">", 30);
    return finished(opened, written, error);
}

/* Attributes have an escaping of their own, for line breaks; libxml2 shows a lack of memory there
 * only in its last error. */
static bool write_key(struct document *document, const struct value *key) {
    if (key->kind != VALUE_STRING) {
        const char *text = value_text(key);
        return write_bytes(document, text, strlen(text));
    }
    xmlBufferEmpty(document->key);
    xmlAttrSerializeTxtContent(document->key, NULL, NULL, x(key->text));
    return xmlGetLastError() == NULL &&
           write_bytes(document, xmlBufferContent(document->key),
                       (size_t)xmlBufferLength(document->key));
}

/* Whitespace that an indented tree carries as text. */
static bool add_space(const struct document *document, xmlNodePtr parent, unsigned level) {
    char space[INDENT_TEXT_BYTES];
    if (document->indent == 0)
        return true;
    xmlNodePtr text = xmlNewDocText(document->doc, x(indentation(document, level, space)));
    return text != NULL && xmlAddChild(parent, text) != NULL;
}

static xmlNodePtr add_element(const struct document *document, xmlNodePtr parent,
                              const char *name) {
    xmlNodePtr node = xmlNewDocNode(document->doc, NULL, x(name), NULL);
    return node == NULL ? NULL : xmlAddChild(parent, node);
}

static bool tree_row(struct document *document, const struct value *key) {
    xmlNodePtr root = xmlDocGetRootElement(document->doc);
    if (!add_space(document, root, 1))
        return false;
    document->object = add_element(document, root, "object");
    return document->object != NULL &&
           xmlNewProp(document->object, x("model"), x(document->table->model)) != NULL &&
           (key->kind == VALUE_NULL ||
            xmlNewProp(document->object, x("pk"), x(value_text(key))) != NULL);
}

static bool tree_field(struct document *document, const struct column *column,
                       const struct value *value) {
    if (!add_space(document, document->object, 2))
        return false;
    xmlNodePtr field = add_element(document, document->object, "field");
    if (field == NULL || xmlNewProp(field, x("name"), x(column->name)) == NULL ||
        xmlNewProp(field, x("type"), x(column->type.field)) == NULL)
        return false;
    if (value->kind == VALUE_NULL)
        return add_element(document, field, "None") != NULL;
    xmlNodePtr text = xmlNewDocText(document->doc, x(value_text(value)));
    if (text == NULL || text->content == NULL) {
        xmlFreeNode(text);
        return false;
    }
    return xmlAddChild(field, text) != NULL;
}

static enum rowstream_status xml_row(struct document *document, const struct value *key,
                                     struct error *error) {
    enum rowstream_status status = check_value(key, error);
    if (status != ROWSTREAM_OK)
        return status;
    if (document->tree)
        return tree_row(document, key) && xmlGetLastError() == NULL ? ROWSTREAM_OK
                                                                    : no_memory(error);
    bool written = write_piece(document, PIECE_OBJECT);
    if (key->kind != VALUE_NULL)
        written = written && write_piece(document, PIECE_KEY) && write_key(document, key) &&
                  write_piece(document, PIECE_KEY_END);
    return finished(document, written, error);
}

static enum rowstream_status xml_field(struct document *document, size_t column,
                                       const struct value *value, struct error *error) {
    enum rowstream_status status = check_value(value, error);
    if (status != ROWSTREAM_OK)
        return status;
    if (document->tree)
        return tree_field(document, document->table->columns[column], value) ? ROWSTREAM_OK
                                                                             : no_memory(error);
    bool written = write_piece(document, FIELD_PIECES + column);
    if (value->kind == VALUE_NULL) {
        written = written && write_bytes(document, "<None></None>", 13);
    } else {
        const char *text = value_text(value);
        if (*text != '\0') /* which libxml2 takes for a failure */
            written = written && xmlOutputBufferWriteEscape(document->out, x(text), NULL) >= 0;
    }
    return finished(document, written, error);
}

static enum rowstream_status xml_row_end(struct document *document, struct error *error) {
    if (document->tree)
        return add_space(document, document->object, 1) ? ROWSTREAM_OK : no_memory(error);
    return finished(document, write_piece(document, document->piece_count - 1), error);
}

static bool save_tree(struct document *document) {
    if (xmlOutputBufferFlush(document->out) < 0) /* the declaration */
        return false;
    xmlSaveCtxtPtr save = xmlSaveToIO(write_output, NULL, document->output, "utf-8",
                                      XML_SAVE_NO_DECL | XML_SAVE_NO_EMPTY);
    if (save == NULL)
        return false;
    long written = xmlSaveTree(save, xmlDocGetRootElement(document->doc));
    int closed = xmlSaveClose(save);
    return written >= 0 && closed >= 0;
}

static enum rowstream_status xml_close(struct document *document, struct error *error) {
    char space[INDENT_TEXT_BYTES];
    bool written;
    indentation(document, 0, space);
    if (document->tree)
        written = add_space(document, xmlDocGetRootElement(document->doc), 0) &&
                  save_tree(document);
    else
        written = write_bytes(document, space, strlen(space)) &&
                  write_bytes(document, "</django-objects>", 17) &&
                  xmlOutputBufferFlush(document->out) >= 0;
    /* Whatever any of libxml2's functions left out without saying so, they noted here. */
    written = written && !document->output->error.set && xmlGetLastError() == NULL;
    return finished(document, written, error);
}

static void xml_free(struct document *document) {
    if (document == NULL)
        return;
    if (document->out != NULL) {
        document->out->writecallback = NULL; /* what is still in there must not be written */
        xmlOutputBufferClose(document->out);
    }
    if (document->layout != NULL)
        xmlBufferFree(document->layout);
    if (document->key != NULL)
        xmlBufferFree(document->key);
    if (document->doc != NULL)
        xmlFreeDoc(document->doc);
    xmlResetLastError();
    xmlSetStructuredErrorFunc(document->old_context, document->old_handler);
    free(document->ends);
    free(document);
}

static void xml_cleanup(void) {
    xmlCleanupParser();
}

const struct document_format document_xml = {
    .name = "xml",
    .open = xml_open,
    .table = xml_table,
    .row = xml_row,
    .field = xml_field,
    .row_end = xml_row_end,
    .close = xml_close,
    .free = xml_free,
    .cleanup = xml_cleanup,
};
