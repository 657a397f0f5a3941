/* A result: what was measured of one case, and the file it is kept in.
 *
 * One JSON file per case, RESULTS/<case>.json; a "/" in the case is a folder. Written whole or not
 * at all. The keys are those of the structs below; README.md describes the schema (number 1). */
#ifndef RESULT_RESULT_H
#define RESULT_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include <heapgate/heapgate.h>
#include <heapgate/metrics.h>

#include "base/error.h"
#include "result/growth.h"
#include "result/identity.h"

enum {
    RESULT_SCHEMA = 1,
    RESULT_ENVIRONMENT_MAX = 112,
    RESULT_LIBRARIES_MAX = 64,
    RESULT_VALUE_BYTES_MAX = 200,
    RESULT_FRAMES_MAX = 64,
    RESULT_SITES_MAX = 200,
    RESULT_MODULES_MAX = 32,
    RESULT_PHASES_MAX = 1000,
    RESULT_TIMELINE_MAX = 1000,
    RESULT_SNAPSHOTS_MAX = 100
};

/* The engines, in the order they are listed. */
enum result_engine { RESULT_COUNT, RESULT_PROFILE, RESULT_MASSIF, RESULT_ENGINES };
extern const char *const result_engine_names[RESULT_ENGINES]; /* "count", "profile", "massif" */

/* One engine's figures: key "engines.<name>" of the file. A massif usage has peak and overhead
 * only; the others are absent (has[...] false), never 0. */
struct result_usage {
    bool present;
    bool has[HEAPGATE_METRIC_COUNT];
    int64_t figures[HEAPGATE_METRIC_COUNT]; /* "peak_bytes", "allocations", "live_bytes", ...; those
                                               per unit as growth_figure has them */
    uint64_t allocated_bytes;
    uint64_t overhead_bytes; /* massif: the allocator's own share at the peak */
    uint64_t wall_ms;
    uint64_t processes;           /* images recorded; the figures are the largest one's */
    uint64_t sum_peak_bytes;      /* sum of their peaks */
    uint64_t uncounted_processes; /* left out, because they could not be counted */
    uint64_t foreign_frees;       /* blocks that were allocated past the allocator and
                                               freed through it; in all processes */
    uint64_t deep_binds;          /* calls of dlopen whose RTLD_DEEPBIND was cleared */
    /* of heap and mapped together: the largest sum that was seen (at each change of what is
     * mapped, and at a new peak of the heap); 0: nothing was mapped, or of a scope */
    uint64_t heap_and_mapped_peak_bytes;
};

/* More of it than this, and a budget that names neither mapped memory nor the resident set is
 * refused: 32 MiB. */
enum { RESULT_OUTSIDE_MAX = 32 << 20 };

/* Anonymous memory that a process of the run had resident, and that its heap does not explain: key
 * "outside_heap". Of the process that has the most of it; of a case that is a scope, of the scope's
 * process. How it is found, and what is too much, is told in measure/outside.h. */
struct result_outside {
    char *program;            /* NULL: of none is there any */
    uint64_t anonymous_bytes; /* its peak */
    uint64_t bytes;           /* of that, outside the heap */
    uint64_t mapped_bytes;    /* what the process mapped itself, at its own peak */
    bool measured;            /* the figures are this process's */
};

struct result_pair {
    char *name;
    char *value;
};

/* A call stack and what it held at the peak: an item of the key "sites". */
struct result_site {
    int64_t bytes, blocks;
    int64_t live_bytes;   /* at the end */
    uint64_t total_bytes; /* in `allocations` calls */
    uint64_t allocations;
    uint64_t temporary; /* of these: freed before their thread allocated again */
    char **frames;      /* NULL-terminated, innermost first, at most RESULT_FRAMES_MAX */
    size_t own_frame;   /* index of the first that is not in a system's library; else 0 */
    char *module;       /* whose memory it is: file of the first frame that is not the C
                             library's; NULL when it is not known */
    char *place;        /* "PQexec <- source_open": what a budget calls it; NULL likewise */
};

/* What a program or library held at the peak: an item of the key "modules". */
struct result_module {
    char *name;
    int64_t bytes, blocks;
    bool own; /* of the program, not of the system */
};

/* A named part of the run, from its mark to the next: an item of the key "phases". Of a case that
 * is a scope, those that began in it, and bytes are above what was live at its begin: as in the
 * case's own peak, which no phase's passes. */
struct result_phase {
    char *name;
    uint64_t begin_ms, end_ms; /* since the command started */
    int64_t live_before_bytes, live_after_bytes;
    int64_t peak_bytes;   /* the highest that live went in it */
    uint64_t allocations; /* calls that allocated in it */
    bool sampled;         /* marked by a line on HEAPGATE_PHASES: the moments of its begin and
                                   end, and so the figures, are not exact */
};

/* A point of the key "timeline", which an array of three is: sampled from outside while the command
 * ran, from the begin of the process to its end. Of a case that is a scope, live bytes are above
 * what was live at its begin, so before that they are below 0 and the highest within it is the
 * case's peak. */
struct result_sample {
    uint64_t at_ms;     /* since the command started, ascending */
    int64_t live_bytes; /* between two samples the peaks are kept: the highest since the
                                   last */
    uint64_t rss_bytes; /* resident set at that moment */
};

/* A point of the key "allocation_timeline", an array of two: by bytes allocated so far instead of
 * by time, so that it is the same in every run. Under profile. Of a case that is a scope, of the
 * scope alone, and live bytes are above what was live at its begin. */
struct result_step {
    uint64_t allocated_bytes; /* ascending */
    int64_t live_bytes;       /* the highest since the point before */
};

/* What every call stack held at a moment: an item of the key "snapshots". Under profile. */
struct result_snapshot {
    char *name; /* what it was taken for: a phase, "SIGUSR1", "units=1000" */
    uint64_t at_ms;
    int64_t live_bytes; /* the sum of the sites and of other_bytes */
    int64_t other_bytes;
    struct result_site *sites; /* heaviest first; owned */
    size_t site_count;         /* at most RESULT_SITES_MAX */
};

/* The process that the figures are of: key "process". Of a run under several engines, the
 * first's. */
struct result_process {
    /* path of its executable; NULL: not known (an older file). Owned, as all here */
    char *program;
    char **arguments; /* with argv[0], as far as a record holds them; NULL-terminated */
    uint64_t others;  /* process images that were measured beside it */
    char *chosen_by;  /* the glob that it was chosen by among them; NULL: by its peak */
    char *busier;     /* where it is a shell, or merely starts programs: the glob that chooses
                         another which did more work; else NULL */
    uint64_t busier_allocated_bytes, busier_allocations;
};

struct result {
    char *case_key;
    char **argv;     /* NULL-terminated: "command" */
    int exit_status; /* "status": the command's own; 128 + N when signal N ended it */
    bool has_units;
    uint64_t units;
    char *scope;   /* name of the scope measured, or NULL for the whole process */
    char *invalid; /* why this is no valid measurement, or NULL */
    struct result_usage engines[RESULT_ENGINES];
    struct growth_point points[GROWTH_POINTS_MAX]; /* of a sweep, ascending; "growth.points" */
    size_t point_count;
    struct growth_fit growth;     /* when there are points; the figure is the count engine's */
    bool points_have_allocations; /* the results of older versions have none */
    struct growth_fit allocation_growth; /* then; likewise */
    /* NULL-terminated stack, innermost first, that first crossed limit_bytes */
    char **crossing;
    uint64_t limit_bytes;      /* the limit that was armed, or the highest doubling of it that was
                              crossed; 0 for none */
    struct result_site *sites; /* of the profile engine, heaviest first, and some that hold little
                                  or nothing but were temporary, many or not freed; owned */
    size_t site_count;         /* at most RESULT_SITES_MAX */
    char *sites_phase;         /* the phase that they are of, at its peak; NULL: the case; owned */
    int64_t other_bytes;       /* held at the peak by all other sites */
    struct result_module *modules; /* of all sites, heaviest first; owned */
    size_t module_count;           /* at most RESULT_MODULES_MAX */
    char *massif; /* the peak as a Massif file, for the file beside; not read back */
    /* all sites as collapsed stacks, for the file beside; not read back */
    char *folded;
    struct result_phase *phases;       /* in the order of time; owned */
    size_t phase_count;                /* at most RESULT_PHASES_MAX */
    struct result_sample *timeline;    /* owned */
    size_t timeline_count;             /* at most RESULT_TIMELINE_MAX */
    struct result_step *steps;         /* owned */
    size_t step_count;                 /* at most RESULT_TIMELINE_MAX */
    struct result_snapshot *snapshots; /* in the order of time; owned */
    size_t snapshot_count;             /* at most RESULT_SNAPSHOTS_MAX */
    uint64_t snapshots_lost;           /* asked for when there was no more room */
    struct result_outside outside;
    /* why it is not known what was mapped, or NULL; owned */
    char *mapped_lost;
    struct result_process process;
    struct result_pair *environment; /* "arch", "libc", "control", ...; owned */
    size_t environment_count;

    struct result_identity identity; /* the run, and what ran: "run", "subject" */
};

/* A zeroed result with a copy of the key; NULL when memory is out. Free with result_free. */
struct result *result_new(const char *case_key);
void result_free(struct result *result);
/* Frees a NULL-terminated array and the texts in it. NULL is fine. */
void result_free_texts(char **texts);

/* Copies the points of a sweep, at most GROWTH_POINTS_MAX, and fits them: the growth of bytes and,
 * with allocations, of calls becomes a figure of the count engine, if that is there. */
void result_set_points(struct result *result, const struct growth_point *points, size_t count,
                       bool with_allocations);

/* Frees the sites and the modules, and there are none. */
void result_free_sites(struct result *result);
/* Moves all that the engine profile told of call stacks into another result, in place of its own.
 * Of a phase only the sites and modules: the files beside are of the case. */
void result_take_sites(struct result *result, struct result *from);

/* Lets go of all that takes room: timelines, snapshots, the identity, and the sites after the first
 * `sites`, which become a part of other_bytes; with `sites` 0 the phases too. What a verdict needs
 * stays. */
void result_trim(struct result *result, size_t sites);

/* Adds or replaces a pair. False when memory or the table is out. */
bool result_set_environment(struct result *result, const char *name, const char *value);
/* The value, or NULL. */
const char *result_environment(const struct result *result, const char *name);
/* The same for a name as a condition has it: also a library's by less than its soname, which for
 * libsqlite3.so.0 is libsqlite3, sqlite3, libsqlite or sqlite. */
const char *result_environment_find(const struct result *result, const char *name);
/* What a budget records of the environment that its figures were taken in: all but `control`, and
 * of the libraries the first few in the order that they were loaded, without the number of their
 * soname where that is not needed. Returns how many. */
struct result_record {
    char name[64];
    const char *value; /* the result's */
};
enum { RESULT_RECORD_MAX = 20, RESULT_RECORD_LIBRARIES_MAX = 8 };
size_t result_environment_record(const struct result *result,
                                 struct result_record record[RESULT_RECORD_MAX]);
/* Whether a pair's name is the soname of a library; and whether heapgate alone may set it: arch,
 * libc, distribution, compiler. */
bool result_environment_is_library(const char *name);
bool result_environment_is_own(const char *name);

/* True when `case_key` can be a case: parts of letters, digits, "_", "-", "." and "=" joined by
 * "/", none of them "." or ".." or empty, at most HEAPGATE_NAME_BYTES - 1 bytes in all. Anything
 * else would make a path that leaves the results folder; the error says so. */
bool result_case_valid(const char *case_key, struct error *error);

/* The group of what was run without a case of its own: to look at, and never held to a budget. */
#define RESULT_UNNAMED "unnamed/"
bool result_is_unnamed(const char *case_key);
/* Whether a case is one that all, or with a glob one that those, are about; an unnamed one only if
 * the glob names that group. */
bool result_is_wanted(const char *glob, const char *case_key);

/* Writes folder/<case>.json, making folders, and <case>.folded and <case>.massif beside it where
 * the call stacks are known; where they are not, older ones are removed. */
bool result_write(const struct result *result, const char *folder, struct error *error);

/* Reads one file. False with file (and line, where it isn't JSON) and reason, also when the case in
 * it is not the one its path says (`folder` NULL: not compared). Only under json_memory_watch is it
 * sure that memory which runs out is seen. */
bool result_read(const char *path, const char *folder, struct result **result, struct error *error);

/* The cases that have a file below a folder, sorted, none of the files read: what a folder of any
 * number of results is gone through by. Free with result_keys_free. A folder that isn't there is an
 * error. */
struct result_keys {
    char **items;
    size_t count;
};
bool result_keys_read(const char *folder, struct result_keys *keys, struct error *error);
void result_keys_free(struct result_keys *keys);
/* Reads the file of one of them. */
bool result_read_case(const char *folder, const char *case_key, struct result **result,
                      struct error *error);

/* Reads every result below a folder in the order of their cases, one at a time, so that any number
 * of them needs the memory of one and of the names of all. `use` takes the result over, and ends
 * the walk by returning false with the error set. */
bool result_each(const char *folder,
                 bool (*use)(struct result *result, void *context, struct error *error),
                 void *context, struct error *error);

/* All results below a folder, sorted by case. Free with result_list_free. False with the first
 * file that cannot be read; a folder that isn't there is an error. */
struct result_list {
    struct result **items;
    size_t count;
};
bool result_list_read(const char *folder, struct result_list *list, struct error *error);
void result_list_free(struct result_list *list);

#endif
