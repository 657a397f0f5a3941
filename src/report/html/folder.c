#include "report/html/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* True for a folder without entries. */
static bool is_empty(const char *path) {
    DIR *directory = opendir(path);
    const struct dirent *entry;
    bool empty = directory != NULL;
    while (empty && (entry = readdir(directory)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (directory != NULL)
        closedir(directory);
    return empty;
}

static bool has_note(const char *path, const char *note) {
    char *file;
    struct stat status;
    if (asprintf(&file, "%s/%s", path, note) < 0)
        return false;
    bool has = lstat(file, &status) == 0 && S_ISREG(status.st_mode);
    free(file);
    return has;
}

/* The place without links and slashes at its end, so that the temporary folder stands beside the
 * folder itself. */
static char *true_place(const char *place) {
    char *found = realpath(place, NULL);
    if (found != NULL || errno != ENOENT)
        return found;
    size_t length = strlen(place);
    while (length > 1 && place[length - 1] == '/')
        length--;
    return strndup(place, length);
}

bool folder_begin(struct folder *folder, const char *place, const char *note, struct error *error) {
    struct stat status;
    *folder = (struct folder){.name = place, .place = true_place(place)};
    if (folder->place == NULL)
        goto failed;
    folder->replaces = lstat(folder->place, &status) == 0;
    if (folder->replaces && !is_empty(folder->place) && !has_note(folder->place, note)) {
        error_set(
            error,
            "%s: will not be replaced: expected a report (with a file %s), an empty folder, or "
            "nothing",
            place, note);
        goto out;
    }
    if (!file_make_parents(folder->place, error))
        goto out;
    if (asprintf(&folder->temporary, "%s.XXXXXX", folder->place) < 0) {
        folder->temporary = NULL;
        goto failed;
    }
    mode_t mask = umask(0);
    umask(mask);
    if (mkdtemp(folder->temporary) == NULL) { /* the name was not used: nothing to remove */
        free(folder->temporary);
        folder->temporary = NULL;
        goto failed;
    }
    if (chmod(folder->temporary, 0777 & ~mask) == 0)
        return true;
failed:
    error_set(error, "%s: cannot write: %s", place, strerror(errno));
out:
    folder_abort(folder, error);
    return false;
}

bool folder_commit(struct folder *folder, struct error *error) {
    /* With the older one in its place both change names at once, and the temporary name is then
     * that of the older one. */
    unsigned flags = folder->replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    if (renameat2(AT_FDCWD, folder->temporary, AT_FDCWD, folder->place, flags) != 0) {
        error_set(error, "%s: cannot write: %s", folder->place, strerror(errno));
        folder_abort(folder, error);
        return false;
    }
    bool removed = !folder->replaces || file_remove_tree(folder->temporary, error);
    free(folder->temporary);
    folder->temporary = NULL;
    folder_abort(folder, NULL);
    return removed;
}

static void name_place(const struct folder *folder, struct error *error) {
    char *found = error != NULL ? strstr(error->text, folder->temporary) : NULL;
    if (found == NULL)
        return;
    struct error named = {0};
    error_set(&named, "%.*s%s%s", (int)(found - error->text), error->text, folder->name,
              found + strlen(folder->temporary));
    *error = named;
}

void folder_abort(struct folder *folder, struct error *error) {
    if (folder->temporary != NULL) {
        name_place(folder, error);
        file_remove_tree(folder->temporary, NULL);
    }
    free(folder->temporary);
    free(folder->place);
    *folder = (struct folder){0};
}
