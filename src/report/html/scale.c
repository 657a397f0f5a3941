#include "report/html/scale.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"

static double power_of_two(double least) {
    return exp2(ceil(log2(least)));
}

static double one_two_five(double least) {
    double ten = pow(10, floor(log10(least)));
    return least <= ten ? ten : least <= 2 * ten ? 2 * ten : least <= 5 * ten ? 5 * ten : 10 * ten;
}

struct scale scale_make(enum plot_unit unit, double low, double high, unsigned ticks) {
    struct scale scale = {.unit = unit, .low = low, .high = high > low ? high : low + 1};
    double least = fmax((scale.high - scale.low) / ticks, 1);
    scale.step = unit == PLOT_BYTES ? power_of_two(least) : one_two_five(least);
    return scale;
}

double scale_at(const struct scale *scale, double value) {
    return scale->from +
           (value - scale->low) / (scale->high - scale->low) * (scale->to - scale->from);
}

double scale_first_tick(const struct scale *scale) {
    return ceil(scale->low / scale->step) * scale->step;
}

static uint64_t magnitude(double value) {
    return (uint64_t)fmin(fabs(round(value)), 9e18);
}

const char *scale_format(const struct scale *scale, double value, char text[SCALE_TEXT_BYTES]) {
    char number[SIZE_TEXT_BYTES];
    const char *sign = value < -0.5 ? "-" : "";
    if (scale->unit == PLOT_MILLISECONDS && scale->high >= 2000) {
        snprintf(text, SCALE_TEXT_BYTES, "%s%.3g s", sign, fabs(value) / 1000);
        if (fabs(value) >= 1e6)
            snprintf(text, SCALE_TEXT_BYTES, "%s%s s", sign,
                     count_format(magnitude(value) / 1000, number));
        return text;
    }
    if (scale->unit != PLOT_BYTES) {
        snprintf(text, SCALE_TEXT_BYTES, "%s%s%s", sign, count_format(magnitude(value), number),
                 scale->unit == PLOT_MILLISECONDS ? " ms" : "");
        return text;
    }
    snprintf(text, SCALE_TEXT_BYTES, "%s%s", sign, size_format(magnitude(value), number));
    char *point = strstr(text, ".0 ");
    if (point != NULL)
        memmove(point, point + 2, strlen(point + 2) + 1);
    return text;
}

const char *scale_format_exact(enum plot_unit unit, double value, char text[SCALE_TEXT_BYTES]) {
    char number[SIZE_TEXT_BYTES];
    static const char *const units[] = {
        [PLOT_BYTES] = " B", [PLOT_MILLISECONDS] = " ms", [PLOT_UNITS] = ""};
    snprintf(text, SCALE_TEXT_BYTES, "%s%s%s", value < -0.5 ? "-" : "",
             count_format(magnitude(value), number), units[unit]);
    return text;
}
