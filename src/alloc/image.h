/* Which program a process image is of, kept in its slot of the record. Async-signal-safe; errno
 * stays. */
#ifndef ALLOC_IMAGE_H
#define ALLOC_IMAGE_H

#include "alloc/record.h"

/* At the start of an image: its executable and the first of its arguments. `argv` may be NULL. */
void image_note(struct record_slot *slot, char *const *argv);

/* In the child of a fork, which is of its parent's program. */
void image_inherit(struct record_slot *slot, const struct record_slot *parent);

#endif
