/* What pages need of an XML writer: the one door to libxml2, which xml.c is made of. Where heapgate
 * is built without it (HEAPGATE_BUILD_REPORT=OFF), xml_none.c stands in its place and opens
 * nothing.
 *
 * Text and values are UTF-8 that XML can hold; what is markup in them is escaped. Every call says
 * whether it worked; what was written is only there after xml_close. */
#ifndef REPORT_HTML_XML_H
#define REPORT_HTML_XML_H

#include <stdbool.h>

#include "base/error.h"

struct xml;

/* Writes to `fd`, which stays the caller's. NULL, with the reason, when there is no writer. */
struct xml *xml_open(int fd, struct error *error);
bool xml_doctype(struct xml *xml, const char *name);
bool xml_start(struct xml *xml, const char *element);
bool xml_attribute(struct xml *xml, const char *name, const char *value);
bool xml_text(struct xml *xml, const char *text);
/* With its own end tag, or closed in its start tag if it is empty and `brief`. */
bool xml_end(struct xml *xml, bool brief);
/* Writes what is left and frees. False when anything was lost since xml_open, also where the call
 * itself did not notice; errno is the reason. */
bool xml_close(struct xml *xml);

#endif
