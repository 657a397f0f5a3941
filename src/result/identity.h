/* What a result proves: the run it was measured in, and the files that were measured, each with
 * what tells it from another at the same path. Keys "run" and "subject" of the file. */
#ifndef RESULT_IDENTITY_H
#define RESULT_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESULT_FILES_MAX = 4096, RUN_ID_BYTES = 256 };

enum result_file_kind {
    RESULT_PROGRAM, /* an executable that ran */
    RESULT_SCRIPT,  /* one that names its interpreter, or that the interpreter was given */
    RESULT_LIBRARY, /* loaded into one of the processes */
    RESULT_INPUT,   /* named by whoever measured */
    RESULT_FILE_KINDS
};
extern const char *const result_file_kinds[RESULT_FILE_KINDS]; /* "program", "script", ... */

struct result_file {
    enum result_file_kind kind;
    char *path; /* from the root */
    char *id;   /* as file_id.h has it; of one that is gone perhaps empty */
    bool gone;  /* could not be read when the run ended, and so is not looked for later: a library
                     that was unpacked and removed, a file of another root */
};

struct result_identity {
    char *run;   /* NULL: written by a heapgate that noted nothing of this */
    char *start; /* UTC, "2026-11-28T10:43:26Z" */
    char *host;
    char *heapgate;            /* its version */
    char *revision;            /* of the git tree of the working directory, or NULL */
    bool dirty;                /* a tracked file of that tree was changed */
    bool conflict;             /* another measurement of the same run came to other figures */
    struct result_file *files; /* owned */
    size_t file_count;         /* at most RESULT_FILES_MAX */
    uint64_t files_lost;       /* for which there was no room */
};

void identity_fini(struct result_identity *identity);
/* Lets go of all but the inputs, by which a case is measured again. */
void identity_trim(struct result_identity *identity);

/* Adds a file, unless the same one is there. False when memory is out. */
bool identity_add(struct result_identity *identity, enum result_file_kind kind, const char *path,
                  const char *id, bool gone);
/* Moves all files of `from` behind those of `identity`. False when memory is out. */
bool identity_take_files(struct result_identity *identity, struct result_identity *from);

#endif
