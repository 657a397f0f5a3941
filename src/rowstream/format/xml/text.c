#include "rowstream/format/xml/text.h"

#include <libxml/xmlIO.h>

#include "base/scan.h"

/* The number of a character that XML 1.0 has no way to write, not even escaped: controls, U+FFFE
 * and U+FFFF; 0 for all others. */
static inline unsigned forbidden(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    if (at[0] < 0x20)
        return at[0] == '\t' || at[0] == '\n' || at[0] == '\r' ? 0 : at[0];
    return at[0] == 0xEF && at[1] == 0xBF && at[2] >= 0xBE ? 0xFFC0u + at[2] - 0x80 : 0;
}

static enum rowstream_status refuse(const char *text, size_t at, struct error *error) {
    error_set(error, "the character U+%04X at byte %zu of the text, which XML cannot hold",
              forbidden(text + at), at);
    return ROWSTREAM_DATA;
}

enum rowstream_status xml_text_check(const char *text, size_t length, struct error *error) {
    static const struct marks marks = {0x20, 0xFF, {0xEF}};
    for (size_t at = scan(text, 0, length, marks); at < length;
         at = scan(text, at + 1, length, marks))
        if (forbidden(text + at) != 0)
            return refuse(text, at, error);
    return ROWSTREAM_OK;
}

bool xml_text_learn(struct escape *escapes, xmlBufferPtr scratch) {
    xmlOutputBufferPtr out = xmlOutputBufferCreateBuffer(scratch, NULL);
    bool asked = out != NULL;
    for (int i = 1; asked && i < ASCII_COUNT; i++) {
        const char text[2] = {(char)i, '\0'};
        if (forbidden(text) != 0) /* never written, and libxml2 2.15 puts U+FFFD in its place */
            continue;
        xmlBufferEmpty(scratch);
        asked = xmlOutputBufferWriteEscape(out, (const xmlChar *)text, NULL) >= 0 &&
                xmlOutputBufferFlush(out) >= 0;
        const char *bytes = (const char *)xmlBufferContent(scratch);
        size_t length = (size_t)xmlBufferLength(scratch);
        asked = asked && escape_learn(&escapes[i], text[0], bytes, length);
    }
    if (out != NULL)
        xmlOutputBufferClose(out);
    return asked;
}

enum rowstream_status xml_text_write(const struct escape *escapes, struct output *output,
                                     const char *text, size_t length, struct error *error) {
    static const struct marks marks = {0x20, 0xFF, {'<', '>', '&', 0xEF, 0x7F}};
    size_t copied = 0;
    bool written = true;
    for (size_t at = scan(text, 0, length, marks); written && at < length;
         at = scan(text, at + 1, length, marks)) {
        unsigned char byte = (unsigned char)text[at];
        if (forbidden(text + at) != 0)
            return refuse(text, at, error);
        if (byte >= ASCII_COUNT || escapes[byte].length == 0)
            continue;
        written = output_append(output, text + copied, at - copied) &&
                  escape_write(output, &escapes[byte]);
        copied = at + 1;
    }
    written = written && output_append(output, text + copied, length - copied);
    return written ? ROWSTREAM_OK : output_failure(output, error);
}
