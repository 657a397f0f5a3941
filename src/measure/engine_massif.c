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

#include "base/buffer.h"
#include "base/file.h"
#include "massif/massif.h"
#include "measure/engine.h"
#include "measure/environment.h"
#include "measure/process_name.h"
#include "measure/processes.h"
#include "measure/run_record.h"
#include "measure/subject.h"

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

static bool read_summary(const char *path, struct peak *peak, char **command, struct error *error) {
    struct massif_summary summary;
    if (!massif_summary_read(path, &summary, error))
        return false;
    peak->heap_bytes = summary.largest.heap_bytes;
    peak->extra_bytes = summary.largest.extra_bytes;
    if (command != NULL) {
        *command = summary.command;
        summary.command = NULL;
    }
    massif_summary_fini(&summary);
    return true;
}

static bool read_peak(const char *path, struct peak *peak, struct error *error) {
    return read_summary(path, peak, NULL, error);
}

/* What the files of all processes say together. */
struct processes {
    const char *glob;
    struct result_usage *usage;
    char *command;        /* of the one that was chosen, owned; NULL: none matches */
    struct buffer others; /* the programs of those that do not match */
};

enum { OTHERS_BYTES_MAX = 400 };

/* A file's process is taken where it matches, and has a higher peak than those before it. */
static bool take_process(struct processes *processes, const struct peak *peak, char *command) {
    struct result_usage *usage = processes->usage;
    char word[4096];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(command, " "), command);
    usage->processes++;
    usage->sum_peak_bytes += peak->heap_bytes;
    if (!process_name_word_matches(processes->glob, word)) {
        if (processes->others.bytes == NULL || strstr(processes->others.bytes, word) == NULL)
            buffer_printf(&processes->others, "%s%s", processes->others.length > 0 ? ", " : "",
                          word);
    } else if (processes->command == NULL ||
               (int64_t)peak->heap_bytes > usage->figures[HEAPGATE_METRIC_PEAK]) {
        usage->figures[HEAPGATE_METRIC_PEAK] = (int64_t)peak->heap_bytes;
        usage->overhead_bytes = peak->extra_bytes;
        free(processes->command);
        processes->command = command;
        return true;
    }
    free(command);
    return true;
}

static bool check_processes(const struct processes *processes, struct error *error) {
    if (processes->usage->processes == 0)
        error_set(error, "Massif left no file: the command never ran under valgrind");
    else if (processes->command == NULL)
        error_set(error, "no process matches \"%s\" (--process): those that ran are of %s",
                  processes->glob, processes->others.bytes != NULL ? processes->others.bytes : "?");
    return processes->command != NULL;
}

/* Of all processes, or of those that match, the one with the highest peak: the same choice as under
 * count. */
static bool read_processes(const char *folder, struct processes *processes, struct error *error) {
    struct dirent *entry;
    DIR *listing = opendir(folder);
    if (listing == NULL) {
        error_set(error, "%s: %s", folder, strerror(errno));
        return false;
    }
    bool fine = true;
    while (fine && (entry = readdir(listing)) != NULL) {
        char path[4096], *command = NULL;
        struct peak peak;
        if (fnmatch("massif.out.*", entry->d_name, 0) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        fine =
            read_summary(path, &peak, &command, error) && take_process(processes, &peak, command);
    }
    closedir(listing);
    return fine && check_processes(processes, error);
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
static bool read_scopes(const char *folder, struct run_figures *figures, struct result_usage *usage,
                        struct error *error) {
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
        error_set(error,
                  "Massif cannot tell the peak of the scope \"%s\": the process held more "
                  "before it (%" PRIu64 " bytes) than within it; measure it in a process of its "
                  "own",
                  name, unknown.process_bytes);
        return false;
    }
    figures->scope = best.scope;
    usage->figures[HEAPGATE_METRIC_PEAK] = (int64_t)best.bytes;
    usage->overhead_bytes = best.extra_bytes;
    return true;
}

static heapgate_status take_figures(struct run_record *record, const char *folder,
                                    const struct measure_request *request, struct result *result,
                                    struct error *error) {
    struct result_usage usage = {.present = true};
    struct run_figures figures;
    struct processes processes = {
        .glob = request->process, .usage = &usage, .others = BUFFER_INIT(OTHERS_BYTES_MAX)};
    heapgate_status status = HEAPGATE_INVALID;
    usage.has[HEAPGATE_METRIC_PEAK] = true;
    if (!run_record_open_slots(record, error) ||
        !run_record_scope(record, request->case_key, request->process, &figures, error) ||
        !read_processes(folder, &processes, error))
        goto out;
    if (!processes_note_command(processes.command, usage.processes, request->process, result) ||
        !environment_note_program(result, result->process.program, NULL, 0)) {
        error_set(error, "out of memory");
        goto out;
    }
    status = HEAPGATE_OK;
    if (figures.scope != NULL) {
        if (!read_scopes(folder, &figures, &usage, error)) {
            status = HEAPGATE_INVALID;
            goto out;
        }
        status = engine_check_units(figures.scope->name, figures.scope->units, result, error);
    }
    usage.wall_ms = result->engines[RESULT_MASSIF].wall_ms;
    result->engines[RESULT_MASSIF] = usage;
out:
    free(processes.command);
    buffer_fini(&processes.others);
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
    argv[at++] = (char *)(uintptr_t) "--";
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

/* Where no other engine noted what ran, Massif's process is looked at: the program is mapped in
 * it. */
struct looker {
    struct progress_run progress;
    struct subject_looks looks;
    bool looks_at_files;
};

static void look(void *context, pid_t pid, unsigned signals) {
    struct looker *looker = context;
    (void)signals;
    progress_look(&looker->progress);
    if (looker->looks_at_files &&
        subject_looks_due(&looker->looks,
                          run_record_ms(looker->progress.record, run_record_now_ns())))
        subject_look(&looker->looks, pid);
}

static heapgate_status run(const struct measure_request *request, struct result *result,
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
    const char *set[] = {record.variable, record.inherited_variable, snapshots, NULL};
    struct looker looker = {
        .progress = {request->progress, request->case_key, RESULT_MASSIF, &record, 0},
        .looks_at_files = result->identity.file_count == 0};
    const struct process_watch watch = {
        .interval_ms = SUBJECT_FIRST_LOOK_MS, .fd = -1, .look = look, .context = &looker};
    bool watches = request->progress != NULL || looker.looks_at_files;
    const struct process_command command = {
        .argv = argv, .set = set, .watch = watches ? &watch : NULL};
    bool ran = process_run(&command, &outcome, error);
    progress_end(&looker.progress);
    bool noted = ran && run_record_open_slots(&record, error) &&
                 subject_add_record(&result->identity, &record);
    noted = subject_looks_take(&looker.looks, &result->identity) && noted;
    if (ran && !noted)
        error_set(error, "out of memory");
    if (!noted)
        goto out;
    result->engines[RESULT_MASSIF].wall_ms = outcome.wall_ms;
    status = engine_check_outcome(&outcome, request, result, error);
    if (status == HEAPGATE_OK)
        status = take_figures(&record, folder, request, result, error);
    if (status == HEAPGATE_OK && result->scope == NULL &&
        !engine_check_left(&outcome, request, error))
        status = HEAPGATE_INVALID;
out:
    run_record_fini(&record);
    file_remove_tree(folder, NULL);
    free(texts[0]);
    free(texts[1]);
    free(argv);
    return status;
}

const struct engine engine_massif = {.id = RESULT_MASSIF, .run = run};
