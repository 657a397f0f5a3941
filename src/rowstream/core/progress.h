#ifndef ROWSTREAM_CORE_PROGRESS_H
#define ROWSTREAM_CORE_PROGRESS_H

#include "rowstream/core/rowstream.h"

/* Tells who wants to know that a part of the work begins. */
static inline void progress_begin_stage(const struct rowstream_progress *progress,
                                        const char *stage) {
    if (progress->stage != NULL)
        progress->stage(progress->context, stage);
}

#endif
