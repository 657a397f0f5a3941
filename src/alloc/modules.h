/* What this process image was loaded from: the executable, the script that named it, and every
 * library, each with its path and build-id, kept in the record's slot. A result that is to prove
 * what it measured is held to these files (measure/subject.h).
 *
 * The dynamic linker is asked at the start, and again wherever something may be about to go away:
 * before a dlclose, an exec and an _exit, and at the end of exit. Nothing is done after a dlopen:
 * what it loaded is still there at the next look. Most looks cost one call: the dynamic linker
 * counts what it has loaded, and tells that first.
 *
 * What is not seen from inside: libraries that were loaded with dlopen by a process that then died
 * of a signal, left through the bare system call, or is the child of a fork of a process with
 * threads (there another thread may have held the dynamic linker's lock, for ever); and other
 * link-map lists than the program's own (dlmopen). heapgate looks at maps from outside for the
 * rest: measure/subject.h. */
#ifndef ALLOC_MODULES_H
#define ALLOC_MODULES_H

#include "alloc/record.h"

/* Notes the executable and what is loaded at the start. `command` is argv[0]. */
void modules_start(const char *command);

/* In a child of fork, which has loaded what its parent had. */
void modules_inherit(struct record_modules *own, const struct record_modules *parent);

/* Notes what was loaded since the last look. Neither allocates nor waits for another thread of this
 * process, but for the dynamic linker's own lock of its list, which is held only while that
 * changes. Does nothing in a child of vfork. Leaves errno alone. */
void modules_look(void);
/* The same, where all that is new is what heapgate loaded for itself. */
void modules_look_at_brought(void);

#endif
