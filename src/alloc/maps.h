#ifndef ALLOC_MAPS_H
#define ALLOC_MAPS_H

#include <stddef.h>

/* Writes the file-backed lines of /proc/self/maps, whole lines, and returns their bytes. */
size_t maps_read(char *text, size_t capacity);

#endif
