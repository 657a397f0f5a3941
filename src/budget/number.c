#include "budget/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct unit {
    const char *name;
    unsigned shift;
} units[] = {{"GiB", 30}, {"MiB", 20}, {"KiB", 10}}; /* the larger first */

struct number_style number_style_of(const char *text, bool is_size) {
    struct number_style style = {.is_size = is_size};
    const char *after = text + strspn(text, "0123456789");
    size_t spaces = strspn(after, " ");
    const char *unit = after + spaces;
    snprintf(style.spaces, sizeof style.spaces, "%.*s", (int)(spaces < 8 ? spaces : 8), after);
    style.has_unit = unit[0] != '\0';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i].name) == 0)
            style.shift = units[i].shift;
    return style;
}

struct number_style number_style_new(bool is_size) {
    return (struct number_style){
        .is_size = is_size, .has_unit = is_size, .shift = is_size ? 10 : 0, .spaces = " "};
}

static bool is_close(uint64_t value, uint64_t rounded, const struct margin *slack) {
    return rounded - value <= value / 100 &&
           (!slack->set || rounded - value <= margin_of(slack, rounded));
}

uint64_t number_write(const struct number_style *style, uint64_t value, const struct margin *slack,
                      char text[NUMBER_TEXT_BYTES]) {
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        uint64_t unit = UINT64_C(1) << units[i].shift, whole = value / unit + (value % unit > 0);
        if (value == 0 || units[i].shift > style->shift || whole > (uint64_t)INT64_MAX / unit ||
            !is_close(value, whole * unit, slack))
            continue;
        snprintf(text, NUMBER_TEXT_BYTES, "%" PRIu64 "%s%s", whole, style->spaces, units[i].name);
        return whole * unit;
    }
    snprintf(text, NUMBER_TEXT_BYTES, "%" PRIu64 "%s%s", value,
             style->has_unit ? style->spaces : "", style->has_unit ? "B" : "");
    return value;
}
