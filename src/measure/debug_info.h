/* The files that are mapped in a process, and what their debug information says of an address. */
#ifndef MEASURE_DEBUG_INFO_H
#define MEASURE_DEBUG_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where debug information that is kept apart is looked for, as elfutils takes it: folders joined by
 * ":", ".debug" for one beside the file. Unset: ":.debug:/usr/lib/debug", by name and build-id. */
#define DEBUG_INFO_DEBUG_PATH "HEAPGATE_DEBUG_PATH"

struct debug_info;

/* A function at an address. What is not known is NULL or 0. Texts live as long as the modules. */
struct debug_info_frame {
    const char *symbol; /* as the linker knows it */
    const char *file;   /* of the source, as the compiler was given it */
    int line;
    const char *module; /* path of the program or library */
    uint64_t offset;    /* of the address in it, as addr2line takes it */
    bool runtime;       /* of the C or C++ library, or the dynamic linker */
};

/* From lines of /proc/PID/maps, ascending. NULL when memory is out. */
struct debug_info *debug_info_new(const char *maps, size_t bytes);
void debug_info_free(struct debug_info *modules);

/* Calls back for each function at a return address, innermost first: several where functions were
 * inlined, and always one. False as soon as the callback returned false. */
bool debug_info_find(struct debug_info *modules, uint64_t address,
                     bool (*each)(void *context, const struct debug_info_frame *frame),
                     void *context);

#endif
