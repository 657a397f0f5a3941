/* dlopen and dlmopen, watched: what they load may allocate past this allocator. */
#ifndef ALLOC_LOADER_H
#define ALLOC_LOADER_H

/* Finds the functions behind the watched ones: at the start. */
void loader_prepare(void);

#endif
