/* An engine: one way of measuring a command. Adding one is a file and a line in engines.c. */
#ifndef MEASURE_ENGINE_H
#define MEASURE_ENGINE_H

#include <heapgate/heapgate.h>

#include "base/error.h"
#include "base/process.h"
#include "measure/measure.h"
#include "measure/progress.h"
#include "measure/snapshots.h"
#include "result/result.h"

struct engine {
    enum result_engine id;
    /* Runs the command of the request once, at no other size, and fills result->engines[id], the
     * scope, the units that the scope did and what the environment of the figures is. HEAPGATE_OK;
     * HEAPGATE_INVALID when the figures are not a measurement, with the reason in `error`
     * (result->exit_status is set if the command ran); HEAPGATE_SKIPPED when what the engine needs
     * is not installed. */
    heapgate_status (*run)(const struct measure_request *request, struct result *result,
                           struct error *error);
};

extern const struct engine engine_count;
extern const struct engine engine_profile;
extern const struct engine engine_massif;

/* The engine of that id, or NULL where it is not built. */
const struct engine *engine_find(enum result_engine id);

/* What every engine does with a finished process: its status goes into the result; a failed or
 * killed one is no measurement. */
heapgate_status engine_check_outcome(const struct process_outcome *outcome,
                                     const struct measure_request *request, struct result *result,
                                     struct error *error);

/* Of a whole process: false when the command left processes running, and they are not left out. */
bool engine_check_left(const struct process_outcome *outcome, const struct measure_request *request,
                       struct error *error);

/* Notes the units of a scope; what an earlier engine saw must be the same. */
heapgate_status engine_check_units(const char *scope, uint64_t units, struct result *result,
                                   struct error *error);

#endif
