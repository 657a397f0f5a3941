/* The result file, written and read with jansson.
 *
 * Reading trusts nothing: a result may have been cut off, edited or put in the wrong place, and a
 * wrong figure would be worse than none. Unknown keys are left alone, so that an older reader can
 * take a newer file of the same schema. */
#include "measure/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buffer.h"
#include "base/file.h"
#include "measure/utf8.h"

enum { FILE_BYTES_MAX = 64 << 20 };

/* How a metric is written in an engine's usage; NULL for growth, which stands by itself. */
static const char *const figure_keys[HEAPGATE_METRIC_COUNT] = {
    [HEAPGATE_METRIC_PEAK] = "peak_bytes", [HEAPGATE_METRIC_ALLOCATIONS] = "allocations",
    [HEAPGATE_METRIC_LIVE] = "live_bytes", [HEAPGATE_METRIC_LARGEST] = "largest_bytes",
    [HEAPGATE_METRIC_RSS] = "rss_bytes",
};

/* The figures of a usage that no budget judges. */
static const struct plain_figure {
    const char *key;
    size_t offset;
} plain_figures[] = {
    {"allocated_bytes", offsetof(struct result_usage, allocated_bytes)},
    {"overhead_bytes", offsetof(struct result_usage, overhead_bytes)},
    {"wall_ms", offsetof(struct result_usage, wall_ms)},
    {"processes", offsetof(struct result_usage, processes)},
    {"sum_peak_bytes", offsetof(struct result_usage, sum_peak_bytes)},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char *case_path(const char *folder, const char *case_key, const char *ending) {
    char *path = NULL;
    size_t length = strlen(folder);
    const char *between = length > 0 && folder[length - 1] == '/' ? "" : "/";
    return asprintf(&path, "%s%s%s%s", folder, between, case_key, ending) < 0 ? NULL : path;
}

/* ---- Writing ---- */

/* Arguments and symbols are bytes, JSON is UTF-8: what isn't becomes U+FFFD. */
static json_t *json_text(const char *text) {
    struct buffer clean = BUFFER_INIT(FILE_BYTES_MAX);
    bool copied = buffer_reserve(&clean, 0);
    while (copied && *text != '\0') {
        size_t bytes = utf8_character_bytes(text);
        copied = bytes > 0 ? buffer_append(&clean, text, bytes)
                           : buffer_append_text(&clean, UTF8_REPLACEMENT);
        text += bytes > 0 ? bytes : 1;
    }
    json_t *value = copied ? json_stringn(clean.bytes, clean.length) : NULL;
    buffer_fini(&clean);
    return value;
}

static json_t *json_optional_text(const char *text) {
    return text != NULL ? json_text(text) : json_null();
}

static json_t *json_texts(char *const *texts) {
    json_t *array = json_array();
    for (; texts != NULL && *texts != NULL; texts++) {
        if (json_array_append_new(array, json_text(*texts)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static bool add_count(json_t *object, const char *key, uint64_t value) {
    json_int_t number = value > INT64_MAX ? (json_int_t)INT64_MAX : (json_int_t)value;
    return json_object_set_new(object, key, json_integer(number)) == 0;
}

static json_t *json_usage(const struct result_usage *usage) {
    json_t *object = json_object();
    bool added = object != NULL;
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        if (figure_keys[metric] != NULL && usage->has[metric])
            added = added && json_object_set_new(object, figure_keys[metric],
                                                 json_integer(usage->figures[metric])) == 0;
    for (size_t i = 0; i < COUNT(plain_figures); i++) {
        uint64_t value;
        memcpy(&value, (const char *)usage + plain_figures[i].offset, sizeof value);
        if (value != 0) /* absent means nothing of the kind, as for Massif's allocated bytes */
            added = added && add_count(object, plain_figures[i].key, value);
    }
    if (!added) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *json_engines(const struct result *result) {
    json_t *engines = json_object();
    for (int engine = 0; engine < RESULT_ENGINES; engine++) {
        if (!result->engines[engine].present)
            continue;
        if (json_object_set_new(engines, result_engine_names[engine],
                                json_usage(&result->engines[engine])) != 0) {
            json_decref(engines);
            return NULL;
        }
    }
    return engines;
}

static json_t *json_growth(const struct result *result) {
    if (result->point_count == 0)
        return json_null();
    json_t *points = json_array();
    for (size_t i = 0; points != NULL && i < result->point_count; i++)
        json_array_append_new(points, json_pack("[I, I]", (json_int_t)result->points[i].units,
                                                (json_int_t)result->points[i].peak_bytes));
    return json_pack("{s:f, s:f, s:f, s:b, s:o}", "bytes_per_unit", result->growth.bytes_per_unit,
                     "intercept_bytes", result->growth.intercept_bytes, "residual_bytes",
                     result->growth.residual_bytes, "super_linear", result->growth.super_linear,
                     "points", points);
}

static json_t *json_sites(const struct result *result) {
    json_t *array = json_array();
    for (size_t i = 0; i < result->site_count; i++) {
        const struct result_site *site = &result->sites[i];
        json_t *item = json_pack(
            "{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "bytes", (json_int_t)site->bytes, "blocks",
            (json_int_t)site->blocks, "live_bytes", (json_int_t)site->live_bytes, "total_bytes",
            (json_int_t)site->total_bytes, "allocations", (json_int_t)site->allocations,
            "own_frame", (json_int_t)site->own_frame, "frames",
            json_texts(site->frames));
        if (json_array_append_new(array, item) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *json_environment(const struct result *result) {
    json_t *object = json_object();
    for (size_t i = 0; i < result->environment_count; i++) {
        json_t *value = json_text(result->environment[i].value);
        if (json_object_set_new(object, result->environment[i].name, value) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *json_result(const struct result *result) {
    json_t *units = result->has_units ? json_integer((json_int_t)result->units) : json_null();
    return json_pack(
        "{s:i, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:[], s:o, s:I, s:[], s:o}", "schema",
        RESULT_SCHEMA, "case", json_text(result->case_key), "command", json_texts(result->argv),
        "status", result->exit_status, "units", units, "scope", json_optional_text(result->scope),
        "invalid", json_optional_text(result->invalid), "engines", json_engines(result), "growth",
        json_growth(result), "crossing", json_texts(result->crossing), "limit_bytes",
        (json_int_t)(result->limit_bytes > INT64_MAX ? INT64_MAX : result->limit_bytes), "phases",
        "sites", json_sites(result), "other_bytes", (json_int_t)result->other_bytes, "timeline",
        "environment", json_environment(result));
}

static int append_piece(const char *bytes, size_t length, void *data) {
    return buffer_append(data, bytes, length) ? 0 : -1;
}

static bool write_folded(const struct result *result, const char *folder, struct error *error) {
    char *path = case_path(folder, result->case_key, ".folded");
    bool written = path != NULL && file_write(path, result->folded, strlen(result->folded), error);
    if (path == NULL)
        error_set(error, "%s: cannot write the stacks: out of memory", folder);
    free(path);
    return written;
}

bool result_write(const struct result *result, const char *folder, struct error *error) {
    char *path = NULL;
    json_t *json = NULL;
    struct buffer text = BUFFER_INIT(FILE_BYTES_MAX);
    bool written = false;
    if (!result_case_valid(result->case_key, error))
        return false;
    path = case_path(folder, result->case_key, ".json");
    json = path != NULL ? json_result(result) : NULL;
    if (json == NULL || json_dump_callback(json, append_piece, &text, JSON_INDENT(2)) != 0 ||
        !buffer_append_text(&text, "\n")) {
        error_set(error, "%s: cannot write the result: out of memory", folder);
        goto out;
    }
    written = file_make_parents(path, error) && file_write(path, text.bytes, text.length, error) &&
              (result->folded == NULL || write_folded(result, folder, error));
out:
    json_decref(json);
    buffer_fini(&text);
    free(path);
    return written;
}

/* ---- Reading ---- */

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
        if (figure_keys[metric] != NULL &&
            !read_number(reader, object, figure_keys[metric], metric == HEAPGATE_METRIC_LIVE,
                         &usage->figures[metric], &usage->has[metric]))
            return false;
    for (size_t i = 0; i < COUNT(plain_figures); i++) {
        int64_t number = 0;
        bool has;
        if (!read_number(reader, object, plain_figures[i].key, false, &number, &has))
            return false;
        memcpy((char *)usage + plain_figures[i].offset, &number, sizeof number);
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
    int64_t total = 0, allocations = 0, own = 0;
    bool has[6];
    if (!json_is_object(item))
        return wrong(reader, "sites", "an array of objects");
    if (!read_number(reader, item, "bytes", true, &site->bytes, &has[0]) ||
        !read_number(reader, item, "blocks", true, &site->blocks, &has[1]) ||
        !read_number(reader, item, "live_bytes", true, &site->live_bytes, &has[2]) ||
        !read_number(reader, item, "total_bytes", false, &total, &has[3]) ||
        !read_number(reader, item, "allocations", false, &allocations, &has[4]) ||
        !read_number(reader, item, "own_frame", false, &own, &has[5]) ||
        !read_texts(reader, item, "frames", &site->frames))
        return false;
    site->total_bytes = (uint64_t)total;
    site->allocations = (uint64_t)allocations;
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

static bool read_sites(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *sites = find(root, "sites");
    size_t count = json_array_size(sites);
    bool has_other;
    if (!read_number(reader, root, "other_bytes", true, &result->other_bytes, &has_other))
        return false;
    if (sites == NULL || (json_is_array(sites) && count == 0))
        return true;
    if (!json_is_array(sites) || count > RESULT_SITES_MAX)
        return wrong(reader, "sites", "an array of at most 100 sites");
    result->sites = calloc(count, sizeof *result->sites);
    if (result->sites == NULL)
        return no_memory(reader);
    for (; result->site_count < count; result->site_count++)
        if (!read_site(reader, json_array_get(sites, result->site_count),
                       &result->sites[result->site_count])) {
            result->site_count++; /* its frames may be there already */
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

/* The points are what was measured: the fit is made from them again, not believed. */
static bool read_growth(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *growth = find(root, "growth");
    struct result_usage *usage = &result->engines[RESULT_COUNT];
    if (growth == NULL)
        return true;
    if (!json_is_object(growth))
        return wrong(reader, "growth", "an object");
    const json_t *points = find(growth, "points");
    size_t count = json_array_size(points);
    if (!json_is_array(points) || count < 2 || count > GROWTH_POINTS_MAX)
        return wrong(reader, "points", "an array of 2 to 16 pairs of units and peak");
    for (size_t i = 0; i < count; i++)
        if (!read_point(json_array_get(points, i), &result->points[i]) ||
            (i > 0 && result->points[i].units <= result->points[i - 1].units))
            return wrong(reader, "points", "pairs of units and peak, ascending");
    result->point_count = count;
    growth_fit(result->points, count, &result->growth);
    usage->has[HEAPGATE_METRIC_GROWTH] = usage->present;
    usage->figures[HEAPGATE_METRIC_GROWTH] = growth_figure(&result->growth);
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
    bool has_status, has_limit;
    if (!read_text(reader, root, "scope", &result->scope) ||
        !read_text(reader, root, "invalid", &result->invalid) ||
        !read_texts(reader, root, "command", &result->argv) ||
        !read_texts(reader, root, "crossing", &result->crossing) ||
        !read_number(reader, root, "status", false, &status, &has_status) ||
        !read_number(reader, root, "units", false, &units, &result->has_units) ||
        !read_number(reader, root, "limit_bytes", false, &limit, &has_limit))
        return false;
    if (!has_status || status > 255)
        return wrong(reader, "status", "a number up to 255");
    result->exit_status = (int)status;
    result->units = (uint64_t)units;
    result->limit_bytes = (uint64_t)limit;
    return read_engines(reader, root, result) && read_growth(reader, root, result) &&
           read_sites(reader, root, result) &&
           read_environment(reader, root, result);
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
    char *expected = folder != NULL ? case_path(folder, key, ".json") : NULL;
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
    struct buffer text = BUFFER_INIT(FILE_BYTES_MAX);
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
