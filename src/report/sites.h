/* Who held the memory: call stacks as a short list, for people. The same for a result and for a
 * Massif file. */
#ifndef REPORT_SITES_H
#define REPORT_SITES_H

#include "measure/result.h"
#include "report/markup.h"

struct report_site {
    int64_t bytes;
    int64_t blocks;            /* below 0: not known */
    const char *const *frames; /* NULL-terminated, innermost first */
    size_t own_frame;          /* index of the first that is not in a system's library; else 0 */
};

struct report_sites {
    const struct report_site *items; /* heaviest first */
    size_t count;
    int64_t total_bytes; /* what the shares are of */
};

enum { REPORT_SITES_SHOWN = 10 };

/* The ten heaviest, each with its bytes, share, blocks, and three frames: those of the program's own
 * from the innermost out, and before them, if it called a library that allocates, that call. */
void report_sites(const struct report_sites *sites, struct writer *writer);
/* Those of a result, which must have some. */
void report_result_sites(const struct result *result, struct writer *writer);

#endif
