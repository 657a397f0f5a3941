/* With libiberty's demangler, which gdb, binutils and valgrind use too: so names read the same here
 * as in a Massif file. The C++ library has one as well, but linking that would put its own first
 * allocations into every program that links libheapgate. */
#include "measure/demangle.h"

#include <demangle.h>
#include <string.h>

char *demangle_name(const char *symbol) {
    enum { OPTIONS = DMGL_PARAMS | DMGL_ANSI };
    char *name = NULL;
    if (symbol[0] != '_')
        return strdup(symbol);
    name = rust_demangle(symbol, OPTIONS); /* first: an older Rust's names are C++ names, too */
    if (name == NULL)
        name = cplus_demangle_v3(symbol, OPTIONS);
    return name != NULL ? name : strdup(symbol);
}
