#include "result/result_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "result/result_file.h"

/* The lock of the folder that a case's file stands in; -1 where there are no locks. */
static int lock_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = strndup(path, slash != NULL ? (size_t)(slash - path) : 0);
    int fd = folder == NULL ? -1
                            : open(folder[0] != '\0' ? folder
                                   : slash != NULL   ? "/"
                                                     : ".",
                                   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
        ;
    return fd;
}

/* ---- What is the same in every run of the same work ---- */

struct difference {
    char what[160]; /* "peak_bytes under count"; empty: none */
    int64_t before, now;
};

static void differ(struct difference *difference, const char *what, const char *where,
                   int64_t before, int64_t now) {
    if (before == now || difference->what[0] != '\0')
        return;
    snprintf(difference->what, sizeof difference->what, "%s%s%s", what,
             where[0] != '\0' ? " of " : "", where);
    difference->before = before;
    difference->now = now;
}

static void compare_usages(const struct result *before, const struct result *now,
                           struct difference *difference) {
    for (int engine = 0; engine < RESULT_ENGINES; engine++) {
        const struct result_usage *left = &before->engines[engine], *right = &now->engines[engine];
        const char *name = result_engine_names[engine];
        if (!left->present || !right->present)
            continue;
        for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
            if (metric != HEAPGATE_METRIC_RSS && result_figure_keys[metric] != NULL)
                differ(difference, result_figure_keys[metric], name, left->figures[metric],
                       right->figures[metric]);
        differ(difference, "allocated_bytes", name, (int64_t)left->allocated_bytes,
               (int64_t)right->allocated_bytes);
    }
}

/* Massif sees none. */
static bool has_phases(const struct result *result) {
    return result->engines[RESULT_COUNT].present || result->engines[RESULT_PROFILE].present;
}

/* Of what both measured: one may have been under other engines, or not swept. What a phase has that
 * was seen from outside is not exact. */
static void compare_parts(const struct result *before, const struct result *now,
                          struct difference *difference) {
    differ(difference, "units", "", (int64_t)before->units, (int64_t)now->units);
    if (before->point_count > 0 && now->point_count > 0)
        differ(difference, "the number of sizes", "", (int64_t)before->point_count,
               (int64_t)now->point_count);
    for (size_t i = 0; i < before->point_count && i < now->point_count; i++) {
        differ(difference, "units", "a size", (int64_t)before->points[i].units,
               (int64_t)now->points[i].units);
        differ(difference, "peak_bytes", "a smaller size", before->points[i].peak_bytes,
               now->points[i].peak_bytes);
    }
    if (has_phases(before) && has_phases(now))
        differ(difference, "the number of phases", "", (int64_t)before->phase_count,
               (int64_t)now->phase_count);
    for (size_t i = 0; i < before->phase_count && i < now->phase_count; i++) {
        const struct result_phase *left = &before->phases[i], *right = &now->phases[i];
        if (left->sampled || right->sampled)
            continue;
        differ(difference, "peak_bytes", right->name, left->peak_bytes, right->peak_bytes);
        differ(difference, "live_after_bytes", right->name, left->live_after_bytes,
               right->live_after_bytes);
        differ(difference, "allocations", right->name, (int64_t)left->allocations,
               (int64_t)right->allocations);
    }
}

/* ---- Two results of one run ---- */

static const char *or_unknown(const char *text) {
    return text != NULL ? text : "?";
}

static bool refuse(struct result *result, char *reason) {
    free(result->invalid);
    result->invalid = reason;
    result->identity.conflict = true;
    return reason != NULL;
}

/* False when memory is out. */
static bool hold_to(struct result *result, const struct result *before) {
    struct difference difference = {.what = ""};
    char *reason = NULL;
    const struct result_identity *own = &result->identity, *other = &before->identity;
    if (own->run == NULL || other->run == NULL || strcmp(own->run, other->run) != 0)
        return true;
    if (other->conflict)
        return refuse(result,
                      strdup(before->invalid != NULL ? before->invalid : "two measurements"));
    if (before->invalid != NULL || result->invalid != NULL || before->exit_status != 0)
        return true;
    compare_usages(before, result, &difference);
    compare_parts(before, result, &difference);
    if (difference.what[0] == '\0')
        return true;
    int length = asprintf(
        &reason,
        "the run %s measured this case twice, and not the same: %s was "
        "%" PRId64 " at %s on %s, and %" PRId64 " at %s on %s; give each a case, a "
        "results folder or a run of its own",
        own->run, difference.what, difference.before, or_unknown(other->start),
        or_unknown(other->host), difference.now, or_unknown(own->start), or_unknown(own->host));
    return refuse(result, length < 0 ? NULL : reason);
}

bool result_keep(struct result *result, const char *folder, struct error *error) {
    struct result *before = NULL;
    bool fine = false;
    if (!result_case_valid(result->case_key, error))
        return false;
    char *path = result_file_path(folder, result->case_key, ".json");
    if (path == NULL) {
        error_set(error, "%s: cannot write the result: out of memory", folder);
        return false;
    }
    int lock = -1;
    if (file_make_parents(path, error)) {
        lock = lock_folder(path);
        fine = access(path, F_OK) != 0 || !result_read(path, NULL, &before, NULL) ||
               hold_to(result, before);
        if (!fine)
            error_set(error, "%s: out of memory", path);
        fine = fine && result_write(result, folder, error);
    }
    if (lock >= 0)
        close(lock);
    result_free(before);
    free(path);
    return fine;
}
