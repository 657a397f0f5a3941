/* Writes the result file, with jansson, and what lies beside it. */
#include "result/result_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "result/identity_json.h"

const char *const result_figure_keys[HEAPGATE_METRIC_COUNT] = {
    [HEAPGATE_METRIC_PEAK] = "peak_bytes", [HEAPGATE_METRIC_ALLOCATIONS] = "allocations",
    [HEAPGATE_METRIC_LIVE] = "live_bytes", [HEAPGATE_METRIC_LARGEST] = "largest_bytes",
    [HEAPGATE_METRIC_RSS] = "rss_bytes",   [HEAPGATE_METRIC_MAPPED] = "mapped_bytes",
};

const struct result_plain_figure result_plain_figures[] = {
    {"allocated_bytes", offsetof(struct result_usage, allocated_bytes)},
    {"overhead_bytes", offsetof(struct result_usage, overhead_bytes)},
    {"wall_ms", offsetof(struct result_usage, wall_ms)},
    {"processes", offsetof(struct result_usage, processes)},
    {"sum_peak_bytes", offsetof(struct result_usage, sum_peak_bytes)},
    {"uncounted_processes", offsetof(struct result_usage, uncounted_processes)},
    {"heap_and_mapped_peak_bytes", offsetof(struct result_usage, heap_and_mapped_peak_bytes)},
    {"foreign_frees", offsetof(struct result_usage, foreign_frees)},
    {"deep_binds", offsetof(struct result_usage, deep_binds)},
    {NULL, 0},
};

char *result_file_path(const char *folder, const char *case_key, const char *ending) {
    char *path = NULL;
    size_t length = strlen(folder);
    const char *between = length > 0 && folder[length - 1] == '/' ? "" : "/";
    return asprintf(&path, "%s%s%s%s", folder, between, case_key, ending) < 0 ? NULL : path;
}

static json_t *json_optional_text(const char *text) {
    return text != NULL ? result_json_text(text) : json_null();
}

static json_t *json_texts(char *const *texts) {
    json_t *array = json_array();
    for (; texts != NULL && *texts != NULL; texts++) {
        if (json_array_append_new(array, result_json_text(*texts)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* Those of a command line: without passwords. */
static json_t *json_words(char *const *words) {
    json_t *array = json_array();
    for (; words != NULL && *words != NULL; words++) {
        char *masked = secret_masked(*words);
        int failed = json_array_append_new(array, masked != NULL ? result_json_text(masked) : NULL);
        free(masked);
        if (failed != 0) {
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
        if (result_figure_keys[metric] != NULL && usage->has[metric])
            added = added && json_object_set_new(object, result_figure_keys[metric],
                                                 json_integer(usage->figures[metric])) == 0;
    for (size_t i = 0; result_plain_figures[i].key != NULL; i++) {
        uint64_t value;
        memcpy(&value, (const char *)usage + result_plain_figures[i].offset, sizeof value);
        if (value != 0) /* absent means nothing of the kind, as for Massif's allocated bytes */
            added = added && add_count(object, result_plain_figures[i].key, value);
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

/* The same of calls; the points stay pairs, for who reads them as such. */
static bool add_allocations(const struct result *result, json_t *growth) {
    const struct growth_fit *fit = &result->allocation_growth;
    if (growth == NULL || !result->points_have_allocations)
        return growth != NULL;
    json_t *calls = json_array();
    for (size_t i = 0; calls != NULL && i < result->point_count; i++)
        json_array_append_new(calls, json_integer((json_int_t)result->points[i].allocations));
    json_t *added = json_pack("{s:f, s:f, s:f, s:b, s:o}", "calls_per_unit", fit->per_unit,
                              "intercept_calls", fit->intercept, "residual_calls", fit->residual,
                              "allocations_super_linear", fit->super_linear, "allocations", calls);
    bool done = added != NULL && json_object_update(growth, added) == 0;
    json_decref(added);
    return done;
}

static json_t *json_growth(const struct result *result) {
    if (result->point_count == 0)
        return json_null();
    json_t *points = json_array();
    for (size_t i = 0; points != NULL && i < result->point_count; i++)
        json_array_append_new(points, json_pack("[I, I]", (json_int_t)result->points[i].units,
                                                (json_int_t)result->points[i].peak_bytes));
    json_t *growth = json_pack("{s:f, s:f, s:f, s:b, s:o}", "bytes_per_unit",
                               result->growth.per_unit, "intercept_bytes", result->growth.intercept,
                               "residual_bytes", result->growth.residual, "super_linear",
                               result->growth.super_linear, "points", points);
    if (add_allocations(result, growth))
        return growth;
    json_decref(growth);
    return NULL;
}

static json_t *json_sites(const struct result_site *sites, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct result_site *site = &sites[i];
        json_t *item = json_pack(
            "{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:o}", "bytes", (json_int_t)site->bytes,
            "blocks", (json_int_t)site->blocks, "live_bytes", (json_int_t)site->live_bytes,
            "total_bytes", (json_int_t)site->total_bytes, "allocations",
            (json_int_t)site->allocations, "temporary", (json_int_t)site->temporary, "module",
            json_optional_text(site->module), "place", json_optional_text(site->place), "own_frame",
            (json_int_t)site->own_frame, "frames", json_texts(site->frames));
        if (json_array_append_new(array, item) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *json_modules(const struct result *result) {
    json_t *array = json_array();
    for (size_t i = 0; i < result->module_count; i++) {
        const struct result_module *module = &result->modules[i];
        json_t *item = json_pack("{s:o, s:I, s:I, s:b}", "name", result_json_text(module->name),
                                 "bytes", (json_int_t)module->bytes, "blocks",
                                 (json_int_t)module->blocks, "own", module->own);
        if (json_array_append_new(array, item) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *json_phases(const struct result *result) {
    json_t *array = json_array();
    for (size_t i = 0; i < result->phase_count; i++) {
        const struct result_phase *phase = &result->phases[i];
        json_t *item = json_pack(
            "{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "name", result_json_text(phase->name),
            "sampled", phase->sampled, "begin_ms", (json_int_t)phase->begin_ms, "end_ms",
            (json_int_t)phase->end_ms, "live_before_bytes", (json_int_t)phase->live_before_bytes,
            "live_after_bytes", (json_int_t)phase->live_after_bytes, "peak_bytes",
            (json_int_t)phase->peak_bytes, "allocations", (json_int_t)phase->allocations);
        if (json_array_append_new(array, item) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *json_timeline(const struct result *result) {
    json_t *array = json_array();
    for (size_t i = 0; i < result->timeline_count; i++) {
        const struct result_sample *sample = &result->timeline[i];
        if (json_array_append_new(array, json_pack("[I, I, I]", (json_int_t)sample->at_ms,
                                                   (json_int_t)sample->live_bytes,
                                                   (json_int_t)sample->rss_bytes)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *json_steps(const struct result *result) {
    json_t *array = json_array();
    for (size_t i = 0; i < result->step_count; i++) {
        const struct result_step *step = &result->steps[i];
        if (json_array_append_new(array, json_pack("[I, I]", (json_int_t)step->allocated_bytes,
                                                   (json_int_t)step->live_bytes)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *json_snapshots(const struct result *result) {
    json_t *array = json_array();
    for (size_t i = 0; i < result->snapshot_count; i++) {
        const struct result_snapshot *snapshot = &result->snapshots[i];
        json_t *item = json_pack(
            "{s:o, s:I, s:I, s:I, s:o}", "name", result_json_text(snapshot->name), "at_ms",
            (json_int_t)snapshot->at_ms, "live_bytes", (json_int_t)snapshot->live_bytes,
            "other_bytes", (json_int_t)snapshot->other_bytes, "sites",
            json_sites(snapshot->sites, snapshot->site_count));
        if (json_array_append_new(array, item) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *json_outside(const struct result *result) {
    const struct result_outside *outside = &result->outside;
    if (outside->program == NULL)
        return json_null();
    return json_pack("{s:o, s:I, s:I, s:I, s:b}", "program", result_json_text(outside->program),
                     "anonymous_bytes", (json_int_t)outside->anonymous_bytes, "bytes",
                     (json_int_t)outside->bytes, "mapped_bytes", (json_int_t)outside->mapped_bytes,
                     "measured", outside->measured);
}

static json_t *json_environment(const struct result *result) {
    json_t *object = json_object();
    for (size_t i = 0; i < result->environment_count; i++) {
        json_t *value = result_json_text(result->environment[i].value);
        if (json_object_set_new(object, result->environment[i].name, value) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* Who the figures are of; null where that is not known. */
static json_t *json_process(const struct result_process *process) {
    if (process->program == NULL)
        return json_null();
    json_t *busier =
        process->busier == NULL
            ? json_null()
            : json_pack("{s:o, s:I, s:I}", "process", result_json_text(process->busier),
                        "allocated_bytes", (json_int_t)process->busier_allocated_bytes,
                        "allocations", (json_int_t)process->busier_allocations);
    return json_pack("{s:o, s:o, s:I, s:o, s:o}", "program", result_json_text(process->program),
                     "arguments", json_words(process->arguments), "others",
                     (json_int_t)process->others, "chosen_by",
                     json_optional_text(process->chosen_by), "busier", busier);
}

static json_t *json_result(const struct result *result) {
    json_t *units = result->has_units ? json_integer((json_int_t)result->units) : json_null();
    return json_pack(
        "{s:i, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:I, s:o, s:o, "
        "s:o, "
        "s:o, s:I, s:o}",
        "schema", RESULT_SCHEMA, "case", result_json_text(result->case_key), "command",
        json_words(result->argv), "status", result->exit_status, "units", units, "scope",
        json_optional_text(result->scope), "invalid", json_optional_text(result->invalid),
        "engines", json_engines(result), "growth", json_growth(result), "crossing",
        json_texts(result->crossing), "limit_bytes",
        (json_int_t)(result->limit_bytes > INT64_MAX ? INT64_MAX : result->limit_bytes), "phases",
        json_phases(result), "sites", json_sites(result->sites, result->site_count), "sites_phase",
        json_optional_text(result->sites_phase), "other_bytes", (json_int_t)result->other_bytes,
        "modules", json_modules(result), "timeline", json_timeline(result), "allocation_timeline",
        json_steps(result), "snapshots", json_snapshots(result), "snapshots_lost",
        (json_int_t)result->snapshots_lost, "environment", json_environment(result));
}

/* jansson goes on after a key that could not be written: so the first failure is kept. */
struct kept_text {
    struct buffer *buffer;
    bool failed;
};

static int append_piece(const char *bytes, size_t length, void *data) {
    struct kept_text *text = data;
    text->failed = text->failed || !buffer_append(text->buffer, bytes, length);
    return text->failed ? -1 : 0;
}

static bool dump_json(const json_t *json, struct buffer *buffer) {
    struct kept_text text = {.buffer = buffer};
    return json_dump_callback(json, append_piece, &text, JSON_INDENT(2)) == 0 && !text.failed &&
           buffer_append_text(buffer, "\n");
}

/* A file beside the result; one of an earlier run does not stay beside a result that it is not
 * of. */
static bool write_beside(const struct result *result, const char *folder, const char *ending,
                         const char *text, struct error *error) {
    char *path = result_file_path(folder, result->case_key, ending);
    bool written = path != NULL;
    if (!written)
        error_set(error, "%s: cannot write the stacks: out of memory", folder);
    else if (text != NULL)
        written = file_write(path, text, strlen(text), error);
    else if (unlink(path) != 0 && errno != ENOENT) {
        error_set(error, "%s: cannot remove it: %s", path, strerror(errno));
        written = false;
    }
    free(path);
    return written;
}

/* Keys of more than json_pack's one line. */
static bool add_mapped(const struct result *result, json_t *root) {
    return json_object_set_new(root, "outside_heap", json_outside(result)) == 0 &&
           json_object_set_new(root, "mapped_lost", json_optional_text(result->mapped_lost)) == 0;
}

bool result_write(const struct result *result, const char *folder, struct error *error) {
    char *path = NULL;
    json_t *json = NULL;
    struct buffer text = BUFFER_INIT(RESULT_FILE_BYTES_MAX);
    bool written = false;
    if (!result_case_valid(result->case_key, error))
        return false;
    path = result_file_path(folder, result->case_key, ".json");
    json = path != NULL ? json_result(result) : NULL;
    if (json == NULL || json_object_set_new(json, "process", json_process(&result->process)) != 0 ||
        !add_mapped(result, json) || !identity_put(json, &result->identity) ||
        !dump_json(json, &text)) {
        error_set(error, "%s: cannot write the result: out of memory", folder);
        goto out;
    }
    written = file_make_parents(path, error) && file_write(path, text.bytes, text.length, error) &&
              write_beside(result, folder, ".folded", result->folded, error) &&
              write_beside(result, folder, ".massif", result->massif, error);
out:
    json_decref(json);
    buffer_fini(&text);
    free(path);
    return written;
}
