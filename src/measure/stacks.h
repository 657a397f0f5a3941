/* Call stacks by their text, with what they held: stacks that read the same are one. */
#ifndef MEASURE_STACKS_H
#define MEASURE_STACKS_H

#include <stdbool.h>
#include <stddef.h>

#include "alloc/profile_record.h"
#include "measure/symbols.h"
#include "result/result.h"

struct stacks;

/* NULL when memory is out. */
struct stacks *stacks_new(void);
void stacks_free(struct stacks *stacks);

/* Adds to what the stack holds. Refers to its lines, which must live as long. False when memory is
 * out. */
bool stacks_add(struct stacks *stacks, const struct symbols_stack *stack,
                const struct profile_kept *figures);

/* Fills the result's sites with the heaviest at the peak, and its modules with all; a scope's
 * stacks that held less then than when it began count among the others. False when memory is
 * out. */
bool stacks_keep(struct stacks *stacks, struct result *result);

/* All that held something at the peak, as flame-graph tools take it: a line for each, outermost
 * frame first, ";" between frames, a space and the bytes. Heaviest first; what is left when the
 * text has `maximum_bytes` is summed in a last line. NULL when memory is out. */
char *stacks_folded(struct stacks *stacks, size_t maximum_bytes);

/* All as a Massif file with three snapshots: the beginning, the peak and the end, with a tree each
 * where anything is held. Frames with less than 0.1% have no line. NULL likewise. */
char *stacks_massif(struct stacks *stacks, const char *command, const struct profile_times *times,
                    size_t maximum_bytes);

#endif
