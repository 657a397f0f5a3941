/* Reading what a profiled process left in its region (alloc/profile_record.h). */
#ifndef MEASURE_PROFILE_REGION_H
#define MEASURE_PROFILE_REGION_H

#include "alloc/profile_record.h"
#include "base/error.h"
#include "measure/symbols.h"

/* Maps a copy of region `index` of the file, with the changes applied that its threads kept to
 * themselves; the file stays as it is. NULL with the reason, also when it has no call stacks. Free
 * with profile_region_close. */
struct profile_region *profile_region_open(int fd, uint32_t index, struct error *error);
void profile_region_close(struct profile_region *region);

/* The names of its call stacks. An address means what was there when the stack was first seen,
 * whatever was unloaded and loaded later. */
struct profile_region_names;
/* NULL: out of memory */
struct profile_region_names *profile_region_names_new(const struct profile_region *region);
void profile_region_names_free(struct profile_region_names *names);

/* The call stack of a site of the region, or of a later copy of it with the same modules, or what a
 * site without frames stands for. Lines live as long as the names. False when memory is out. */
bool profile_region_name_stack(struct profile_region_names *names,
                               const struct profile_region *region, uint32_t site,
                               struct symbols_stack *stack);

#endif
