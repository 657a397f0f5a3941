#ifndef ALLOC_EXEC_H
#define ALLOC_EXEC_H

/* Finds the exec functions behind the watched ones: at the start, because a child of vfork must
 * not look anything up. Until then they cannot be called. */
void exec_prepare(void);

/* This process has claimed a slot: the exec that it came from, if it did, is accounted for. */
void exec_arrived(void);

/* This process has the allocator and no slot: it is noted as one that is not counted. */
void exec_unreached(const char *program);

#endif
