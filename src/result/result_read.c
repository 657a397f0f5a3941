/* Reads the result file, with jansson.
 *
 * Reading trusts nothing: a result may have been cut off, edited or put in the wrong place, and a
 * wrong figure would be worse than none. Unknown keys are left alone, so that an older reader can
 * take a newer file of the same schema. */
#include "result/result_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/json_memory.h"
#include "result/identity_json.h"
#include "result/result_detail.h"
#include "result/result_value.h"

static bool read_usage(const struct reader *reader, const json_t *object,
                       struct result_usage *usage) {
    usage->present = true;
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        if (result_figure_keys[metric] != NULL &&
            !value_number(reader, object, result_figure_keys[metric],
                          metric == HEAPGATE_METRIC_LIVE, &usage->figures[metric],
                          &usage->has[metric]))
            return false;
    for (size_t i = 0; result_plain_figures[i].key != NULL; i++) {
        int64_t number = 0;
        bool has;
        if (!value_number(reader, object, result_plain_figures[i].key, false, &number, &has))
            return false;
        memcpy((char *)usage + result_plain_figures[i].offset, &number, sizeof number);
    }
    return usage->has[HEAPGATE_METRIC_PEAK] || value_wrong(reader, "peak_bytes", "a whole number");
}

static bool read_engines(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *engines = value_find(root, "engines");
    if (!json_is_object(engines))
        return value_wrong(reader, "engines", "an object with the figures of each engine");
    for (int engine = 0; engine < RESULT_ENGINES; engine++) {
        const json_t *usage = value_find(engines, result_engine_names[engine]);
        if (usage == NULL)
            continue;
        if (!json_is_object(usage))
            return value_wrong(reader, result_engine_names[engine], "an object of figures");
        if (!read_usage(reader, usage, &result->engines[engine]))
            return false;
    }
    return true;
}

static bool read_point(const json_t *item, struct growth_point *point) {
    const json_t *units = json_array_get(item, 0), *peak = json_array_get(item, 1);
    if (!json_is_integer(units) || !json_is_integer(peak) || json_integer_value(units) < 0)
        return false;
    point->units = (uint64_t)json_integer_value(units);
    point->peak_bytes = json_integer_value(peak);
    return true;
}

/* The calls of each point stand in an array of their own: older versions wrote pairs alone. */
static bool read_point_allocations(const struct reader *reader, const json_t *growth,
                                   struct growth_point *points, size_t count, bool *has) {
    const json_t *array = value_find(growth, "allocations");
    *has = array != NULL;
    if (array == NULL)
        return true;
    bool whole = json_is_array(array) && json_array_size(array) == count;
    for (size_t i = 0; whole && i < count; i++) {
        const json_t *calls = json_array_get(array, i);
        whole = json_is_integer(calls) && json_integer_value(calls) >= 0;
        points[i].allocations = whole ? json_integer_value(calls) : 0;
    }
    return whole || value_wrong(reader, "allocations", "a whole number for each point");
}

/* The points are what was measured: the fit is made from them again, not believed. */
static bool read_growth(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *growth = value_find(root, "growth");
    struct growth_point read[GROWTH_POINTS_MAX] = {0};
    bool with_allocations;
    if (growth == NULL)
        return true;
    if (!json_is_object(growth))
        return value_wrong(reader, "growth", "an object");
    const json_t *points = value_find(growth, "points");
    size_t count = json_array_size(points);
    if (!json_is_array(points) || count < 2 || count > GROWTH_POINTS_MAX)
        return value_wrong(reader, "points", "an array of 2 to 16 pairs of units and peak");
    for (size_t i = 0; i < count; i++)
        if (!read_point(json_array_get(points, i), &read[i]) ||
            (i > 0 && read[i].units <= read[i - 1].units))
            return value_wrong(reader, "points", "pairs of units and peak, ascending");
    if (!read_point_allocations(reader, growth, read, count, &with_allocations))
        return false;
    result_set_points(result, read, count, with_allocations);
    return true;
}

static bool read_environment(const struct reader *reader, const json_t *root,
                             struct result *result) {
    const json_t *environment = value_find(root, "environment");
    const char *name;
    const json_t *value;
    if (environment == NULL)
        return true;
    if (!json_is_object(environment) || json_object_size(environment) > RESULT_ENVIRONMENT_MAX) {
        char expected[64];
        snprintf(expected, sizeof expected, "an object of at most %d strings",
                 RESULT_ENVIRONMENT_MAX);
        return value_wrong(reader, "environment", expected);
    }
    void *at = json_object_iter((json_t *)(uintptr_t)environment);
    for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)environment, at)) {
        name = json_object_iter_key(at);
        value = json_object_iter_value(at);
        if (!value_is_text(value))
            return value_wrong(reader, name, "a string");
        if (!result_set_environment(result, name, json_string_value(value)))
            return value_no_memory(reader);
    }
    return true;
}

/* Null or not there in a file of an older heapgate. */
static bool read_process(const struct reader *reader, const json_t *root,
                         struct result_process *process) {
    const json_t *object = value_find(root, "process"), *busier = value_find(object, "busier");
    int64_t others = 0, bytes = 0, allocations = 0;
    bool has;
    if (object == NULL)
        return true;
    if (!json_is_object(object) || !value_is_text(value_find(object, "program")))
        return value_wrong(reader, "process", "an object with a program");
    if (busier != NULL &&
        (!json_is_object(busier) || !value_is_text(value_find(busier, "process"))))
        return value_wrong(reader, "busier", "an object with a process");
    if (!value_text(reader, object, "program", &process->program) ||
        !value_texts(reader, object, "arguments", &process->arguments) ||
        !value_number(reader, object, "others", false, &others, &has) ||
        !value_text(reader, object, "chosen_by", &process->chosen_by) ||
        !value_text(reader, busier, "process", &process->busier) ||
        !value_number(reader, busier, "allocated_bytes", false, &bytes, &has) ||
        !value_number(reader, busier, "allocations", false, &allocations, &has))
        return false;
    process->others = (uint64_t)others;
    process->busier_allocated_bytes = (uint64_t)bytes;
    process->busier_allocations = (uint64_t)allocations;
    return true;
}

static bool read_outside(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *value = value_find(root, "outside_heap");
    int64_t anonymous = 0, bytes = 0, mapped = 0;
    bool has[3];
    if (!value_text(reader, root, "mapped_lost", &result->mapped_lost))
        return false;
    if (value == NULL)
        return true;
    if (!json_is_object(value))
        return value_wrong(reader, "outside_heap", "an object");
    if (!value_text(reader, value, "program", &result->outside.program) ||
        !value_number(reader, value, "anonymous_bytes", false, &anonymous, &has[0]) ||
        !value_number(reader, value, "bytes", false, &bytes, &has[1]) ||
        !value_number(reader, value, "mapped_bytes", false, &mapped, &has[2]))
        return false;
    if (result->outside.program == NULL || !has[0] || !has[1] || !has[2])
        return value_wrong(reader, "outside_heap",
                           "program, anonymous_bytes, bytes and mapped_bytes");
    result->outside.anonymous_bytes = (uint64_t)anonymous;
    result->outside.bytes = (uint64_t)bytes;
    result->outside.mapped_bytes = (uint64_t)mapped;
    result->outside.measured = json_is_true(value_find(value, "measured"));
    return true;
}

static bool read_schema(const struct reader *reader, const json_t *root) {
    if (!json_is_object(root)) {
        error_set(reader->error, "%s: expected an object, as heapgate run writes it", reader->path);
        return false;
    }
    const json_t *schema = value_find(root, "schema");
    if (!json_is_integer(schema))
        return value_wrong(reader, "schema", "the number 1");
    if (json_integer_value(schema) != RESULT_SCHEMA) {
        error_set(reader->error, "%s: schema %" JSON_INTEGER_FORMAT " is not known: expected %d",
                  reader->path, json_integer_value(schema), RESULT_SCHEMA);
        return false;
    }
    return true;
}

static bool read_root(const struct reader *reader, const json_t *root, struct result *result) {
    int64_t status = 0, units = 0, limit = 0;
    bool has_status, has_limit, has_other;
    if (!value_text(reader, root, "scope", &result->scope) ||
        !value_text(reader, root, "invalid", &result->invalid) ||
        !value_text(reader, root, "sites_phase", &result->sites_phase) ||
        !value_texts(reader, root, "command", &result->argv) ||
        !value_texts(reader, root, "crossing", &result->crossing) ||
        !value_number(reader, root, "status", false, &status, &has_status) ||
        !value_number(reader, root, "units", false, &units, &result->has_units) ||
        !value_number(reader, root, "limit_bytes", false, &limit, &has_limit) ||
        !value_number(reader, root, "other_bytes", true, &result->other_bytes, &has_other))
        return false;
    if (!has_status || status > 255)
        return value_wrong(reader, "status", "a number up to 255");
    result->exit_status = (int)status;
    result->units = (uint64_t)units;
    result->limit_bytes = (uint64_t)limit;
    return read_engines(reader, root, result) && read_growth(reader, root, result) &&
           detail_read(reader, root, result) && read_outside(reader, root, result) &&
           read_environment(reader, root, result) && read_process(reader, root, &result->process) &&
           identity_get(reader, root, &result->identity);
}

/* A result that was copied to another case's place would be judged as that case. */
static bool read_case(const struct reader *reader, const json_t *root, const char *folder,
                      struct result **result) {
    const json_t *value = value_find(root, "case");
    struct error reason = {0};
    if (!value_is_text(value))
        return value_wrong(reader, "case", "a string");
    const char *key = json_string_value(value);
    if (!result_case_valid(key, &reason)) {
        error_set(reader->error, "%s: %s", reader->path, reason.text);
        return false;
    }
    char *expected = folder != NULL ? result_file_path(folder, key, ".json") : NULL;
    bool misplaced = expected != NULL && strcmp(expected, reader->path) != 0;
    if (misplaced)
        error_set(reader->error, "%s: this is the result of case %s: expected it in %s",
                  reader->path, key, expected);
    free(expected);
    if (misplaced)
        return false;
    *result = result_new(key);
    return *result != NULL || value_no_memory(reader);
}

bool result_read(const char *path, const char *folder, struct result **result,
                 struct error *error) {
    struct buffer text = BUFFER_INIT(RESULT_FILE_BYTES_MAX);
    struct reader reader = {.path = path, .error = error};
    json_error_t reason;
    json_t *root = NULL;
    struct result *read = NULL;
    *result = NULL;
    if (!file_read(path, &text, error))
        goto out;
    json_memory_forget();
    root =
        json_loadb(text.length > 0 ? text.bytes : "", text.length, JSON_REJECT_DUPLICATES, &reason);
    if (json_memory_ran_out()) {
        error_set(error, "%s: out of memory", path);
        goto out;
    }
    if (root == NULL) {
        error_set(error, "%s:%d: not JSON: %s", path, reason.line < 1 ? 1 : reason.line,
                  reason.text);
        goto out;
    }
    if (read_schema(&reader, root) && read_case(&reader, root, folder, &read) &&
        read_root(&reader, root, read)) {
        *result = read;
        read = NULL;
    }
out:
    result_free(read);
    json_decref(root);
    buffer_fini(&text);
    return *result != NULL;
}
