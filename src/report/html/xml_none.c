/* In the place of xml.c where heapgate is built without libxml2: no page can be opened, and so the
 * others are never called. */
#include "report/html/xml.h"

#include <stddef.h>

struct xml *xml_open(int fd, struct error *error) {
    (void)fd;
    error_set(error, "this heapgate was built without reports, which need libxml2: install it "
                     "(libxml2-dev), and configure with -DHEAPGATE_BUILD_REPORT=ON");
    return NULL;
}

bool xml_doctype(struct xml *xml, const char *name) {
    (void)name;
    return xml != NULL;
}

bool xml_start(struct xml *xml, const char *element) {
    (void)element;
    return xml != NULL;
}

bool xml_attribute(struct xml *xml, const char *name, const char *value) {
    (void)name;
    (void)value;
    return xml != NULL;
}

bool xml_text(struct xml *xml, const char *text) {
    (void)text;
    return xml != NULL;
}

bool xml_end(struct xml *xml, bool brief) {
    (void)brief;
    return xml != NULL;
}

bool xml_close(struct xml *xml) {
    return xml != NULL;
}
