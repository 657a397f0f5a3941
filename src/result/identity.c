#include "result/identity.h"

#include <stdlib.h>
#include <string.h>

const char *const result_file_kinds[RESULT_FILE_KINDS] = {
    [RESULT_PROGRAM] = "program",
    [RESULT_SCRIPT] = "script",
    [RESULT_LIBRARY] = "library",
    [RESULT_INPUT] = "input",
};

static void free_file(struct result_file *file) {
    free(file->path);
    free(file->id);
}

static void free_files(struct result_identity *identity) {
    for (size_t i = 0; i < identity->file_count; i++)
        free_file(&identity->files[i]);
    free(identity->files);
    identity->files = NULL;
    identity->file_count = 0;
}

static void free_texts(struct result_identity *identity) {
    free(identity->run);
    free(identity->start);
    free(identity->host);
    free(identity->heapgate);
    free(identity->revision);
}

void identity_fini(struct result_identity *identity) {
    free_texts(identity);
    free_files(identity);
    *identity = (struct result_identity){0};
}

void identity_trim(struct result_identity *identity) {
    size_t kept = 0;
    for (size_t i = 0; i < identity->file_count; i++) {
        if (identity->files[i].kind == RESULT_INPUT)
            identity->files[kept++] = identity->files[i];
        else
            free_file(&identity->files[i]);
    }
    identity->file_count = kept;
    if (kept == 0)
        free_files(identity);
    free_texts(identity);
    identity->run = identity->start = identity->host = identity->heapgate = NULL;
    identity->revision = NULL;
}

static bool has_file(const struct result_identity *identity, enum result_file_kind kind,
                     const char *path, const char *id) {
    for (size_t i = 0; i < identity->file_count; i++) {
        const struct result_file *file = &identity->files[i];
        if ((file->kind == RESULT_INPUT) == (kind == RESULT_INPUT) && strcmp(file->id, id) == 0 &&
            strcmp(file->path, path) == 0)
            return true;
    }
    return false;
}

bool identity_add(struct result_identity *identity, enum result_file_kind kind, const char *path,
                  const char *id, bool gone) {
    if (has_file(identity, kind, path, id))
        return true;
    if (identity->file_count == RESULT_FILES_MAX) {
        identity->files_lost++;
        return true;
    }
    size_t count = identity->file_count;
    if ((count & (count - 1)) == 0) { /* room for twice as many, each time it is full */
        struct result_file *files =
            reallocarray(identity->files, count > 0 ? 2 * count : 1, sizeof *files);
        if (files == NULL)
            return false;
        identity->files = files;
    }
    struct result_file *file = &identity->files[count];
    *file =
        (struct result_file){.kind = kind, .path = strdup(path), .id = strdup(id), .gone = gone};
    identity->file_count++;
    return file->path != NULL && file->id != NULL;
}

bool identity_take_files(struct result_identity *identity, struct result_identity *from) {
    bool taken = true;
    for (size_t i = 0; taken && i < from->file_count; i++)
        taken = identity_add(identity, from->files[i].kind, from->files[i].path, from->files[i].id,
                             from->files[i].gone);
    identity->files_lost += from->files_lost;
    free_files(from);
    from->files_lost = 0;
    return taken;
}
