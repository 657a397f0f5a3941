#include "rowstream/format/yaml/text.h"

#include "base/scan.h"
#include "rowstream/format/yaml/plain.h"

/* Beyond ASCII, what libyaml does not write as it is begins with one of these: C1 controls with
 * C2, line and paragraph separators with E2, the byte order mark and non-characters with EF, all
 * above U+FFFF with more. */
#define SPECIAL_FROM 0xEF
#define SPECIAL 0x7F, 0xC2, 0xE2

enum { NOT_SPECIAL = -1, ASTRAL = YAML_ASKED_COUNT };

/* Which of the characters that libyaml was asked about this is, of one byte or more. */
static int special(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    if (at[0] < ASCII_COUNT)
        return at[0];
    if (at[0] == 0xC2)
        return at[1] < 0xA0 ? at[1] : NOT_SPECIAL;
    if (at[0] == 0xE2 && at[1] == 0x80 && (at[2] == 0xA8 || at[2] == 0xA9))
        return at[2] == 0xA8 ? YAML_LINE_SEPARATOR : YAML_PARAGRAPH_SEPARATOR;
    if (at[0] == 0xEF && at[1] == 0xBB && at[2] == 0xBF)
        return YAML_BYTE_ORDER_MARK;
    if (at[0] == 0xEF && at[1] == 0xBF && at[2] >= 0xBE)
        return at[2] == 0xBE ? YAML_NONCHARACTER_FFFE : YAML_NONCHARACTER_FFFF;
    return at[0] >= 0xF0 ? ASTRAL : NOT_SPECIAL;
}

/* The bytes of a line break; 0 when it is none. */
static size_t break_bytes(const char *text) {
    if (*text == '\n')
        return 1;
    int character = (unsigned char)*text == 0xE2 ? special(text) : NOT_SPECIAL;
    return character == YAML_LINE_SEPARATOR || character == YAML_PARAGRAPH_SEPARATOR ? 3 : 0;
}

static enum yaml_style style_by_start(const struct yaml_text *known, const char *text,
                                      size_t length) {
    unsigned char first = (unsigned char)text[0];
    if (yaml_plain_is_other(text, length) || text[0] == ' ' || text[length - 1] == ' ' ||
        strncmp(text, "---", 3) == 0 || strncmp(text, "...", 3) == 0)
        return YAML_SINGLE;
    if (first >= ASCII_COUNT)
        return YAML_PLAIN;
    bool alone = length == 1 || text[1] == ' ';
    return (alone ? known->quoted_alone : known->quoted_first)[first] ? YAML_SINGLE : YAML_PLAIN;
}

enum yaml_style yaml_text_style(const struct yaml_text *known, const char *text, size_t length) {
    static const struct marks marks = {0x20, SPECIAL_FROM, {SPECIAL, ':', '#'}};
    enum yaml_style style = style_by_start(known, text, length);
    for (size_t at = scan(text, 0, length, marks); at < length;
         at = scan(text, at + 1, length, marks)) {
        size_t bytes = break_bytes(text + at);
        if (bytes > 0) { /* in single quotes, spaces next to a line's end are lost */
            if ((at > 0 && text[at - 1] == ' ') || text[at + bytes] == ' ')
                return YAML_DOUBLE;
            style = YAML_SINGLE;
        } else if (text[at] == ':') {
            if (at + 1 == length || text[at + 1] == ' ')
                style = YAML_SINGLE;
        } else if (text[at] == '#') {
            if (at > 0 && text[at - 1] == ' ')
                style = YAML_SINGLE;
        } else if (special(text + at) != NOT_SPECIAL) {
            return YAML_DOUBLE;
        }
    }
    return style;
}

/* A break is written twice, since one alone would be read as a space. */
static bool write_breaks(struct output *output, const char *text, size_t length, size_t *at,
                         size_t indent) {
    size_t start = *at, bytes;
    bool written = text[start] != '\n' || output_append(output, "\n", 1);
    while (*at < length && (bytes = break_bytes(text + *at)) > 0)
        *at += bytes;
    written = written && output_append(output, text + start, *at - start);
    for (size_t i = 0; written && i < indent; i++)
        written = output_append(output, " ", 1);
    return written;
}

static bool write_single(const struct yaml_text *known, struct output *output, const char *text,
                         size_t length, size_t indent) {
    static const struct marks marks = {0x20, 0xFF, {'\'', 0xE2}};
    size_t copied = 0, at = scan(text, 0, length, marks);
    bool written = output_append(output, "'", 1);
    while (written && at < length) {
        size_t next = at + 1;
        const struct escape *escape = &known->single[(unsigned char)text[at] % ASCII_COUNT];
        if (break_bytes(text + at) > 0) {
            written = output_append(output, text + copied, at - copied);
            next = at;
            written = written && write_breaks(output, text, length, &next, indent);
            copied = next;
        } else if (text[at] == '\'' && escape->length > 0) {
            written =
                output_append(output, text + copied, at - copied) && escape_write(output, escape);
            copied = next;
        }
        at = scan(text, next, length, marks);
    }
    return written && output_append(output, text + copied, length - copied) &&
           output_append(output, "'", 1);
}

/* A character of four bytes, which libyaml always writes by its number. */
static bool write_astral(struct output *output, const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    unsigned code =
        (at[0] & 0x07u) << 18 | (at[1] & 0x3Fu) << 12 | (at[2] & 0x3Fu) << 6 | (at[3] & 0x3Fu);
    char escape[10] = {'\\', 'U'};
    for (int i = 9; i >= 2; i--, code >>= 4)
        escape[i] = "0123456789ABCDEF"[code & 15];
    return output_append(output, escape, sizeof escape);
}

static size_t character_bytes(unsigned char lead) {
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

static bool write_double(const struct yaml_text *known, struct output *output, const char *text,
                         size_t length) {
    static const struct marks marks = {0x20, SPECIAL_FROM, {SPECIAL, '"', '\\'}};
    size_t copied = 0;
    bool written = output_append(output, "\"", 1);
    for (size_t at = scan(text, 0, length, marks); written && at < length;
         at = scan(text, at + 1, length, marks)) {
        unsigned char lead = (unsigned char)text[at];
        int character = lead < ASCII_COUNT ? lead : special(text + at);
        if (character == NOT_SPECIAL)
            continue;
        const struct escape *escape = &known->doubled[character];
        if (character < ASTRAL && escape->length == 0)
            continue;
        written =
            output_append(output, text + copied, at - copied) &&
            (character < ASTRAL ? escape_write(output, escape) : write_astral(output, text + at));
        copied = at + character_bytes(lead);
    }
    return written && output_append(output, text + copied, length - copied) &&
           output_append(output, "\"", 1);
}

bool yaml_text_write(const struct yaml_text *known, struct output *output, const char *text,
                     size_t length, enum yaml_style style, size_t indent) {
    switch (style) {
    case YAML_PLAIN:
        break;
    case YAML_SINGLE:
        return write_single(known, output, text, length, indent);
    case YAML_DOUBLE:
        return write_double(known, output, text, length);
    }
    return output_append(output, text, length);
}
