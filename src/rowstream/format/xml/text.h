/* Texts of XML: the characters it cannot hold, and how libxml2 escapes the others.
 *
 * Few characters need an escape. So libxml2 is asked once how it writes each ASCII character, and a
 * text is what needs no escape, copied, with those in between. */
#ifndef ROWSTREAM_FORMAT_XML_TEXT_H
#define ROWSTREAM_FORMAT_XML_TEXT_H

#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include "rowstream/format/document.h"
#include "rowstream/format/escape.h"

/* What libxml2 tells a handler of errors: 2.12 made it const. */
typedef __typeof__(xmlGetLastError()) xml_reason;

/* ROWSTREAM_DATA, with the error set, for a text that XML cannot hold. */
enum rowstream_status xml_text_check(const char *text, size_t length, struct error *error);

/* Asks libxml2 for all ASCII_COUNT escapes, zeroed before; the scratch loses what is in it. False
 * when memory is out. */
bool xml_text_learn(struct escape *escapes, xmlBufferPtr scratch);

/* A text that XML cannot hold is found out on the way: a failed dump is no document anyway. */
enum rowstream_status xml_text_write(const struct escape *escapes, struct output *output,
                                     const char *text, size_t length, struct error *error);

#endif
