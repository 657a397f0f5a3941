#include "rowstream/core/value.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void value_scratch_init(struct value_scratch *scratch) {
    scratch->base64 = (struct buffer)BUFFER_INIT(VALUE_BASE64_MAXIMUM);
}

void value_scratch_fini(struct value_scratch *scratch) {
    buffer_fini(&scratch->base64);
}

static void take(struct value *value, enum value_kind kind, const char *text, size_t length) {
    value->kind = kind;
    value->text = text;
    value->length = length;
}

/* Reads `count` digits; -1 when there is anything else. */
static int digits_at(const char *text, int count) {
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* A date that a calendar has: readers of YAML fail on the 31st of June. */
static bool is_date(const char *text, size_t length) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (length < 10 || text[4] != '-' || text[7] != '-')
        return false;
    int year = digits_at(text, 4), month = digits_at(text + 5, 2), day = digits_at(text + 8, 2);
    if (year < 1 || month < 1 || month > 12)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* "10:35:31" with up to six digits of a fraction; writes it as Python's isoformat would: six
 * digits, or none when they are 0. Returns the length, 0 when it is no time. */
static size_t copy_time(const char *text, size_t length, char *copy) {
    if (length < 8 || text[2] != ':' || text[5] != ':')
        return 0;
    int hour = digits_at(text, 2), minute = digits_at(text + 3, 2), second = digits_at(text + 6, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return 0;
    memcpy(copy, text, 8);
    copy[8] = '\0';
    if (length == 8)
        return 8;
    size_t fraction = length - 9;
    if (text[8] != '.' || fraction < 1 || fraction > 6)
        return 0;
    int microseconds = digits_at(text + 9, (int)fraction);
    if (microseconds < 0)
        return 0;
    if (microseconds == 0)
        return 8;
    memcpy(copy + 8, ".000000", 8);
    memcpy(copy + 9, text + 9, fraction);
    return 15;
}

static bool take_moment(struct value *value, enum column_kind kind, const struct cell *cell,
                        char *copy) {
    const char *text = cell->bytes;
    size_t date_bytes = 0, time_bytes = 0;
    if (kind != COLUMN_TIME) {
        if (!is_date(text, cell->length))
            return false;
        date_bytes = 10;
        memcpy(copy, text, 10);
        if (kind == COLUMN_DATE) {
            copy[10] = '\0';
            take(value, VALUE_DATE, copy, 10);
            return cell->length == 10;
        }
        if (cell->length < 11 || (text[10] != ' ' && text[10] != 'T'))
            return false;
        copy[10] = 'T';
        date_bytes = 11;
    }
    /* PostgreSQL's UTC, as its session is set; Django and YAML write it with its minutes. */
    static const char utc[] = "+00";
    size_t length = cell->length;
    bool zoned = date_bytes > 0 && length > 19 && strcmp(text + length - 3, utc) == 0;
    length -= zoned ? 3 : 0;
    time_bytes = copy_time(text + date_bytes, length - date_bytes, copy + date_bytes);
    if (zoned && time_bytes > 0) {
        memcpy(copy + date_bytes + time_bytes, "+00:00", 7);
        time_bytes += 6;
    }
    take(value, kind == COLUMN_TIME ? VALUE_TIME : VALUE_DATETIME, copy, date_bytes + time_bytes);
    return time_bytes > 0;
}

/* 32 lower-case hexadecimal digits get the hyphens that Django gives a UUID. */
static bool take_uuid(struct value *value, const struct cell *cell, char *copy) {
    if (cell->length != 32 || strspn(cell->bytes, "0123456789abcdef") != 32)
        return false;
    const char *text = cell->bytes;
    int length = snprintf(copy, 40, "%.8s-%.4s-%.4s-%.4s-%.12s", text, text + 8, text + 12,
                          text + 16, text + 20);
    take(value, VALUE_STRING, copy, (size_t)length);
    return true;
}

static enum rowstream_status from_text(struct value *value, const struct cell *cell,
                                       const struct column_type *type,
                                       struct value_scratch *scratch, struct error *error) {
    size_t good = utf8_check(cell->bytes, cell->length);
    if (good < cell->length && cell->bytes[good] == '\0') {
        error_set(error, "a NUL character at byte %zu of the text, which a fixture cannot carry",
                  good);
        return ROWSTREAM_DATA;
    }
    if (good < cell->length) {
        error_set(error, "not valid UTF-8: byte %zu of the text is 0x%02X", good,
                  (unsigned)(unsigned char)cell->bytes[good]);
        return ROWSTREAM_DATA;
    }
    switch (type->kind) {
    case COLUMN_DATE:
    case COLUMN_DATETIME:
    case COLUMN_TIME:
        if (take_moment(value, type->kind, cell, scratch->number))
            return ROWSTREAM_OK;
        break;
    case COLUMN_UUID:
        if (take_uuid(value, cell, scratch->number))
            return ROWSTREAM_OK;
        break;
    case COLUMN_BINARY:
        error_set(error, "text in a column declared for binary data, where a fixture would have "
                         "base64");
        return ROWSTREAM_DATA;
    default:
        break;
    }
    take(value, VALUE_STRING, cell->bytes, cell->length);
    return ROWSTREAM_OK;
}

static enum rowstream_status from_blob(struct value *value, const struct cell *cell,
                                       const struct column_type *type,
                                       struct value_scratch *scratch, struct error *error) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (type->kind != COLUMN_BINARY && type->kind != COLUMN_ANY) {
        error_set(error, "a blob in a column that is not declared for binary data, where a "
                         "fixture could not tell its base64 from text");
        return ROWSTREAM_DATA;
    }
    size_t length = (cell->length + 2) / 3 * 4;
    buffer_clear(&scratch->base64);
    if (!buffer_reserve(&scratch->base64, length)) {
        error_set(error, "out of memory for %zu bytes of binary data", cell->length);
        return ROWSTREAM_MEMORY;
    }
    const unsigned char *bytes = (const unsigned char *)cell->bytes;
    char *out = scratch->base64.bytes;
    for (size_t i = 0; i < cell->length; i += 3) {
        size_t left = cell->length - i;
        unsigned group = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
        *out++ = left > 2 ? alphabet[group & 63] : '=';
    }
    *out = '\0';
    take(value, VALUE_STRING, scratch->base64.bytes, length);
    return ROWSTREAM_OK;
}

static enum rowstream_status from_number(struct value *value, const struct cell *cell,
                                         const struct column_type *type,
                                         struct value_scratch *scratch, struct error *error) {
    char *text = scratch->number;
    bool integer = cell->kind == CELL_INTEGER;
    if (type->kind == COLUMN_BINARY) {
        error_set(error, "a number in a column declared for binary data, where a fixture would "
                         "have base64");
        return ROWSTREAM_DATA;
    }
    if (integer && type->kind == COLUMN_BOOLEAN && (cell->integer == 0 || cell->integer == 1)) {
        value->kind = cell->integer == 1 ? VALUE_TRUE : VALUE_FALSE;
        return ROWSTREAM_OK;
    }
    if (integer) {
        value->integer = cell->integer;
        take(value, VALUE_INTEGER, text, number_format_integer(cell->integer, text));
    } else {
        value->real = cell->real;
        take(value, VALUE_REAL, text, 0);
    }
    if (type->kind != COLUMN_DECIMAL) {
        if (!integer)
            value->length = number_format_real(cell->real, text);
        return ROWSTREAM_OK;
    }
    value->kind = VALUE_STRING;
    if (!integer) {
        value->length = number_format_decimal(cell->real, type->scale, text);
    } else if (type->scale > 0) {
        int scale = type->scale > 100 ? 100 : type->scale;
        text[value->length++] = '.';
        memset(text + value->length, '0', (size_t)scale);
        value->length += (size_t)scale;
        text[value->length] = '\0';
    }
    return ROWSTREAM_OK;
}

enum rowstream_status value_from_cell(struct value *value, const struct cell *cell,
                                      const struct column_type *type, struct value_scratch *scratch,
                                      struct error *error) {
    switch (cell->kind) {
    case CELL_NULL:
        value->kind = VALUE_NULL;
        return ROWSTREAM_OK;
    case CELL_TEXT:
        return from_text(value, cell, type, scratch, error);
    case CELL_BLOB:
        return from_blob(value, cell, type, scratch, error);
    case CELL_INTEGER:
    case CELL_REAL:
        break;
    }
    return from_number(value, cell, type, scratch, error);
}
