#include "measure/snapshots.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/read.h"
#include "measure/profile_region.h"
#include "measure/stacks.h"

/* In all snapshots of a result together: a file that stays readable. */
enum { SITES_TOTAL = 2000, SITES_LEAST = 20 };

/* One snapshot as it is read: the entries that the process kept, or (no snapshot) what its sites
 * held at the end. */
struct view {
    const char *name;
    uint64_t at_ns;
    int64_t live_bytes;
    const struct profile_snapshot *snapshot;
};

struct taking {
    const struct run_record *record;
    const struct profile_region *region;
    struct profile_region_names *names;
    uint32_t site_count;
    struct view views[RESULT_SNAPSHOTS_MAX];
    size_t view_count;
    struct profile_held *held; /* by site, of the view that is looked at */
    int64_t *before;           /* bytes by site, in the view before that */
    uint64_t *change;          /* by site: the largest from one view to the next */
    uint32_t *order;           /* sites, by their change */
    bool *chosen;              /* by site */
};

void snapshots_ask(const struct snapshot_request *request, struct run_record *record) {
    record->header->snapshot_wanted =
        request->at_phases || request->on_signal || request->every_units > 0;
    record->header->snapshot_phases = request->at_phases;
    record->header->snapshot_units = request->every_units;
}

/* ---- Reading ---- */

static bool is_whole(const struct profile_region *region, const struct profile_snapshot *snapshot) {
    const uint64_t most = PROFILE_FRAMES_TOTAL * sizeof(uint64_t) / sizeof(struct profile_entry);
    return snapshot->first_entry <= region->entry_count && region->entry_count <= most &&
           snapshot->entry_count <= region->entry_count - snapshot->first_entry;
}

/* What was asked for when nothing happened any more was not taken: what the sites hold at the end
 * is what they held then. */
static void list_views(const struct snapshot_request *request, struct taking *taking) {
    const struct profile_region *region = taking->region;
    uint64_t end_ns = run_record_now_ns();
    for (uint32_t i = 0; i < region->snapshot_count && i < PROFILE_SNAPSHOTS; i++) {
        const struct profile_snapshot *snapshot = &region->snapshots[i];
        if (is_whole(region, snapshot))
            taking->views[taking->view_count++] =
                (struct view){snapshot->name, snapshot->at_ns, snapshot->live_bytes, snapshot};
    }
    struct view end = {"end", end_ns, region->peak.live_bytes, NULL};
    if (request->on_signal &&
        atomic_load(&taking->record->header->snapshot_requests) != region->requests_seen) {
        taking->views[taking->view_count] = end;
        taking->views[taking->view_count++].name = "SIGUSR1";
    }
    if (!region->has_kept) /* a scope has its own */
        taking->views[taking->view_count++] = end;
}

static void look(struct taking *taking, const struct view *view) {
    memset(taking->held, 0, taking->site_count * sizeof *taking->held);
    if (view->snapshot == NULL) {
        for (uint32_t i = 0; i < taking->site_count; i++)
            taking->held[i] = taking->region->sites[i].live;
        return;
    }
    for (uint64_t i = 0; i < view->snapshot->entry_count; i++) {
        const struct profile_entry *entry =
            profile_entry_at(taking->region, view->snapshot->first_entry + i);
        if (entry->site < taking->site_count)
            taking->held[entry->site] = entry->live;
    }
}

/* ---- Choosing ---- */

static const uint64_t *compared_change;

static int most_changed_first(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (compared_change[a] != compared_change[b])
        return compared_change[a] > compared_change[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

static void choose_sites(struct taking *taking) {
    for (size_t view = 0; view < taking->view_count; view++) {
        look(taking, &taking->views[view]);
        for (uint32_t i = 0; i < taking->site_count; i++) {
            uint64_t change = (uint64_t)llabs(taking->held[i].bytes - taking->before[i]);
            if (change > taking->change[i])
                taking->change[i] = change;
            taking->before[i] = taking->held[i].bytes;
        }
    }
    for (uint32_t i = 0; i < taking->site_count; i++)
        taking->order[i] = i;
    compared_change = taking->change;
    qsort(taking->order, taking->site_count, sizeof *taking->order, most_changed_first);
    size_t room = SITES_TOTAL / taking->view_count;
    if (room < SITES_LEAST)
        room = SITES_LEAST;
    if (room > RESULT_SITES_MAX)
        room = RESULT_SITES_MAX;
    for (size_t i = 0; i < room && i < taking->site_count; i++)
        taking->chosen[taking->order[i]] = taking->change[taking->order[i]] > 0;
}

/* ---- Keeping ---- */

/* Into a result of its own, because that is where stacks keep sites. */
static bool keep_sites(struct taking *taking, struct result_snapshot *snapshot) {
    struct result *kept = result_new("snapshot");
    struct stacks *stacks = stacks_new();
    struct symbols_stack stack;
    int64_t other = snapshot->live_bytes;
    bool fine = kept != NULL && stacks != NULL;
    for (uint32_t i = 0; fine && i < taking->site_count; i++) {
        const struct profile_kept figures = {.peak = taking->held[i]};
        if (!taking->chosen[i] || figures.peak.bytes == 0)
            continue;
        other -= figures.peak.bytes;
        fine = profile_region_name_stack(taking->names, taking->region, i, &stack) &&
               stacks_add(stacks, &stack, &figures);
    }
    fine = fine && stacks_keep(stacks, kept);
    if (fine) {
        snapshot->sites = kept->sites;
        snapshot->site_count = kept->site_count;
        snapshot->other_bytes = other + kept->other_bytes;
        kept->sites = NULL;
        kept->site_count = 0;
    }
    stacks_free(stacks);
    result_free(kept);
    return fine;
}

static bool keep_all(struct taking *taking, struct result *result) {
    result->snapshots = calloc(taking->view_count, sizeof *result->snapshots);
    for (size_t i = 0; result->snapshots != NULL && i < taking->view_count; i++) {
        const struct view *view = &taking->views[i];
        struct result_snapshot *snapshot = &result->snapshots[result->snapshot_count++];
        snapshot->name = strndup(view->name, PROFILE_NAME_BYTES - 1);
        snapshot->at_ms = run_record_ms(taking->record, view->at_ns);
        snapshot->live_bytes = view->live_bytes;
        look(taking, view);
        if (snapshot->name == NULL || !keep_sites(taking, snapshot))
            return false;
    }
    return result->snapshots != NULL;
}

bool snapshots_take(const struct snapshot_request *request, const struct run_record *record,
                    const struct profile_region *region, struct profile_region_names *names,
                    struct result *result) {
    struct taking taking = {.record = record, .region = region, .names = names};
    if (!record->header->snapshot_wanted)
        return true;
    taking.site_count = atomic_load(&region->site_count);
    list_views(request, &taking);
    result->snapshots_lost = region->snapshots_lost;
    if (taking.view_count == 0)
        return true;
    taking.held = calloc(taking.site_count, sizeof *taking.held);
    taking.before = calloc(taking.site_count, sizeof *taking.before);
    taking.change = calloc(taking.site_count, sizeof *taking.change);
    taking.order = calloc(taking.site_count, sizeof *taking.order);
    taking.chosen = calloc(taking.site_count, sizeof *taking.chosen);
    bool fine = taking.held != NULL && taking.before != NULL && taking.change != NULL &&
                taking.order != NULL && taking.chosen != NULL;
    if (fine) {
        choose_sites(&taking);
        fine = keep_all(&taking, result);
    }
    free(taking.held);
    free(taking.before);
    free(taking.change);
    free(taking.order);
    free(taking.chosen);
    return fine;
}
