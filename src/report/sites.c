#include "report/sites.h"

#include "base/size.h"

enum { FRAMES_SHOWN = 3, BYTES_WIDTH = 20, SHARE_WIDTH = 8, BLOCKS_WIDTH = 12 };

/* A library that allocates is named by its innermost function; who called it says more. */
void report_site_frames(const char *const *frames, size_t own_frame, int indent,
                        struct writer *writer) {
    size_t shown = 0;
    if (frames[0] == NULL)
        put(writer, "(no call stack)\n");
    for (size_t i = 0; frames[i] != NULL && shown < FRAMES_SHOWN; i++) {
        if (i > 0 && i < own_frame)
            continue;
        if (shown++ > 0)
            put(writer, "%*s<- ", indent, "");
        put_plain(writer, frames[i]);
        put(writer, "\n");
    }
}

static void put_sites(const struct report_sites *sites, const char *moment,
                      struct writer *writer) {
    char text[SIZE_TEXT_BYTES];
    size_t shown = sites->count < REPORT_SITES_SHOWN ? sites->count : REPORT_SITES_SHOWN;
    int64_t rest = sites->total_bytes;
    put(writer, "  who %s, of %s:\n", moment,
        size_format_exact((uint64_t)sites->total_bytes, text));
    for (size_t i = 0; i < shown; i++) {
        const struct report_site *site = &sites->items[i];
        rest -= site->bytes;
        put(writer, "    %*s", BYTES_WIDTH, size_format_exact((uint64_t)site->bytes, text));
        put(writer, "%*.1f%%", SHARE_WIDTH - 1,
            sites->total_bytes > 0 ? 100.0 * (double)site->bytes / (double)sites->total_bytes : 0);
        put(writer, "%*s  ", BLOCKS_WIDTH,
            site->blocks >= 0 ? count_format((uint64_t)site->blocks, text) : "");
        report_site_frames(site->frames, site->own_frame,
                           4 + BYTES_WIDTH + SHARE_WIDTH + BLOCKS_WIDTH + 2, writer);
    }
    if (sites->count > shown && rest > 0)
        put(writer, "    %*s  in other call stacks\n", BYTES_WIDTH,
            size_format_exact((uint64_t)rest, text));
}

void report_sites(const struct report_sites *sites, struct writer *writer) {
    put_sites(sites, "held the memory at the peak", writer);
}

static void put_result_sites(const struct result *result, const char *moment,
                             struct writer *writer) {
    struct report_site items[RESULT_SITES_MAX];
    struct report_sites sites = {.items = items, .total_bytes = result->other_bytes};
    for (; sites.count < result->site_count && sites.count < RESULT_SITES_MAX; sites.count++) {
        const struct result_site *site = &result->sites[sites.count];
        items[sites.count] = (struct report_site){site->bytes, site->blocks,
                                                  (const char *const *)site->frames,
                                                  site->own_frame};
        sites.total_bytes += site->bytes;
    }
    put_sites(&sites, moment, writer);
}

void report_result_sites(const struct result *result, struct writer *writer) {
    put_result_sites(result, "held the memory at the peak", writer);
}

void report_held_now(const struct result *result, struct writer *writer) {
    put_result_sites(result, "holds the memory now", writer);
}
