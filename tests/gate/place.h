/* Where the gate's work finds its files: a folder whose name is as long on every machine and in
 * every checkout. The client libraries keep the whole path of a database (SQLite resolves links
 * first), so that a longer one would be a higher peak. */
#ifndef GATE_PLACE_H
#define GATE_PLACE_H

#include <stdbool.h>

#include "base/error.h"

enum { PLACE_BYTES = 64, PLACE_FOLDER_BYTES = 1024 };

/* Where the gate's tests keep what they make: in the build's folder; or in that of
 * $HEAPGATE_GATE_FOLDER, where they only count, for a test that figures are the same wherever it
 * is. */
struct place_folders {
    char databases[PLACE_FOLDER_BYTES], results[PLACE_FOLDER_BYTES], output[PLACE_FOLDER_BYTES];
    bool only_count;
};
void place_folders(struct place_folders *folders);

struct place {
    char folder[PLACE_BYTES]; /* "" when it is not there */
};

/* Makes an empty one. */
bool place_open(struct place *place, struct error *error);
/* Puts a file there under its own name: a hard link, or a copy where the file systems differ. It is
 * not to be written to. */
bool place_add(const struct place *place, const char *path, struct error *error);
/* Removes it with all that is in it. */
void place_close(struct place *place);

#endif
