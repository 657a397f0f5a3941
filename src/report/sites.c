#include "report/sites.h"

#include "base/size.h"

enum { FRAMES_SHOWN = 3, BYTES_WIDTH = 20, SHARE_WIDTH = 8, BLOCKS_WIDTH = 12 };

static void put_frame(struct writer *writer, size_t shown, const char *frame) {
    if (shown > 0)
        put(writer, "    %*s<- ", BYTES_WIDTH + SHARE_WIDTH + BLOCKS_WIDTH + 2, "");
    put_plain(writer, frame);
    put(writer, "\n");
}

/* Of a library, the function that the program called: what goes on inside says less. */
static void put_frames(struct writer *writer, const struct report_site *site) {
    size_t begin = site->own_frame > 0 ? site->own_frame - 1 : 0;
    if (site->frames[0] == NULL)
        put(writer, "(no call stack)\n");
    for (size_t i = 0; i < FRAMES_SHOWN && site->frames[begin + i] != NULL; i++)
        put_frame(writer, i, site->frames[begin + i]);
}

void report_sites(const struct report_sites *sites, struct writer *writer) {
    char text[SIZE_TEXT_BYTES];
    size_t shown = sites->count < REPORT_SITES_SHOWN ? sites->count : REPORT_SITES_SHOWN;
    int64_t rest = sites->total_bytes;
    put(writer, "  who held the memory at the peak, of %s:\n",
        size_format_exact((uint64_t)sites->total_bytes, text));
    for (size_t i = 0; i < shown; i++) {
        const struct report_site *site = &sites->items[i];
        rest -= site->bytes;
        put(writer, "    %*s", BYTES_WIDTH, size_format_exact((uint64_t)site->bytes, text));
        put(writer, "%*.1f%%", SHARE_WIDTH - 1,
            sites->total_bytes > 0 ? 100.0 * (double)site->bytes / (double)sites->total_bytes : 0);
        put(writer, "%*s  ", BLOCKS_WIDTH,
            site->blocks >= 0 ? count_format((uint64_t)site->blocks, text) : "");
        put_frames(writer, site);
    }
    if (sites->count > shown && rest > 0)
        put(writer, "    %*s  in other call stacks\n", BYTES_WIDTH,
            size_format_exact((uint64_t)rest, text));
}

void report_result_sites(const struct result *result, struct writer *writer) {
    struct report_site items[RESULT_SITES_MAX];
    struct report_sites sites = {.items = items, .total_bytes = result->other_bytes};
    for (; sites.count < result->site_count && sites.count < RESULT_SITES_MAX; sites.count++) {
        const struct result_site *site = &result->sites[sites.count];
        items[sites.count] = (struct report_site){site->bytes, site->blocks,
                                                  (const char *const *)site->frames,
                                                  site->own_frame};
        sites.total_bytes += site->bytes;
    }
    report_sites(&sites, writer);
}
