/* Snapshots: what every site held at a moment, kept in the region from its end downwards, while the
 * frames of the sites fill it from their begin upwards. Taken in the process, between two of its
 * events, so that the sites add up to what was live. */
#ifndef ALLOC_PROFILE_SNAPSHOT_H
#define ALLOC_PROFILE_SNAPSHOT_H

#include <stdbool.h>

#include "alloc/profile_record.h"
#include "alloc/read.h"

/* False, and counted as lost, when there is no room for it. */
bool profile_snapshot_take(struct profile_region *region, const char *name, uint64_t at_ns);

/* Of the arena, for frames. */
uint64_t profile_words_left(const struct profile_region *region);

#endif
