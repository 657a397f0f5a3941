#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_write_all(int fd, const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        at += written;
        length -= (size_t)written;
    }
    return true;
}

bool file_output_open(struct file_output *output, const char *path, struct error *error) {
    struct stat status;
    *output = (struct file_output){.fd = -1};
    bool exists = stat(path, &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) {
        error_set(error, "%s: cannot write: it is a folder", path);
        return false;
    }
    output->path = strdup(path);
    if (output->path == NULL)
        goto failed;
    if (exists && !S_ISREG(status.st_mode)) {
        output->in_place = true;
        output->fd = open(path, O_WRONLY | O_CLOEXEC);
    } else {
        if (asprintf(&output->temporary, "%s.XXXXXX", path) < 0) {
            output->temporary = NULL;
            goto failed;
        }
        output->fd = mkostemp(output->temporary, O_CLOEXEC);
        if (output->fd < 0) { /* the name was not used: nothing to remove */
            free(output->temporary);
            output->temporary = NULL;
            goto failed;
        }
        mode_t mask = umask(0);
        umask(mask);
        if (fchmod(output->fd, exists ? status.st_mode & 07777 : 0666 & ~mask) != 0)
            goto failed;
    }
    if (output->fd >= 0)
        return true;
failed:
    error_set(error, "%s: cannot write: %s", path, strerror(errno));
    file_output_abort(output);
    return false;
}

bool file_output_write(struct file_output *output, const void *bytes, size_t length,
                       struct error *error) {
    if (file_write_all(output->fd, bytes, length))
        return true;
    error_set(error, "%s: cannot write: %s", output->path, strerror(errno));
    return false;
}

bool file_output_commit(struct file_output *output, struct error *error) {
    int fd = output->fd;
    output->fd = -1;
    if (close(fd) == 0 && (output->in_place || rename(output->temporary, output->path) == 0)) {
        free(output->temporary);
        output->temporary = NULL;
        file_output_abort(output);
        return true;
    }
    error_set(error, "%s: cannot write: %s", output->path, strerror(errno));
    file_output_abort(output);
    return false;
}

void file_output_abort(struct file_output *output) {
    if (output->fd >= 0)
        close(output->fd);
    if (output->temporary != NULL)
        unlink(output->temporary);
    free(output->temporary);
    free(output->path);
    *output = (struct file_output){.fd = -1};
}

bool file_write(const char *path, const void *bytes, size_t length, struct error *error) {
    struct file_output output;
    if (!file_output_open(&output, path, error))
        return false;
    if (!file_output_write(&output, bytes, length, error)) {
        file_output_abort(&output);
        return false;
    }
    return file_output_commit(&output, error);
}

bool file_read(const char *path, struct buffer *contents, struct error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        goto failed;
    for (;;) {
        size_t room = contents->maximum - contents->length;
        /* One byte more than fits tells a file of exactly the maximum from a longer one. */
        char piece[65536];
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            goto failed;
        if (got == 0)
            break;
        if ((size_t)got > room) {
            error_set(error, "%s: too large: at most %zu bytes are read", path, contents->maximum);
            close(fd);
            return false;
        }
        if (!buffer_append(contents, piece, (size_t)got))
            goto failed;
    }
    close(fd);
    return true;
failed:
    error_set(error, "%s: cannot read: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return false;
}

bool file_make_directories(const char *path, struct error *error) {
    char copy[PATH_MAX];
    if (strlen(path) >= sizeof copy) {
        error_set(error, "%.64s...: the path is too long", path);
        return false;
    }
    memcpy(copy, path, strlen(path) + 1);
    for (char *at = copy + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        struct stat status;
        if (mkdir(copy, 0777) != 0 &&
            (errno != EEXIST || stat(copy, &status) != 0 || !S_ISDIR(status.st_mode))) {
            error_set(error, "%s: cannot make the folder: %s", copy, strerror(errno));
            return false;
        }
        *at = kept;
        if (kept == '\0')
            return true;
    }
}

bool file_make_parents(const char *path, struct error *error) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return true;
    char *parent = strndup(path, (size_t)(slash - path));
    if (parent == NULL) {
        error_set(error, "%s: out of memory", path);
        return false;
    }
    bool made = file_make_directories(parent, error);
    free(parent);
    return made;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

bool file_remove_tree(const char *path, struct error *error) {
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return true;
    error_set(error, "%s: cannot remove: %s", path, strerror(errno));
    return false;
}
