/* What a shared library is called, and which version it is. */
#ifndef MEASURE_LIBRARY_H
#define MEASURE_LIBRARY_H

#include <stdbool.h>

#include "base/buffer.h"

enum { LIBRARY_TEXT_BYTES = 64 };

/* The distribution's list of packages, read at the first question. */
struct library_packages {
    bool read;
    struct buffer status;
};
#define LIBRARY_PACKAGES_INIT                                                                      \
    { false, BUFFER_INIT(64 << 20) }
void library_packages_fini(struct library_packages *packages);

/* The soname and the version of a library at a path. The version is what the library says of
 * itself, of the few that can be read without calling them ("3.40.1"); else that of the Debian
 * package that the file is of, without its epoch ("2.14-2"); else "file 4.14.0": the number in the
 * file's name, which counts changes of the interface and need not be that of a release. False for
 * what has no soname with a number, the program itself for one, and for what cannot be read. */
bool library_identify(const char *path, struct library_packages *packages,
                      char soname[LIBRARY_TEXT_BYTES], char version[LIBRARY_TEXT_BYTES]);

/* "gcc 12.2.0", "clang 14.0.6": what a program says it was compiled by. False when it does not. */
bool library_compiler(const char *program, char compiler[LIBRARY_TEXT_BYTES]);

#endif
