/* The figures of a run, in one pass that keeps four snapshots and the header. */
#include <stdlib.h>
#include <string.h>

#include "massif/massif.h"

static bool keep_header(void *context, const struct massif_header *header, struct error *error) {
    struct massif_summary *summary = context;
    summary->description = strndup(header->description.bytes, header->description.length);
    summary->command = strndup(header->command.bytes, header->command.length);
    summary->time_unit = header->time_unit;
    if (summary->description != NULL && summary->command != NULL)
        return true;
    error_set(error, "out of memory for the header");
    return false;
}

static bool is_larger(const struct massif_snapshot *snapshot, const struct massif_snapshot *than) {
    return snapshot->heap_bytes != than->heap_bytes ? snapshot->heap_bytes > than->heap_bytes
                                                    : snapshot->detail > than->detail;
}

static bool keep_snapshot(void *context, const struct massif_snapshot *snapshot,
                          struct error *error) {
    (void)error;
    struct massif_summary *summary = context;
    if (summary->snapshot_count++ == 0 || is_larger(snapshot, &summary->largest))
        summary->largest = *snapshot;
    if (snapshot->detail == MASSIF_PEAK &&
        (!summary->has_marked || is_larger(snapshot, &summary->marked))) {
        summary->has_marked = true;
        summary->marked = *snapshot;
    }
    if (snapshot->detail != MASSIF_EMPTY &&
        (!summary->has_detailed || is_larger(snapshot, &summary->detailed))) {
        summary->has_detailed = true;
        summary->detailed = *snapshot;
    }
    summary->last = *snapshot;
    return true;
}

bool massif_summary_read(const char *path, struct massif_summary *summary, struct error *error) {
    static const struct massif_handler handler = {.header = keep_header, .snapshot = keep_snapshot};
    *summary = (struct massif_summary){0};
    if (!massif_read(path, &handler, summary, error)) {
        massif_summary_fini(summary);
        return false;
    }
    summary->largest_is_marked = summary->largest.detail == MASSIF_PEAK;
    return true;
}

void massif_summary_fini(struct massif_summary *summary) {
    free(summary->description);
    free(summary->command);
    *summary = (struct massif_summary){0};
}
