/* Telling somebody who waits where a measurement is. */
#ifndef MEASURE_PROGRESS_H
#define MEASURE_PROGRESS_H

#include <stdbool.h>

#include "base/process.h"
#include "measure/run_record.h"
#include "result/result.h"

struct measure_moment {
    const char *case_key;
    enum result_engine engine;
    uint64_t elapsed_ms; /* of this run of the command */
    uint64_t units_done; /* 0: the command says none */
    bool counted;        /* live_bytes are known: of the process that holds most */
    int64_t live_bytes;
};

/* `show` is called a few times a second while a command runs, `end` when it has ended. */
struct measure_progress {
    void (*show)(void *context, const struct measure_moment *moment);
    void (*end)(void *context);
    void *context;
};

enum { PROGRESS_INTERVAL_MS = 200 };

/* One run of a command. */
struct progress_run {
    const struct measure_progress *progress; /* NULL: nobody wants to know */
    const char *case_key;
    enum result_engine engine;
    struct run_record *record; /* with slots mapped so far */
    uint64_t shown_ms;
};

/* Shows where it is, if it is time to. */
void progress_look(struct progress_run *run);
void progress_end(struct progress_run *run);

#endif
