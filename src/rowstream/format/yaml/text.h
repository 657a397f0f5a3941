/* Texts in YAML, as libyaml writes them with lines of any length, but by runs instead of by
 * characters. libyaml has said before (yaml_library.h) how it writes each character; which style a
 * text gets follows from the characters by YAML's own rules. */
#ifndef ROWSTREAM_FORMAT_YAML_TEXT_H
#define ROWSTREAM_FORMAT_YAML_TEXT_H

#include "rowstream/format/escape.h"

enum yaml_style { YAML_PLAIN, YAML_SINGLE, YAML_DOUBLE };

/* Characters that libyaml is asked about: ASCII and C1 by their number, and these behind them. */
enum {
    YAML_LINE_SEPARATOR = 0xA0, /* U+2028 */
    YAML_PARAGRAPH_SEPARATOR,   /* U+2029 */
    YAML_BYTE_ORDER_MARK,       /* U+FEFF */
    YAML_NONCHARACTER_FFFE,     /* U+FFFE */
    YAML_NONCHARACTER_FFFF,     /* U+FFFF */
    YAML_ASKED_COUNT
};

struct yaml_text {
    bool quoted_first[ASCII_COUNT]; /* in front of another character, at a text's start */
    bool quoted_alone[ASCII_COUNT]; /* likewise, in front of a space or a text's end */
    struct escape single[ASCII_COUNT];
    struct escape doubled[YAML_ASKED_COUNT + 1]; /* in double quotes; the last for all others */
};

/* The style of a text that stands for a string. `text` is valid UTF-8 followed by a NUL. */
enum yaml_style yaml_text_style(const struct yaml_text *known, const char *text, size_t length);

/* Writes it in that style; `indent` is how far the lines of a text in single quotes go in. False
 * when the output failed. */
bool yaml_text_write(const struct yaml_text *known, struct output *output, const char *text,
                     size_t length, enum yaml_style style, size_t indent);

#endif
