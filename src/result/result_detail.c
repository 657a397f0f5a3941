#include "result/result_detail.h"

#include <stdio.h>
#include <stdlib.h>

static bool read_site(const struct reader *reader, const json_t *item, struct result_site *site) {
    int64_t total = 0, allocations = 0, temporary = 0, own = 0;
    bool has[7];
    if (!json_is_object(item))
        return value_wrong(reader, "sites", "an array of objects");
    if (!value_number(reader, item, "bytes", true, &site->bytes, &has[0]) ||
        !value_number(reader, item, "blocks", true, &site->blocks, &has[1]) ||
        !value_number(reader, item, "live_bytes", true, &site->live_bytes, &has[2]) ||
        !value_number(reader, item, "total_bytes", false, &total, &has[3]) ||
        !value_number(reader, item, "allocations", false, &allocations, &has[4]) ||
        !value_number(reader, item, "own_frame", false, &own, &has[5]) ||
        !value_number(reader, item, "temporary", false, &temporary, &has[6]) ||
        !value_text(reader, item, "module", &site->module) ||
        !value_text(reader, item, "place", &site->place) ||
        !value_texts(reader, item, "frames", &site->frames))
        return false;
    site->total_bytes = (uint64_t)total;
    site->allocations = (uint64_t)allocations;
    site->temporary = (uint64_t)temporary;
    if (!has[0] || site->frames == NULL)
        return value_wrong(reader, "sites", "objects with bytes and frames");
    size_t count = 0;
    while (site->frames[count] != NULL)
        count++;
    if (own > 0 && (size_t)own >= count)
        return value_wrong(reader, "own_frame", "the index of a frame");
    site->own_frame = (size_t)own;
    return true;
}

/* What was read stands in `*sites` and `*count` also after a failure. */
static bool read_sites(const struct reader *reader, const json_t *object,
                       struct result_site **sites, size_t *count) {
    const json_t *array = value_find(object, "sites");
    size_t length = json_array_size(array);
    if (array == NULL || (json_is_array(array) && length == 0))
        return true;
    if (!json_is_array(array) || length > RESULT_SITES_MAX)
        return value_wrong(reader, "sites", "an array of at most 100 sites");
    *sites = calloc(length, sizeof **sites);
    if (*sites == NULL)
        return value_no_memory(reader);
    while (*count < length) {
        size_t at = (*count)++; /* its frames may be there already when it fails */
        if (!read_site(reader, json_array_get(array, at), &(*sites)[at]))
            return false;
    }
    return true;
}

/* The array of that key, with memory for its items; `*items` NULL when it is empty or not there. */
static bool read_array(const struct reader *reader, const json_t *root, const char *key,
                       size_t most, size_t item_bytes, const json_t **array, void **items) {
    char expected[64];
    *array = value_find(root, key);
    *items = NULL;
    if (*array == NULL)
        return true;
    snprintf(expected, sizeof expected, "an array of at most %zu items", most);
    if (!json_is_array(*array) || json_array_size(*array) > most)
        return value_wrong(reader, key, expected);
    if (json_array_size(*array) == 0)
        return true;
    *items = calloc(json_array_size(*array), item_bytes);
    return *items != NULL || value_no_memory(reader);
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
            return value_wrong(reader, "timeline", "ascending [ms, live bytes, resident bytes]");
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
            return value_wrong(reader, "allocation_timeline",
                               "ascending [allocated bytes, live bytes]");
        result->steps[result->step_count++] =
            (struct result_step){(uint64_t)numbers[0], numbers[1]};
    }
    return true;
}

static bool read_phase(const struct reader *reader, const json_t *item,
                       struct result_phase *phase) {
    int64_t begin = 0, end = 0, allocations = 0;
    bool has[6];
    if (!json_is_object(item) || !value_is_text(value_find(item, "name")))
        return value_wrong(reader, "phases", "objects with a name");
    if (!value_text(reader, item, "name", &phase->name) ||
        !value_number(reader, item, "begin_ms", false, &begin, &has[0]) ||
        !value_number(reader, item, "end_ms", false, &end, &has[1]) ||
        !value_number(reader, item, "live_before_bytes", true, &phase->live_before_bytes,
                      &has[2]) ||
        !value_number(reader, item, "live_after_bytes", true, &phase->live_after_bytes, &has[3]) ||
        !value_number(reader, item, "peak_bytes", true, &phase->peak_bytes, &has[4]) ||
        !value_number(reader, item, "allocations", false, &allocations, &has[5]))
        return false;
    const json_t *sampled = value_find(item, "sampled");
    if (sampled != NULL && !json_is_boolean(sampled))
        return value_wrong(reader, "sampled", "true or false");
    phase->sampled = json_is_true(sampled);
    phase->begin_ms = (uint64_t)begin;
    phase->end_ms = (uint64_t)end;
    phase->allocations = (uint64_t)allocations;
    return (has[2] && has[3] && has[4]) ||
           value_wrong(reader, "phases",
                       "objects with live_before_bytes, live_after_bytes, peak_bytes");
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
    if (!json_is_object(item) || !value_is_text(value_find(item, "name")))
        return value_wrong(reader, "snapshots", "objects with a name");
    if (!value_text(reader, item, "name", &snapshot->name) ||
        !value_number(reader, item, "at_ms", false, &at, &has[0]) ||
        !value_number(reader, item, "live_bytes", true, &snapshot->live_bytes, &has[1]) ||
        !value_number(reader, item, "other_bytes", true, &snapshot->other_bytes, &has[2]))
        return false;
    snapshot->at_ms = (uint64_t)at;
    return read_sites(reader, item, &snapshot->sites, &snapshot->site_count);
}

static bool read_snapshots(const struct reader *reader, const json_t *root, struct result *result) {
    const json_t *array;
    void *items;
    int64_t lost = 0;
    bool has_lost;
    if (!value_number(reader, root, "snapshots_lost", false, &lost, &has_lost))
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
    if (!json_is_object(item) || !value_is_text(value_find(item, "name")))
        return value_wrong(reader, "modules", "objects with a name");
    module->own = json_is_true(value_find(item, "own"));
    return value_text(reader, item, "name", &module->name) &&
           value_number(reader, item, "bytes", true, &module->bytes, &has[0]) &&
           value_number(reader, item, "blocks", true, &module->blocks, &has[1]) &&
           (has[0] || value_wrong(reader, "modules", "objects with bytes"));
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

bool detail_read(const struct reader *reader, const json_t *root, struct result *result) {
    return read_sites(reader, root, &result->sites, &result->site_count) &&
           read_modules(reader, root, result) && read_phases(reader, root, result) &&
           read_timeline(reader, root, result) && read_steps(reader, root, result) &&
           read_snapshots(reader, root, result);
}
