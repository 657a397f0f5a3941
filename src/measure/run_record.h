/* The parent's side of a record: makes it, names it to the measured process, and reads out what
 * the process left in it. */
#ifndef MEASURE_RUN_RECORD_H
#define MEASURE_RUN_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "alloc/record.h"
#include "base/error.h"
#include "measure/shared_file.h"

struct run_record {
    int fd;            /* an anonymous file: nothing to clean up, whatever happens */
    char variable[64]; /* "HEAPGATE_RECORD=/proc/…" for the command's environment */
    int inherited_fd;  /* what the command inherits of it; 0: nothing */
    char inherited_variable[SHARED_FILE_VARIABLE_BYTES]; /* "HEAPGATE_RECORD_FD=…", likewise */
    struct record_header *header;
    struct record_slot **slots; /* mapped by run_record_open_slots */
    uint32_t slot_count;
};

/* Makes an empty record that arms `limit_bytes` (0 for none) for the scope `case_key` (may be
 * NULL), or for the whole process if it has none of that name. */
bool run_record_new(struct run_record *record, const char *case_key, uint64_t limit_bytes,
                    struct error *error);
/* Takes over a descriptor of the record of a run that another process measures, to read it. False
 * when that is no record, or another version's. */
bool run_record_open(struct run_record *record, int fd, struct error *error);

/* Maps the slots that were claimed, also while the command runs: those that are new since the last
 * time. False, too, when more processes ran than a record holds. */
bool run_record_open_slots(struct run_record *record, struct error *error);
void run_record_fini(struct run_record *record);

/* The clock of the record, and a moment of it as milliseconds since the record was made. */
uint64_t run_record_now_ns(void);
uint64_t run_record_ms(const struct run_record *record, uint64_t at_ns);

/* The figures that a run is about. */
struct run_figures {
    const struct record_slot *slot;   /* the process image they are of */
    const struct record_scope *scope; /* the scope in it, or NULL for all of it */
    heapgate_usage usage;
    uint64_t processes;      /* images that counted */
    uint64_t sum_peak_bytes; /* of all of them */
    uint64_t lost_processes; /* children that did not count; not looked for when a scope is
                                         what the figures are of */
    char lost_program[384];  /* the first of them, and why, in words */
};

/* Chooses: of all images and their ended scopes named `case_key` the one with the highest peak;
 * without such a scope, the image with the highest peak; with `process` (NULL: any) only among
 * those that it matches, see process_name.h, of which there must be one. `root_pid` is the
 * command's own process, which must have counted to the end. False with the reason in words: not
 * active, and why. */
bool run_record_figures(const struct run_record *record, const char *case_key, const char *process,
                        int root_pid, struct run_figures *figures, struct error *error);

/* The same choice among scopes only, in a run under valgrind, where nothing is counted: sets slot
 * and scope, or scope NULL when there is none of that name. False for a scope that did not end. */
bool run_record_scope(const struct run_record *record, const char *case_key, const char *process,
                      struct run_figures *figures, struct error *error);

#endif
