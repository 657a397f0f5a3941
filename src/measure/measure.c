#include "measure/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/engine.h"
#include "measure/environment.h"

static void free_argv(char **argv) {
    for (size_t i = 0; argv != NULL && argv[i] != NULL; i++)
        free(argv[i]);
    free(argv);
}

/* `text` with each "{N}" replaced; NULL when memory is out. */
static char *put_size(const char *text, uint64_t size) {
    char *made = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&made, &length);
    const char *at;
    if (out == NULL)
        return NULL;
    for (; (at = strstr(text, "{N}")) != NULL; text = at + strlen("{N}"))
        fprintf(out, "%.*s%" PRIu64, (int)(at - text), text, size);
    fputs(text, out);
    if (fclose(out) == 0)
        return made;
    free(made);
    return NULL;
}

bool measure_uses_size(char *const *argv, struct error *error) {
    for (size_t i = 0; argv[i] != NULL; i++)
        if (strstr(argv[i], "{N}") != NULL)
            return true;
    error_set(error,
              "no argument of the command has {N}: the sweep would do the same work at every "
              "size; put {N} where the size stands");
    return false;
}

static char **argv_of_size(char *const *argv, uint64_t size) {
    size_t count = 0;
    while (argv[count] != NULL)
        count++;
    char **made = calloc(count + 1, sizeof *made);
    for (size_t i = 0; made != NULL && i < count; i++)
        if ((made[i] = put_size(argv[i], size)) == NULL) {
            free_argv(made);
            return NULL;
        }
    return made;
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

static bool agrees_with_count(const struct result *result, enum result_engine other,
                              struct error *error) {
    const struct result_usage *count = &result->engines[RESULT_COUNT];
    if (!count->present || !result->engines[other].present)
        return true;
    int64_t counted = count->figures[HEAPGATE_METRIC_PEAK];
    int64_t seen = result->engines[other].figures[HEAPGATE_METRIC_PEAK];
    int64_t larger = counted > seen ? counted : seen;
    int64_t difference = larger - (counted > seen ? seen : counted);
    if (difference <= larger / 100 * MEASURE_AGREE_PERCENT + MEASURE_AGREE_BYTES)
        return true;
    error_set(error,
              "the engines disagree: count measured a peak of %" PRId64 " bytes, %s "
              "%" PRId64 "; they may differ by %d%% + %d bytes",
              counted, result_engine_names[other], seen, MEASURE_AGREE_PERCENT,
              MEASURE_AGREE_BYTES);
    return false;
}

static bool engines_agree(const struct result *result, struct error *error) {
    return agrees_with_count(result, RESULT_PROFILE, error) &&
           agrees_with_count(result, RESULT_MASSIF, error);
}

static heapgate_status run_engines(const struct measure_request *request, struct result *result,
                                   struct error *error) {
    for (int id = 0; id < RESULT_ENGINES; id++) {
        if (!request->engines[id])
            continue;
        const struct engine *engine = engine_find((enum result_engine)id);
        if (engine == NULL) {
            error_set(error, "the engine %s is not built in", result_engine_names[id]);
            return HEAPGATE_INVALID;
        }
        heapgate_status status = engine->run(request, result, error);
        if (status != HEAPGATE_OK) {
            error_prefix(error, "%s: ", result_engine_names[id]);
            return status;
        }
    }
    if (!environment_note_pairs(result, request->environment)) {
        error_set(error, "there is no room for what --environment adds");
        return HEAPGATE_INVALID;
    }
    return engines_agree(result, error) ? HEAPGATE_OK : HEAPGATE_INVALID;
}

/* A result with nothing measured yet; NULL when memory is out. */
static struct result *prepare(const struct measure_request *request, char *const *argv) {
    struct result *made = result_new(request->case_key);
    if (made == NULL || !environment_note_machine(made) || !copy_argv(made, argv)) {
        result_free(made);
        return NULL;
    }
    made->has_units = request->has_units;
    made->units = request->units;
    return made;
}

/* Runs the command once under each engine of the request and adds the point to the sweep's. */
static heapgate_status measure_size(const struct measure_request *request, uint64_t size,
                                    struct growth_point *points, size_t *count,
                                    struct result **result, struct error *error) {
    struct measure_request sized = *request;
    char **argv = argv_of_size(request->argv, size);
    heapgate_status status = HEAPGATE_INVALID;
    sized.argv = argv;
    *result = argv != NULL ? prepare(&sized, argv) : NULL;
    if (*result == NULL) {
        error_set(error, "out of memory");
        goto out;
    }
    status = run_engines(&sized, *result, error);
    if (status != HEAPGATE_OK)
        goto out;
    if (!(*result)->has_units) {
        (*result)->has_units = true;
        (*result)->units = size;
    }
    points[*count].units = (*result)->units;
    points[*count].peak_bytes = (*result)->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_PEAK];
    points[*count].allocations =
        (*result)->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_ALLOCATIONS];
    if (*count > 0 && points[*count].units <= points[*count - 1].units) {
        error_set(error,
                  "the sweep does no more work at size %" PRIu64 " than before: %" PRIu64
                  " units; does the command use {N}?",
                  size, (*result)->units);
        status = HEAPGATE_INVALID;
    }
    ++*count;
out:
    free_argv(argv);
    return status;
}

/* The smaller sizes first, under count alone; the last one is the result. */
static heapgate_status measure_sweep(const struct measure_request *request, struct result **result,
                                     struct error *error) {
    struct growth_point points[GROWTH_POINTS_MAX];
    struct measure_request smaller = *request;
    heapgate_status status = HEAPGATE_OK;
    size_t count = 0;
    memset(smaller.engines, 0, sizeof smaller.engines);
    smaller.engines[RESULT_COUNT] = true;
    smaller.limit_bytes = 0;
    *result = NULL;
    for (size_t i = 0; i < request->sweep_count && status == HEAPGATE_OK; i++) {
        bool last = i + 1 == request->sweep_count;
        result_free(*result);
        status = measure_size(last ? request : &smaller, request->sweep[i], points, &count, result,
                              error);
        if (status != HEAPGATE_OK)
            error_prefix(error, "at size %" PRIu64 ": ", request->sweep[i]);
    }
    if (status != HEAPGATE_OK || !(*result)->engines[RESULT_COUNT].present)
        return status;
    result_set_points(*result, points, count, true);
    return status;
}

heapgate_status measure_case(const struct measure_request *request, struct result **result,
                             struct error *error) {
    /* the reason is needed, whether the caller wants it or not */
    struct error own = {.set = false};
    heapgate_status status = HEAPGATE_INVALID;
    if (request->sweep_count > 0) {
        status = measure_sweep(request, result, &own);
    } else if ((*result = prepare(request, request->argv)) == NULL) {
        error_set(&own, "out of memory");
    } else {
        status = run_engines(request, *result, &own);
    }
    if (own.set)
        error_set(error, "%s", own.text);
    if (*result != NULL && status == HEAPGATE_INVALID &&
        ((*result)->invalid = strdup(own.text)) == NULL) {
        result_free(*result);
        *result = NULL;
    }
    return status;
}
