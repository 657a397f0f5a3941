/* From raw addresses to function, file and line: with the debug information that is installed. */
#ifndef MEASURE_SYMBOLS_H
#define MEASURE_SYMBOLS_H

#include "alloc/record.h"

/* The crossing's call stack as lines such as "PQexec (fe-exec.c:1234)" or, without debug
 * information, "PQexec in libpq.so.5.15", innermost first, without the allocator's own frames.
 * NULL-terminated, one block: free each string and the array. NULL when memory is out or there
 * are no frames. */
char **symbols_resolve(const struct record_crossing *crossing);

#endif
