/* Who holds the memory at the peak: the exact composition of it by call stack, in constant time
 * per event.
 *
 * Copying all sites at each new peak would cost as much as there are sites, and a program that
 * grows has a new peak with every allocation. Instead each peak has an epoch. A site that changes
 * first compares epochs: if its own is an older one it has not changed since the peak, so what it
 * holds now is what it held then, and that is kept in `peak` before the change. A site that has
 * not changed since the peak to the end never gets that far, and need not: its `live` is its part.
 *
 * One lock around everything, the counters included: while a process is profiled all its threads
 * count in lane 0 under this lock, so that counters and sites see the same order of events and the
 * same peak, to the byte.
 *
 * A scope of the case's name is a new beginning: the peak restarts at what is live (that is one
 * new epoch), and what each site holds then is subtracted from what it holds at the scope's peak.
 * When it ends, its figures are kept, unless one of the same name had a higher peak.
 *
 * A phase can be told by itself, instead of the case: its peak restarts likewise, and what was there
 * before it counts as a part of it, as in the phase's own figure.
 *
 * profile_add, profile_remove and the like need the lock, and that the process is profiled. */
#ifndef ALLOC_PROFILE_H
#define ALLOC_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc/profile_record.h"

/* Where sites are kept; NULL in a process that is not profiled. */
extern struct profile_region *profile_region;

/* Maps region `index` of the file. `live_bytes` were allocated before. False when it can't be;
 * then the process is not profiled. In the one thread there is. */
bool profile_open(const char *path, uint32_t index, int64_t live_bytes);
/* In the child of a fork, with the lock held: leaves the parent's region; `path` NULL: for none. */
void profile_open_child(const char *path, uint32_t index, int64_t live_bytes);

/* Wait for the lock; no-ops without a profile. Fork holds it, and all that reads lane 0. Who gets it
 * first takes the snapshot that was asked for from outside: no event came between. */
void profile_lock(void);
void profile_unlock(void);

/* The site of a call stack, by index; PROFILE_SITE_OTHER when there is no room for a new one. */
uint32_t profile_site_find(struct profile_region *region, void *const *frames, int count);
/* The same for a stack of this process: `count` is below 0 before stacks can be walked. Notes the
 * modules that the addresses of a new one are in. */
uint32_t profile_site_take(void *const *frames, int count);

/* From the number that a block carries to the site, and back. Any other number is of a block from
 * before. */
uint32_t profile_site_of(const struct profile_region *region, uint32_t number);
uint32_t profile_number_of(const struct profile_region *region, uint32_t site);

/* Snapshots, with the lock, where the record asks for them; no-ops without a profile: at the begin of
 * a phase (`name` NULL: at the end of `ended`), when units are done, and around the case's scope. */
void profile_snapshot_phase(const char *name, const char *ended, uint64_t now_ns);
void profile_snapshot_units(uint64_t units, uint64_t now_ns);
void profile_snapshot_scope(const char *moment, uint64_t now_ns);

void profile_add(struct profile_region *region, uint32_t site, int64_t bytes);
/* `temporary`: nothing was allocated by the thread since. */
void profile_remove(struct profile_region *region, uint32_t site, int64_t bytes, bool temporary);
/* A block's size changes where it is. */
void profile_resize(struct profile_region *region, uint32_t site, int64_t more_bytes);
/* One call makes a block of `old` bytes one of `bytes` that another site holds. */
void profile_move(struct profile_region *region, uint32_t from, int64_t old, uint32_t to,
                  int64_t bytes);

void profile_begin(struct profile_region *region);
void profile_end(struct profile_region *region);
void profile_begin_phase(struct profile_region *region);
/* Nothing where none has begun. */
void profile_end_phase(struct profile_region *region);

/* Around the case's scope, and as a phase begins (NULL: as the one before ends), with the lock; no-ops
 * without a profile. */
void profile_scope_begin(void);
void profile_scope_end(void);
void profile_phase(const char *name);

/* What is measured of a site: its part of the scope that was kept, or of the whole process. */
struct profile_kept profile_figures(const struct profile_region *region,
                                    const struct profile_site *site);
struct profile_times profile_times(const struct profile_region *region);

/* What a site held at the peak so far. */
struct profile_held profile_at_peak(const struct profile_region *region,
                                    const struct profile_site *site);

#endif
