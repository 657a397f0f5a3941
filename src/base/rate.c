#include "base/rate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"

/* Reads "12.34" as parts; returns where it ends, or NULL for no such number. */
static const char *read_parts(const char *text, uint64_t scale, uint64_t *parts, bool *overflow) {
    const char *at = text;
    uint64_t number = 0, left = scale;
    *overflow = false;
    for (; *at >= '0' && *at <= '9'; at++)
        *overflow = __builtin_mul_overflow(number, 10, &number) ||
                    __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number) || *overflow;
    if (at == text)
        return NULL;
    if (*at == '.') {
        const char *decimals = ++at;
        for (; *at >= '0' && *at <= '9' && left > 1; at++, left /= 10)
            *overflow = __builtin_mul_overflow(number, 10, &number) ||
                        __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number) || *overflow;
        if (at == decimals || (*at >= '0' && *at <= '9'))
            return NULL;
    }
    *overflow = __builtin_mul_overflow(number, left, parts) || *overflow;
    return at;
}

static unsigned count_decimals(uint64_t scale) {
    unsigned decimals = 0;
    for (; scale > 1; scale /= 10)
        decimals++;
    return decimals;
}

bool rate_parse(const char *text, uint64_t scale, bool is_size, uint64_t *parts,
                struct error *error) {
    uint64_t value, unit = 1;
    bool overflow;
    const char *rest = read_parts(text, scale, &value, &overflow);
    if (rest == NULL) {
        error_set(error, "\"%s\" is not a number with at most %u decimals", text,
                  count_decimals(scale));
        return false;
    }
    if (is_size && *rest != '\0') {
        char one[32] = "1";
        if ((size_t)snprintf(one, sizeof one, "1%s", rest) >= sizeof one ||
            !size_parse(one, &unit, NULL))
            rest = " "; /* no unit */
        else
            rest = "";
    }
    if (*rest != '\0') {
        if (is_size)
            error_set(error, "\"%s\" has an unknown unit: expected " RATE_SIZE_ACCEPTED, text);
        else
            error_set(error, "\"%s\" is not a number with at most %u decimals", text,
                      count_decimals(scale));
        return false;
    }
    if (overflow || __builtin_mul_overflow(value, unit, &value) || value > INT64_MAX) {
        error_set(error, "\"%s\" is too large", text);
        return false;
    }
    *parts = value;
    return true;
}

static void put_decimals(uint64_t parts, uint64_t scale, char text[RATE_TEXT_BYTES]) {
    size_t length = strlen(text);
    if (parts % scale == 0)
        return;
    snprintf(text + length, RATE_TEXT_BYTES - length, ".%0*" PRIu64, (int)count_decimals(scale),
             parts % scale);
    for (length = strlen(text); text[length - 1] == '0'; length--)
        text[length - 1] = '\0';
}

const char *rate_format(uint64_t parts, uint64_t scale, char text[RATE_TEXT_BYTES]) {
    count_format(parts / scale, text);
    put_decimals(parts, scale, text);
    return text;
}

const char *rate_digits(uint64_t parts, uint64_t scale, char text[RATE_TEXT_BYTES]) {
    snprintf(text, RATE_TEXT_BYTES, "%" PRIu64, parts / scale);
    put_decimals(parts, scale, text);
    return text;
}
