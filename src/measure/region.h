#ifndef MEASURE_REGION_H
#define MEASURE_REGION_H

#include "alloc/profile_record.h"
#include "base/buffer.h"
#include "measure/symbols.h"

/* The call stack of a site of a region, or what a site without frames stands for. False when memory
 * is out. */
bool region_name_stack(const struct profile_region *region, uint32_t index,
                       struct symbols *symbols, struct symbols_stack *stack);

/* The modules of a region. Refers to `maps`, which is filled anew. NULL when memory is out. */
struct symbols *region_symbols(const struct profile_region *region, struct buffer *maps);

#endif
