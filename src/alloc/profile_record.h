/* What the engine `profile` leaves behind, as it is laid out in shared memory: who allocated.
 *
 * The parent makes a second anonymous file, a row of regions with the same index as the record's
 * slots, and names it in the environment variable HEAPGATE_PROFILE. The file is sparse: a region
 * takes the memory of what was written to it, and no more than PROFILE_REGION_BYTES.
 *
 * A site is one call stack, in raw addresses, innermost first. It is numbered when it is first
 * seen, and every block carries the number of its site. A child of a fork numbers on where its
 * parent stood, in a region of its own, so that a block it inherited is known by its number. */
#ifndef ALLOC_PROFILE_RECORD_H
#define ALLOC_PROFILE_RECORD_H

#include <stdatomic.h>
#include <stdint.h>

#include "alloc/owned.h"
#include "alloc/record.h"

#define PROFILE_ENVIRONMENT "HEAPGATE_PROFILE"  /* path of the file */
#define PROFILE_INHERITED "HEAPGATE_PROFILE_FD" /* a descriptor of it: "NUMBER:INODE" */
#define PROFILE_MAGIC "heapprof"

enum {
    PROFILE_VERSION = 4,
    PROFILE_SITES = 1 << 20,
    PROFILE_BUCKETS = 1 << 21, /* a power of two, and twice the sites: half of it stays empty */
    PROFILE_FRAMES = 64,       /* depth of a stack; what called that is left out */
    PROFILE_MAPS_BYTES = 1 << 20,
    PROFILE_REGION_BYTES = 1 << 30, /* a million stacks of all their frames, and more */
    PROFILE_STEPS = 1000,           /* points of the timeline by bytes allocated; even */
    PROFILE_SNAPSHOTS = 98,         /* and two more at the end */
    PROFILE_NAME_BYTES = 160,
    PROFILE_CHANGES = 1024,      /* sites that a lane keeps changes of */
    PROFILE_LANE_BUCKETS = 2048, /* a power of two, and twice that */
    PROFILE_GENERATIONS = 4096,  /* times that modules went away */
    /* The first two sites have no frames. */
    PROFILE_SITE_BEFORE = 0, /* allocated before stacks could be walked, or by the process
                                     that this one is a fork of */
    PROFILE_SITE_OTHER = 1,  /* the stack could not be walked, or there was no room for it */
};

/* What a site holds. Bytes are requested bytes. */
struct profile_held {
    int64_t bytes;
    int64_t blocks;
};

/* A site's figures of the scope that is kept, or of all phases of a name: then `peak` is of that
 * with the highest, `live` what they added, and the others are sums. */
struct profile_kept {
    struct profile_held peak, live; /* relative to the scope's begin; `live` of phases to theirs */
    uint64_t total_bytes, allocations, temporary;
};

struct profile_site {
    uint64_t hash;
    uint32_t frame_at; /* index into the arena */
    uint16_t frame_count;
    uint16_t generation;       /* of the modules that its frames are in */
    uint64_t epoch;            /* when `peak` was last brought up to date */
    struct profile_held live;  /* now */
    struct profile_held peak;  /* at the peak, if epoch is the region's; else `live` is */
    struct profile_held begin; /* when the scope began */
    struct profile_held phase; /* when the phase began that is told by itself */
    uint64_t total_bytes;
    uint64_t allocations;
    uint64_t temporary; /* of these: freed before their thread allocated again */
    struct profile_kept kept;
};

/* What an event, or several, changed in a site. */
struct profile_change {
    uint32_t site;
    struct profile_held live;
    uint64_t total_bytes, allocations, temporary;
};

/* The changes that a thread keeps to itself. */
struct profile_lane {
    _Alignas(128) owned_lock lock;
    uint32_t count;
    uint16_t buckets[PROFILE_LANE_BUCKETS]; /* 1 + index of a change; 0: empty */
    struct profile_change changes[PROFILE_CHANGES];
};

/* The peak so far, of everything. */
struct profile_peak {
    int64_t live_bytes;
    int64_t peak_bytes;
    uint64_t epoch;           /* rises with each new peak */
    uint64_t allocated_bytes; /* so far: the time that Massif's files count in */
    uint64_t at_bytes;        /* and when the peak was reached */
};

/* When a scope's peak was, and when it ended, in bytes allocated since it began. */
struct profile_times {
    uint64_t peak_at_bytes, end_at_bytes;
};

/* A point of the timeline by bytes allocated: the highest that live went since the one before. */
struct profile_step {
    uint64_t allocated_bytes;
    int64_t live_bytes; /* absolute */
};

struct profile_steps {
    uint64_t allocated_bytes; /* since the scope began */
    uint64_t step_bytes, next_bytes;
    int64_t highest_bytes; /* since the last point */
    uint32_t count;
    struct profile_step points[PROFILE_STEPS];
};

/* What every site held at a moment: its entries are those that held something. */
struct profile_entry {
    uint64_t site;
    struct profile_held live;
};

struct profile_snapshot {
    char name[PROFILE_NAME_BYTES];
    uint64_t at_ns; /* CLOCK_MONOTONIC */
    int64_t live_bytes;
    uint64_t first_entry, entry_count;
};

struct profile_region {
    char magic[8];
    uint32_t version;
    uint32_t first_number; /* number of sites[0] */
    _Atomic uint32_t site_count;
    uint32_t frame_count; /* of the arena, in use */
    owned_lock lock;      /* guards all but the lanes, which have their own */
    uint32_t lanes_used;  /* the lanes below this one may have changes */
    /* 1: a child of a process with threads, whose stacks are not walked */
    uint32_t unwalked;
    _Atomic uint32_t events_lost; /* more than could be kept came from signal handlers at once: no
                                      figure holds */
    _Atomic uint32_t generation;  /* rises when a module goes away */
    uint32_t generation_maps[PROFILE_GENERATIONS]; /* bytes of `maps` when each ended */
    struct profile_peak peak; /* this and what follows is touched by every event */
    uint32_t requests_seen;   /* of the record's snapshot_requests */
    struct profile_steps steps;
    uint32_t has_kept;       /* a scope of the case's name, or a phase that is told by itself, has
                                 ended: `kept` is the figures */
    uint32_t in_phase;       /* such a phase has begun, and not ended */
    int64_t kept_peak_bytes; /* of that with the highest peak */
    struct profile_times kept_times;
    int64_t begin_bytes; /* live when the scope began */
    int64_t kept_begin_bytes;
    struct profile_steps kept_steps;
    uint32_t snapshot_count, snapshots_lost;
    uint64_t units_seen;  /* at the last snapshot for units */
    uint64_t entry_count; /* of all snapshots, from the end of the region */
    struct profile_snapshot snapshots[PROFILE_SNAPSHOTS];
    uint64_t begin_at_bytes; /* allocated when it began */
    uint32_t maps_bytes;
    uint32_t buckets[PROFILE_BUCKETS]; /* index of a site; 0 is empty: the first two have no hash */
    struct profile_site sites[PROFILE_SITES];
    char maps[PROFILE_MAPS_BYTES]; /* lines of /proc/self/maps, each time they had changed: where
                                      two overlap, the later one of a generation holds */
    struct profile_lane lanes[RECORD_LANES];
    uint64_t frames[]; /* the arena: to the end of the region */
};

#define PROFILE_FRAMES_TOTAL                                                                       \
    ((PROFILE_REGION_BYTES - sizeof(struct profile_region)) / sizeof(uint64_t))

#endif
