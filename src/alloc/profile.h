/* Who holds the memory at the peak: the exact composition of it by call stack, in constant time
 * per event.
 *
 * Copying all sites at each new peak would cost as much as there are sites, and a program that
 * grows has a new peak with every allocation. Instead each peak has an epoch. A site that changes
 * first compares epochs: if its own is an older one it has not changed since the peak, so what it
 * holds now is what it held then, and that is kept in `peak` before the change. A site that has
 * not changed since the peak to the end never gets that far, and need not: its `live` is its part.
 *
 * Counters and sites must see the same peak, to the byte. While the process has one thread, each
 * event goes to both. With several, each thread counts in its lane of the slot and keeps its
 * changes in its lane of the region, both under the lock of the latter; when the counters must be
 * settled all of these locks are taken, all changes are applied, and both look at the same sum.
 *
 * A signal handler that interrupts an event of its own thread does not walk its stack, takes no
 * lock and finds no site: its events wait in a short list until the interrupted one is done
 * (profiled.c). No lock is held while a process forks: the child has a region of its own. In a
 * child of a process with threads stacks are not walked at all, since another thread may have held
 * one of libunwind's or the dynamic loader's locks, which then nobody gives back: all it allocates
 * is one site.
 *
 * Order of locks: a slot's tables_lock, the region's lock, its lanes' locks in their order, a
 * slot's lock. Who holds a lane's does not wait for the region's.
 *
 * A scope of the case's name is a new beginning: the peak restarts at what is live (that is one
 * new epoch), and what each site holds then is subtracted from what it holds at the scope's peak.
 * When it ends, its figures are kept, unless one of the same name had a higher peak.
 *
 * A phase can be told by itself, instead of the case: its peak restarts likewise, and what was
 * there before it counts as a part of it, as in the phase's own figure. */
#ifndef ALLOC_PROFILE_H
#define ALLOC_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc/own.h"
#include "alloc/owned.h"
#include "alloc/profile_change.h"
#include "alloc/profile_record.h"

/* Where sites are kept; NULL in a process that is not profiled. */
extern struct profile_region *profile_region;

/* Maps region `index` of the file. `live_bytes` were allocated before. False when it can't be;
 * then the process is not profiled. In the one thread there is. */
bool profile_open(uint32_t index, int64_t live_bytes);
/* In a child of fork: puts a region of its own where the parent's is; unless it has `claimed` a
 * slot, it is not profiled. `had_threads`: the parent had. */
void profile_open_child(bool claimed, uint32_t index, int64_t live_bytes, bool had_threads);

/* All stands still, and all changes are applied, until released; not from a signal handler. No-ops
 * without a profile. Who holds it takes the snapshot that was asked for from outside. */
struct profile_hold {
    struct owned_signals signals;
};
void profile_hold(struct profile_hold *hold);
void profile_release(const struct profile_hold *hold);

/* With the lock of the region alone: takes those of all lanes too, for who settles. */
void profile_lock_lanes(void);
void profile_unlock_lanes(void);

/* The snapshot that was asked for, if there is one: between two events. */
static inline bool profile_is_asked(const struct profile_region *region) {
    return __builtin_expect(atomic_load_explicit(&own_header->snapshot_requests,
                                                 memory_order_relaxed) != region->requests_seen,
                            0);
}

/* The site of a stack that has one, or 0; PROFILE_SITE_OTHER of an empty one. Without the lock. */
uint32_t profile_site_known(const struct profile_region *region, void *const *frames, int count);
/* The site of a call stack, by index; PROFILE_SITE_OTHER when there is no room for a new one. With
 * the lock, if there are threads. */
uint32_t profile_site_find(struct profile_region *region, void *const *frames, int count);
/* Of this process's stack, which `count` below 0 says could not be walked: takes the lock if it
 * must, and notes the modules that the addresses of a new one are in. */
uint32_t profile_site_take(void *const *frames, int count);

/* From the number that a block carries to the site, and back. Any other number is of a block from
 * before. */
static inline uint32_t profile_site_of(const struct profile_region *region, uint32_t number) {
    uint32_t index = number - region->first_number;
    return index < region->site_count ? index : PROFILE_SITE_BEFORE;
}

static inline uint32_t profile_number_of(const struct profile_region *region, uint32_t site) {
    return region->first_number + site;
}

/* Modules may have gone away: other code may come to their addresses. */
void profile_modules_gone(void);

/* Whether a snapshot is due when that many units are done. Without a profile: no. */
bool profile_wants_units(uint64_t units);

/* Snapshots, with all held, where the record asks for them; no-ops without a profile: at the begin
 * of a phase (`name` NULL: at the end of `ended`), when units are done, and around the case's
 * scope. */
void profile_snapshot_phase(const char *name, const char *ended, uint64_t now_ns);
void profile_snapshot_units(uint64_t units, uint64_t now_ns);
void profile_snapshot_scope(const char *moment, uint64_t now_ns);

void profile_begin(struct profile_region *region);
void profile_end(struct profile_region *region);
void profile_begin_phase(struct profile_region *region);
/* Nothing where none has begun. */
void profile_end_phase(struct profile_region *region);

/* Around the case's scope, and as a phase begins (NULL: as the one before ends), with all held;
 * no-ops without a profile. */
void profile_scope_begin(void);
void profile_scope_end(void);
void profile_phase(const char *name);

#endif
