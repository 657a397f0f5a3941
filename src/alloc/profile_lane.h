/* The changes that threads keep to themselves while no peak is near.
 *
 * The composition of a peak is that of the sites when the last change before it was applied.
 * Between two peaks it does not matter when the changes reach the sites, only that all of them have
 * when the next one is seen: so each thread adds up its own, and who settles the counters
 * (counter.h) applies those of all. */
#ifndef ALLOC_PROFILE_LANE_H
#define ALLOC_PROFILE_LANE_H

#include <stdbool.h>

#include "alloc/profile_record.h"
#include "alloc/read.h"

/* With the lane's lock: keeps up to two changes of one event, all of them or none. False when there
 * is no room: then they must be applied first. */
bool profile_lane_keep(struct profile_lane *lane, const struct profile_change *changes, int count);

/* With the region's lock and the lane's: applies what it has. Returns the bytes that were
 * allocated. In a region that may be damaged, what cannot be applied is left out. */
uint64_t profile_lane_apply(struct profile_region *region, struct profile_lane *lane);

#endif
