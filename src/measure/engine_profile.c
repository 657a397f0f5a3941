/* The engine `profile`: the command under the counting allocator, with the call stack of every
 * allocation. In the process stacks are addresses in shared memory (alloc/profile.h); here they get
 * their names, those that read the same become one, and the heaviest are kept. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "alloc/read.h"
#include "base/buffer.h"
#include "base/secret.h"
#include "measure/preloaded.h"
#include "measure/profile_region.h"
#include "measure/shared_file.h"
#include "measure/snapshots.h"
#include "measure/stacks.h"
#include "measure/symbols.h"
#include "measure/timeline.h"

enum { FOLDED_BYTES_MAX = 64 << 20, MASSIF_BYTES_MAX = 256 << 20 };

/* ---- Reading a region ---- */

/* What the counters say of the same peak: that of the phases of a name, or that of the case. */
static int64_t counted_peak(const struct result *result, const struct run_figures *figures) {
    int64_t peak_bytes = INT64_MIN;
    if (result->sites_phase == NULL)
        return (int64_t)figures->usage.peak_bytes;
    for (size_t i = 0; i < result->phase_count; i++)
        if (strcmp(result->phases[i].name, result->sites_phase) == 0 &&
            result->phases[i].peak_bytes > peak_bytes)
            peak_bytes = result->phases[i].peak_bytes;
    return peak_bytes;
}

/* Only what adds up may be told: to the byte, what the counters say. */
static bool add_sites(const struct profile_region *region, struct profile_region_names *names,
                      struct stacks *stacks, int64_t *sum_bytes) {
    struct symbols_stack stack;
    for (uint32_t i = 0; i < region->site_count; i++) {
        struct profile_kept figures = profile_figures(region, &region->sites[i]);
        *sum_bytes += figures.peak.bytes;
        if (figures.allocations == 0 && figures.peak.bytes == 0 && figures.live.bytes == 0)
            continue;
        if (!profile_region_name_stack(names, region, i, &stack) ||
            !stacks_add(stacks, &stack, &figures))
            return false;
    }
    return true;
}

/* ---- The engine ---- */

struct profile_run {
    int fd;
    const struct measure_request *request;
};

static bool append_word(struct buffer *text, const char *word) {
    char *masked = secret_masked(word);
    bool appended = masked != NULL && buffer_append_text(text, masked);
    free(masked);
    return appended;
}

/* As Massif writes it: words with spaces between. NULL when memory is out. */
static char *command_of(const struct result *result) {
    struct buffer text = BUFFER_INIT(MASSIF_BYTES_MAX);
    bool fine = buffer_append_text(&text, "");
    for (size_t i = 0; fine && result->argv != NULL && result->argv[i] != NULL; i++)
        fine = buffer_append_text(&text, i > 0 ? " " : "") && append_word(&text, result->argv[i]);
    if (fine)
        return text.bytes;
    buffer_fini(&text);
    return NULL;
}

static bool read_region(const struct profile_run *run, const struct run_record *record,
                        const struct profile_region *region, const struct run_figures *figures,
                        struct result *result, struct error *error) {
    struct profile_region_names *names = NULL;
    struct stacks *stacks = stacks_new();
    struct profile_times times = profile_times(region);
    int64_t sum_bytes = 0;
    char *command = command_of(result);
    bool read = false;
    if (region->events_lost) {
        error_set(error,
                  "a signal handler allocated more often, in the middle of an allocation, than "
                  "the engine profile can keep");
        goto out;
    }
    bool tells_phase = run->request->phase != NULL && (region->has_kept || region->in_phase);
    free(result->sites_phase);
    result->sites_phase = tells_phase ? strdup(run->request->phase) : NULL;
    if (stacks == NULL || (tells_phase && result->sites_phase == NULL) ||
        (names = profile_region_names_new(region)) == NULL ||
        !add_sites(region, names, stacks, &sum_bytes) || !stacks_keep(stacks, result) ||
        !timeline_take(region, result) ||
        !snapshots_take(&run->request->snapshots, record, region, names, result) ||
        (result->folded = stacks_folded(stacks, FOLDED_BYTES_MAX)) == NULL || command == NULL ||
        (result->massif = stacks_massif(stacks, command, &times, MASSIF_BYTES_MAX)) == NULL) {
        error_set(error, "out of memory for the call stacks");
        goto out;
    }
    int64_t peak_bytes = counted_peak(result, figures);
    read = sum_bytes == peak_bytes;
    if (!read)
        error_set(error,
                  "the call stacks hold %" PRId64 " bytes at the peak, the counters %" PRId64,
                  sum_bytes, peak_bytes);
out:
    free(command);
    stacks_free(stacks);
    profile_region_names_free(names);
    return read;
}

static heapgate_status take_sites(void *context, const struct run_record *record,
                                  const struct run_figures *figures, struct result *result,
                                  struct error *error) {
    const struct profile_run *run = context;
    uint32_t index = 0;
    while (record->slots[index] != figures->slot)
        index++;
    struct profile_region *region = profile_region_open(run->fd, index, error);
    result->engines[RESULT_PROFILE].has[HEAPGATE_METRIC_RSS] = false; /* the stacks are in it */
    bool read = region != NULL && read_region(run, record, region, figures, result, error);
    profile_region_close(region);
    return read ? HEAPGATE_OK : HEAPGATE_INVALID;
}

static heapgate_status run(const struct measure_request *request, struct result *result,
                           struct error *error) {
    char variable[64], inherited_variable[SHARED_FILE_VARIABLE_BYTES];
    heapgate_status status = HEAPGATE_INVALID;
    uint32_t regions = RECORD_SLOTS;
    int fd = shared_file_new("profile", 0, PROFILE_REGION_BYTES, &regions, error);
    int inherited_fd = 0;
    if (fd >= 0) {
        inherited_fd = shared_file_inherit(fd, PROFILE_INHERITED, inherited_variable);
        snprintf(variable, sizeof variable, PROFILE_ENVIRONMENT "=/proc/%ld/fd/%d", (long)getpid(),
                 fd);
        struct profile_run profile_run = {fd, request};
        const struct preloaded how = {.id = RESULT_PROFILE,
                                      .walks_stacks = true,
                                      .variable = variable,
                                      .inherited = inherited_variable,
                                      .slots = regions,
                                      .take = take_sites,
                                      .context = &profile_run};
        status = preloaded_run(&how, request, result, error);
    }
    if (fd >= 0)
        close(fd);
    if (inherited_fd > 0)
        close(inherited_fd);
    return status;
}

const struct engine engine_profile = {.id = RESULT_PROFILE, .run = run};
