/* Programs of another C library. The allocator is for glibc, and musl's loader ends a program that
 * is to preload it: such a program is started without, and is not counted. Nothing here allocates
 * or does what a child of vfork must not. */
#ifndef ALLOC_MUSL_H
#define ALLOC_MUSL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the program, or the interpreter of the script, has musl's loader. `path` NULL: `fd` is
 * the program; else as for openat. */
bool musl_is_loader_of(int fd, const char *path);

/* The file that execvp would start under that name, in `path`; `name` where there is none. */
const char *musl_find(const char *name, char *path, size_t path_bytes);

enum { MUSL_PRELOAD_BYTES = 8192 };

/* Of an environment: the entries of a copy, with its NULL. */
size_t musl_environment_count(char *const environment[]);
/* Fills a copy of it that preloads nothing of heapgate's; `preload` is for what else it
 * preloads. */
void musl_copy_environment(char *const environment[], char *copy[],
                           char preload[MUSL_PRELOAD_BYTES]);

#endif
