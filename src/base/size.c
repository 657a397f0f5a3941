#include "base/size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct unit {
    const char *name;
    unsigned shift;
} units[] = {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};

/* Reads leading digits; returns where they end, or NULL when there are none or too many. */
static const char *read_digits(const char *text, uint64_t *value, bool *overflow) {
    const char *at = text;
    uint64_t number = 0;
    *overflow = false;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (number > ((uint64_t)INT64_MAX - digit) / 10)
            *overflow = true;
        else
            number = number * 10 + digit;
    }
    *value = number;
    return at == text ? NULL : at;
}

bool size_parse(const char *text, uint64_t *bytes, struct error *error) {
    uint64_t value;
    bool overflow;
    if (text[0] == '-') {
        error_set(error, "a size cannot be negative: \"%s\"", text);
        return false;
    }
    const char *rest = read_digits(text, &value, &overflow);
    if (rest == NULL) {
        error_set(error, "\"%s\" is not a size: expected " SIZE_ACCEPTED, text);
        return false;
    }
    while (*rest == ' ')
        rest++;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(rest, units[i].name) != 0)
            continue;
        if (overflow || value > (uint64_t)INT64_MAX >> units[i].shift) {
            error_set(error, "\"%s\" is too large: the limit is 9223372036854775807 bytes", text);
            return false;
        }
        *bytes = value << units[i].shift;
        return true;
    }
    error_set(error, "\"%s\" has an unknown unit: expected " SIZE_ACCEPTED, text);
    return false;
}

bool count_parse(const char *text, uint64_t *count, struct error *error) {
    bool overflow;
    const char *rest = read_digits(text, count, &overflow);
    if (rest == NULL || *rest != '\0') {
        error_set(error, "\"%s\" is not a whole number", text);
        return false;
    }
    if (overflow) {
        error_set(error, "\"%s\" is too large: the limit is 9223372036854775807", text);
        return false;
    }
    return true;
}

const char *count_format(uint64_t count, char text[SIZE_TEXT_BYTES]) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *to = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

const char *size_format_exact(uint64_t bytes, char text[SIZE_TEXT_BYTES]) {
    count_format(bytes, text);
    memcpy(text + strlen(text), " B", 3);
    return text;
}

const char *size_format(uint64_t bytes, char text[SIZE_TEXT_BYTES]) {
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < sizeof names / sizeof names[0]) {
        value /= 1024;
        unit++;
    }
    snprintf(text, SIZE_TEXT_BYTES, unit == 0 ? "%.0f %s" : "%.1f %s", value, names[unit]);
    return text;
}

const char *signed_format(int64_t value, enum sign sign,
                          const char *(*format)(uint64_t, char[SIZE_TEXT_BYTES]),
                          char text[SIZE_TEXT_BYTES]) {
    char *to = text;
    if (value < 0)
        *to++ = '-';
    else if (sign == SIGN_ALWAYS || (sign == SIGN_CHANGE && value > 0))
        *to++ = '+';
    char number[SIZE_TEXT_BYTES];
    format(value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value, number);
    strcpy(to, number);
    return text;
}
