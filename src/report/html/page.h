/* A page: HTML that a browser, an XML parser and a strict content policy all take.
 *
 * Elements, attributes and text are written through libxml2's writer and never as markup, so that
 * nothing from outside can become any: all text is escaped, and what no page can show (control
 * characters, bytes that are no UTF-8) is shown as that. A page is written as it is made and is
 * never whole in memory.
 *
 * The first failure stays with the page: everything after it does nothing, and page_close tells it.
 * Attributes come right after html_open, before any text or element in it. */
#ifndef REPORT_HTML_PAGE_H
#define REPORT_HTML_PAGE_H

#include <stdbool.h>

#include "base/error.h"

struct page;

struct page_head {
    const char *folder; /* of the report, which is there */
    const char *path;   /* of the page in it: "index.html", "cases/json/dump.html" */
    const char *title;  /* what it is about; also its heading */
    const char *trail;  /* a link to index.html stands above the heading with this text, or NULL */
};

/* Makes the folders it needs, and writes everything that comes before the first section. NULL with
 * the path and the reason. */
struct page *page_open(const struct page_head *head, struct error *error);
/* Writes the end and frees the page. False with the path and the reason. */
bool page_close(struct page *page, struct error *error);

/* What makes page_close fail: memory was out for what belongs in the page. */
void page_fail(struct page *page);

/* The way from this page to another one of the report, as a reference: "../../index.html". What is
 * no plain letter in `path` is percent-encoded. For html_reference and nothing else. */
void html_reference(struct page *page, const char *attribute, const char *path);

/* Opens an element; `class` may be NULL. */
void html_open(struct page *page, const char *element, const char *class);
/* Closes the innermost. */
void html_close(struct page *page);
void html_attribute(struct page *page, const char *name, const char *value);
void html_attributef(struct page *page, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void html_text(struct page *page, const char *text);
void html_textf(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An element with nothing but text in it. */
void html_leaf(struct page *page, const char *element, const char *class, const char *text);
void html_leaff(struct page *page, const char *element, const char *class, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A section with its heading, which `id` names: the landmark that a reader jumps to. */
void html_section(struct page *page, const char *id, const char *heading);
/* A box that scrolls by itself when the window is narrower than what is in it; `name` says what
 * that is, for who reaches it with the keyboard. */
void html_scroller(struct page *page, const char *name);
/* A table in such a box, with its caption, a head of columns (ends with NULL; a "#" before a name:
 * numbers, aligned right) and an open body. html_table_end closes all of it. */
void html_table(struct page *page, const char *caption, const char *const *columns);
void html_table_end(struct page *page);
/* A cell of numbers. */
void html_number(struct page *page, const char *text);

/* The files that every page refers to (style.css, icon.svg), and the note by which a folder is
 * known to be a report. */
#define PAGE_NOTE "heapgate-report.txt"
bool page_write_files(const char *folder, struct error *error);

#endif
