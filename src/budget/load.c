/* Reading budget files: the tree of a document is checked against the few shapes that a budget
 * has, and what is found becomes figures and margins that point back to their nodes. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "budget/load_cases.h"

#define FILE_KEYS "schema, defaults, cases, measured"
#define DEFAULTS_KEYS "tolerance, slack" LOAD_METRIC_KEYS

static bool take_schema(struct loader *loader, const struct node *root) {
    const struct node *schema = node_find(root, "schema");
    if (schema == NULL)
        return node_error(loader->error, loader->file->path, root,
                          "no schema: expected \"schema: 1\"");
    if (!load_expect(loader, "schema", schema, NODE_SCALAR, "1"))
        return false;
    return strcmp(schema->text, "1") == 0 ||
           node_error(loader->error, loader->file->path, schema,
                      "schema \"%s\" is not known: expected 1", schema->text);
}

static bool take_defaults(struct loader *loader, const struct node *node) {
    if (!load_expect(loader, "defaults", node, NODE_MAPPING, "a mapping of " DEFAULTS_KEYS))
        return false;
    for (size_t i = 0; i < node->count; i += 2) {
        const struct node *key = &node->children[i];
        bool known;
        if (!load_common(loader, key, &node->children[i + 1], &loader->file->defaults,
                         &loader->file->margins, &known))
            return false;
        if (!known)
            return load_unknown_key(loader, key, DEFAULTS_KEYS);
    }
    return true;
}

/* The defaults first, wherever they stand: the cases inherit from them. */
static bool take_file(struct loader *loader) {
    const struct node *root = &loader->file->root;
    if (!load_expect(loader, "the file", root, NODE_MAPPING, "a mapping of " FILE_KEYS))
        return false;
    for (size_t i = 0; i < root->count; i += 2) {
        const char *key = root->children[i].text;
        if (strcmp(key, "schema") != 0 && strcmp(key, "defaults") != 0 &&
            strcmp(key, "cases") != 0 && strcmp(key, "measured") != 0)
            return load_unknown_key(loader, &root->children[i], FILE_KEYS);
    }
    if (!take_schema(loader, root))
        return false;
    const struct node *defaults = node_find(root, "defaults");
    const struct node *cases = node_find(root, "cases");
    const struct node *measured = node_find(root, "measured");
    if (defaults != NULL && !take_defaults(loader, defaults))
        return false;
    if (measured != NULL && !load_measured(loader, measured, &loader->file->measured))
        return false;
    if (cases == NULL)
        return node_error(loader->error, loader->file->path, root, "no cases: expected \"cases:\"");
    /* "cases:" with nothing behind it has none yet. */
    bool bare = cases->kind == NODE_SCALAR && cases->quote == 0 && cases->text[0] == '\0';
    if (!bare && !load_expect(loader, "cases", cases, NODE_MAPPING, "a mapping of cases"))
        return false;
    loader->file->cases = cases;
    for (size_t i = 0; i < cases->count; i += 2)
        if (!load_case(loader, &cases->children[i], &cases->children[i + 1]))
            return false;
    return true;
}

static char *group_of(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t length = strlen(name);
    if (length > 5 && strcmp(name + length - 5, ".yaml") == 0)
        length -= 5;
    return strndup(name, length);
}

bool set_add_file(struct heapgate_budgets *budgets, const char *path, struct buffer *text,
                  struct error *error) {
    struct budget_file **files =
        reallocarray(budgets->files, budgets->file_count + 1, sizeof(*files));
    struct budget_file *file = calloc(1, sizeof *file);
    if (files != NULL)
        budgets->files = files;
    if (files == NULL || file == NULL) {
        free(file);
        buffer_fini(text);
        error_set(error, "%s: out of memory", path);
        return false;
    }
    budgets->files[budgets->file_count++] = file;
    file->text = *text;
    *text = (struct buffer)BUFFER_INIT(text->maximum);
    file->path = strdup(path);
    file->group = group_of(path);
    if (file->path == NULL || file->group == NULL) {
        error_set(error, "%s: out of memory", path);
        return false;
    }
    struct loader loader = {.file = file, .budgets = budgets, .error = error};
    const char *bytes = file->text.bytes != NULL ? file->text.bytes : "";
    return document_parse(path, bytes, file->text.length, &file->root, error) && take_file(&loader);
}

static bool load_file(struct heapgate_budgets *budgets, const char *path, struct error *error) {
    struct buffer text = BUFFER_INIT(DOCUMENT_FILE_BYTES);
    if (!file_read(path, &text, error)) {
        buffer_fini(&text);
        return false;
    }
    return set_add_file(budgets, path, &text, error);
}

static int is_yaml(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 5 && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

static bool load_folder(struct heapgate_budgets *budgets, bool may_be_empty, struct error *error) {
    struct dirent **entries = NULL;
    const char *folder = budgets->path;
    size_t length = strlen(folder);
    int count = scandir(folder, &entries, is_yaml, alphasort);
    bool loaded = true;
    if (count < 0) {
        error_set(error, "%s: cannot read: %s", folder, strerror(errno));
        return false;
    }
    if (count == 0 && !may_be_empty) {
        error_set(error, "%s: no budget file: expected at least one *.yaml", folder);
        loaded = false;
    }
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        if (loaded && asprintf(&path, "%s%s%s", folder, folder[length - 1] == '/' ? "" : "/",
                               entries[i]->d_name) < 0) {
            path = NULL;
            error_set(error, "%s: out of memory", folder);
        }
        loaded = loaded && path != NULL && load_file(budgets, path, error);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return loaded;
}

static bool has_yaml_name(const char *path) {
    size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".yaml") == 0;
}

enum heapgate_status budget_load(const char *path, unsigned flags,
                                 struct heapgate_budgets **budgets, struct error *error) {
    bool may_be_missing = (flags & BUDGET_LOAD_MAY_BE_MISSING) != 0, loaded;
    struct stat status;
    struct heapgate_budgets *set = calloc(1, sizeof *set);
    *budgets = NULL;
    if (set == NULL || (set->path = strdup(path)) == NULL) {
        error_set(error, "%s: out of memory", path);
        loaded = false;
    } else if (stat(path, &status) != 0) {
        set->is_folder = !has_yaml_name(path);
        loaded = may_be_missing && errno == ENOENT && path[0] != '\0';
        if (!loaded)
            error_set(error, "%s: cannot read the budgets: %s", path, strerror(errno));
    } else {
        set->is_folder = S_ISDIR(status.st_mode);
        loaded =
            set->is_folder ? load_folder(set, may_be_missing, error) : load_file(set, path, error);
    }
    if (!loaded) {
        budget_free(set);
        return HEAPGATE_USAGE;
    }
    set_sort(set);
    *budgets = set;
    return HEAPGATE_OK;
}
