#include "report/phase_table.h"

#include "base/size.h"

enum { COLUMN = 17, CALLS_COLUMN = 13, NOT_RETURNED_BYTES = 4 << 20 };

static void put_bytes(struct writer *writer, int64_t bytes, enum sign sign) {
    char text[SIZE_TEXT_BYTES];
    put(writer, "%*s", COLUMN, signed_format(bytes, sign, size_format_exact, text));
}

void report_phases(const struct result *result, struct writer *writer) {
    char text[SIZE_TEXT_BYTES];
    size_t shown =
        result->phase_count < REPORT_PHASES_SHOWN ? result->phase_count : REPORT_PHASES_SHOWN;
    bool sampled = false;
    if (result->phase_count == 0)
        return;
    put(writer, "  %*s%*s%*s%*s  Phase\n", COLUMN, "Mem usage", COLUMN, "Increment", COLUMN,
        "Peak inside", CALLS_COLUMN, "Allocations");
    for (size_t i = 0; i < shown; i++) {
        const struct result_phase *phase = &result->phases[i];
        put(writer, "  ");
        put_bytes(writer, phase->live_after_bytes, SIGN_MINUS);
        put_bytes(writer, figure_subtract(phase->live_after_bytes, phase->live_before_bytes),
                  SIGN_ALWAYS);
        put_bytes(writer, phase->peak_bytes, SIGN_MINUS);
        put(writer, "%*s  ", CALLS_COLUMN, count_format(phase->allocations, text));
        put_plain(writer, phase->name);
        put(writer, "\n");
        sampled = sampled || phase->sampled;
    }
    if (shown < result->phase_count)
        put(writer, "  and %zu more phases, which are in the result\n",
            result->phase_count - shown);
    if (sampled)
        put(writer, "  (marked from outside by lines: the figures are about those of the marks)\n");
}

/* Of the last sample, because later the process may have freed what it held all along: how far live
 * bytes had fallen since the highest sample, and how far the resident set. */
void report_not_returned(const struct result *result, struct writer *writer) {
    char freed_text[SIZE_TEXT_BYTES], fall_text[SIZE_TEXT_BYTES], live_text[SIZE_TEXT_BYTES],
        rss_text[SIZE_TEXT_BYTES];
    const struct result_sample *points = result->timeline, *highest = points;
    if (result->timeline_count < 3)
        return;
    /* The last point is of the end, when there was no resident set any more to look at. */
    const struct result_sample *last = &points[result->timeline_count - 2];
    if (last->at_ms == last[1].at_ms)
        last--;
    uint64_t highest_rss = 0;
    for (const struct result_sample *point = points; point <= last; point++) {
        if (point->live_bytes > highest->live_bytes)
            highest = point;
        if (point->rss_bytes > highest_rss)
            highest_rss = point->rss_bytes;
    }
    int64_t freed = figure_subtract(highest->live_bytes, last->live_bytes);
    int64_t fall = (int64_t)(highest_rss - last->rss_bytes);
    if (figure_subtract(freed, fall) < NOT_RETURNED_BYTES || fall > freed / 2)
        return;
    put(writer,
        "  freed, but not returned to the system: after the peak, live bytes fell by %s and the "
        "resident set by %s, to %s with %s live\n",
        size_format((uint64_t)freed, freed_text), size_format((uint64_t)fall, fall_text),
        size_format(last->rss_bytes, rss_text),
        size_format(last->live_bytes > 0 ? (uint64_t)last->live_bytes : 0, live_text));
}
