/* A folder that is whole or not there: made beside its place under a temporary name, and put there
 * by one rename. Only a folder that holds the note of an earlier one, or nothing, is replaced. */
#ifndef REPORT_HTML_FOLDER_H
#define REPORT_HTML_FOLDER_H

#include <stdbool.h>

#include "base/error.h"

struct folder {
    const char *name; /* as the caller calls it, who keeps it */
    char *place;      /* owned */
    char *temporary;  /* owned: write into this one */
    bool replaces;    /* there is an older one in its place */
};

/* False when `place` is something else, with what it would have to be. `note` is the name of a file
 * that every such folder has. */
bool folder_begin(struct folder *folder, const char *place, const char *note, struct error *error);
/* Puts it in its place and removes the older one. */
bool folder_commit(struct folder *folder, struct error *error);
/* Removes what was written; harmless after a commit or a failed begin. A message that names a file
 * of the temporary folder names afterwards where that would have been. */
void folder_abort(struct folder *folder, struct error *error);

#endif
