/* The one file that knows libxml2.
 *
 * Where libxml2 gets no memory for a text it may leave that out and go on, and not every such place
 * tells. So it allocates through functions of ours, which notice: a page that lost anything is
 * none. */
#include "report/html/xml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlwriter.h>

struct xml {
    xmlTextWriterPtr writer;
    unsigned long losses_before;
    int reason; /* errno of the first call that failed, or 0 */
};

static unsigned long losses; /* allocations of libxml2 that failed */

static void *noticed(void *memory) {
    losses += memory == NULL;
    return memory;
}

static void *allocate(size_t bytes) {
    return noticed(malloc(bytes));
}

static void *allocate_again(void *memory, size_t bytes) {
    return noticed(realloc(memory, bytes));
}

static char *copy(const char *text) {
    return noticed(strdup(text));
}

/* It would print what goes wrong: xml_close tells it. */
static void say_nothing(void *context, const char *format, ...) {
    (void)context;
    (void)format;
}

/* What a handler is told: libxml2 2.12 made it const. */
typedef __typeof__(xmlGetLastError()) xml_reason;

static void say_nothing_either(void *context, xml_reason error) {
    (void)context;
    (void)error;
}

static bool check(struct xml *xml, bool good) {
    if (!good && xml->reason == 0)
        xml->reason = errno != 0 ? errno : EIO;
    return good;
}

struct xml *xml_open(int fd, struct error *error) {
    struct xml *xml = calloc(1, sizeof *xml);
    xmlOutputBufferPtr output = NULL;
    if (xml == NULL || xmlMemSetup(free, allocate, allocate_again, copy) != 0)
        goto failed;
    xmlSetGenericErrorFunc(NULL, say_nothing);
    xmlSetStructuredErrorFunc(NULL, say_nothing_either);
    xml->losses_before = losses;
    output = xmlOutputBufferCreateFd(fd, NULL);
    if (output == NULL || (xml->writer = xmlNewTextWriter(output)) == NULL)
        goto failed;
    return xml;
failed:
    error_set(error, "%s", strerror(ENOMEM));
    if (output != NULL)
        xmlOutputBufferClose(output);
    free(xml);
    return NULL;
}

bool xml_doctype(struct xml *xml, const char *name) {
    return check(xml, xmlTextWriterWriteDTD(xml->writer, BAD_CAST name, NULL, NULL, NULL) >= 0);
}

bool xml_start(struct xml *xml, const char *element) {
    return check(xml, xmlTextWriterStartElement(xml->writer, BAD_CAST element) >= 0);
}

bool xml_attribute(struct xml *xml, const char *name, const char *value) {
    return check(xml, xmlTextWriterWriteAttribute(xml->writer, BAD_CAST name, BAD_CAST value) >= 0);
}

bool xml_text(struct xml *xml, const char *text) {
    return check(xml, xmlTextWriterWriteString(xml->writer, BAD_CAST text) >= 0);
}

bool xml_end(struct xml *xml, bool brief) {
    return check(xml, (brief ? xmlTextWriterEndElement(xml->writer)
                             : xmlTextWriterFullEndElement(xml->writer)) >= 0);
}

bool xml_close(struct xml *xml) {
    errno = 0;
    check(xml, xmlTextWriterEndDocument(xml->writer) >= 0 && xmlTextWriterFlush(xml->writer) >= 0);
    if (xml->reason == 0 && losses != xml->losses_before)
        xml->reason = ENOMEM;
    int reason = xml->reason;
    xmlFreeTextWriter(xml->writer);
    free(xml);
    errno = reason;
    return reason == 0;
}
