/* Verdicts in words. */
#include <math.h>
#include <stdio.h>

#include "base/size.h"
#include "report/html/html.h"

const struct html_verdict_words html_verdicts[HTML_VERDICTS] = {
    {HEAPGATE_OK, "ok", "within budget"},
    {HEAPGATE_OVER, "over", "over"},
    {HEAPGATE_STALE, "stale", "stale"},
    {HEAPGATE_INVALID, "invalid", "invalid"},
    {JUDGED_MEASURED, "measured", "measured, without a budget"}};

void html_verdict(struct page *page, enum heapgate_status status) {
    char class[32] = "verdict invalid";
    for (size_t i = 0; i < HTML_VERDICTS; i++)
        if (html_verdicts[i].status == status)
            snprintf(class, sizeof class, "verdict %s", html_verdicts[i].class);
    html_leaf(page, "span", class, report_verdict(status));
}

size_t html_verdict_count(const struct case_rows *rows, enum heapgate_status status) {
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++)
        count += rows->items[i].status == status;
    return count;
}

void html_summary(const struct case_rows *rows, char *text, size_t text_bytes) {
    char number[SIZE_TEXT_BYTES];
    size_t used =
        (size_t)snprintf(text, text_bytes, "%s case%s:", count_format(rows->count, number),
                         rows->count == 1 ? "" : "s");
    const char *before = " ";
    for (size_t i = 0; i < HTML_VERDICTS && used < text_bytes; i++) {
        size_t count = html_verdict_count(rows, html_verdicts[i].status);
        if (count == 0)
            continue;
        used += (size_t)snprintf(text + used, text_bytes - used, "%s%s %s", before,
                                 count_format(count, number), html_verdicts[i].counted);
        before = ", ";
    }
}

const char *html_room(const struct budget_row *bounds, char *text, size_t text_bytes) {
    char size[FIGURE_TEXT_BYTES];
    int64_t room = report_head_room(bounds);
    if (bounds->status == HEAPGATE_OVER && bounds->limit > 0 &&
        (uint64_t)bounds->measured / 2 >= bounds->limit) {
        snprintf(text, text_bytes, "%s times the limit",
                 count_format((uint64_t)bounds->measured / bounds->limit, size));
        return text;
    }
    report_figure_short(bounds->metric, room < 0 ? -room : room, size);
    if (bounds->limit == 0)
        snprintf(text, text_bytes, "%s%s", size, room < 0 ? " over" : "");
    else
        snprintf(text, text_bytes, "%.1f%% (%s)%s",
                 100 * fabs((double)room) / (double)bounds->limit, size, room < 0 ? " over" : "");
    return text;
}
