#include "measure/engine.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

heapgate_status engine_check_outcome(const struct process_outcome *outcome,
                                     const struct measure_request *request, struct result *result,
                                     struct error *error) {
    result->exit_status = outcome->signal != 0 ? 128 + outcome->signal : outcome->exit_status;
    if (outcome->signal != 0) {
        error_set(error, "the command %s was killed by signal %d (%s)", request->argv[0],
                  outcome->signal, strsignal(outcome->signal));
        return HEAPGATE_INVALID;
    }
    if (outcome->exit_status != 0) {
        error_set(error, "the command %s failed with status %d", request->argv[0],
                  outcome->exit_status);
        return HEAPGATE_INVALID;
    }
    return HEAPGATE_OK;
}

bool engine_check_left(const struct process_outcome *outcome, const struct measure_request *request,
                       struct error *error) {
    if (outcome->left.count == 0 || request->allow_uncounted)
        return true;
    error_set(error,
              "the command %s ended and left %s (process %ld)%s running: what that still takes "
              "is not measured; let the command wait for it, or leave it out with "
              "--allow-uncounted",
              request->argv[0], outcome->left.name, (long)outcome->left.pid,
              outcome->left.count > 1 ? " and others" : "");
    return false;
}

heapgate_status engine_check_units(const char *scope, uint64_t units, struct result *result,
                                   struct error *error) {
    if (units == 0) {
        error_set(error, "no work was done: the scope \"%s\" has 0 units", scope);
        return HEAPGATE_INVALID;
    }
    if (result->has_units && result->units != units) {
        error_set(error, "two runs did different work: %" PRIu64 " and %" PRIu64 " units",
                  result->units, units);
        return HEAPGATE_INVALID;
    }
    result->has_units = true;
    result->units = units;
    if (result->scope == NULL && (result->scope = strdup(scope)) == NULL) {
        error_set(error, "out of memory");
        return HEAPGATE_INVALID;
    }
    return HEAPGATE_OK;
}
