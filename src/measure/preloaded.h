/* Running a command under the counting allocator, preloaded: what the engines count and profile
 * have in common. */
#ifndef MEASURE_PRELOADED_H
#define MEASURE_PRELOADED_H

#include "measure/engine.h"
#include "measure/run_record.h"

struct preloaded {
    enum result_engine id;
    uint64_t limit_bytes;  /* armed in the record; 0 for none */
    bool walks_stacks;     /* the process needs libunwind */
    const char *variable;  /* one more "NAME=value" for the environment, or NULL; */
    const char *inherited; /* with it a second, for a descriptor */
    uint32_t slots;        /* process images that can be measured; 0: as many as the record holds */
    /* Takes more out of the run than the figures; or NULL. */
    heapgate_status (*take)(void *context, const struct run_record *record,
                            const struct run_figures *figures, struct result *result,
                            struct error *error);
    void *context;
};

/* As engine.run. */
heapgate_status preloaded_run(const struct preloaded *how, const struct measure_request *request,
                              struct result *result, struct error *error);

#endif
