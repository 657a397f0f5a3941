/* The results of a folder. Names first, then one file at a time: a folder may hold ten thousand
 * results, each with a hundred call stacks and a timeline, and only who asks for a list of them
 * pays for all of it. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "result/result_file.h"

enum { FOLDERS_DEEP_MAX = 64, KEYS_FIRST = 64 };

struct walk {
    struct result_keys *keys;
    size_t room;        /* for keys */
    size_t below_bytes; /* of the path, before the key */
    struct error *error;
};

static const char ending[] = ".json";

static bool out_of_memory(struct error *error, const char *path) {
    error_set(error, "%s: out of memory", path);
    return false;
}

/* ---- Names ---- */

static bool has_ending(const char *name) {
    size_t length = strlen(name), tail = sizeof ending - 1;
    return length > tail && strcmp(name + length - tail, ending) == 0;
}

static bool add_key(struct walk *walk, const char *path) {
    struct result_keys *keys = walk->keys;
    if (keys->count == walk->room) {
        size_t room = walk->room > 0 ? 2 * walk->room : KEYS_FIRST;
        char **items = reallocarray(keys->items, room, sizeof *items);
        if (items == NULL)
            return out_of_memory(walk->error, path);
        keys->items = items;
        walk->room = room;
    }
    const char *key = path + walk->below_bytes;
    keys->items[keys->count] = strndup(key, strlen(key) - (sizeof ending - 1));
    return keys->items[keys->count++] != NULL || out_of_memory(walk->error, path);
}

/* Links to folders are not followed: they could lead round in a circle. */
static bool walk_folder(struct walk *walk, const char *path, unsigned depth) {
    DIR *directory = depth < FOLDERS_DEEP_MAX ? opendir(path) : NULL;
    const struct dirent *entry;
    bool walked = true;
    if (directory == NULL) {
        error_set(walk->error, "%s: cannot read the results: %s", path,
                  depth < FOLDERS_DEEP_MAX ? strerror(errno) : "too many folders deep");
        return false;
    }
    while (walked && (entry = readdir(directory)) != NULL) {
        struct stat status;
        char *below = NULL;
        size_t length = strlen(path);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (asprintf(&below, "%s%s%s", path, path[length - 1] == '/' ? "" : "/", entry->d_name) <
            0) {
            walked = out_of_memory(walk->error, path);
            break;
        }
        if (lstat(below, &status) == 0 && S_ISDIR(status.st_mode))
            walked = walk_folder(walk, below, depth + 1);
        else if (has_ending(entry->d_name))
            walked = add_key(walk, below);
        free(below);
    }
    closedir(directory);
    return walked;
}

static const char *or_here(const char *folder) {
    return folder[0] != '\0' ? folder : ".";
}

static int compare_keys(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

bool result_is_unnamed(const char *case_key) {
    return strncmp(case_key, RESULT_UNNAMED, strlen(RESULT_UNNAMED)) == 0;
}

bool result_is_wanted(const char *glob, const char *case_key) {
    if (result_is_unnamed(case_key) && (glob == NULL || !result_is_unnamed(glob)))
        return false;
    return glob == NULL || fnmatch(glob, case_key, 0) == 0;
}

bool result_keys_read(const char *folder, struct result_keys *keys, struct error *error) {
    const char *below = or_here(folder);
    size_t length = strlen(below);
    struct walk walk = {
        .keys = keys, .below_bytes = length + (below[length - 1] == '/' ? 0 : 1), .error = error};
    *keys = (struct result_keys){0};
    if (!walk_folder(&walk, below, 0)) {
        result_keys_free(keys);
        return false;
    }
    if (keys->count > 1)
        qsort(keys->items, keys->count, sizeof *keys->items, compare_keys);
    return true;
}

void result_keys_free(struct result_keys *keys) {
    for (size_t i = 0; i < keys->count; i++)
        free(keys->items[i]);
    free(keys->items);
    *keys = (struct result_keys){0};
}

/* ---- Files ---- */

bool result_read_case(const char *folder, const char *case_key, struct result **result,
                      struct error *error) {
    char *path = result_file_path(or_here(folder), case_key, ending);
    *result = NULL;
    if (path == NULL)
        return out_of_memory(error, case_key);
    bool read = result_read(path, or_here(folder), result, error);
    free(path);
    return read;
}

bool result_each(const char *folder,
                 bool (*use)(struct result *result, void *context, struct error *error),
                 void *context, struct error *error) {
    struct result_keys keys;
    if (!result_keys_read(folder, &keys, error))
        return false;
    bool fine = true;
    for (size_t i = 0; fine && i < keys.count; i++) {
        struct result *result;
        fine =
            result_read_case(folder, keys.items[i], &result, error) && use(result, context, error);
    }
    result_keys_free(&keys);
    return fine;
}

static bool add_result(struct result *result, void *context, struct error *error) {
    struct result_list *list = context;
    struct result **items = reallocarray(list->items, list->count + 1, sizeof(*items));
    if (items == NULL) {
        out_of_memory(error, result->case_key);
        result_free(result);
        return false;
    }
    list->items = items;
    list->items[list->count++] = result;
    return true;
}

bool result_list_read(const char *folder, struct result_list *list, struct error *error) {
    *list = (struct result_list){0};
    if (result_each(folder, add_result, list, error))
        return true;
    result_list_free(list);
    return false;
}

void result_list_free(struct result_list *list) {
    for (size_t i = 0; i < list->count; i++)
        result_free(list->items[i]);
    free(list->items);
    *list = (struct result_list){0};
}
