#include "budget/margin.h"

#include <stdio.h>
#include <string.h>

#include "budget/budget.h"

enum { TEXT_BYTES_MAX = 256 };
#define MILLIONTHS UINT64_C(1000000)
#define PERCENT_MAX 1000

/* Four decimals of a percent are what a millionth can hold. */
static bool parse_percent(const char *text, uint32_t *millionths) {
    uint64_t whole = 0, part = 0, scale = MILLIONTHS / 100;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && whole <= PERCENT_MAX; at++)
        whole = whole * 10 + (uint64_t)(*at - '0');
    if (at == text || whole > PERCENT_MAX)
        return false;
    if (*at == '.') {
        const char *decimals = ++at;
        for (; *at >= '0' && *at <= '9' && scale > 1; at++) {
            scale /= 10;
            part += (uint64_t)(*at - '0') * scale;
        }
        if (at == decimals)
            return false;
    }
    uint64_t value = whole * (MILLIONTHS / 100) + part;
    if (strcmp(at, "%") != 0 || value > PERCENT_MAX * (MILLIONTHS / 100))
        return false;
    *millionths = (uint32_t)value;
    return true;
}

static void trim(char **text) {
    *text += strspn(*text, " ");
    size_t length = strlen(*text);
    while (length > 0 && (*text)[length - 1] == ' ')
        (*text)[--length] = '\0';
}

bool margin_parse(const char *text, enum heapgate_metric metric, struct margin *margin,
                  struct error *error) {
    bool counted = !budget_metric_is_size(metric);
    char copy[TEXT_BYTES_MAX + 1];
    bool has_percent = false, has_absolute = false;
    struct margin parsed = {.set = true};
    if ((size_t)snprintf(copy, sizeof copy, "%s", text) >= sizeof copy)
        goto failed;
    for (char *rest = copy, *term = strsep(&rest, "+"); term != NULL; term = strsep(&rest, "+")) {
        trim(&term);
        if (!has_percent && parse_percent(term, &parsed.millionths))
            has_percent = true;
        else if (!has_absolute && budget_figure_parse(metric, term, &parsed.absolute, NULL))
            has_absolute = true;
        else
            goto failed;
    }
    *margin = parsed;
    return true;
failed:
    error_set(error,
              "\"%.256s\" is not a margin: expected a percentage up to %d%%, %s, or both as %s",
              text, PERCENT_MAX,
              !counted                          ? "a size"
              : budget_metric_scale(metric) > 1 ? "a number"
                                                : "a whole number",
              counted ? "2% + 10" : "2% + 4 KiB");
    return false;
}

uint64_t margin_of(const struct margin *margin, uint64_t figure) {
    uint64_t whole, part = figure % MILLIONTHS * margin->millionths / MILLIONTHS, sum;
    if (!margin->set)
        return 0;
    if (__builtin_mul_overflow(figure / MILLIONTHS, margin->millionths, &whole) ||
        __builtin_add_overflow(whole, part, &sum) ||
        __builtin_add_overflow(sum, margin->absolute, &sum) || sum > INT64_MAX)
        sum = INT64_MAX;
    return margin->at_most > 0 && sum > margin->at_most ? margin->at_most : sum;
}
