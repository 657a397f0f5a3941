/* The engine `massif`: the command under Valgrind's Massif, whose files are then read.
 *
 * Massif measures processes. For a scope, the process asks Massif at both ends for what it has
 * seen so far (see alloc/scope.c): "snapshot" is what is live at that moment, "all_snapshots" has
 * the highest peak until then. When the peak rose between the two, it was reached within the
 * scope, and its height above the scope's begin is the scope's own peak. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "massif/massif.h"
#include "measure/engine.h"
#include "measure/run_record.h"

/* 0 inaccuracy: a peak snapshot whenever memory is freed after the peak rose, however little. Most
 * snapshots: a program that frees nothing has no such moment. Children are followed,
 * each with a file of its own. */
#define VALGRIND "valgrind"
static const char *const options[] = {"-q", "--tool=massif", "--peak-inaccuracy=0",
                                      "--trace-children=yes", "--max-snapshots=1000"};
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

struct peak {
    uint64_t heap_bytes;
    uint64_t extra_bytes;
};

static bool read_peak(const char *path, struct peak *peak, struct error *error) {
    struct massif_summary summary;
    if (!massif_summary_read(path, &summary, error))
        return false;
    peak->heap_bytes = summary.largest.heap_bytes;
    peak->extra_bytes = summary.largest.extra_bytes;
    massif_summary_fini(&summary);
    return true;
}

/* Of all processes the one with the highest peak: the same choice as under count. */
static bool read_processes(const char *folder, struct result_usage *usage, struct error *error) {
    struct dirent *entry;
    DIR *listing = opendir(folder);
    if (listing == NULL) {
        error_set(error, "%s: %s", folder, strerror(errno));
        return false;
    }
    bool fine = true;
    while (fine && (entry = readdir(listing)) != NULL) {
        char path[4096];
        struct peak peak;
        struct stat status;
        if (fnmatch("massif.out.*", entry->d_name, 0) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        fine = read_peak(path, &peak, error) && stat(path, &status) == 0;
        if (!fine)
            break;
        usage->processes++;
        usage->sum_peak_bytes += peak.heap_bytes;
        if (usage->processes > 1 &&
            (int64_t)peak.heap_bytes <= usage->figures[HEAPGATE_METRIC_PEAK])
            continue;
        usage->figures[HEAPGATE_METRIC_PEAK] = (int64_t)peak.heap_bytes;
        usage->overhead_bytes = peak.extra_bytes;
    }
    closedir(listing);
    if (fine && usage->processes == 0) {
        error_set(error, "Massif left no file: the command never ran under valgrind");
        return false;
    }
    return fine;
}

static bool read_moment(const char *folder, const struct record_slot *slot, uint32_t scope,
                        const char *moment, struct peak *now, struct peak *so_far,
                        struct error *error) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%" PRId32 ".%" PRIu32 ".%s.snapshot", folder, slot->pid, scope,
             moment);
    if (!read_peak(path, now, error))
        return false;
    snprintf(path, sizeof path, "%s/%" PRId32 ".%" PRIu32 ".%s.all_snapshots", folder, slot->pid,
             scope, moment);
    if (!read_peak(path, so_far, error))
        return false;
    if (now->heap_bytes > so_far->heap_bytes)
        *so_far = *now;
    return true;
}

/* A scope's peak above its begin: to the byte where it was the process's highest so far, else all
 * that is known is that it was at most this. */
struct scope_peak {
    const struct record_scope *scope;
    uint64_t bytes, extra_bytes;
    uint64_t process_bytes; /* of the process before it */
    bool exact;
};

static bool read_scope(const char *folder, const struct record_slot *slot, uint32_t index,
                       struct scope_peak *seen, struct error *error) {
    struct peak begin, begin_peak, end, end_peak;
    if (!read_moment(folder, slot, index, "begin", &begin, &begin_peak, error) ||
        !read_moment(folder, slot, index, "end", &end, &end_peak, error))
        return false;
    *seen = (struct scope_peak){
        .scope = &slot->scopes[index],
        .bytes = end_peak.heap_bytes - begin.heap_bytes,
        .extra_bytes = end_peak.extra_bytes,
        .process_bytes = begin_peak.heap_bytes,
        .exact = end_peak.heap_bytes > begin_peak.heap_bytes ||
                 begin.heap_bytes >= begin_peak.heap_bytes,
    };
    return true;
}

/* Of all scopes of the name the highest: the same choice as under count. One whose peak cannot be
 * told does not matter where it was at most as high. */
static bool read_scopes(const char *folder, struct run_figures *figures,
                        struct result_usage *usage, struct error *error) {
    const struct record_slot *slot = figures->slot;
    const char *name = figures->scope->name;
    struct scope_peak best = {.scope = NULL}, unknown = {.scope = NULL};
    for (uint32_t i = 0; i < slot->scope_count && i < HEAPGATE_SCOPES_TOTAL; i++) {
        struct scope_peak seen;
        if (strncmp(slot->scopes[i].name, name, sizeof slot->scopes[i].name) != 0)
            continue;
        if (!read_scope(folder, slot, i, &seen, error))
            return false;
        struct scope_peak *kept = seen.exact ? &best : &unknown;
        if (kept->scope == NULL || seen.bytes > kept->bytes)
            *kept = seen;
    }
    if (unknown.scope != NULL && (best.scope == NULL || unknown.bytes > best.bytes)) {
        error_set(error, "Massif cannot tell the peak of the scope \"%s\": the process held more "
                  "before it (%" PRIu64 " bytes) than within it; measure it in a process of its "
                  "own", name, unknown.process_bytes);
        return false;
    }
    figures->scope = best.scope;
    usage->figures[HEAPGATE_METRIC_PEAK] = (int64_t)best.bytes;
    usage->overhead_bytes = best.extra_bytes;
    return true;
}

static heapgate_status take_figures(struct run_record *record, const char *folder,
                                    const struct engine_request *request, struct result *result,
                                    struct error *error) {
    struct result_usage usage = {.present = true};
    struct run_figures figures;
    usage.has[HEAPGATE_METRIC_PEAK] = true;
    if (!run_record_open_slots(record, error) ||
        !run_record_scope(record, request->case_key, &figures, error) ||
        !read_processes(folder, &usage, error))
        return HEAPGATE_INVALID;
    heapgate_status status = HEAPGATE_OK;
    if (figures.scope != NULL) {
        if (!read_scopes(folder, &figures, &usage, error))
            return HEAPGATE_INVALID;
        status = engine_check_units(figures.scope->name, figures.scope->units, result, error);
    }
    usage.wall_ms = result->engines[RESULT_MASSIF].wall_ms;
    result->engines[RESULT_MASSIF] = usage;
    return status;
}

/* valgrind OPTIONS -- COMMAND, with its own messages in a file of the folder. */
static char **make_argv(const char *folder, char *const *command, char *texts[2]) {
    size_t count = 0;
    while (command[count] != NULL)
        count++;
    texts[0] = texts[1] = NULL;
    char **argv = calloc(count + OPTION_COUNT + 5, sizeof *argv);
    if (argv == NULL || asprintf(&texts[0], "--massif-out-file=%s/massif.out.%%p", folder) < 0 ||
        asprintf(&texts[1], "--log-file=%s/valgrind.log.%%p", folder) < 0)
        return argv;
    size_t at = 0;
    argv[at++] = (char *)(uintptr_t)VALGRIND;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        argv[at++] = (char *)(uintptr_t)options[i];
    argv[at++] = texts[0];
    argv[at++] = texts[1];
    argv[at++] = (char *)(uintptr_t)"--";
    memcpy(argv + at, command, count * sizeof *argv);
    return argv;
}

/* valgrind is not there: a skip, unless it was asked for by name. */
static heapgate_status check_valgrind(struct error *error) {
    char path[4096];
    if (process_find_program(VALGRIND, path, sizeof path))
        return HEAPGATE_OK;
    const char *required = getenv("HEAPGATE_REQUIRE");
    bool asked = required != NULL && strstr(required, VALGRIND) != NULL;
    error_set(error, "valgrind is not installed%s",
              asked ? ", and HEAPGATE_REQUIRE asks for it" : ": the engine massif needs it");
    return asked ? HEAPGATE_INVALID : HEAPGATE_SKIPPED;
}

static heapgate_status run(const struct engine_request *request, struct result *result,
                           struct error *error) {
    heapgate_status status = check_valgrind(error);
    if (status != HEAPGATE_OK)
        return status;

    const char *base = getenv("TMPDIR");
    char folder[2048], snapshots[2048 + sizeof RECORD_SNAPSHOTS];
    char *texts[2] = {NULL, NULL}, **argv = NULL;
    struct run_record record = {.fd = -1};
    struct process_outcome outcome;
    status = HEAPGATE_INVALID;
    snprintf(folder, sizeof folder, "%s/heapgate-massif.XXXXXX",
             base != NULL && base[0] == '/' ? base : "/tmp");
    if (mkdtemp(folder) == NULL) {
        error_set(error, "%s: cannot make the folder: %s", folder, strerror(errno));
        return HEAPGATE_INVALID;
    }
    snprintf(snapshots, sizeof snapshots, RECORD_SNAPSHOTS "=%s", folder);
    argv = make_argv(folder, request->argv, texts);
    if (argv == NULL || texts[0] == NULL || texts[1] == NULL) {
        error_set(error, "out of memory");
        goto out;
    }
    if (!run_record_new(&record, request->case_key, 0, error))
        goto out;
    const char *set[] = {record.variable, snapshots, NULL};
    struct progress_run progress = {request->progress, request->case_key, RESULT_MASSIF, &record, 0};
    const struct process_watch watch = progress_watch(&progress);
    const struct process_command command = {
        .argv = argv, .set = set, .watch = request->progress != NULL ? &watch : NULL};
    bool ran = process_run(&command, &outcome, error);
    progress_end(&progress);
    if (!ran)
        goto out;
    result->engines[RESULT_MASSIF].wall_ms = outcome.wall_ms;
    status = engine_check_outcome(&outcome, request, result, error);
    if (status == HEAPGATE_OK)
        status = take_figures(&record, folder, request, result, error);
out:
    run_record_fini(&record);
    file_remove_tree(folder, NULL);
    free(texts[0]);
    free(texts[1]);
    free(argv);
    return status;
}

const struct engine engine_massif = {.id = RESULT_MASSIF, .run = run};
