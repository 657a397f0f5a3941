/* A run in progress, looked at from a third process: its record is found by the number of any of
 * its processes, or of the heapgate that measures it. Nothing of it is changed. */
#ifndef MEASURE_LIVE_H
#define MEASURE_LIVE_H

#include "alloc/read.h"
#include "measure/run_record.h"
#include "result/result.h"

struct live_run;

/* NULL with the reason in words: no such process, not under heapgate, not permitted. */
struct live_run *live_open(int pid, struct error *error);
void live_free(struct live_run *run);

/* One process of the run, now. */
struct live_look {
    int pid;
    const char *command;  /* not terminated: RECORD_COMMAND_BYTES at most */
    const char *case_key; /* HEAPGATE_NAME_BYTES at most */
    const char *phase;    /* HEAPGATE_NAME_BYTES at most; NULL: in none */
    uint64_t elapsed_ms;  /* since the run began */
    uint64_t units_done;  /* 0: it says none */
    uint64_t rss_bytes;   /* 0: the process has ended */
    struct counter_glance counters;
    size_t process_count; /* that count and go on */
};

/* The process that was named, or, of a whole run, the one with the most live bytes. False when none
 * goes on any more; `look` is then that of the last. */
bool live_look(struct live_run *run, struct live_look *look);

/* The call stacks that hold the most now, at most RESULT_SITES_MAX, into the result's sites and
 * other_bytes; none unless the run is profiled. The process goes on meanwhile, so that they need
 * not add up. False when memory is out. */
bool live_sites(struct live_run *run, struct result *result);

/* The resident set of a process, and of that what is no file's and not shared. False when it is
 * gone. */
struct live_resident {
    uint64_t bytes, anonymous_bytes;
};
bool live_resident(int pid, struct live_resident *resident);
/* The first alone; 0 when it is gone. */
uint64_t live_resident_bytes(int pid);

#endif
