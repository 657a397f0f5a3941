#include "budget/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/rate.h"

static const struct unit {
    const char *name;
    unsigned shift;
} units[] = {{"GiB", 30}, {"MiB", 20}, {"KiB", 10}}; /* the larger first */

struct number_style number_style_of(const char *text, enum heapgate_metric metric) {
    struct number_style style = {.scale = budget_metric_scale(metric)};
    const char *after = text + strspn(text, style.scale > 1 ? "0123456789." : "0123456789");
    size_t spaces = strspn(after, " ");
    const char *unit = after + spaces;
    snprintf(style.spaces, sizeof style.spaces, "%.*s", (int)(spaces < 8 ? spaces : 8), after);
    style.has_unit = unit[0] != '\0';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i].name) == 0)
            style.shift = units[i].shift;
    return style;
}

/* What has decimals is written with them. */
struct number_style number_style_new(enum heapgate_metric metric) {
    bool is_size = budget_metric_is_size(metric);
    uint64_t scale = budget_metric_scale(metric);
    return (struct number_style){.scale = scale,
                                 .has_unit = is_size,
                                 .shift = is_size && scale == 1 ? 10 : 0,
                                 .spaces = " "};
}

static bool keeps_within(const struct margin *margin, uint64_t added, uint64_t figure) {
    return !margin->set || added <= margin_of(margin, figure);
}

static bool is_close(uint64_t value, uint64_t rounded, const struct margin *slack,
                     const struct margin *tolerance) {
    uint64_t added = rounded - value;
    return added <= value / 100 && keeps_within(slack, added, rounded) &&
           keeps_within(tolerance, added, rounded);
}

uint64_t number_write(const struct number_style *style, uint64_t value, const struct margin *slack,
                      const struct margin *tolerance, char text[NUMBER_TEXT_BYTES]) {
    char digits[RATE_TEXT_BYTES];
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        uint64_t unit = style->scale << units[i].shift;
        uint64_t whole = value / unit + (value % unit > 0);
        if (value == 0 || units[i].shift > style->shift || whole > (uint64_t)INT64_MAX / unit ||
            !is_close(value, whole * unit, slack, tolerance))
            continue;
        snprintf(text, NUMBER_TEXT_BYTES, "%" PRIu64 "%s%s", whole, style->spaces, units[i].name);
        return whole * unit;
    }
    snprintf(text, NUMBER_TEXT_BYTES, "%s%s%s", rate_digits(value, style->scale, digits),
             style->has_unit ? style->spaces : "", style->has_unit ? "B" : "");
    return value;
}
