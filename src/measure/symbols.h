/* From raw addresses to function, file and line: with the debug information that is installed. */
#ifndef MEASURE_SYMBOLS_H
#define MEASURE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc/record.h"

/* "PQexec (fe-exec.c:1234)"; "PQexec in libpq.so.5.15" without debug information;
 * "?? (libpq.so.5.15+0x1a2b)" of a stripped one, as addr2line takes it. */
struct symbols_line {
    char *text;
    char *function;     /* demangled; NULL when it is not known */
    const char *file;   /* base name of the source; NULL when it is not known */
    int number;         /* of the line in it */
    const char *module; /* path of the program or library; NULL when it is not known */
    uint64_t address;   /* a place of that line */
    bool allocator;     /* of the counting allocator itself */
    bool system;        /* of a library below /lib or /usr/lib, or of its header */
    bool runtime;       /* of the C or C++ library */
};

/* The modules of one process. Lines live as long; equal texts of a module are one line. */
struct symbols;

/* From lines of /proc/PID/maps, ascending. NULL when memory is out. */
struct symbols *symbols_new(const char *maps, size_t bytes);
void symbols_free(struct symbols *symbols);

/* The lines of a return address, innermost first, NULL-terminated: several where functions were
 * inlined. Resolved once each. NULL when memory is out. */
const struct symbols_line *const *symbols_find(struct symbols *symbols, uint64_t address);

enum { SYMBOLS_STACK_MAX = 4 * RECORD_FRAMES };
struct symbols_stack {
    const struct symbols_line *lines[SYMBOLS_STACK_MAX];
    size_t count;
};

/* A call stack, innermost first, without the allocator's own frames. False when memory is out. */
bool symbols_stack(struct symbols *symbols, const uint64_t *frames, size_t frame_count,
                   struct symbols_stack *stack);
/* Its texts: free each string and the array. NULL when memory is out. */
char **symbols_texts(const struct symbols_stack *stack);

/* The crossing's call stack, likewise; NULL, too, when there are no frames. */
char **symbols_resolve(const struct record_crossing *crossing);

/* The last part of a path; NULL is "an unknown module". */
const char *symbols_base_name(const char *path);

#endif
