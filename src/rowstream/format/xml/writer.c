/* XML with libxml2, laid out as Django does it: <django-objects version="1.0"><object model=""
 * pk=""><field name="" type="">text</field>...
 *
 * All rows of a table have the same start tags. So libxml2 writes each of them once per table, from
 * a node; a row is then those with the values between them (text.h). xmlTextWriter would copy every
 * name and every text several times (and loses memory when it runs out of it).
 *
 * As a tree, the rows are nodes of one xmlDoc, saved at the end by libxml2 alone. That the bytes
 * are the same is what the tests hold the stream to. */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlIO.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlsave.h>
#include <stdlib.h>

#include "rowstream/format/document.h"
#include "rowstream/format/xml/text.h"

static const char declaration[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

/* Where in the layout that is what stands in front of a value: piece 0 begins the object and is in
 * front of its pk, if there is one, piece i in front of field i - 1; one more ends the object. */
struct piece {
    size_t start, end;
};

/* Who hears of libxml2's errors. */
struct handlers {
    xmlStructuredErrorFunc handler;
    void *context;
    xmlGenericErrorFunc printer;
    void *printer_context;
};

struct document {
    struct output *output;
    bool tree;
    unsigned indent;
    struct escape escapes[ASCII_COUNT]; /* of texts, not attributes */
    xmlBufferPtr layout;                /* owned: the markup of the table's rows */
    struct piece *pieces;               /* owned */
    xmlBufferPtr key;                   /* owned: a key that is text, escaped */
    xmlDocPtr doc;                      /* owned: the tree; in a stream only what says "utf-8" */
    xmlNodePtr object;                  /* tree: the row being built */
    const struct document_table *table;
    struct handlers callers; /* put back when the document is freed */
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
static void stay_silent(void *context, xml_reason error) {
    (void)context;
    (void)error;
}

static void print_nothing(void *context, const char *format, ...) {
    (void)context;
    (void)format;
}

/* libxml2 keeps its handlers, and the last error, for each thread. Setting itself up is its first
 * chance to print. */
static void silence(struct handlers *callers) {
    *callers = (struct handlers){xmlStructuredError, xmlStructuredErrorContext, xmlGenericError,
                                 xmlGenericErrorContext};
    xmlSetStructuredErrorFunc(NULL, stay_silent);
    xmlSetGenericErrorFunc(NULL, print_nothing);
    xmlInitParser();
    xmlResetLastError();
}

static void unsilence(const struct handlers *callers) {
    xmlResetLastError();
    xmlSetStructuredErrorFunc(callers->context, callers->handler);
    xmlSetGenericErrorFunc(callers->printer_context, callers->printer);
}

static enum rowstream_status finished(const struct document *document, bool written,
                                      struct error *error) {
    return written ? ROWSTREAM_OK : output_failure(document->output, error);
}

static bool write_text(struct document *document, const char *text) {
    return output_append(document->output, text, strlen(text));
}

static bool write_piece(struct document *document, size_t index) {
    const struct piece *piece = &document->pieces[index];
    return output_append(document->output, xmlBufferContent(document->layout) + piece->start,
                         piece->end - piece->start);
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
    return xml_text_check(value->text, value->length, error);
}

static enum rowstream_status check_table(const struct document_table *table, struct error *error) {
    enum rowstream_status status = xml_text_check(table->model, strlen(table->model), error);
    for (size_t i = 0; status == ROWSTREAM_OK && i < table->column_count; i++)
        status = xml_text_check(table->columns[i]->name, strlen(table->columns[i]->name), error);
    return status;
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
    return node == NULL || parent == NULL ? node : xmlAddChild(parent, node);
}

static bool set_attribute(xmlNodePtr node, const char *name, const char *value) {
    return node != NULL && xmlNewProp(node, x(name), x(value)) != NULL;
}

static bool save(xmlSaveCtxtPtr context, xmlNodePtr node) {
    if (context == NULL)
        return false;
    long written = xmlSaveTree(context, node);
    int closed = xmlSaveClose(context);
    return written >= 0 && closed >= 0 && xmlGetLastError() == NULL;
}

enum { SAVE_OPTIONS = XML_SAVE_NO_DECL | XML_SAVE_NO_EMPTY };

/* A piece that ends what is in front of it and goes on in a new line, where there are lines. */
static bool lay_out(struct document *document, size_t index, const char *before, unsigned level) {
    char space[INDENT_TEXT_BYTES];
    struct piece *piece = &document->pieces[index];
    piece->start = (size_t)xmlBufferLength(document->layout);
    bool added = xmlBufferCat(document->layout, x(before)) == 0 &&
                 xmlBufferCat(document->layout, x(indentation(document, level, space))) == 0;
    piece->end = (size_t)xmlBufferLength(document->layout);
    return added;
}

/* Puts an empty element's start tag behind it, without what the element ends in. Frees the node. */
static bool lay_out_tag(struct document *document, size_t index, xmlNodePtr node,
                        const char *ending) {
    struct piece *piece = &document->pieces[index];
    bool saved =
        node != NULL && save(xmlSaveToBuffer(document->layout, "utf-8", SAVE_OPTIONS), node);
    xmlFreeNode(node);
    size_t end = (size_t)xmlBufferLength(document->layout);
    if (!saved || end < piece->end + strlen(ending))
        return false;
    piece->end = end - strlen(ending);
    return true;
}

static bool lay_out_row(struct document *document, const struct document_table *table) {
    xmlNodePtr object = add_element(document, NULL, "object");
    bool good = set_attribute(object, "model", table->model) && lay_out(document, 0, "", 1);
    good = lay_out_tag(document, 0, object, "></object>") && good;
    const char *before = ">";
    for (size_t i = 0; good && i < table->column_count; i++) {
        xmlNodePtr field = add_element(document, NULL, "field");
        good = set_attribute(field, "name", table->columns[i]->name) &&
               set_attribute(field, "type", table->columns[i]->type.field) &&
               lay_out(document, i + 1, before, 2);
        good = lay_out_tag(document, i + 1, field, "</field>") && good;
        before = "</field>";
    }
    struct piece *last = &document->pieces[table->column_count + 1];
    good = good && lay_out(document, table->column_count + 1, before, 1) &&
           xmlBufferCat(document->layout, x("</object>")) == 0;
    last->end = (size_t)xmlBufferLength(document->layout);
    return good;
}

static enum rowstream_status xml_table(struct document *document,
                                       const struct document_table *table, struct error *error) {
    document->table = table;
    enum rowstream_status status = check_table(table, error);
    if (status != ROWSTREAM_OK || document->tree)
        return status;
    free(document->pieces);
    document->pieces = calloc(table->column_count + 2, sizeof *document->pieces);
    xmlBufferEmpty(document->layout);
    return document->pieces != NULL && lay_out_row(document, table) ? ROWSTREAM_OK
                                                                    : no_memory(error);
}

static bool open_doc(struct document *document) {
    document->doc = xmlNewDoc(x("1.0"));
    if (document->doc == NULL)
        return false;
    document->doc->encoding = xmlStrdup(x("utf-8")); /* attributes are not escaped to ASCII */
    if (document->doc->encoding == NULL || !document->tree)
        return document->doc->encoding != NULL;
    xmlNodePtr root = add_element(document, NULL, "django-objects");
    if (root == NULL)
        return false;
    xmlDocSetRootElement(document->doc, root);
    return set_attribute(root, "version", "1.0");
}

static enum rowstream_status xml_open(struct document **document,
                                      const struct document_options *options, struct output *output,
                                      struct error *error) {
    struct document *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return no_memory(error);
    opened->output = output;
    opened->tree = options->tree;
    opened->indent = options->indent;
    silence(&opened->callers);
    *document = opened;
    opened->layout = xmlBufferCreate();
    opened->key = xmlBufferCreate();
    if (opened->layout == NULL || opened->key == NULL || !open_doc(opened) ||
        !xml_text_learn(opened->escapes, opened->layout))
        return no_memory(error);
    bool written = write_text(opened, declaration);
    if (!opened->tree)
        written = written && write_text(opened, "<django-objects version=\"1.0\">");
    return finished(opened, written, error);
}

/* Attributes have an escaping of their own, for line breaks; libxml2 shows a lack of memory there
 * only in its last error. */
static bool write_key(struct document *document, const struct value *key) {
    if (key->kind != VALUE_STRING)
        return write_text(document, value_text(key));
    xmlBufferEmpty(document->key);
    xmlAttrSerializeTxtContent(document->key, document->doc, NULL, x(key->text));
    return xmlGetLastError() == NULL &&
           output_append(document->output, xmlBufferContent(document->key),
                         (size_t)xmlBufferLength(document->key));
}

static bool tree_row(struct document *document, const struct value *key) {
    xmlNodePtr root = xmlDocGetRootElement(document->doc);
    if (!add_space(document, root, 1))
        return false;
    document->object = add_element(document, root, "object");
    return set_attribute(document->object, "model", document->table->model) &&
           (key->kind == VALUE_NULL || set_attribute(document->object, "pk", value_text(key)));
}

static bool tree_field(struct document *document, const struct column *column,
                       const struct value *value) {
    if (!add_space(document, document->object, 2))
        return false;
    xmlNodePtr field = add_element(document, document->object, "field");
    if (!set_attribute(field, "name", column->name) ||
        !set_attribute(field, "type", column->type.field))
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
    bool written = write_piece(document, 0);
    if (key->kind != VALUE_NULL)
        written = written && write_text(document, " pk=\"") && write_key(document, key) &&
                  write_text(document, "\"");
    return finished(document, written, error);
}

static enum rowstream_status xml_field(struct document *document, size_t column,
                                       const struct value *value, struct error *error) {
    enum rowstream_status status = ROWSTREAM_OK;
    if (document->tree) {
        status = check_value(value, error);
        if (status != ROWSTREAM_OK || tree_field(document, document->table->columns[column], value))
            return status;
        return no_memory(error);
    }
    bool written = write_piece(document, column + 1);
    if (value->kind == VALUE_STRING && written)
        return xml_text_write(document->escapes, document->output, value->text, value->length,
                              error);
    const char *text = value->kind == VALUE_NULL ? "<None></None>" : value_text(value);
    return finished(document, written && write_text(document, text), error);
}

static enum rowstream_status xml_row_end(struct document *document, struct error *error) {
    if (document->tree)
        return add_space(document, document->object, 1) ? ROWSTREAM_OK : no_memory(error);
    return finished(document, write_piece(document, document->table->column_count + 1), error);
}

static bool save_doc(struct document *document) {
    xmlNodePtr root = xmlDocGetRootElement(document->doc);
    return add_space(document, root, 0) &&
           save(xmlSaveToIO(write_output, NULL, document->output, "utf-8", SAVE_OPTIONS), root);
}

static enum rowstream_status xml_close(struct document *document, struct error *error) {
    char space[INDENT_TEXT_BYTES];
    bool written;
    if (document->tree)
        written = save_doc(document);
    else
        written = write_text(document, indentation(document, 0, space)) &&
                  write_text(document, "</django-objects>");
    /* Whatever any of libxml2's functions left out without saying so, they noted here. */
    written = written && !document->output->error.set && xmlGetLastError() == NULL;
    return finished(document, written, error);
}

static void xml_free(struct document *document) {
    if (document == NULL)
        return;
    if (document->layout != NULL)
        xmlBufferFree(document->layout);
    if (document->key != NULL)
        xmlBufferFree(document->key);
    if (document->doc != NULL)
        xmlFreeDoc(document->doc);
    unsilence(&document->callers);
    free(document->pieces);
    free(document);
}

static void xml_setup(void) {
    struct handlers callers;
    silence(&callers);
    unsilence(&callers);
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
    .setup = xml_setup,
    .cleanup = xml_cleanup,
};
