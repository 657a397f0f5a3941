#include "measure/hold.h"

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
    error_set(error, "it was measured in the run %s (%s), and not in the run %s, which --run asks for",
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
        error_set(error, "the %s %s, measured at %s in the run %s as %s, cannot be looked at now (%s); "
                  "on another machine, --run %s takes the results of that run as they are",
                  result_file_kinds[file->kind], file->path, or_unknown(identity->start),
                  identity->run, file->id, reason.text, identity->run);
        return false;
    }
    if (strcmp(now, file->id) == 0)
        return true;
    error_set(error, "the %s %s is another than was measured: %s at %s in the run %s, %s now",
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
        error_set(error, "it names no program that can be looked at now; --run %s takes the results of "
                  "its run as they are", identity->run);
    return held > 0;
}

bool hold_result(const struct hold *hold, const struct result *result, struct error *error) {
    const struct result_identity *identity = &result->identity;
    if (identity->run == NULL) {
        error_set(error, "it was measured by a heapgate that did not note what it measured: measure "
                  "it again");
        return false;
    }
    return hold->run != NULL ? hold_run(hold, identity, error) : hold_files(hold, identity, error);
}

bool hold_same_build(const struct result *left, const struct result *right, struct error *error) {
    for (size_t i = 0; i < left->identity.file_count; i++) {
        const struct result_file *file = &left->identity.files[i];
        for (size_t k = 0; k < right->identity.file_count; k++) {
            const struct result_file *other = &right->identity.files[k];
            if (file->kind == RESULT_INPUT || other->kind == RESULT_INPUT || file->gone ||
                other->gone || strcmp(file->path, other->path) != 0 ||
                strcmp(file->id, other->id) == 0)
                continue;
            error_set(error, "results of two builds: the %s %s was %s when %s was measured (%s), and %s "
                      "when %s was (%s)", result_file_kinds[file->kind], file->path, file->id,
                      left->case_key, or_unknown(left->identity.start), other->id, right->case_key,
                      or_unknown(right->identity.start));
            return false;
        }
    }
    return true;
}
