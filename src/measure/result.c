/* A result in memory, what may be a case, and the results of a folder. The file itself is
 * result_write.c's and result_read.c's. */
#include "measure/result.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDERS_DEEP_MAX = 64 };

const char *const result_engine_names[RESULT_ENGINES] = {"count", "profile", "massif"};

/* ---- Memory ---- */

struct result *result_new(const char *case_key) {
    struct result *result = calloc(1, sizeof *result);
    if (result != NULL && (result->case_key = strdup(case_key)) == NULL) {
        free(result);
        return NULL;
    }
    return result;
}

static void free_texts(char **texts) {
    for (char **text = texts; text != NULL && *text != NULL; text++)
        free(*text);
    free(texts);
}

static void free_sites(struct result_site *sites, size_t count) {
    for (size_t i = 0; i < count; i++)
        free_texts(sites[i].frames);
    free(sites);
}

void result_free_sites(struct result *result) {
    free_sites(result->sites, result->site_count);
    result->sites = NULL;
    result->site_count = 0;
}

void result_free(struct result *result) {
    if (result == NULL)
        return;
    for (size_t i = 0; i < result->environment_count; i++) {
        free(result->environment[i].name);
        free(result->environment[i].value);
    }
    for (size_t i = 0; i < result->phase_count; i++)
        free(result->phases[i].name);
    for (size_t i = 0; i < result->snapshot_count; i++) {
        free(result->snapshots[i].name);
        free_sites(result->snapshots[i].sites, result->snapshots[i].site_count);
    }
    free(result->phases);
    free(result->snapshots);
    free(result->timeline);
    free(result->steps);
    free_texts(result->argv);
    free_texts(result->crossing);
    result_free_sites(result);
    free(result->folded);
    free(result->case_key);
    free(result->scope);
    free(result->invalid);
    free(result);
}

bool result_set_environment(struct result *result, const char *name, const char *value) {
    char *copy = strdup(value);
    if (copy == NULL)
        return false;
    for (size_t i = 0; i < result->environment_count; i++) {
        if (strcmp(result->environment[i].name, name) != 0)
            continue;
        free(result->environment[i].value);
        result->environment[i].value = copy;
        return true;
    }
    struct result_pair pair = {.value = copy};
    if (result->environment_count == RESULT_ENVIRONMENT_MAX || (pair.name = strdup(name)) == NULL) {
        free(copy);
        return false;
    }
    result->environment[result->environment_count++] = pair;
    return true;
}

const char *result_environment(const struct result *result, const char *name) {
    for (size_t i = 0; i < result->environment_count; i++)
        if (strcmp(result->environment[i].name, name) == 0)
            return result->environment[i].value;
    return NULL;
}

/* ---- Case keys ---- */

bool result_case_valid(const char *case_key, struct error *error) {
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.=";
    const char *at = case_key;
    bool valid = strlen(case_key) < HEAPGATE_NAME_BYTES;
    while (valid) {
        size_t length = strspn(at, letters);
        bool dots = length <= 2 && strncmp(at, "..", length) == 0;
        valid = length > 0 && !dots && (at[length] == '/' || at[length] == '\0');
        if (!valid || at[length] == '\0')
            break;
        at += length + 1;
    }
    if (!valid)
        error_set(error,
                  "\"%.200s\" cannot be a case: expected parts of letters, digits and \"_-.=\" "
                  "joined by \"/\", at most %d bytes",
                  case_key, HEAPGATE_NAME_BYTES - 1);
    return valid;
}

/* ---- All of a folder ---- */

struct walk {
    const char *folder;
    bool (*use)(struct result *result, void *context, struct error *error);
    void *context;
    struct error *error;
};

static bool use_file(const struct walk *walk, const char *path) {
    struct result *result;
    return result_read(path, walk->folder, &result, walk->error) &&
           walk->use(result, walk->context, walk->error);
}

static bool has_json_name(const char *name) {
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

/* Links to folders are not followed: they could lead round in a circle. */
static bool walk_folder(const struct walk *walk, const char *path, unsigned depth) {
    DIR *directory = depth < FOLDERS_DEEP_MAX ? opendir(path) : NULL;
    const struct dirent *entry;
    bool read = true;
    if (directory == NULL) {
        error_set(walk->error, "%s: cannot read the results: %s", path,
                  depth < FOLDERS_DEEP_MAX ? strerror(errno) : "too many folders deep");
        return false;
    }
    while (read && (entry = readdir(directory)) != NULL) {
        struct stat status;
        char *below = NULL;
        size_t length = strlen(path);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (asprintf(&below, "%s%s%s", path, path[length - 1] == '/' ? "" : "/", entry->d_name) <
            0) {
            error_set(walk->error, "%s: out of memory", path);
            read = false;
            break;
        }
        if (lstat(below, &status) == 0 && S_ISDIR(status.st_mode))
            read = walk_folder(walk, below, depth + 1);
        else if (has_json_name(entry->d_name))
            read = use_file(walk, below);
        free(below);
    }
    closedir(directory);
    return read;
}

bool result_each(const char *folder,
                 bool (*use)(struct result *result, void *context, struct error *error),
                 void *context, struct error *error) {
    const char *below = folder[0] != '\0' ? folder : ".";
    struct walk walk = {.folder = below, .use = use, .context = context, .error = error};
    return walk_folder(&walk, below, 0);
}

static bool add_result(struct result *result, void *context, struct error *error) {
    struct result_list *list = context;
    struct result **items = reallocarray(list->items, list->count + 1, sizeof(*items));
    if (items == NULL) {
        error_set(error, "%s: out of memory", result->case_key);
        result_free(result);
        return false;
    }
    list->items = items;
    list->items[list->count++] = result;
    return true;
}

static int compare_results(const void *left, const void *right) {
    return strcmp((*(struct result *const *)left)->case_key,
                  (*(struct result *const *)right)->case_key);
}

bool result_list_read(const char *folder, struct result_list *list, struct error *error) {
    *list = (struct result_list){0};
    if (!result_each(folder, add_result, list, error)) {
        result_list_free(list);
        return false;
    }
    if (list->count > 1)
        qsort(list->items, list->count, sizeof(*list->items), compare_results);
    return true;
}

void result_list_free(struct result_list *list) {
    for (size_t i = 0; i < list->count; i++)
        result_free(list->items[i]);
    free(list->items);
    *list = (struct result_list){0};
}
