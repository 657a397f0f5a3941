#include "report/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/utf8.h"

void put(struct writer *writer, const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        writer->failed = true;
        return;
    }
    if (!buffer_append(writer->buffer, text, (size_t)length))
        writer->failed = true;
    free(text);
}

/* What stands for one character; the table ends with a NUL. */
struct escape {
    char character;
    const char *text;
};

static const char *find_escape(const struct escape *escapes, char character) {
    for (; escapes->character != '\0'; escapes++)
        if (escapes->character == character)
            return escapes->text;
    return NULL;
}

/* Every escape but the shell's: the table's characters replaced, and U+FFFD for bytes that are no
 * UTF-8. Other control characters become `control`, or stay if that is NULL. */
static void put_escaped(struct writer *writer, const struct escape *escapes, const char *control,
                        const char *text) {
    while (*text != '\0') {
        size_t bytes = utf8_character_bytes(text);
        const char *instead = find_escape(escapes, *text);
        if (instead == NULL && bytes == 0)
            instead = UTF8_REPLACEMENT;
        else if (instead == NULL && ((unsigned char)*text < ' ' || *text == 0x7f))
            instead = control;
        if (!(instead != NULL ? buffer_append_text(writer->buffer, instead)
                              : buffer_append(writer->buffer, text, bytes)))
            writer->failed = true;
        text += bytes > 0 ? bytes : 1;
    }
}

void put_xml(struct writer *writer, const char *text) {
    static const struct escape escapes[] = {
        {'&', "&amp;"},  {'<', "&lt;"},  {'>', "&gt;"},   {'"', "&quot;"}, {'\'', "&apos;"},
        {'\n', "&#10;"}, {'\t', "&#9;"}, {'\r', "&#13;"}, {'\0', NULL},
    };
    /* U+FFFE and U+FFFF are characters of UTF-8 and not of XML. */
    for (const char *at = text; *at != '\0';) {
        const char *beyond = strstr(at, "\xef\xbf\xbe");
        const char *last = strstr(at, "\xef\xbf\xbf");
        if (beyond == NULL || (last != NULL && last < beyond))
            beyond = last;
        if (beyond == NULL) {
            put_escaped(writer, escapes, UTF8_REPLACEMENT, at);
            return;
        }
        char *before = strndup(at, (size_t)(beyond - at));
        writer->failed = writer->failed || before == NULL;
        put_escaped(writer, escapes, UTF8_REPLACEMENT, before != NULL ? before : "");
        put(writer, UTF8_REPLACEMENT);
        free(before);
        at = beyond + 3;
    }
}

/* U+0080 to U+009F, the marks and overrides of direction, and what XML cannot hold. */
static bool is_invisible(const char *text) {
    static const struct {
        const char *first, *last;
    } ranges[] = {
        {"\xc2\x80", "\xc2\x9f"},         {"\xe2\x80\x8b", "\xe2\x80\x8f"},
        {"\xe2\x80\xa8", "\xe2\x80\xae"}, {"\xe2\x81\xa0", "\xe2\x81\xaf"},
        {"\xef\xbb\xbf", "\xef\xbb\xbf"}, {"\xef\xbf\xbe", "\xef\xbf\xbf"},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (strncmp(text, ranges[i].first, strlen(ranges[i].first)) >= 0 &&
            strncmp(text, ranges[i].last, strlen(ranges[i].last)) <= 0)
            return true;
    return false;
}

void put_visible(struct writer *writer, const char *text) {
    while (*text != '\0') {
        size_t bytes = utf8_character_bytes(text);
        unsigned char first = (unsigned char)*text;
        /* U+2400 to U+241F, and U+2421 for delete. */
        char picture[] = {(char)0xe2, (char)0x90, (char)(first == 0x7f ? 0xa1 : 0x80 + first),
                          '\0'};
        bool appended;
        if (bytes == 0 || is_invisible(text))
            appended = buffer_append_text(writer->buffer, UTF8_REPLACEMENT);
        else if ((first < ' ' && first != '\n' && first != '\t') || first == 0x7f)
            appended = buffer_append_text(writer->buffer, picture);
        else
            appended = buffer_append(writer->buffer, text, bytes);
        writer->failed = writer->failed || !appended;
        text += bytes > 0 ? bytes : 1;
    }
}

void put_markdown(struct writer *writer, const char *text) {
    static const struct escape escapes[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'|', "\\|"}, {'\\', "\\\\"},
        {'*', "\\*"},   {'_', "\\_"},  {'`', "\\`"},  {'[', "\\["}, {']', "\\]"},
        {'#', "\\#"},   {'~', "\\~"},  {'\0', NULL},
    };
    put_escaped(writer, escapes, " ", text);
}

void put_github_message(struct writer *writer, const char *text) {
    static const struct escape escapes[] = {
        {'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}, {'\0', NULL}};
    put_escaped(writer, escapes, "?", text);
}

void put_github_property(struct writer *writer, const char *text) {
    static const struct escape escapes[] = {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"},
                                            {':', "%3A"}, {',', "%2C"},  {'\0', NULL}};
    put_escaped(writer, escapes, "?", text);
}

void put_openmetrics_label(struct writer *writer, const char *text) {
    static const struct escape escapes[] = {
        {'\\', "\\\\"}, {'"', "\\\""}, {'\n', "\\n"}, {'\0', NULL}};
    put_escaped(writer, escapes, "?", text);
}

void put_plain(struct writer *writer, const char *text) {
    static const struct escape escapes[] = {{'\n', "\n"}, {'\0', NULL}};
    put_escaped(writer, escapes, "?", text);
}

static void put_word(struct writer *writer, const char *text) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-.=/+:,@%";
    static const struct escape escapes[] = {{'\'', "'\\''"}, {'\0', NULL}};
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        put(writer, "%s", text);
        return;
    }
    put(writer, "'");
    put_escaped(writer, escapes, NULL, text);
    put(writer, "'");
}

void put_shell(struct writer *writer, const char *text) {
    char *masked = secret_masked(text);
    if (masked != NULL)
        put_word(writer, masked);
    else
        writer->failed = true;
    free(masked);
}
