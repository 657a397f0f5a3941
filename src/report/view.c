/* The words that views share. */
#include "report/view.h"

#include <stdio.h>
#include <string.h>

#include "base/rate.h"
#include "base/size.h"

static const struct verdict_words {
    enum heapgate_status status;
    const char *verdict, *counted;
} verdict_words[] = {
    {HEAPGATE_OK, "ok", "within budget"},      {HEAPGATE_OVER, "OVER", "over"},
    {HEAPGATE_STALE, "STALE", "stale"},        {HEAPGATE_INVALID, "INVALID", "invalid"},
    {JUDGED_MEASURED, "measured", "measured"},
};

const char *report_verdict(enum heapgate_status status) {
    for (size_t i = 0; i < sizeof verdict_words / sizeof verdict_words[0]; i++)
        if (verdict_words[i].status == status)
            return verdict_words[i].verdict;
    return "INVALID";
}

const char *report_metric_name(enum heapgate_metric metric, const char *phase,
                               char text[REPORT_NAME_BYTES]) {
    bool in_phase = phase != NULL && phase[0] != '\0';
    snprintf(text, REPORT_NAME_BYTES, "%s%s%s", budget_metric_name(metric), in_phase ? " in " : "",
             in_phase ? phase : "");
    return text;
}

static const char *figure_text(enum heapgate_metric metric, int64_t value, bool exact,
                               char text[FIGURE_TEXT_BYTES]) {
    char number[RATE_TEXT_BYTES + 2];
    uint64_t size = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    uint64_t scale = budget_metric_scale(metric);
    bool is_size = budget_metric_is_size(metric);
    const char *per_unit = strstr(budget_metric_unit(metric), " per unit");
    if (is_size && !exact && (scale == 1 || size / scale >= 1024)) {
        size_format(size / scale, number);
    } else {
        rate_format(size, scale, number);
        if (is_size)
            strcat(number, " B");
    }
    snprintf(text, FIGURE_TEXT_BYTES, "%s%s%s", value < 0 ? "-" : "", number,
             per_unit != NULL ? per_unit : "");
    return text;
}

const char *report_figure(enum heapgate_metric metric, int64_t value,
                          char text[FIGURE_TEXT_BYTES]) {
    return figure_text(metric, value, true, text);
}

const char *report_figure_short(enum heapgate_metric metric, int64_t value,
                                char text[FIGURE_TEXT_BYTES]) {
    return figure_text(metric, value, false, text);
}

const char *report_figure_number(enum heapgate_metric metric, int64_t value,
                                 char text[RATE_TEXT_BYTES]) {
    char digits[RATE_TEXT_BYTES];
    uint64_t size = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    snprintf(text, RATE_TEXT_BYTES, "%s%s", value < 0 ? "-" : "",
             rate_digits(size, budget_metric_scale(metric), digits));
    return text;
}

int64_t report_head_room(const struct budget_row *bounds) {
    int64_t room;
    return __builtin_sub_overflow((int64_t)bounds->limit, bounds->measured, &room) ? INT64_MAX
                                                                                   : room;
}

size_t report_count(const struct judged_list *list, enum heapgate_status status) {
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += list->items[i].status == status;
    return count;
}

void report_summary(const struct judged_list *list, char *text, size_t text_bytes) {
    int used = snprintf(text, text_bytes, "%zu case%s:", list->count, list->count == 1 ? "" : "s");
    const char *before = " ";
    for (size_t i = 0; i < sizeof verdict_words / sizeof verdict_words[0]; i++) {
        size_t count = report_count(list, verdict_words[i].status);
        if (count == 0 || used < 0 || (size_t)used >= text_bytes)
            continue;
        used += snprintf(text + used, text_bytes - (size_t)used, "%s%zu %s", before, count,
                         verdict_words[i].counted);
        before = ", ";
    }
}
