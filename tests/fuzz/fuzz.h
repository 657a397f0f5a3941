/* A fuzz target: one reader of untrusted files, given any bytes.
 *
 * What must hold for any input is asserted: a reader that refuses says why, one that accepts
 * gives something which can be used and is the same when it is read again. The sanitizers see
 * the rest. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

#define FUZZ_ASSERT(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { FUZZ_PATH_BYTES = 64 };

/* A file with these bytes in a folder of this process's, which is removed at its end. */
const char *fuzz_file(const char *name, const uint8_t *data, size_t length,
                      char path[FUZZ_PATH_BYTES]);
/* That folder. */
const char *fuzz_folder(void);

#endif
