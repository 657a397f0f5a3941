#ifndef MEASURE_TIMELINE_H
#define MEASURE_TIMELINE_H

#include "alloc/profile_record.h"
#include "result/result.h"

/* The timeline by bytes allocated, of the scope that the region kept, or of the whole process.
 * False when memory is out. */
bool timeline_take(const struct profile_region *region, struct result *result);

#endif
