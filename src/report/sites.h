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

/* Three frames of a stack, a line each: the innermost, and then the first that is the program's own
 * with its caller. All but the first line are indented. */
void report_site_frames(const char *const *frames, size_t own_frame, int indent,
                        struct writer *writer);

/* The ten heaviest, each with its bytes, share, blocks, and three frames: the innermost, and
 * then the first that is the program's own with its caller. */
void report_sites(const struct report_sites *sites, struct writer *writer);
/* Those of a result, which must have some. */
void report_result_sites(const struct result *result, struct writer *writer);

/* The same, of what is held at this moment. */
void report_held_now(const struct result *result, struct writer *writer);

#endif
