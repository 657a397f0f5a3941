#include "result/identity_json.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "result/result_file.h"

/* The texts of the key "run". */
static const struct {
    const char *key;
    size_t offset;
} texts[] = {
    {"id", offsetof(struct result_identity, run)},
    {"start", offsetof(struct result_identity, start)},
    {"host", offsetof(struct result_identity, host)},
    {"heapgate", offsetof(struct result_identity, heapgate)},
    {"revision", offsetof(struct result_identity, revision)},
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

static char **text_at(const struct result_identity *identity, size_t index) {
    return (char **)(uintptr_t)((const char *)identity + texts[index].offset);
}

/* ---- Writing ---- */

static bool put_run(json_t *root, const struct result_identity *identity) {
    json_t *run = json_object();
    bool put = run != NULL;
    for (size_t i = 0; put && i < TEXTS; i++) {
        const char *text = *text_at(identity, i);
        put = text == NULL || json_object_set_new(run, texts[i].key, result_json_text(text)) == 0;
    }
    if (identity->revision != NULL)
        put = put && json_object_set_new(run, "dirty", json_boolean(identity->dirty)) == 0;
    if (identity->conflict)
        put = put && json_object_set_new(run, "conflict", json_true()) == 0;
    return json_object_set_new(root, "run", run) == 0 && put;
}

static bool put_file(json_t *array, const struct result_file *file) {
    json_t *item = json_pack("{s:s, s:o, s:o}", "kind", result_file_kinds[file->kind], "path",
                             result_json_text(file->path), "id", result_json_text(file->id));
    bool put = item != NULL;
    if (put && file->gone)
        put = json_object_set_new(item, "gone", json_true()) == 0;
    return json_array_append_new(array, item) == 0 && put;
}

bool identity_put(json_t *root, const struct result_identity *identity) {
    if (identity->run == NULL)
        return true;
    json_t *subject = json_array();
    bool put = put_run(root, identity) && subject != NULL;
    for (size_t i = 0; put && i < identity->file_count; i++)
        put = put_file(subject, &identity->files[i]);
    put = json_object_set_new(root, "subject", subject) == 0 && put;
    if (identity->files_lost > 0)
        put = put && json_object_set_new(root, "subject_lost",
                                         json_integer((json_int_t)identity->files_lost)) == 0;
    return put;
}

/* ---- Reading ---- */

static bool get_run(const struct reader *reader, const json_t *run,
                    struct result_identity *identity) {
    if (!json_is_object(run) || !value_is_text(json_object_get(run, "id")))
        return value_wrong(reader, "run", "an object with an id");
    for (size_t i = 0; i < TEXTS; i++)
        if (!value_text(reader, run, texts[i].key, text_at(identity, i)))
            return false;
    identity->dirty = json_is_true(json_object_get(run, "dirty"));
    identity->conflict = json_is_true(json_object_get(run, "conflict"));
    return true;
}

static bool get_file(const struct reader *reader, const json_t *item,
                     struct result_identity *identity) {
    const json_t *kind = json_object_get(item, "kind"), *where = json_object_get(item, "path"),
                 *id = json_object_get(item, "id");
    if (!value_is_text(kind) || !value_is_text(where) || !value_is_text(id))
        return value_wrong(reader, "subject", "objects with kind, path and id");
    int known = 0;
    while (known < RESULT_FILE_KINDS &&
           strcmp(json_string_value(kind), result_file_kinds[known]) != 0)
        known++;
    if (known == RESULT_FILE_KINDS)
        return value_wrong(reader, "kind", "program, script, library or input");
    return identity_add(identity, (enum result_file_kind)known, json_string_value(where),
                        json_string_value(id), json_is_true(json_object_get(item, "gone"))) ||
           value_no_memory(reader);
}

bool identity_get(const struct reader *reader, const json_t *root,
                  struct result_identity *identity) {
    const json_t *run = json_object_get(root, "run"), *subject = json_object_get(root, "subject");
    const json_t *lost = json_object_get(root, "subject_lost");
    if (run == NULL || json_is_null(run))
        return true;
    if (!get_run(reader, run, identity))
        return false;
    if (subject != NULL && (!json_is_array(subject) || json_array_size(subject) > RESULT_FILES_MAX))
        return value_wrong(reader, "subject", "an array of at most 4096 files");
    for (size_t i = 0; i < json_array_size(subject); i++)
        if (!get_file(reader, json_array_get(subject, i), identity))
            return false;
    if (lost != NULL && (!json_is_integer(lost) || json_integer_value(lost) < 0))
        return value_wrong(reader, "subject_lost", "a number that is not negative");
    identity->files_lost = (uint64_t)json_integer_value(lost);
    return true;
}
