#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* Not $TMPDIR, whose length is anybody's. */
static const char pattern[] = "/tmp/heapgate-gate.XXXXXX";

void place_folders(struct place_folders *folders) {
    const char *given = getenv("HEAPGATE_GATE_FOLDER");
    folders->only_count = given != NULL && given[0] != '\0';
    if (!folders->only_count) {
        snprintf(folders->databases, PLACE_FOLDER_BYTES, "%s", GATE_DATABASES);
        snprintf(folders->results, PLACE_FOLDER_BYTES, "%s", GATE_RESULTS);
        snprintf(folders->output, PLACE_FOLDER_BYTES, "%s", GATE_OUTPUT);
        return;
    }
    snprintf(folders->databases, PLACE_FOLDER_BYTES, "%s/databases", given);
    snprintf(folders->results, PLACE_FOLDER_BYTES, "%s/results", given);
    snprintf(folders->output, PLACE_FOLDER_BYTES, "%s/dumps", given);
}

bool place_open(struct place *place, struct error *error) {
    snprintf(place->folder, sizeof place->folder, "%s", pattern);
    if (mkdtemp(place->folder) != NULL)
        return true;
    error_set(error, "%s: cannot make a folder: %s", pattern, strerror(errno));
    place->folder[0] = '\0';
    return false;
}

static bool copy(const char *from, const char *to) {
    struct stat status;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666) : -1;
    bool copied = out >= 0 && fstat(in, &status) == 0;
    while (copied && lseek(in, 0, SEEK_CUR) < status.st_size)
        copied = sendfile(out, in, NULL, (size_t)status.st_size) > 0;
    if (in >= 0)
        close(in);
    return out >= 0 && close(out) == 0 && copied;
}

bool place_add(const struct place *place, const char *path, struct error *error) {
    char to[4096];
    const char *slash = strrchr(path, '/');
    snprintf(to, sizeof to, "%s/%s", place->folder, slash != NULL ? slash + 1 : path);
    if (link(path, to) == 0 || errno == EEXIST || copy(path, to))
        return true;
    error_set(error, "%s: cannot be put at %s: %s", path, to, strerror(errno));
    return false;
}

void place_close(struct place *place) {
    if (place->folder[0] != '\0')
        file_remove_tree(place->folder, NULL);
    place->folder[0] = '\0';
}
