#include "rowstream/cell.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum rowstream_status take_text(struct cell *cell, const char *bytes, size_t length) {
    *cell = (struct cell){.kind = CELL_TEXT, .length = length, .bytes = bytes};
    return ROWSTREAM_OK;
}

static enum rowstream_status take_integer(struct cell *cell, int64_t number) {
    *cell = (struct cell){.kind = CELL_INTEGER, .integer = number};
    return ROWSTREAM_OK;
}

/* A value as a message shows it. */
static const char *show(const struct record_value *value, char text[96]) {
    char number[NUMBER_TEXT_BYTES];
    switch (value->kind) {
    case RECORD_NULL:
        return "null";
    case RECORD_FALSE:
        return "false";
    case RECORD_TRUE:
        return "true";
    case RECORD_LIST:
        return "a list";
    case RECORD_INTEGER:
        snprintf(text, 96, "the number %lld", (long long)value->integer);
        return text;
    case RECORD_REAL:
        number_format_real(value->real, number);
        snprintf(text, 96, "the number %.30s", number);
        return text;
    case RECORD_TEXT:
    case RECORD_AMBIGUOUS:
        break;
    }
    bool cut = value->length > 40;
    size_t length = cut ? 40 : value->length;
    while (cut && length > 0 && ((unsigned char)value->text[length] & 0xC0) == 0x80)
        length--;
    snprintf(text, 96, "\"%.*s%s\"", (int)length, value->text, cut ? "..." : "");
    return text;
}

static enum rowstream_status wrong_type(const struct record_value *value,
                                        const struct column *column, const char *wanted,
                                        struct error *error) {
    char text[96];
    error_set(error, "%s is not %s, as column \"%s\" (%s) takes", show(value, text), wanted,
              column->name, column->declared != NULL ? column->declared : "no type");
    return ROWSTREAM_INPUT;
}

static bool is_text(const struct record_value *value, const char *text) {
    return value->kind == RECORD_TEXT && strcmp(value->text, text) == 0;
}

static bool to_boolean(struct cell *cell, const struct record_value *value) {
    bool yes = value->kind == RECORD_TRUE || is_text(value, "True") || is_text(value, "true") ||
               is_text(value, "t") || is_text(value, "1") ||
               (value->kind == RECORD_INTEGER && value->integer == 1);
    bool no = value->kind == RECORD_FALSE || is_text(value, "False") || is_text(value, "false") ||
              is_text(value, "f") || is_text(value, "0") ||
              (value->kind == RECORD_INTEGER && value->integer == 0);
    take_integer(cell, yes);
    return yes || no;
}

/* A text without the white space around it, which indented XML has. */
static const char *trim(const struct record_value *value, size_t *length) {
    static const char space[] = " \t\r\n";
    const char *from = value->text + strspn(value->text, space);
    *length = strlen(from);
    while (*length > 0 && strchr(space, from[*length - 1]) != NULL)
        (*length)--;
    return from;
}

static bool to_integer(struct cell *cell, const struct record_value *value) {
    if (value->kind == RECORD_INTEGER)
        return take_integer(cell, value->integer), true;
    if (value->kind != RECORD_TEXT)
        return false;
    size_t length;
    const char *text = trim(value, &length);
    size_t sign = text[0] == '-' || text[0] == '+';
    if (length == sign || strspn(text + sign, "0123456789") != length - sign)
        return false;
    errno = 0;
    take_integer(cell, strtoll(text, NULL, 10));
    return errno == 0;
}

/* Up to twice as far, where the column has no sign: then the database takes the digits. */
static bool to_unsigned(struct cell *cell, const struct record_value *value,
                        const struct column *column) {
    if (!column->type.is_unsigned || value->kind != RECORD_TEXT)
        return false;
    size_t length;
    const char *text = trim(value, &length);
    if (length == 0 || length > 20 || strspn(text, "0123456789") != length)
        return false;
    errno = 0;
    if (strtoull(text, NULL, 10) <= INT64_MAX || errno != 0)
        return false;
    *cell = (struct cell){.kind = CELL_TEXT, .bytes = text, .length = length};
    return true;
}

/* [+-]12.5e-3: the form of a number, without "0x", "nan" and the like. */
static bool is_number(const char *text, size_t length) {
    static const char digits[] = "0123456789";
    const char *at = text + (text[0] == '-' || text[0] == '+');
    size_t before = strspn(at, digits), after = 0;
    at += before;
    if (*at == '.') {
        after = strspn(at + 1, digits);
        at += 1 + after;
    }
    if (before + after == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '-' || at[1] == '+');
        size_t exponent = strspn(at, digits);
        if (exponent == 0)
            return false;
        at += exponent;
    }
    return at == text + length;
}

static bool to_real(struct cell *cell, const struct record_value *value) {
    cell->kind = CELL_REAL;
    if (value->kind == RECORD_INTEGER || value->kind == RECORD_REAL) {
        cell->real = value->kind == RECORD_REAL ? value->real : (double)value->integer;
        return true;
    }
    if (value->kind != RECORD_TEXT && value->kind != RECORD_AMBIGUOUS)
        return false;
    size_t length;
    const char *text = trim(value, &length);
    const char *word = text + (text[0] == '-');
    bool yaml_nan = value->kind == RECORD_AMBIGUOUS && strcmp(text, ".nan") == 0;
    if (yaml_nan || (length == 3 && strncmp(text, "nan", 3) == 0)) {
        cell->real = (double)NAN;
        return true;
    }
    if (length == (size_t)(word - text) + 3 && strncmp(word, "inf", 3) == 0) {
        cell->real = text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
        return true;
    }
    cell->real = strtod(text, NULL);
    return is_number(text, length) && isfinite(cell->real);
}

/* As PostgreSQL and Python's decimals write them. */
static bool is_special_decimal(const char *text, size_t length) {
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (length == strlen(words[i]) && strncmp(text, words[i], length) == 0)
            return true;
    return false;
}

static bool to_decimal(struct cell *cell, const struct record_value *value, char *text) {
    char number[NUMBER_TEXT_BYTES];
    size_t length;
    if (value->kind == RECORD_INTEGER || value->kind == RECORD_REAL) {
        length = value->kind == RECORD_REAL ? number_format_real(value->real, number)
                                            : number_format_integer(value->integer, number);
        if (length >= CELL_TEXT_BYTES || !is_number(number, length))
            return false;
        memcpy(text, number, length + 1);
        take_text(cell, text, length);
        return true;
    }
    if (value->kind != RECORD_TEXT)
        return false;
    const char *from = trim(value, &length);
    take_text(cell, from, length);
    return is_number(from, length) || is_special_decimal(from, length);
}

static bool to_moment(struct cell *cell, const struct record_value *value,
                      size_t (*write)(const char *text, size_t length, char *out), char *text) {
    size_t length;
    if (value->kind != RECORD_TEXT && value->kind != RECORD_AMBIGUOUS)
        return false;
    const char *from = trim(value, &length);
    length = write(from, length, text);
    take_text(cell, text, length);
    return length > 0;
}

/* Takes the hyphens out of a UUID where it has them all; any other text stays as it is, because
 * char(32) may be declared for other things too. */
static bool to_uuid(struct cell *cell, const struct record_value *value,
                    const struct column *column) {
    if (value->kind != RECORD_TEXT)
        return false;
    take_text(cell, value->text, value->length);
    char *text = value->text, digits[33];
    if (column->type.size != 32 || value->length != 36)
        return true;
    size_t count = 0;
    for (size_t i = 0; i < 36; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        bool upper = text[i] >= 'A' && text[i] <= 'F';
        if (hyphen ? text[i] != '-' : text[i] == '\0' || !strchr("0123456789abcdefABCDEF", text[i]))
            return true;
        if (!hyphen)
            digits[count++] = (char)(upper ? text[i] - 'A' + 'a' : text[i]);
    }
    memcpy(text, digits, count);
    text[count] = '\0';
    cell->length = count;
    return true;
}

static int sextet(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes base64 in place; line breaks and spaces in it do not count. */
static bool to_binary(struct cell *cell, const struct record_value *value) {
    unsigned group = 0, digits = 0, padding = 0;
    size_t length = 0;
    if (value->kind != RECORD_TEXT)
        return false;
    for (const char *at = value->text; *at != '\0'; at++) {
        if (strchr(" \t\r\n", *at) != NULL)
            continue;
        int bits = *at == '=' ? 0 : sextet(*at);
        padding += *at == '=';
        if (bits < 0 || padding > 2 || (padding > 0 && *at != '='))
            return false;
        group = group << 6 | (unsigned)bits;
        if (++digits % 4 != 0)
            continue;
        for (unsigned i = 0; i < 3 - padding; i++)
            value->text[length++] = (char)(group >> (16 - 8 * i));
        group = 0;
        if (padding > 0 && strspn(at + 1, " \t\r\n") != strlen(at + 1))
            return false;
    }
    *cell = (struct cell){.kind = CELL_BLOB, .length = length, .bytes = value->text};
    return digits % 4 == 0;
}

static bool to_text(struct cell *cell, const struct record_value *value, char *text) {
    if (value->kind == RECORD_INTEGER)
        take_text(cell, text, number_format_integer(value->integer, text));
    else
        take_text(cell, value->text, value->length);
    return value->kind == RECORD_TEXT || value->kind == RECORD_INTEGER;
}

static bool to_any(struct cell *cell, const struct record_value *value, char *text) {
    if (value->kind == RECORD_INTEGER || value->kind == RECORD_TRUE || value->kind == RECORD_FALSE)
        return value->kind == RECORD_INTEGER ? to_integer(cell, value) : to_boolean(cell, value);
    return value->kind == RECORD_REAL ? to_real(cell, value) : to_text(cell, value, text);
}

enum rowstream_status cell_from_value(struct cell *cell, struct record_value *value,
                                      const struct column *column, char *text,
                                      struct error *error) {
    char number[NUMBER_TEXT_BYTES];
    const char *wanted = "a value";
    bool taken = false;
    if (value->kind == RECORD_NULL) {
        cell->kind = CELL_NULL;
        return ROWSTREAM_OK;
    }
    switch (column->type.kind) {
    case COLUMN_BOOLEAN:
        wanted = "true or false";
        taken = to_boolean(cell, value);
        break;
    case COLUMN_INTEGER:
        wanted = "a whole number of 64 bits";
        taken = to_integer(cell, value) || to_unsigned(cell, value, column);
        break;
    case COLUMN_REAL:
        wanted = "a number";
        taken = to_real(cell, value);
        break;
    case COLUMN_DECIMAL:
        wanted = "a decimal";
        taken = to_decimal(cell, value, text);
        break;
    case COLUMN_DATE:
        wanted = "a date";
        taken = to_moment(cell, value, datetime_read_date, text);
        break;
    case COLUMN_DATETIME:
        wanted = "a date with a time";
        taken = to_moment(cell, value, datetime_read, text);
        break;
    case COLUMN_TIME:
        wanted = "a time of day";
        taken = to_moment(cell, value, datetime_read_time, text);
        break;
    case COLUMN_UUID:
        wanted = "a UUID";
        taken = to_uuid(cell, value, column);
        break;
    case COLUMN_BINARY:
        wanted = "base64";
        taken = to_binary(cell, value);
        break;
    case COLUMN_TEXT:
    case COLUMN_ANY:
        wanted = value->kind == RECORD_AMBIGUOUS ? "clearly a text without quotes" : "a text";
        taken = column->type.kind == COLUMN_TEXT ? to_text(cell, value, number)
                                                 : to_any(cell, value, number);
        if (taken && cell->kind == CELL_TEXT && cell->bytes == number) {
            memcpy(text, number, cell->length + 1);
            cell->bytes = text;
        }
        break;
    }
    return taken ? ROWSTREAM_OK : wrong_type(value, column, wanted, error);
}
