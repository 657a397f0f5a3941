/* What heapgate, in another process, makes of a record and of a profile's region: with the headers
 * of their formats (record.h, profile_record.h) all that this folder shows to others. */
#ifndef ALLOC_READ_H
#define ALLOC_READ_H

#include "alloc/profile_record.h"
#include "alloc/record.h"

/* ---- Of a slot ---- */

/* The figures of a slot that may belong to another process, read without locks: exact once that
 * process has ended or stands still. */
void counter_peek(const struct record_slot *slot, heapgate_usage *usage);

/* A look at a process that runs on, from another one: what is live at about this moment, and the
 * highest that it was, ever and since the newest window began. `window` is another number when that
 * is another one. */
struct counter_glance {
    int64_t live_bytes, peak_bytes, window_peak_bytes;
    uint64_t window;
    uint64_t allocations, allocated_bytes;
};
void counter_glance(const struct record_slot *slot, struct counter_glance *glance);
/* The phase as it stands: one that has not ended is seen up to now. */
void counter_peek_phase(const struct record_slot *slot, uint32_t index, struct record_phase *phase);

/* ---- Of a region: a private copy, of a process that has ended or stands still ---- */

/* Applies the changes that threads kept to themselves, and sees whether that is a peak. What cannot
 * be applied, in a region that is damaged, is left out. */
void profile_lanes_apply(struct profile_region *region);

/* What is measured of a site: its part of the scope that was kept, or of the whole process. */
struct profile_kept profile_figures(const struct profile_region *region,
                                    const struct profile_site *site);
struct profile_times profile_times(const struct profile_region *region);

/* What a site held at the peak so far. */
struct profile_held profile_at_peak(const struct profile_region *region,
                                    const struct profile_site *site);

/* An entry of its snapshots. */
struct profile_entry *profile_entry_at(const struct profile_region *region, uint64_t index);

/* Adds the end: what was highest since the last point, and what is live. */
void profile_steps_end(struct profile_steps *steps, int64_t live_bytes);

#endif
