/* The work that is measured: one dump, in a process of its own, within a scope named as the case.
 * The gate's own program does just that; the controls' does it with a fault. */
#ifndef GATE_WORK_H
#define GATE_WORK_H

#include <stdbool.h>

#include <heapgate/heapgate.h>

#include "rowstream/core/rowstream.h"

/* What a control changes. Each may be NULL. */
struct work_fault {
    const char *name;
    void (*options)(struct rowstream_dump_options *options);
    void (*begin)(void); /* within the scope, before the dump */
    void (*end)(void);   /* within the scope, after it */
    struct rowstream_output (*output)(struct rowstream_output inner); /* wraps the output */
    void (*after)(const struct rowstream_counts *counts, unsigned long long *units);
};

/* Notes the versions that figures depend on, and the name of the control, which may be NULL. */
bool work_note_versions(const char *control, heapgate_error *error);

enum { WORK_URL_BYTES = 4096 };

/* The URL of a database ("sqlite", or a server) to write to: of SQLite that of `file`, which is
 * removed. 0, or what main returns. */
int work_find(const char *database, const char *file, char url[WORK_URL_BYTES]);

/* Has the stages of the work be the phases of the case; "rows" ends with the first thousand rows
 * (the first chunk when deleting) and the others are "more rows". In the first everything is set up
 * that the rows need, which may take more than they do: what goes on in the others takes nothing
 * new. */
struct work_progress {
    bool in_rows;
};
struct rowstream_progress work_progress(struct work_progress *progress);

/* main of such a program: PROGRAM CASE DATABASE-FOLDER OUTPUT [ROWS]. It dumps the case's table of
 * ROWS rows, GATE_ROWS unless they are given. `fault` may be NULL. */
int work_main(int argc, char **argv, const struct work_fault *fault);

#endif
