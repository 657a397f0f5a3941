#include "result/hold.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

bool hold_init(struct hold *hold, const char *run, struct error *error) {
    *hold = (struct hold){.run = run, .ids = file_ids_new()};
    if (hold->ids == NULL)
        error_set(error, "out of memory");
    return hold->ids != NULL;
}

void hold_fini(struct hold *hold) {
    file_ids_free(hold->ids);
    hold->ids = NULL;
}

static const char *or_unknown(const char *text) {
    return text != NULL ? text : "an unknown time";
}

static bool hold_run(const struct hold *hold, const struct result_identity *identity,
                     struct error *error) {
    if (strcmp(hold->run, identity->run) == 0)
        return true;
    error_set(error,
              "it was measured in the run %s (%s), and not in the run %s, which is asked for",
              identity->run, or_unknown(identity->start), hold->run);
    return false;
}

static bool hold_file(const struct hold *hold, const struct result_identity *identity,
                      const struct result_file *file, struct error *error) {
    char now[FILE_ID_BYTES];
    struct error reason = {.set = false};
    if (file->gone)
        return true;
    if (!file_ids_read(hold->ids, file->path, file->kind == RESULT_INPUT, now, &reason)) {
        error_set(error,
                  "the %s %s, measured at %s in the run %s as %s, cannot be looked at now (%s); "
                  "on another machine, --run %s takes the results of that run as they are",
                  result_file_kinds[file->kind], file->path, or_unknown(identity->start),
                  identity->run, file->id, reason.text, identity->run);
        return false;
    }
    if (strcmp(now, file->id) == 0)
        return true;
    error_set(
        error,
        "the %s %s has changed since it was measured: it was %s at %s in the run %s, and is %s now",
        result_file_kinds[file->kind], file->path, file->id, or_unknown(identity->start),
        identity->run, now);
    return false;
}

/* At least one file must be there to look at: else anything would pass. */
static bool hold_files(const struct hold *hold, const struct result_identity *identity,
                       struct error *error) {
    size_t held = 0;
    for (size_t i = 0; i < identity->file_count; i++) {
        if (!hold_file(hold, identity, &identity->files[i], error))
            return false;
        held += !identity->files[i].gone && identity->files[i].kind == RESULT_PROGRAM;
    }
    if (held == 0)
        error_set(error,
                  "it names no program that can be looked at now; --run %s takes the results of "
                  "its run as they are",
                  identity->run);
    return held > 0;
}

static bool is_noted(const struct result_identity *identity, struct error *error) {
    if (identity->run == NULL)
        error_set(error,
                  "it was measured by a heapgate that did not note what it measured: measure "
                  "it again");
    return identity->run != NULL;
}

bool hold_result(const struct hold *hold, const struct result *result, struct error *error) {
    const struct result_identity *identity = &result->identity;
    if (!is_noted(identity, error))
        return false;
    return hold->run != NULL ? hold_run(hold, identity, error) : hold_files(hold, identity, error);
}

/* ---- One build ---- */

struct built {
    char *path, *id, *case_key, *start;
};

static int compare_built(const void *left, const void *right) {
    return strcmp(((const struct built *)left)->path, ((const struct built *)right)->path);
}

static void free_built(void *file) {
    struct built *built = file;
    free(built->path);
    free(built->id);
    free(built->case_key);
    free(built->start);
    free(built);
}

void hold_build_fini(struct hold_build *build) {
    tdestroy(build->files, free_built);
    build->files = NULL;
}

/* False when memory is out. */
static bool keep_built(struct hold_build *build, const struct result_file *file,
                       const struct result *result) {
    struct built *built = calloc(1, sizeof *built);
    if (built == NULL)
        return false;
    built->path = strdup(file->path);
    built->id = strdup(file->id);
    built->case_key = strdup(result->case_key);
    built->start = strdup(or_unknown(result->identity.start));
    if (built->path != NULL && built->id != NULL && built->case_key != NULL &&
        built->start != NULL && tsearch(built, &build->files, compare_built) != NULL)
        return true;
    free_built(built);
    return false;
}

static bool add_file(struct hold_build *build, const struct result_file *file,
                     const struct result *result, struct error *error) {
    const struct built wanted = {.path = file->path};
    struct built *const *found = tfind(&wanted, &build->files, compare_built);
    if (found == NULL && !keep_built(build, file, result))
        error_set(error, "out of memory");
    else if (found != NULL && strcmp((*found)->id, file->id) != 0)
        error_set(error,
                  "not of one build with the others: the %s %s was %s when this was measured "
                  "(%s), and %s when %s was (%s)",
                  result_file_kinds[file->kind], file->path, file->id,
                  or_unknown(result->identity.start), (*found)->id, (*found)->case_key,
                  (*found)->start);
    else
        return true;
    return false;
}

bool hold_build_add(struct hold_build *build, const struct result *result, struct error *error) {
    const struct result_identity *identity = &result->identity;
    const struct hold hold = {.run = build->run};
    if (!is_noted(identity, error) || (build->run != NULL && !hold_run(&hold, identity, error)))
        return false;
    for (size_t i = 0; i < identity->file_count; i++)
        if (identity->files[i].kind != RESULT_INPUT && !identity->files[i].gone &&
            !add_file(build, &identity->files[i], result, error))
            return false;
    return true;
}
