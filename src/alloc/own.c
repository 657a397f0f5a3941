#include "alloc/own.h"

#include <string.h>

struct record_slot own_memory;
struct record_slot *own_slot = &own_memory;
struct record_header *own_header;
struct reach own_record, own_regions;

const char *own_variable(char *const *environment, const char *name) {
    size_t length = strlen(name);
    for (; environment != NULL && *environment != NULL; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

const char *own_inactive(void) {
    switch (atomic_load_explicit(&own_slot->state, memory_order_acquire)) {
    case RECORD_ACTIVE:
        return NULL;
    case RECORD_SHADOWED:
        return "another malloc stands in front of the counting allocator";
    case RECORD_VALGRIND:
        return "the process runs under valgrind, which replaces malloc";
    case RECORD_SANITIZER:
        return "the process is built with a sanitizer, whose allocator replaces malloc";
    default:
        return "the counting allocator is not linked into this process";
    }
}
