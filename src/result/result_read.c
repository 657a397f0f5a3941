/* Reads the result file, with jansson.
 *
 * Reading trusts nothing: a result may have been cut off, edited or put in the wrong place, and a
 * wrong figure would be worse than none. Unknown keys are left alone, so that an older reader can
 * take a newer file of the same schema. */
#include "result/result_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buffer.h"
#include "base/file.h"
#include "result/identity_json.h"

struct reader {
    const char *path;
    struct error *error;
};

static bool wrong(const struct reader *reader, const char *key, const char *expected) {
    error_set(reader->error, "%s: key \"%s\": expected %s", reader->path, key, expected);
    return false;
}

static bool no_memory(const struct reader *reader) {
    error_set(reader->error, "%s: out of memory", reader->path);
    return false;
}

/* JSON's null is as good as a key that isn't there. */
static const json_t *find(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

/* A string without NUL inside, so that it is whole as a C string. */
static bool is_text(const json_t *value) {
    return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value);
}

static bool read_text(const struct reader *reader, const json_t *object, const char *key,
                      char **text) {
    const json_t *value = find(object, key);
    if (value == NULL)
        return true;
    if (!is_text(value))
        return wrong(reader, key, "a string");
    *text = strdup(json_string_value(value));
    return *text != NULL || no_memory(reader);
}

static bool read_texts(const struct reader *reader, const json_t *object, const char *key,
                       char ***texts) {
    const json_t *array = find(object, key);
    if (array == NULL)
        return true;
    if (!json_is_array(array))
        return wrong(reader, key, "an array of strings");
    size_t count = json_array_size(array);
    *texts = calloc(count + 1, sizeof **texts);
    if (*texts == NULL)
        return no_memory(reader);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);
        if (!is_text(value))
            return wrong(reader, key, "an array of strings");
        if (((*texts)[i] = strdup(json_string_value(value))) == NULL)
            return no_memory(reader);
    }
    return true;
}

/* `*has` says whether the key is there. Only `live_bytes` may be below 0. */
static bool read_number(const struct reader *reader, const json_t *object, const char *key,
                        bool may_be_negative, int64_t *number, bool *has) {
    const json_t *value = find(object, key);
    *has = value != NULL;
    if (value == NULL)
        return true;
    if (!json_is_integer(value))
        return wrong(reader, key, "a whole number");
    *number = json_integer_value(value);
    return may_be_negative || *number >= 0 || wrong(reader, key, "a number that is not negative");
}

static bool read_usage(const struct reader *reader, const json_t *object,
                       struct result_usage *usage) {
    usage->present = true;
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        if (result_figure_keys[metric] != NULL &&
            !read_number(reader, object, result_figure_keys[metric], metric == HEAPGATE_METRIC_LIVE,
                         &usage->figures[metric], &usage->has[metric]))
            return false;
    for (size_t i = 0; result_plain_figures[i].key != NULL; i++) {
        int64_t number = 0;
        bool has;
        if (!read_number(reader, object, result_plain_figures[i].key, false, &number, &has))
            return false;
        memcpy((char *)usage + result_plain_figures[i].offset, &number, sizeof number);
    }
    return usage->has[HEAPGATE_METRIC_PEAK] || wrong(reader, "peak_bytes", "a whole number");
}

static bool read_engines(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *engines = find(root, "engines");
    if (!json_is_object(engines))
        return wrong(reader, "engines", "an object with the figures of each engine");
    for (int engine = 0; engine < RESULT_ENGINES; engine++) {
        const json_t *usage = find(engines, result_engine_names[engine]);
        if (usage == NULL)
            continue;
        if (!json_is_object(usage))
            return wrong(reader, result_engine_names[engine], "an object of figures");
        if (!read_usage(reader, usage, &result->engines[engine]))
            return false;
    }
    return true;
}

static bool read_site(const struct reader *reader, const json_t *item, struct result_site *site) {
    int64_t total = 0, allocations = 0, temporary = 0, own = 0;
    bool has[7];
    if (!json_is_object(item))
        return wrong(reader, "sites", "an array of objects");
    if (!read_number(reader, item, "bytes", true, &site->bytes, &has[0]) ||
        !read_number(reader, item, "blocks", true, &site->blocks, &has[1]) ||
        !read_number(reader, item, "live_bytes", true, &site->live_bytes, &has[2]) ||
        !read_number(reader, item, "total_bytes", false, &total, &has[3]) ||
        !read_number(reader, item, "allocations", false, &allocations, &has[4]) ||
        !read_number(reader, item, "own_frame", false, &own, &has[5]) ||
        !read_number(reader, item, "temporary", false, &temporary, &has[6]) ||
        !read_text(reader, item, "module", &site->module) ||
        !read_text(reader, item, "place", &site->place) ||
        !read_texts(reader, item, "frames", &site->frames))
        return false;
    site->total_bytes = (uint64_t)total;
    site->allocations = (uint64_t)allocations;
    site->temporary = (uint64_t)temporary;
    if (!has[0] || site->frames == NULL)
        return wrong(reader, "sites", "objects with bytes and frames");
    size_t count = 0;
    while (site->frames[count] != NULL)
        count++;
    if (own > 0 && (size_t)own >= count)
        return wrong(reader, "own_frame", "the index of a frame");
    site->own_frame = (size_t)own;
    return true;
}

/* What was read stands in `*sites` and `*count` also after a failure. */
static bool read_sites(const struct reader *reader, const json_t *object,
                       struct result_site **sites, size_t *count) {
    const json_t *array = find(object, "sites");
    size_t length = json_array_size(array);
    if (array == NULL || (json_is_array(array) && length == 0))
        return true;
    if (!json_is_array(array) || length > RESULT_SITES_MAX)
        return wrong(reader, "sites", "an array of at most 100 sites");
    *sites = calloc(length, sizeof **sites);
    if (*sites == NULL)
        return no_memory(reader);
    while (*count < length) {
        size_t at = (*count)++; /* its frames may be there already when it fails */
        if (!read_site(reader, json_array_get(array, at), &(*sites)[at]))
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
    const json_t *array = find(growth, "allocations");
    *has = array != NULL;
    if (array == NULL)
        return true;
    bool whole = json_is_array(array) && json_array_size(array) == count;
    for (size_t i = 0; whole && i < count; i++) {
        const json_t *calls = json_array_get(array, i);
        whole = json_is_integer(calls) && json_integer_value(calls) >= 0;
        points[i].allocations = whole ? json_integer_value(calls) : 0;
    }
    return whole || wrong(reader, "allocations", "a whole number for each point");
}

/* The points are what was measured: the fit is made from them again, not believed. */
static bool read_growth(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *growth = find(root, "growth");
    struct growth_point read[GROWTH_POINTS_MAX] = {0};
    bool with_allocations;
    if (growth == NULL)
        return true;
    if (!json_is_object(growth))
        return wrong(reader, "growth", "an object");
    const json_t *points = find(growth, "points");
    size_t count = json_array_size(points);
    if (!json_is_array(points) || count < 2 || count > GROWTH_POINTS_MAX)
        return wrong(reader, "points", "an array of 2 to 16 pairs of units and peak");
    for (size_t i = 0; i < count; i++)
        if (!read_point(json_array_get(points, i), &read[i]) ||
            (i > 0 && read[i].units <= read[i - 1].units))
            return wrong(reader, "points", "pairs of units and peak, ascending");
    if (!read_point_allocations(reader, growth, read, count, &with_allocations))
        return false;
    result_set_points(result, read, count, with_allocations);
    return true;
}

/* The array of that key, with memory for its items; `*items` NULL when it is empty or not there. */
static bool read_array(const struct reader *reader, const json_t *root, const char *key,
                       size_t most, size_t item_bytes, const json_t **array, void **items) {
    char expected[64];
    *array = find(root, key);
    *items = NULL;
    if (*array == NULL)
        return true;
    snprintf(expected, sizeof expected, "an array of at most %zu items", most);
    if (!json_is_array(*array) || json_array_size(*array) > most)
        return wrong(reader, key, expected);
    if (json_array_size(*array) == 0)
        return true;
    *items = calloc(json_array_size(*array), item_bytes);
    return *items != NULL || no_memory(reader);
}

/* An item that is an array of `count` whole numbers; the first may not be below the one before. */
static bool read_numbers(const json_t *item, int64_t *numbers, size_t count, int64_t least) {
    if (json_array_size(item) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *number = json_array_get(item, i);
        if (!json_is_integer(number))
            return false;
        numbers[i] = json_integer_value(number);
    }
    return numbers[0] >= least;
}

static bool read_timeline(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *array;
    void *items;
    int64_t numbers[3] = {0};
    if (!read_array(reader, root, "timeline", RESULT_TIMELINE_MAX, sizeof *result->timeline, &array,
                    &items))
        return false;
    result->timeline = items;
    for (size_t i = 0; items != NULL && i < json_array_size(array); i++) {
        if (!read_numbers(json_array_get(array, i), numbers, 3, numbers[0]) || numbers[2] < 0)
            return wrong(reader, "timeline", "ascending [ms, live bytes, resident bytes]");
        result->timeline[result->timeline_count++] =
            (struct result_sample){(uint64_t)numbers[0], numbers[1], (uint64_t)numbers[2]};
    }
    return true;
}

static bool read_steps(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *array;
    void *items;
    int64_t numbers[2] = {0};
    if (!read_array(reader, root, "allocation_timeline", RESULT_TIMELINE_MAX, sizeof *result->steps,
                    &array, &items))
        return false;
    result->steps = items;
    for (size_t i = 0; items != NULL && i < json_array_size(array); i++) {
        if (!read_numbers(json_array_get(array, i), numbers, 2, numbers[0]))
            return wrong(reader, "allocation_timeline", "ascending [allocated bytes, live bytes]");
        result->steps[result->step_count++] =
            (struct result_step){(uint64_t)numbers[0], numbers[1]};
    }
    return true;
}

static bool read_phase(const struct reader *reader, const json_t *item,
                       struct result_phase *phase) {
    int64_t begin = 0, end = 0, allocations = 0;
    bool has[6];
    if (!json_is_object(item) || !is_text(find(item, "name")))
        return wrong(reader, "phases", "objects with a name");
    if (!read_text(reader, item, "name", &phase->name) ||
        !read_number(reader, item, "begin_ms", false, &begin, &has[0]) ||
        !read_number(reader, item, "end_ms", false, &end, &has[1]) ||
        !read_number(reader, item, "live_before_bytes", true, &phase->live_before_bytes, &has[2]) ||
        !read_number(reader, item, "live_after_bytes", true, &phase->live_after_bytes, &has[3]) ||
        !read_number(reader, item, "peak_bytes", true, &phase->peak_bytes, &has[4]) ||
        !read_number(reader, item, "allocations", false, &allocations, &has[5]))
        return false;
    const json_t *sampled = find(item, "sampled");
    if (sampled != NULL && !json_is_boolean(sampled))
        return wrong(reader, "sampled", "true or false");
    phase->sampled = json_is_true(sampled);
    phase->begin_ms = (uint64_t)begin;
    phase->end_ms = (uint64_t)end;
    phase->allocations = (uint64_t)allocations;
    return (has[2] && has[3] && has[4]) ||
           wrong(reader, "phases", "objects with live_before_bytes, live_after_bytes, peak_bytes");
}

static bool read_phases(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *array;
    void *items;
    if (!read_array(reader, root, "phases", RESULT_PHASES_MAX, sizeof *result->phases, &array,
                    &items))
        return false;
    result->phases = items;
    while (items != NULL && result->phase_count < json_array_size(array)) {
        size_t at = result->phase_count++;
        if (!read_phase(reader, json_array_get(array, at), &result->phases[at]))
            return false;
    }
    return true;
}

static bool read_snapshot(const struct reader *reader, const json_t *item,
                          struct result_snapshot *snapshot) {
    int64_t at = 0;
    bool has[3];
    if (!json_is_object(item) || !is_text(find(item, "name")))
        return wrong(reader, "snapshots", "objects with a name");
    if (!read_text(reader, item, "name", &snapshot->name) ||
        !read_number(reader, item, "at_ms", false, &at, &has[0]) ||
        !read_number(reader, item, "live_bytes", true, &snapshot->live_bytes, &has[1]) ||
        !read_number(reader, item, "other_bytes", true, &snapshot->other_bytes, &has[2]))
        return false;
    snapshot->at_ms = (uint64_t)at;
    return read_sites(reader, item, &snapshot->sites, &snapshot->site_count);
}

static bool read_snapshots(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *array;
    void *items;
    int64_t lost = 0;
    bool has_lost;
    if (!read_number(reader, root, "snapshots_lost", false, &lost, &has_lost))
        return false;
    result->snapshots_lost = (uint64_t)lost;
    if (!read_array(reader, root, "snapshots", RESULT_SNAPSHOTS_MAX, sizeof *result->snapshots,
                    &array, &items))
        return false;
    result->snapshots = items;
    while (items != NULL && result->snapshot_count < json_array_size(array)) {
        size_t at = result->snapshot_count++;
        if (!read_snapshot(reader, json_array_get(array, at), &result->snapshots[at]))
            return false;
    }
    return true;
}

static bool read_module(const struct reader *reader, const json_t *item,
                        struct result_module *module) {
    bool has[2];
    if (!json_is_object(item) || !is_text(find(item, "name")))
        return wrong(reader, "modules", "objects with a name");
    module->own = json_is_true(find(item, "own"));
    return read_text(reader, item, "name", &module->name) &&
           read_number(reader, item, "bytes", true, &module->bytes, &has[0]) &&
           read_number(reader, item, "blocks", true, &module->blocks, &has[1]) &&
           (has[0] || wrong(reader, "modules", "objects with bytes"));
}

static bool read_modules(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *array;
    void *items;
    if (!read_array(reader, root, "modules", RESULT_MODULES_MAX, sizeof *result->modules, &array,
                    &items))
        return false;
    result->modules = items;
    while (items != NULL && result->module_count < json_array_size(array)) {
        size_t at = result->module_count++;
        if (!read_module(reader, json_array_get(array, at), &result->modules[at]))
            return false;
    }
    return true;
}

static bool read_environment(const struct reader *reader, const json_t *root,
                             struct result *result) {
    const json_t *environment = find(root, "environment");
    const char *name;
    const json_t *value;
    if (environment == NULL)
        return true;
    if (!json_is_object(environment) || json_object_size(environment) > RESULT_ENVIRONMENT_MAX) {
        char expected[64];
        snprintf(expected, sizeof expected, "an object of at most %d strings",
                 RESULT_ENVIRONMENT_MAX);
        return wrong(reader, "environment", expected);
    }
    void *at = json_object_iter((json_t *)(uintptr_t)environment);
    for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)environment, at)) {
        name = json_object_iter_key(at);
        value = json_object_iter_value(at);
        if (!is_text(value))
            return wrong(reader, name, "a string");
        if (!result_set_environment(result, name, json_string_value(value)))
            return no_memory(reader);
    }
    return true;
}

/* Null or not there in a file of an older heapgate. */
static bool read_process(const struct reader *reader, const json_t *root,
                         struct result_process *process) {
    const json_t *object = find(root, "process"), *busier = find(object, "busier");
    int64_t others = 0, bytes = 0, allocations = 0;
    bool has;
    if (object == NULL)
        return true;
    if (!json_is_object(object) || !is_text(find(object, "program")))
        return wrong(reader, "process", "an object with a program");
    if (busier != NULL && (!json_is_object(busier) || !is_text(find(busier, "process"))))
        return wrong(reader, "busier", "an object with a process");
    if (!read_text(reader, object, "program", &process->program) ||
        !read_texts(reader, object, "arguments", &process->arguments) ||
        !read_number(reader, object, "others", false, &others, &has) ||
        !read_text(reader, object, "chosen_by", &process->chosen_by) ||
        !read_text(reader, busier, "process", &process->busier) ||
        !read_number(reader, busier, "allocated_bytes", false, &bytes, &has) ||
        !read_number(reader, busier, "allocations", false, &allocations, &has))
        return false;
    process->others = (uint64_t)others;
    process->busier_allocated_bytes = (uint64_t)bytes;
    process->busier_allocations = (uint64_t)allocations;
    return true;
}

static bool read_outside(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *value = find(root, "outside_heap");
    int64_t anonymous = 0, bytes = 0, mapped = 0;
    bool has[3];
    if (!read_text(reader, root, "mapped_lost", &result->mapped_lost))
        return false;
    if (value == NULL)
        return true;
    if (!json_is_object(value))
        return wrong(reader, "outside_heap", "an object");
    if (!read_text(reader, value, "program", &result->outside.program) ||
        !read_number(reader, value, "anonymous_bytes", false, &anonymous, &has[0]) ||
        !read_number(reader, value, "bytes", false, &bytes, &has[1]) ||
        !read_number(reader, value, "mapped_bytes", false, &mapped, &has[2]))
        return false;
    if (result->outside.program == NULL || !has[0] || !has[1] || !has[2])
        return wrong(reader, "outside_heap", "program, anonymous_bytes, bytes and mapped_bytes");
    result->outside.anonymous_bytes = (uint64_t)anonymous;
    result->outside.bytes = (uint64_t)bytes;
    result->outside.mapped_bytes = (uint64_t)mapped;
    result->outside.measured = json_is_true(find(value, "measured"));
    return true;
}

static bool read_schema(const struct reader *reader, const json_t *root) {
    if (!json_is_object(root)) {
        error_set(reader->error, "%s: expected an object, as heapgate run writes it", reader->path);
        return false;
    }
    const json_t *schema = find(root, "schema");
    if (!json_is_integer(schema))
        return wrong(reader, "schema", "the number 1");
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
    if (!read_text(reader, root, "scope", &result->scope) ||
        !read_text(reader, root, "invalid", &result->invalid) ||
        !read_text(reader, root, "sites_phase", &result->sites_phase) ||
        !read_texts(reader, root, "command", &result->argv) ||
        !read_texts(reader, root, "crossing", &result->crossing) ||
        !read_number(reader, root, "status", false, &status, &has_status) ||
        !read_number(reader, root, "units", false, &units, &result->has_units) ||
        !read_number(reader, root, "limit_bytes", false, &limit, &has_limit) ||
        !read_number(reader, root, "other_bytes", true, &result->other_bytes, &has_other))
        return false;
    if (!has_status || status > 255)
        return wrong(reader, "status", "a number up to 255");
    result->exit_status = (int)status;
    result->units = (uint64_t)units;
    result->limit_bytes = (uint64_t)limit;
    return read_engines(reader, root, result) && read_growth(reader, root, result) &&
           read_sites(reader, root, &result->sites, &result->site_count) &&
           read_modules(reader, root, result) && read_phases(reader, root, result) &&
           read_timeline(reader, root, result) && read_steps(reader, root, result) &&
           read_snapshots(reader, root, result) && read_outside(reader, root, result) &&
           read_environment(reader, root, result) && read_process(reader, root, &result->process) &&
           identity_get(root, reader->path, &result->identity, reader->error);
}

/* A result that was copied to another case's place would be judged as that case. */
static bool read_case(const struct reader *reader, const json_t *root, const char *folder,
                      struct result **result) {
    const json_t *value = find(root, "case");
    struct error reason = {0};
    if (!is_text(value))
        return wrong(reader, "case", "a string");
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
    return *result != NULL || no_memory(reader);
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
    root =
        json_loadb(text.length > 0 ? text.bytes : "", text.length, JSON_REJECT_DUPLICATES, &reason);
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
