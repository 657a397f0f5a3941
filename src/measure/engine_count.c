/* The engine `count`: the command under the counting allocator, preloaded. */
#include "measure/preloaded.h"

static heapgate_status run(const struct measure_request *request, struct result *result,
                           struct error *error) {
    const struct preloaded how = {.id = RESULT_COUNT,
                                  .limit_bytes = request->limit_bytes,
                                  .walks_stacks = request->limit_bytes > 0};
    return preloaded_run(&how, request, result, error);
}

const struct engine engine_count = {.id = RESULT_COUNT, .run = run};
