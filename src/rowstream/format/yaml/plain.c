#include "rowstream/format/yaml/plain.h"

#include <string.h>

static const char *const words[] = {
    "~",  "null", "Null", "NULL", "yes",   "Yes",   "YES",   "no",   "No",   "NO",
    "on", "On",   "ON",   "off",  "Off",   "OFF",   "true",  "True", "TRUE", "<<",
    "=",  "!",    "&",    "*",    "false", "False", "FALSE", "y",    "Y",    "n",
    "N",  ".inf", ".Inf", ".INF", ".nan",  ".NaN",  ".NAN",
};

enum { WORD_BYTES = 5 }; /* the longest */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Skips what is in `set`; true when there was some of it. */
static bool skip(const char **at, const char *set) {
    size_t length = strspn(*at, set);
    *at += length;
    return length > 0;
}

#define DECIMAL "0123456789"

/* 0b01, 0o17, 0x1F, with the underscores of YAML 1.1. */
static bool is_based(const char *at) {
    if (at[0] != '0' || at[1] == '\0')
        return false;
    const char *set = at[1] == 'b'   ? "01_"
                      : at[1] == 'o' ? "01234567_"
                      : at[1] == 'x' ? DECIMAL "abcdefABCDEF_"
                                     : NULL;
    at += 2;
    return set != NULL && skip(&at, set) && *at == '\0';
}

/* 12, 1_000, 1.5, .5, 1e3, 1.5e-3, and 190:20:30 or 190:20:30.15, which count in sixties. */
static bool is_number(const char *at) {
    bool leading_zero = *at == '0'; /* PyYAML takes 03:00:00 for text, and 3:00:00 for 10800 */
    bool digits = is_digit(*at) && skip(&at, DECIMAL "_");
    if (digits && *at == ':') {
        while (*at == ':') {
            at++;
            if (!is_digit(*at) || (is_digit(at[1]) && *at > '5'))
                return false;
            at += is_digit(at[1]) ? 2 : 1;
        }
        if (*at == '.') {
            at++;
            skip(&at, DECIMAL "_");
            return *at == '\0';
        }
        return *at == '\0' && !leading_zero;
    }
    if (*at == '.') {
        at++;
        digits = (is_digit(*at) && skip(&at, DECIMAL "_")) || digits;
    }
    if (!digits)
        return false;
    if (*at == 'e' || *at == 'E') {
        at++;
        if (*at == '+' || *at == '-')
            at++;
        if (!skip(&at, DECIMAL))
            return false;
    }
    return *at == '\0';
}

/* 2014-09-24, or that with a time: the readers' patterns differ in details, so whatever goes on
 * with digits, and the marks of a time only, counts. */
static bool is_date(const char *at) {
    for (int i = 0; i < 4; i++)
        if (!is_digit(*at++))
            return false;
    return *at == '-' && strspn(at, DECIMAL "-:.+ \tTtZz") == strlen(at);
}

bool yaml_plain_is_other(const char *text, size_t length) {
    if (length == 0)
        return true;
    if (length <= WORD_BYTES && strchr("~nNyYoOtTfF<=!&*.", text[0]) != NULL)
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (strcmp(words[i], text) == 0)
                return true;
    const char *at = text;
    if (*at == '+' || *at == '-')
        at++;
    if (!is_digit(*at) && *at != '.')
        return false;
    return is_number(at) || is_based(at) || strncmp(at, ".inf", 5) == 0 ||
           strncmp(at, ".Inf", 5) == 0 || strncmp(at, ".INF", 5) == 0 || is_date(at);
}
