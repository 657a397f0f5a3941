/* The calls that map memory, of the next library that has them: libc's, or those of one that was
 * preloaded behind this. */
#ifndef ALLOC_MAPPED_CALLS_H
#define ALLOC_MAPPED_CALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Looks them up. */
void mapped_calls_find(void);

/* Until they are looked up, these are the system calls themselves. */
void *mapped_call_mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset);
int mapped_call_munmap(void *begin, size_t length);
void *mapped_call_mremap(void *old, size_t old_length, size_t length, int flags, void *wanted);
int mapped_call_mprotect(void *begin, size_t length, int protection);
int mapped_call_pkey_mprotect(void *begin, size_t length, int protection, int key);

/* These look them up where that was not done: where the break is, libc alone knows. */
int mapped_call_brk(void *end);
void *mapped_call_sbrk(intptr_t bytes);

#endif
