#include "measure/measure.h"

#include <gnu/libc-version.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "measure/engine.h"

static bool note_environment(struct result *result) {
    struct utsname machine;
    char libc[64];
    snprintf(libc, sizeof libc, "glibc %s", gnu_get_libc_version());
    return uname(&machine) == 0 && result_set_environment(result, "arch", machine.machine) &&
           result_set_environment(result, "libc", libc);
}

static bool copy_argv(struct result *result, char *const *argv) {
    size_t count = 0;
    while (argv[count] != NULL)
        count++;
    result->argv = calloc(count + 1, sizeof *result->argv);
    for (size_t i = 0; result->argv != NULL && i < count; i++)
        if ((result->argv[i] = strdup(argv[i])) == NULL)
            return false;
    return result->argv != NULL;
}

static bool engines_agree(const struct result *result, struct error *error) {
    const struct result_usage *count = &result->engines[RESULT_COUNT];
    const struct result_usage *massif = &result->engines[RESULT_MASSIF];
    if (!count->present || !massif->present)
        return true;
    int64_t counted = count->figures[HEAPGATE_METRIC_PEAK];
    int64_t seen = massif->figures[HEAPGATE_METRIC_PEAK];
    int64_t larger = counted > seen ? counted : seen;
    int64_t difference = larger - (counted > seen ? seen : counted);
    if (difference <= larger / 100 * MEASURE_AGREE_PERCENT + MEASURE_AGREE_BYTES)
        return true;
    error_set(error, "the engines disagree: count measured a peak of %" PRId64 " bytes, massif "
              "%" PRId64 "; they may differ by %d%% + %d bytes", counted, seen,
              MEASURE_AGREE_PERCENT, MEASURE_AGREE_BYTES);
    return false;
}

static heapgate_status run_engines(const struct measure_request *request, struct result *result,
                                   struct error *error) {
    const struct engine_request each = {request->case_key, request->argv, request->limit_bytes};
    for (int id = 0; id < RESULT_ENGINES; id++) {
        if (!request->engines[id])
            continue;
        const struct engine *engine = engine_find((enum result_engine)id);
        if (engine == NULL) {
            error_set(error, "the engine %s is not built in", result_engine_names[id]);
            return HEAPGATE_INVALID;
        }
        heapgate_status status = engine->run(&each, result, error);
        if (status != HEAPGATE_OK) {
            error_prefix(error, "%s: ", result_engine_names[id]);
            return status;
        }
    }
    return engines_agree(result, error) ? HEAPGATE_OK : HEAPGATE_INVALID;
}

heapgate_status measure_case(const struct measure_request *request, struct result **result,
                             struct error *error) {
    struct error own = {.set = false}; /* the reason is needed, whether the caller wants it or not */
    struct result *made = result_new(request->case_key);
    *result = NULL;
    if (made == NULL || !note_environment(made) || !copy_argv(made, request->argv)) {
        error_set(error, "out of memory");
        result_free(made);
        return HEAPGATE_INVALID;
    }
    made->has_units = request->has_units;
    made->units = request->units;
    heapgate_status status = run_engines(request, made, &own);
    if (status == HEAPGATE_INVALID && (made->invalid = strdup(own.text)) == NULL) {
        error_set(error, "out of memory");
        result_free(made);
        return HEAPGATE_INVALID;
    }
    if (own.set)
        error_set(error, "%s", own.text);
    *result = made;
    return status;
}
