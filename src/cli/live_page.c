#include "cli/live_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "report/site_list.h"

enum { NAME_COLUMN = 12, FIGURE_COLUMN = 18 };

void live_print_clock(uint64_t ms, struct writer *writer) {
    uint64_t seconds = ms / 1000;
    if (seconds >= 3600)
        put(writer, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600, seconds / 60 % 60,
            seconds % 60);
    else
        put(writer, "%" PRIu64 ":%02" PRIu64, seconds / 60, seconds % 60);
}

static uint64_t not_negative(int64_t bytes) {
    return bytes > 0 ? (uint64_t)bytes : 0;
}

/* Text of another process, which need not be terminated. */
static void put_foreign(struct writer *writer, const char *text, size_t bytes_max) {
    char copy[HEAPGATE_NAME_BYTES + 1];
    snprintf(copy, sizeof copy, "%.*s", (int)bytes_max, text);
    put_plain(writer, copy);
}

static double per_second(double change, const struct live_look *look,
                         const struct live_look *before) {
    double ms = (double)(look->elapsed_ms - before->elapsed_ms);
    return ms > 0 ? change * 1000 / ms : 0;
}

/* "+1.2 MiB/s". */
static void put_rate(struct writer *writer, double rate) {
    char text[SIZE_TEXT_BYTES];
    put(writer, "%s/s", signed_format((int64_t)rate, SIGN_ALWAYS, size_format, text));
}

static void put_figure(struct writer *writer, const char *name, uint64_t bytes) {
    char text[SIZE_TEXT_BYTES];
    put(writer, "  %-*s%*s", NAME_COLUMN, name, FIGURE_COLUMN, size_format_exact(bytes, text));
    put(writer, "   %s", size_format(bytes, text));
}

static void put_heading(const struct live_look *look, struct writer *writer) {
    char text[SIZE_TEXT_BYTES];
    put_foreign(writer, look->command, RECORD_COMMAND_BYTES);
    put(writer, " (process %d", look->pid);
    if (look->process_count > 1)
        put(writer, ", of %zu", look->process_count);
    put(writer, "), case ");
    put_foreign(writer, look->case_key, HEAPGATE_NAME_BYTES);
    put(writer, ", ");
    live_print_clock(look->elapsed_ms, writer);
    if (look->units_done > 0)
        put(writer, ", %s units", count_format(look->units_done, text));
    if (look->phase != NULL) {
        put(writer, ", in ");
        put_foreign(writer, look->phase, HEAPGATE_NAME_BYTES);
    }
}

void live_print_page(const struct live_look *look, const struct live_look *before,
                     const struct result *sites, struct writer *writer) {
    char text[SIZE_TEXT_BYTES];
    put_heading(look, writer);
    put(writer, "\n");
    put_figure(writer, "live", not_negative(look->counters.live_bytes));
    if (before != NULL) {
        put(writer, "   ");
        put_rate(writer,
                 per_second((double)(look->counters.live_bytes - before->counters.live_bytes), look,
                            before));
    }
    put(writer, "\n");
    put_figure(writer, "peak", not_negative(look->counters.peak_bytes));
    put(writer, "\n");
    put_figure(writer, "rss", look->rss_bytes);
    put(writer, "\n  %-*s%*s", NAME_COLUMN, "allocations", FIGURE_COLUMN,
        count_format(look->counters.allocations, text));
    if (before != NULL)
        put(writer, "   +%s/s",
            count_format((uint64_t)per_second(
                             (double)(look->counters.allocations - before->counters.allocations),
                             look, before),
                         text));
    put(writer, "\n");
    put_figure(writer, "allocated", look->counters.allocated_bytes);
    if (before != NULL) {
        put(writer, "   ");
        put_rate(writer, per_second((double)(look->counters.allocated_bytes -
                                             before->counters.allocated_bytes),
                                    look, before));
    }
    put(writer, "\n");
    if (sites != NULL && sites->site_count > 0)
        report_held_now(sites, writer);
}

void live_print_line(const struct live_look *look, const struct live_look *before,
                     struct writer *writer) {
    char text[SIZE_TEXT_BYTES];
    put_heading(look, writer);
    put(writer, ": live %s", size_format_exact(not_negative(look->counters.live_bytes), text));
    put(writer, ", peak %s", size_format_exact(not_negative(look->counters.peak_bytes), text));
    put(writer, ", rss %s", size_format(look->rss_bytes, text));
    put(writer, ", %s allocations", count_format(look->counters.allocations, text));
    if (before != NULL) {
        put(writer, ", ");
        put_rate(writer,
                 per_second((double)(look->counters.live_bytes - before->counters.live_bytes), look,
                            before));
    }
    put(writer, "\n");
}
