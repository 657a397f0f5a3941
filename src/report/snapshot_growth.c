#include "report/snapshot_growth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "report/site_list.h"

enum { MORE_BYTES = 18, BYTES = 18, MORE_BLOCKS = 11, BLOCKS = 11 };

/* A site that holds more in the later snapshot. */
struct grown {
    const struct result_site *site; /* of the later */
    int64_t bytes, blocks;          /* how much more */
};

static bool is_same(char *const *left, char *const *right) {
    size_t at = 0;
    for (; left[at] != NULL && right[at] != NULL; at++)
        if (strcmp(left[at], right[at]) != 0)
            return false;
    return left[at] == right[at];
}

static const struct result_site *find(const struct result_snapshot *snapshot, char *const *frames) {
    for (size_t i = 0; i < snapshot->site_count; i++)
        if (is_same(snapshot->sites[i].frames, frames))
            return &snapshot->sites[i];
    return NULL;
}

static int most_first(const void *left, const void *right) {
    const struct grown *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return a->site < b->site ? -1 : a->site > b->site; /* their order in the snapshot */
}

static size_t compare(const struct result_snapshot *before, const struct result_snapshot *after,
                      struct grown grown[RESULT_SITES_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < after->site_count && i < RESULT_SITES_MAX; i++) {
        const struct result_site *site = &after->sites[i], *old = find(before, site->frames);
        struct grown one = {site, figure_subtract(site->bytes, old != NULL ? old->bytes : 0),
                            figure_subtract(site->blocks, old != NULL ? old->blocks : 0)};
        if (one.bytes > 0)
            grown[count++] = one;
    }
    qsort(grown, count, sizeof grown[0], most_first);
    return count;
}

static void put_signed(struct writer *writer, int width, int64_t value,
                       const char *(*format)(uint64_t, char[SIZE_TEXT_BYTES])) {
    char text[SIZE_TEXT_BYTES];
    put(writer, "%*s", width, signed_format(value, SIGN_ALWAYS, format, text));
}

static void put_pair(const struct result_snapshot *before, const struct result_snapshot *after,
                     size_t most, struct writer *writer) {
    struct grown grown[RESULT_SITES_MAX];
    char text[SIZE_TEXT_BYTES];
    size_t count = compare(before, after, grown);
    put(writer, "  from ");
    put_plain(writer, before->name);
    put(writer, " to ");
    put_plain(writer, after->name);
    put(writer, ": ");
    put_signed(writer, 0, figure_subtract(after->live_bytes, before->live_bytes),
               size_format_exact);
    put(writer, ", to %s\n",
        size_format_exact(after->live_bytes > 0 ? (uint64_t)after->live_bytes : 0, text));
    for (size_t i = 0; i < count && i < most; i++) {
        put_signed(writer, MORE_BYTES, grown[i].bytes, size_format_exact);
        put(writer, "%*s", BYTES, size_format_exact((uint64_t)grown[i].site->bytes, text));
        put_signed(writer, MORE_BLOCKS, grown[i].blocks, count_format);
        put(writer, "%*s  ", BLOCKS,
            count_format(grown[i].site->blocks > 0 ? (uint64_t)grown[i].site->blocks : 0, text));
        report_site_frames((const char *const *)grown[i].site->frames, grown[i].site->own_frame,
                           writer);
    }
    if (count > most)
        put(writer, "%*s  and %zu more call stacks\n", MORE_BYTES, "", count - most);
}

void report_snapshot_growth(const struct result *result, struct writer *writer) {
    size_t count = result->snapshot_count;
    size_t shown = count < 1 + REPORT_GROWTH_PAIRS ? count : 1 + REPORT_GROWTH_PAIRS;
    if (result->snapshots_lost > 0)
        put(writer, "  there was no room for %llu more snapshots\n",
            (unsigned long long)result->snapshots_lost);
    if (count < 2)
        return;
    put(writer, "  what grew between snapshots:\n%*s%*s%*s%*s  site\n", MORE_BYTES, "+bytes", BYTES,
        "bytes", MORE_BLOCKS, "+blocks", BLOCKS, "blocks");
    for (size_t i = 1; i < shown; i++)
        put_pair(&result->snapshots[i - 1], &result->snapshots[i], REPORT_GROWTH_SITES, writer);
    if (shown < count)
        put(writer, "  and %zu more snapshots, which are in the result\n", count - shown);
    if (count > 2)
        put_pair(&result->snapshots[0], &result->snapshots[count - 1], REPORT_GROWTH_SITES_ALL,
                 writer);
}
