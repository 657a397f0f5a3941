/* What a program maps itself, to the byte, and where that cannot be known, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "measure/measure.h"

enum { PAGE = 4096 };

static struct result *measure(const char *program, const char *mode, const char *case_key,
                              enum result_engine engine) {
    struct result *result;
    struct error error = {0};
    char *argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)mode, NULL};
    struct measure_request request = {.case_key = case_key, .argv = argv};
    request.engines[engine] = true;
    if (measure_case(&request, &result, &error) != HEAPGATE_OK || result == NULL)
        fail_msg("%s: %s", mode, error.text);
    return result;
}

static const struct {
    const char *mode;
    int64_t pages;
} rows[] = {
    {"nothing", 0},  {"bytes", 245},       {"holes", 101},         {"fixed", 66},
    {"reserve", 79}, {"remap", 66},        {"shared", 8},          {"break", 25},
    {"refused", 2},  {"threads", 4 * 512}, {"signals", 512},       {"signals-heap", 512},
    {"forks", 512},  {"inherits", 150},    {"inherits-only", 100}, {"both", 100},
    {"many", 30000},
};

static void figures_are_exact(void **state) {
    static const enum result_engine engines[] = {RESULT_COUNT, RESULT_PROFILE};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < sizeof engines / sizeof engines[0]; k++) {
            struct result *result = measure(MAPPER, rows[i].mode, "mapped", engines[k]);
            const struct result_usage *usage = &result->engines[engines[k]];
            if (!usage->has[HEAPGATE_METRIC_MAPPED] ||
                usage->figures[HEAPGATE_METRIC_MAPPED] != rows[i].pages * PAGE)
                fail_msg("%s, %s: mapped %lld B, wanted %lld B (%s)", rows[i].mode,
                         result_engine_names[engines[k]],
                         (long long)usage->figures[HEAPGATE_METRIC_MAPPED],
                         (long long)rows[i].pages * PAGE,
                         result->mapped_lost != NULL ? result->mapped_lost : "known");
            result_free(result);
        }
}

/* A child that was forked while another thread was mapping does not wait, and does not guess. One
 * that was made past fork has no figure; its parent keeps its own. */
static void what_cannot_be_known_is_said(void **state) {
    (void)state;
    static const char *const forks[] = {"between",
                                        "bare"}; /* fork's, and one that it knows nothing of */
    struct result *result;
    for (size_t i = 0; i < 2; i++) {
        result = measure(MAPPER, forks[i], "mapped", RESULT_COUNT);
        assert_false(result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_MAPPED]);
        assert_string_equal(result->mapped_lost, "the process was forked while another thread was "
                                                 "mapping memory");
        result_free(result);
    }
    result = measure(MAPPER, "nested", "mapped", RESULT_COUNT);
    assert_false(result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_MAPPED]);
    assert_string_equal(result->mapped_lost, "a library's own mmap calls mmap");
    result_free(result);
}

static void a_scope_has_its_own(void **state) {
    (void)state;
    struct result *result = measure(MAPPER_LINKED, "scope", "mapped/scope", RESULT_COUNT);
    assert_string_equal(result->scope, "mapped/scope");
    assert_int_equal(result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_MAPPED], 40 * PAGE);
    assert_int_equal(result->engines[RESULT_COUNT].heap_and_mapped_peak_bytes, 0);
    result_free(result);
}

/* The two peaks are at different times: together they are less than their sum. */
static void heap_and_mapped_have_a_peak_together(void **state) {
    (void)state;
    struct result *base = measure(MAPPER, "nothing", "mapped", RESULT_COUNT);
    struct result *result = measure(MAPPER, "both", "mapped", RESULT_COUNT);
    uint64_t start = (uint64_t)base->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_LIVE];
    assert_int_equal(base->engines[RESULT_COUNT].heap_and_mapped_peak_bytes, 0);
    assert_int_equal(result->engines[RESULT_COUNT].heap_and_mapped_peak_bytes,
                     start + 1000000 + 10 * PAGE);
    result_free(base);
    result_free(result);
}

/* An image that is replaced takes its mappings with it. */
static void an_exec_begins_anew(void **state) {
    (void)state;
    struct result *result = measure(MAPPER, "exec", "mapped", RESULT_COUNT);
    assert_int_equal(result->engines[RESULT_COUNT].processes, 2);
    result_free(result);
}

/* An allocator behind the counting one maps what the heap's figure has already. */
static void an_allocators_own_is_the_heaps(void **state) {
    (void)state;
    char names[] = MAPPER_ALLOCATORS, path[512];
    for (char *name = strtok(names, ","); name != NULL; name = strtok(NULL, ",")) {
        snprintf(path, sizeof path, "%s/subject_%s", SUBJECT_FOLDER, name);
        struct result *result = measure(path, "once", "mapped", RESULT_COUNT);
        int64_t mapped = result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_MAPPED];
        if (mapped != 0)
            fail_msg("%s: mapped %lld B, wanted none", name, (long long)mapped);
        result_free(result);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_exact),
        cmocka_unit_test(what_cannot_be_known_is_said),
        cmocka_unit_test(a_scope_has_its_own),
        cmocka_unit_test(heap_and_mapped_have_a_peak_together),
        cmocka_unit_test(an_exec_begins_anew),
        cmocka_unit_test(an_allocators_own_is_the_heaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
