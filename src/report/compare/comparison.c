#include "report/compare/comparison.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/judged.h"

#define METRIC_NAME(NAME, name, unit, meaning) ", " #name
#define METRIC_NAMES "" HEAPGATE_METRICS(METRIC_NAME)

const char *const compare_side_names[COMPARE_SIDES] = {"base", "head"};

/* ---- Limits ---- */

static bool parse_limit(const char *text, enum heapgate_metric metric,
                        struct compare_limits *limits, struct error *error) {
    if (!margin_parse(text, metric, &limits->margins[metric], error))
        return false;
    limits->texts[metric] = text;
    return true;
}

bool compare_limits_add(struct compare_limits *limits, const char *text, struct error *error) {
    const char *equals = strchr(text, '=');
    size_t length = equals != NULL ? (size_t)(equals - text) : 0;
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++) {
        const char *name = budget_metric_name((enum heapgate_metric)metric);
        if (equals != NULL && strlen(name) == length && strncmp(name, text, length) == 0)
            return parse_limit(equals + 1, (enum heapgate_metric)metric, limits, error);
        if (equals == NULL && metric != HEAPGATE_METRIC_RSS &&
            !parse_limit(text, (enum heapgate_metric)metric, limits, error))
            return false;
        /* An amount is of bytes or of calls: it cannot be meant for all. */
        if (equals == NULL && limits->margins[metric].absolute > 0) {
            error_set(error, "\"%.200s\" is an amount: say of which metric, as in %s=%.200s", text,
                      name, text);
            return false;
        }
    }
    if (equals != NULL)
        error_set(error, "unknown metric in \"%.200s\": expected one of %s", text,
                  &METRIC_NAMES[2]); /* without the comma before the first */
    return equals == NULL;
}

bool compare_limits_any(const struct compare_limits *limits) {
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        if (limits->margins[metric].set)
            return true;
    return false;
}

/* ---- One case ---- */

int64_t compare_difference(const struct compare_figure *figure) {
    int64_t base = figure->value[COMPARE_BASE], head = figure->value[COMPARE_HEAD], difference;
    if (__builtin_sub_overflow(head, base, &difference))
        return head > base ? INT64_MAX : -INT64_MAX;
    return difference > -INT64_MAX ? difference : -INT64_MAX;
}

static bool is_over(const struct compare_figure *figure, const struct margin *limit) {
    int64_t base = figure->value[COMPARE_BASE], difference = compare_difference(figure);
    return limit->set && figure->has[COMPARE_BASE] && figure->has[COMPARE_HEAD] && difference > 0 &&
           (uint64_t)difference > margin_of(limit, base > 0 ? (uint64_t)base : 0);
}

/* The first engine that all the results there are were measured by; RESULT_ENGINES for none. */
static enum result_engine common_engine(struct result *const results[COMPARE_SIDES]) {
    int engine = 0;
    for (; engine < RESULT_ENGINES; engine++) {
        bool common = true;
        for (int side = 0; side < COMPARE_SIDES; side++)
            common = common && (results[side] == NULL || results[side]->engines[engine].present);
        if (common)
            break;
    }
    return (enum result_engine)engine;
}

static void list_engines(const struct result *result, char *text, size_t bytes) {
    text[0] = '\0';
    for (int engine = 0; engine < RESULT_ENGINES; engine++) {
        size_t used = strlen(text);
        if (result->engines[engine].present)
            snprintf(text + used, bytes - used, "%s%s", used > 0 ? " and " : "",
                     result_engine_names[engine]);
    }
}

/* Why there is nothing to compare. False when there is. */
static bool find_reason(struct comparison *comparison, struct result *const results[COMPARE_SIDES],
                        struct error *reason) {
    const struct result *base = results[COMPARE_BASE], *head = results[COMPARE_HEAD];
    for (int side = 0; side < COMPARE_SIDES; side++) {
        if (results[side] == NULL || judged_measurement(results[side], reason))
            continue;
        error_prefix(reason, "invalid in %s: ", compare_side_names[side]);
        return true;
    }
    for (int side = 0; side < COMPARE_SIDES; side++) {
        if (results[side] == NULL ||
            hold_build_add(&comparison->builds[side], results[side], reason))
            continue;
        error_prefix(reason, "in %s: ", compare_side_names[side]);
        comparison->not_held_count++;
        return true;
    }
    if (base == NULL || head == NULL)
        return false;
    if (base->has_units != head->has_units || base->units != head->units) {
        if (base->has_units && head->has_units)
            error_set(reason, "not the same work: %llu units in base, %llu in head",
                      (unsigned long long)base->units, (unsigned long long)head->units);
        else
            error_set(reason, "not the same work: only %s says how many units",
                      compare_side_names[base->has_units ? COMPARE_BASE : COMPARE_HEAD]);
        return true;
    }
    if (common_engine(results) == RESULT_ENGINES) {
        char texts[COMPARE_SIDES][64];
        for (int side = 0; side < COMPARE_SIDES; side++)
            list_engines(results[side], texts[side], sizeof texts[side]);
        error_set(reason, "not the same engine: base was measured by %s, head by %s",
                  texts[COMPARE_BASE], texts[COMPARE_HEAD]);
        return true;
    }
    return false;
}

static void take_figures(struct result *const results[COMPARE_SIDES],
                         struct compare_case *compared) {
    compared->engine = common_engine(results);
    for (int side = 0; side < COMPARE_SIDES; side++) {
        if (results[side] == NULL)
            continue;
        const struct result_usage *usage = &results[side]->engines[compared->engine];
        for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++) {
            compared->figures[metric].has[side] = usage->has[metric];
            compared->figures[metric].value[side] = usage->figures[metric];
        }
    }
}

static void compare_figures(const struct compare_limits *limits, struct compare_case *compared) {
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++) {
        struct compare_figure *figure = &compared->figures[metric];
        figure->over = is_over(figure, &limits->margins[metric]);
        figure->missing =
            limits->margins[metric].set && figure->has[COMPARE_BASE] && !figure->has[COMPARE_HEAD];
        compared->over = compared->over || figure->over;
        compared->missing = compared->missing || figure->missing;
        if (metric != HEAPGATE_METRIC_RSS &&
            (figure->has[COMPARE_BASE] != figure->has[COMPARE_HEAD] ||
             figure->value[COMPARE_BASE] != figure->value[COMPARE_HEAD]))
            compared->kind = COMPARE_CHANGED;
    }
    if (compared->over)
        compared->kind = COMPARE_CHANGED;
}

/* False when memory is out. */
static bool compare_case(struct comparison *comparison, struct result *const results[COMPARE_SIDES],
                         struct compare_case *compared) {
    struct error reason = {.set = false};
    bool both = results[COMPARE_BASE] != NULL && results[COMPARE_HEAD] != NULL;
    if (!both)
        compared->kind = results[COMPARE_BASE] == NULL ? COMPARE_ADDED : COMPARE_GONE;
    if (find_reason(comparison, results, &reason)) {
        if (both)
            compared->kind = COMPARE_REFUSED;
        compared->reason = strdup(reason.text);
        return compared->reason != NULL;
    }
    take_figures(results, compared);
    if (both)
        compare_figures(&comparison->limits, compared);
    return true;
}

/* ---- Both folders ---- */

bool compare_read_case(const struct comparison *comparison, const struct compare_case *compared,
                       struct result *results[COMPARE_SIDES], struct error *error) {
    static const enum compare_kind without[COMPARE_SIDES] = {COMPARE_ADDED, COMPARE_GONE};
    for (int side = 0; side < COMPARE_SIDES; side++)
        results[side] = NULL;
    for (int side = 0; side < COMPARE_SIDES; side++) {
        if (compared->kind != without[side] &&
            !result_read_case(comparison->folders[side], compared->case_key, &results[side],
                              error)) {
            result_free(results[COMPARE_BASE]);
            results[COMPARE_BASE] = NULL;
            return false;
        }
    }
    return true;
}

static bool add_case(struct comparison *comparison, const char *key, bool in_base, bool in_head,
                     struct error *error) {
    struct compare_case *compared = &comparison->items[comparison->count];
    struct result *results[COMPARE_SIDES];
    *compared = (struct compare_case){.case_key = strdup(key)};
    if (compared->case_key == NULL) {
        error_set(error, "%s: out of memory", key);
        return false;
    }
    comparison->count++;
    compared->kind = !in_base ? COMPARE_ADDED : !in_head ? COMPARE_GONE : COMPARE_SAME;
    if (!compare_read_case(comparison, compared, results, error))
        return false;
    bool done = compare_case(comparison, results, compared);
    for (int side = 0; side < COMPARE_SIDES; side++)
        result_free(results[side]);
    if (!done)
        error_set(error, "%s: out of memory", key);
    comparison->counts[compared->kind]++;
    comparison->over_count += compared->over;
    comparison->missing_count += compared->missing;
    return done;
}

/* Both lists are sorted: each case is met once. */
static bool merge(struct comparison *comparison, const struct result_keys keys[COMPARE_SIDES],
                  struct error *error) {
    const struct result_keys *base = &keys[COMPARE_BASE], *head = &keys[COMPARE_HEAD];
    size_t i = 0, j = 0;
    comparison->items = calloc(base->count + head->count + 1, sizeof *comparison->items);
    if (comparison->items == NULL) {
        error_set(error, "out of memory for %zu results", base->count + head->count);
        return false;
    }
    while (i < base->count || j < head->count) {
        int order = i == base->count   ? 1
                    : j == head->count ? -1
                                       : strcmp(base->items[i], head->items[j]);
        const char *key = order <= 0 ? base->items[i] : head->items[j];
        if (!add_case(comparison, key, order <= 0, order >= 0, error))
            return false;
        i += order <= 0;
        j += order >= 0;
    }
    return true;
}

bool compare_read(const char *base, const char *head, const char *const runs[COMPARE_SIDES],
                  const struct compare_limits *limits, struct comparison *comparison,
                  struct error *error) {
    struct result_keys keys[COMPARE_SIDES] = {{0}};
    *comparison = (struct comparison){.folders = {base, head}, .limits = *limits};
    bool read = true;
    for (int side = 0; side < COMPARE_SIDES; side++)
        comparison->builds[side].run = runs[side];
    for (int side = 0; read && side < COMPARE_SIDES; side++) {
        read = result_keys_read(comparison->folders[side], &keys[side], error);
        if (read && keys[side].count == 0) {
            error_set(error, "%s: no results: expected what heapgate run writes",
                      comparison->folders[side]);
            read = false;
        }
        comparison->result_counts[side] = keys[side].count;
    }
    read = read && merge(comparison, keys, error);
    for (int side = 0; side < COMPARE_SIDES; side++)
        result_keys_free(&keys[side]);
    if (!read)
        compare_free(comparison);
    return read;
}

void compare_free(struct comparison *comparison) {
    for (size_t i = 0; i < comparison->count; i++) {
        free(comparison->items[i].case_key);
        free(comparison->items[i].reason);
    }
    for (int side = 0; side < COMPARE_SIDES; side++)
        hold_build_fini(&comparison->builds[side]);
    free(comparison->items);
    *comparison = (struct comparison){0};
}

size_t compare_unknown(const struct comparison *comparison) {
    return comparison->counts[COMPARE_REFUSED] + comparison->counts[COMPARE_GONE] +
           comparison->missing_count;
}

enum heapgate_status compare_status(const struct comparison *comparison) {
    size_t compared = comparison->counts[COMPARE_SAME] + comparison->counts[COMPARE_CHANGED];
    if (compared == 0 || comparison->not_held_count > 0 ||
        (compare_unknown(comparison) > 0 && compare_limits_any(&comparison->limits)))
        return HEAPGATE_INVALID;
    return comparison->over_count > 0 ? HEAPGATE_OVER : HEAPGATE_OK;
}
