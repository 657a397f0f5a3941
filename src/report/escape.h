/* The one place where text becomes part of a markup. A view writes its own markup with put() and
 * everything that comes from outside (cases, messages, paths, symbols) with the escape it needs. */
#ifndef REPORT_ESCAPE_H
#define REPORT_ESCAPE_H

#include "base/buffer.h"

/* A buffer that remembers a failed append, so that a view is checked once, at its end. */
struct writer {
    struct buffer *buffer;
    bool failed;
};

void put(struct writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* XML, in text as in attributes: entities, and U+FFFD for what XML cannot hold. */
void put_xml(struct writer *writer, const char *text);
/* Not escaped, but fit to be: what a page cannot show is shown as that. Control characters become
 * their pictures, and U+FFFD stands for bytes that are no UTF-8, for what XML cannot hold and for
 * characters that change the direction of what follows. Line breaks stay. For a writer of markup
 * that escapes by itself. */
void put_visible(struct writer *writer, const char *text);
/* A cell of a Markdown table: on one line, and nothing in it is markup. */
void put_markdown(struct writer *writer, const char *text);
/* A GitHub workflow command: its message, and the value of a property before it. */
void put_github_message(struct writer *writer, const char *text);
void put_github_property(struct writer *writer, const char *text);
/* The value of an OpenMetrics label. */
void put_openmetrics_label(struct writer *writer, const char *text);
/* One word of a shell command, quoted only if it needs to be, without passwords (base/secret.h). */
void put_shell(struct writer *writer, const char *text);
/* A terminal or a log: control characters become "?", except for the line breaks of a text. */
void put_plain(struct writer *writer, const char *text);

#endif
