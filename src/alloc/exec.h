#ifndef ALLOC_EXEC_H
#define ALLOC_EXEC_H

/* Finds the exec functions behind the watched ones: at the start, because a child of vfork must
 * not look anything up. Until then they cannot be called. */
void exec_prepare(void);

/* The part of it that is for raw calls: in exec_raw.c. */
void exec_prepare_raw(void);

/* The kernel's call, for a C library without the function. */
long exec_raw_execveat(int fd, const char *path, char *const argv[], char *const environment[],
                       int flags);

/* This process has claimed a slot: the exec that it came from, if it did, is accounted for. */
void exec_arrived(void);

/* This process has the allocator and no slot: it is noted as one that is not counted. */
void exec_unreached(const char *program);

#endif
