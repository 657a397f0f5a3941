/* The record: what a measured process leaves behind, as it is laid out in shared memory.
 *
 * The parent (heapgate) makes an anonymous file, a header and then a row of slots, and
 * names it to the measured process in the environment variable HEAPGATE_RECORD. Every process
 * image that starts with the counting allocator in it (the command, its children, what they exec)
 * claims the next slot and maps the header and that slot. From then on its counters live *in* the
 * slot: there is nothing to write out at the end, so the figures are there after _exit, abort,
 * SIGKILL and the kernel's out-of-memory killer, and can be read while the process runs.
 *
 * Without HEAPGATE_RECORD the same struct lives in the process's own memory.
 *
 * How the counters work is told in counter.h. All sizes are requested bytes. */
#ifndef ALLOC_RECORD_H
#define ALLOC_RECORD_H

#include <stdatomic.h>
#include <stdint.h>

#include <heapgate/heapgate.h>

#include "alloc/owned.h"

#define RECORD_ENVIRONMENT "HEAPGATE_RECORD"  /* path of the file */
#define RECORD_INHERITED "HEAPGATE_RECORD_FD" /* a descriptor of it: "NUMBER:INODE" */
#define RECORD_SNAPSHOTS "HEAPGATE_SNAPSHOTS" /* folder for Massif's snapshots of scopes */

enum {
    RECORD_VERSION = 6,
    RECORD_HEADER_BYTES = 1 << 19,
    RECORD_SLOTS = 4096,  /* process images in one run */
    RECORD_STARTS = 4600, /* programs that they start: all that are spawned, and the others
                                 until they have a slot */
    RECORD_PROGRAM_BYTES = 104,
    RECORD_LANE_ALONE = 0,  /* of a process while it has one thread */
    RECORD_LANE_COMMON = 1, /* of all threads that have none of their own */
    RECORD_LANES = 66,      /* these two, and those that one thread each has */
    RECORD_FRAMES = 64,     /* depth of the stack that crossed the limit */
    RECORD_MAPS_BYTES = 1 << 18,
    RECORD_PAIRS = 16,
    RECORD_PAIR_BYTES = 64,
    RECORD_COMMAND_BYTES = 64,
    RECORD_EXECUTABLE_BYTES = 1024,
    RECORD_ARGUMENTS_BYTES = 512,
    RECORD_PHASES = HEAPGATE_PHASES_TOTAL, /* of one process */
    RECORD_MODULES = 1024,                 /* files that one process image was loaded from */
    RECORD_BUILD_ID_BYTES = 32,
    RECORD_MODULE_PATHS_BYTES = 1 << 17,
};
#define RECORD_MAGIC "heapgate"

/* A program that a process starts: by exec in its own place, or by posix_spawn. What starts and
 * claims no slot was not counted. */
struct record_start {
    _Atomic int32_t pid; /* 0: it is counted, or did not start after all. Below 0: of a child
                                 that was spawned, and noted when it may have had its slot */
    uint32_t reason;     /* enum record_reason */
    char program[RECORD_PROGRAM_BYTES];
};

/* Why a program that was started is not counted. */
enum record_reason {
    RECORD_NEVER_LOADED, /* or nothing is known */
    RECORD_MUSL,         /* its C library is musl: it was started without the allocator */
    RECORD_UNREACHED,    /* it has the allocator, and could not map its slot */
};

/* Written by the parent, but for the counters and the starts. */
struct record_header {
    char magic[8];
    uint32_t version;
    uint32_t slot_bytes;
    _Atomic uint32_t slots_claimed;     /* slots in use; passes RECORD_SLOTS when they ran out */
    uint32_t slots_total;               /* that the file has room for: at most RECORD_SLOTS */
    uint64_t limit_bytes;               /* armed limit; 0 for none */
    char case_key[HEAPGATE_NAME_BYTES]; /* a scope of this name is what the limit is for */
    char profile_phase[HEAPGATE_NAME_BYTES]; /* under profile: sites are of the phases of this name,
                                                and not of the case; empty: of the case */
    uint64_t start_ns;                       /* CLOCK_MONOTONIC, when the record was made */
    /* under profile: take snapshots around the case's scope, */
    uint32_t snapshot_wanted;
    uint32_t snapshot_phases;           /* and at each phase, */
    uint64_t snapshot_units;            /* and each time so many units are done; 0: never */
    _Atomic uint32_t snapshot_requests; /* rises when one is asked for */
    _Atomic uint32_t starts_noted;      /* ever in use; passes RECORD_STARTS when they ran out */
    struct record_start starts[RECORD_STARTS];
};
_Static_assert(sizeof(struct record_header) <= RECORD_HEADER_BYTES, "the header has its place");

enum record_state {
    RECORD_EMPTY,
    RECORD_ACTIVE,    /* counting */
    RECORD_SHADOWED,  /* another malloc stands in front of this one: nothing was counted */
    RECORD_VALGRIND,  /* runs under valgrind, which replaces malloc: nothing was counted */
    RECORD_SANITIZER, /* built with a sanitizer, whose allocator changes what is asked for */
};

/* The part of the counters that one thread touches: 128 bytes, so that no two threads share a
 * cache line or the one that is fetched beside it. */
struct record_lane {
    _Alignas(128) int64_t allocated_bytes; /* requested by its thread so far */
    int64_t freed_bytes;                   /* by its thread, whoever allocated them */
    int64_t ceiling_bytes; /* what allocated less freed may grow to without asking */
    uint64_t allocations;
    int64_t largest_bytes; /* since the newest window was opened or closed */
    owned_lock owner;      /* the thread whose it is; 0: nobody's */
    int64_t seen_allocated_bytes, seen_balance_bytes; /* by who settles */
};

/* What happened since the newest scope began: scopes are a stack of such windows. */
struct record_window {
    int64_t peak_bytes; /* absolute */
    int64_t largest_bytes;
    uint32_t scope; /* index of the scope that began with it, or RECORD_PHASE_WINDOW */
};
#define RECORD_PHASE_WINDOW UINT32_MAX

struct record_scope {
    char name[HEAPGATE_NAME_BYTES];
    uint32_t ended;
    uint64_t units;
    int64_t begin_live_bytes;
    uint64_t begin_allocations;
    uint64_t begin_allocated_bytes;
    uint32_t begin_phase, end_phase;                /* the phases that began in it */
    uint64_t begin_mapped_bytes, mapped_peak_bytes; /* absolute; see mapped.h */
    heapgate_usage usage;                           /* set when it ends */
};

/* From a mark to the next. What it ended with is set when it has ended; until then its peak is in
 * its window and those above. */
struct record_phase {
    char name[HEAPGATE_NAME_BYTES];
    uint32_t ended;
    uint64_t begin_ns, end_ns;                            /* CLOCK_MONOTONIC */
    int64_t begin_live_bytes, end_live_bytes, peak_bytes; /* absolute */
    uint64_t begin_allocations, end_allocations;
};

/* The stack of the allocation that first crossed a limit, in raw addresses, innermost first, with
 * the module map to resolve them by. The limit is the armed one, and then each doubling of it: what
 * crosses the first may be a bystander, what crosses the last is near the peak. */
struct record_crossing {
    uint32_t taken; /* 1 when the rest is complete */
    uint32_t frame_count;
    uint64_t limit_bytes; /* the doubling that was crossed */
    int64_t live_bytes;   /* with that allocation, relative to the limit's start */
    uint64_t request_bytes;
    uint64_t frames[RECORD_FRAMES];
    uint32_t maps_bytes;
    char maps[RECORD_MAPS_BYTES]; /* the file-backed lines of /proc/self/maps */
};

/* Why it is not known what the program mapped. */
enum record_mapped_lost {
    RECORD_MAPPED_KNOWN,
    RECORD_MAPPED_FULL,   /* more intervals than the table holds */
    RECORD_MAPPED_FORKED, /* a fork while another thread was mapping, or a thread that never came
                             back */
    RECORD_MAPPED_NESTED, /* a call from within another, by a library that stands behind */
    RECORD_MAPPED_FAILED, /* a call that failed after it may have changed a part */
};

/* What the program maps itself; how it is counted is told in mapped.h. */
struct record_mapped {
    uint64_t now_bytes;
    uint64_t high_bytes; /* the most since the counters last saw it */
    uint64_t peak_bytes;
    uint64_t both_peak_bytes; /* of the heap and this together */
    uint32_t lost;            /* enum record_mapped_lost: the first reason */
};

/* What the kernel said of the process as it ended or was about to exec: see resident.h. */
struct record_resident {
    _Atomic uint32_t noted;                                          /* set last */
    uint64_t peak_bytes;                                             /* VmHWM */
    uint64_t anonymous_bytes, file_bytes, shared_bytes, stack_bytes; /* at that moment */
    uint64_t mapped_files_bytes; /* the largest sum of files that the program mapped itself */
};

struct record_pair {
    char name[RECORD_PAIR_BYTES];
    char value[RECORD_PAIR_BYTES];
};

/* What a process image was loaded from: see modules.h. Paths lie one after the other, each with its
 * NUL, and none is longer than a path can be. */
struct record_module {
    uint32_t path_at;        /* in `paths` */
    uint32_t kind;           /* enum record_module_kind */
    uint32_t build_id_bytes; /* 0: it has none, or none that fits */
    unsigned char build_id[RECORD_BUILD_ID_BYTES];
};
enum record_module_kind {
    RECORD_PROGRAM, /* the executable */
    RECORD_STARTED, /* what exec was given: the executable, or a script that names it */
    RECORD_LIBRARY,
    RECORD_BROUGHT, /* a library that heapgate loaded for itself */
};
struct record_modules {
    _Atomic uint32_t looking; /* 1 while a thread looks: another does not wait for it */
    _Atomic uint32_t count;   /* of items that are complete */
    uint32_t lost;            /* for which there was no room */
    uint32_t path_bytes;
    uint64_t loads; /* that the dynamic linker had done at the last look */
    struct record_module items[RECORD_MODULES];
    char paths[RECORD_MODULE_PATHS_BYTES];
};

/* All zeroes is a slot that is ready to count a process which starts with an empty heap. */
struct record_slot {
    _Atomic uint32_t state; /* enum record_state; set last */
    int32_t pid;
    int32_t parent_pid;
    uint32_t forked; /* began as a fork of parent_pid, with its heap */
    char command[RECORD_COMMAND_BYTES];
    char executable[RECORD_EXECUTABLE_BYTES]; /* its path, as the kernel has it; the end of it where
                                                 it is longer. Empty: not known */
    uint32_t argument_count;                  /* with argv[0]; of these as many as fit are kept: */
    uint32_t argument_bytes;
    char arguments[RECORD_ARGUMENTS_BYTES]; /* one after the other, each with its NUL; the last may
                                               be cut */

    _Atomic uint64_t foreign_frees; /* blocks freed here that were not allocated here */
    _Atomic uint64_t deep_binds;    /* calls of dlopen whose RTLD_DEEPBIND was cleared */
    _Atomic uint64_t namespaces;    /* calls of dlmopen that asked for a new namespace */
    owned_lock lock;                /* guards all below up to the lanes */
    owned_lock tables_lock;         /* guards the tables of scopes and pairs; taken before `lock` */
    _Atomic uint32_t lanes_used;    /* the highest that ever was; 0: only the first */
    uint64_t settles;               /* rises with each, so that one that was interrupted knows */
    int64_t inherited_bytes;        /* live when this process began: what a fork inherits */
    int64_t pool_bytes;             /* room below the peak that no lane holds yet */
    uint32_t limit_armed;           /* 1 until its scope ends */
    uint32_t limit_scope;           /* 1 + the scope it is for; 0: the whole process */
    int64_t limit_at_bytes;         /* absolute live bytes; when they are passed, twice as far */
    int64_t limit_base_bytes;       /* live bytes where the limit began to count */
    uint32_t open_windows; /* windows[open_windows] is the newest, windows[0] the process */
    struct record_window windows[1 + HEAPGATE_SCOPES_OPEN + 1]; /* scopes, and one phase */
    uint32_t scope_count;
    struct record_scope scopes[HEAPGATE_SCOPES_TOTAL];
    _Atomic uint32_t phase_count;
    _Atomic uint64_t units_done; /* the work that the program says it has done so far */
    uint32_t pair_count;
    struct record_pair pairs[RECORD_PAIRS];
    struct record_mapped mapped;
    struct record_resident resident;

    struct record_lane lanes[RECORD_LANES];
    struct record_crossing crossing;
    struct record_phase phases[RECORD_PHASES];
    struct record_modules modules;
};

/* Bytes from one slot to the next: whole pages. */
#define RECORD_SLOT_BYTES ((sizeof(struct record_slot) + 4095) & ~(size_t)4095)

#endif
