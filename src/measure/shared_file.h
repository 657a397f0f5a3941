/* The anonymous files that the measured processes write into: the record, the profile. */
#ifndef MEASURE_SHARED_FILE_H
#define MEASURE_SHARED_FILE_H

#include <stdint.h>

#include "base/error.h"

enum { SHARED_FILE_VARIABLE_BYTES = 96 };

/* A file for a header and up to `pieces` pieces, sparse; lowers *pieces to those that the limit
 * of file sizes (ulimit -f) has room for, at least 1. What this process may raise of the limit
 * is raised for the moment. Returns the descriptor, or -1 with the error. `what` it is for:
 * "record". */
int shared_file_new(const char *what, uint64_t header_bytes, uint64_t piece_bytes, uint32_t *pieces,
                    struct error *error);

/* A second descriptor, of a high number, that a command inherits; writes "NAME=NUMBER:INODE" for
 * its environment. Returns the descriptor, or 0 where there is no room for one: then "NAME=". */
int shared_file_inherit(int fd, const char *name, char variable[SHARED_FILE_VARIABLE_BYTES]);

#endif
