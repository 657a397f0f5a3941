#include "rowstream/core/number.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A finite double as digits d.ddd x 10^exponent, without trailing zeros. */
struct digits {
    bool negative;
    int count;
    int exponent;
    char text[24];
};

static struct digits digits_of(double number) {
    struct digits digits = {.negative = signbit(number) != 0};
    double magnitude = fabs(number);
    char text[48];
    /* Up to 15 digits always survive the way through a normal double, so 15 of them without their
     * trailing zeros are the shortest text, if they are enough. */
    int precision = magnitude != 0 && magnitude < DBL_MIN ? 1 : 15;
    for (; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, magnitude);
        if (precision == 17 || strtod(text, NULL) == magnitude)
            break;
    }
    const char *at = text;
    for (; *at != 'e'; at++) /* whatever the locale has for a decimal point is passed over */
        if (*at >= '0' && *at <= '9')
            digits.text[digits.count++] = *at;
    digits.exponent = atoi(at + 1);
    while (digits.count > 1 && digits.text[digits.count - 1] == '0')
        digits.count--;
    return digits;
}

static size_t put_fixed(const struct digits *digits, int scale, char *text) {
    size_t length = 0;
    if (digits->negative)
        text[length++] = '-';
    for (int i = 0; i <= digits->exponent || i == 0; i++) /* before the point */
        text[length++] = digits->exponent >= 0 && i < digits->count ? digits->text[i] : '0';
    int after = digits->count - 1 - digits->exponent;
    if (after < scale)
        after = scale;
    if (after > 0)
        text[length++] = '.';
    for (int i = 1; i <= after; i++) {
        int index = digits->exponent + i;
        text[length++] = index >= 0 && index < digits->count ? digits->text[index] : '0';
    }
    text[length] = '\0';
    return length;
}

static size_t put_exponent(const struct digits *digits, char *text) {
    size_t length = 0;
    if (digits->negative)
        text[length++] = '-';
    text[length++] = digits->text[0];
    if (digits->count > 1) {
        text[length++] = '.';
        memcpy(text + length, digits->text + 1, (size_t)digits->count - 1);
        length += (size_t)digits->count - 1;
    }
    return length + (size_t)snprintf(text + length, 8, "e%c%02d", digits->exponent < 0 ? '-' : '+',
                                     abs(digits->exponent));
}

static size_t put_infinite(double number, char *text) {
    const char *name = isnan(number) ? "nan" : number < 0 ? "-inf" : "inf";
    memcpy(text, name, strlen(name) + 1);
    return strlen(name);
}

size_t number_format_integer(int64_t number, char *text) {
    char reversed[24];
    size_t count = 0, length = 0;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        reversed[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        text[length++] = '-';
    while (count > 0)
        text[length++] = reversed[--count];
    text[length] = '\0';
    return length;
}

size_t number_format_real(double number, char *text) {
    if (!isfinite(number))
        return put_infinite(number, text);
    struct digits digits = digits_of(number);
    if (digits.exponent < -4 || digits.exponent >= 16)
        return put_exponent(&digits, text);
    return put_fixed(&digits, 1, text);
}

size_t number_format_decimal(double number, int scale, char *text) {
    if (!isfinite(number))
        return put_infinite(number, text);
    struct digits digits = digits_of(number);
    /* Long runs of zeros are no help to a reader; decimals of such a size read exponents too. */
    if (digits.exponent < -100 || digits.exponent > 100)
        return put_exponent(&digits, text);
    return put_fixed(&digits, scale > 100 ? 100 : scale, text);
}
