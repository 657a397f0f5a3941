/* What every page of a report must be, checked on the page as it is on disk. */
#ifndef REPORT_PAGE_CHECKS_H
#define REPORT_PAGE_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

enum { COMPLAINT_BYTES = 512 };

/* Checks folder/path: well-formed, one h1 and one main, ids unique, what refers to an id has one,
 * every reference ends at a file inside the folder, no script and nothing that could become one, no
 * style in the page, nothing fetched from elsewhere, tables with captions and scopes, pictures with
 * their text. False with the first thing that is wrong. */
bool page_check(const char *folder, const char *path, char complaint[COMPLAINT_BYTES]);

/* Counts what an XPath expression finds in the page; -1 when the page cannot be read. */
int page_count(const char *folder, const char *path, const char *xpath);
/* The text of the first node that it finds, which the caller frees with free(); NULL for none. */
char *page_text(const char *folder, const char *path, const char *xpath);

#endif
