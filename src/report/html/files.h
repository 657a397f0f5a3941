/* The files of a report that are the same in every one of them; the build makes their contents
 * from src/report/html/ (cmake/Embed.cmake). */
#ifndef REPORT_HTML_FILES_H
#define REPORT_HTML_FILES_H

#include <stddef.h>

struct page_file {
    const char *name;
    const unsigned char *bytes;
    size_t length;
};
extern const struct page_file page_files[]; /* ends with a NULL name */

#endif
