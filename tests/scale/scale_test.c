/* heapgate on itself: what it reads may be as large as it likes, what it takes may not. Each case
 * is a verb, measured at two sizes of its input and held to budgets/heapgate.yaml. What streams has
 * a growth of 0; what keeps a line of each case has the bytes of that line.
 *
 * And what is measured may be large: a million call stacks, hundreds of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <heapgate/cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "result/result.h"
#include "scale.h"

enum { SIZES = 2, ARGUMENTS_MAX = 12 };

/* ---- The verbs ---- */

#define DATA SCALE_FOLDER "/data"

static const struct verb_case {
    const char *key;
    uint64_t sizes[SIZES];
    const char *argv[ARGUMENTS_MAX];
} verb_cases[] = {
    {"heapgate/explain/massif", {10, 100}, {SCALE_HEAPGATE, "explain", DATA "/massif-{N}.out"}},
    {"heapgate/check/results",
     {1000, 10000},
     {SCALE_HEAPGATE, "check", "--budgets", DATA "/budgets-{N}", "--results", DATA "/results-{N}"}},
    {"heapgate/compare/text",
     {1000, 10000},
     {SCALE_HEAPGATE, "compare", DATA "/results-{N}", DATA "/changed-{N}"}},
    {"heapgate/compare/pages",
     {1000, 10000},
     {SCALE_HEAPGATE, "compare", "--out", DATA "/compare-{N}", DATA "/results-{N}",
      DATA "/changed-{N}"}},
};
enum { VERBS = sizeof verb_cases / sizeof verb_cases[0] };

/* The same work with all of its input in memory. */
static const struct verb_case controls[] = {
    {"heapgate/explain/massif", {10, 100}, {SCALE_CONTROL, "whole", DATA "/massif-{N}.out"}},
    {"heapgate/check/results", {1000, 10000}, {SCALE_CONTROL, "all", DATA "/results-{N}"}},
    {"heapgate/compare/text", {1000, 10000}, {SCALE_CONTROL, "all", DATA "/results-{N}"}},
    {"heapgate/compare/pages", {1000, 10000}, {SCALE_CONTROL, "all", DATA "/results-{N}"}},
};
enum { CONTROLS = sizeof controls / sizeof controls[0] };
static const char *const holders[CONTROLS] = {"file_read (", "result_new (", "result_new (",
                                              "result_new ("};

/* What it prints is of no use here, and may be long. */
#define SILENCE "sh", "-c", "exec \"$@\" >/dev/null", "-"
enum { SILENCE_WORDS = 4 };

static heapgate_request request_of(const struct verb_case *verb,
                                   const char *argv[ARGUMENTS_MAX + SILENCE_WORDS]) {
    for (size_t i = 0; verb->argv[i] != NULL; i++)
        argv[SILENCE_WORDS + i] = verb->argv[i];
    return (heapgate_request){
        .case_key = verb->key,
        .argv = (char *const *)(uintptr_t)argv,
        .engines = HEAPGATE_ENGINE_COUNT,
        .budgets_path = SCALE_BUDGETS,
        .sweep = verb->sizes,
        .sweep_count = SIZES,
    };
}

static void a_verb_is_within_budget(void **state) {
    const char *argv[ARGUMENTS_MAX + SILENCE_WORDS] = {SILENCE};
    heapgate_request request = request_of(*state, argv);
    request.results_path = SCALE_RESULTS;
    heapgate_assert_measured(&request);
}

static void reading_all_at_once_is_over_its_budget(void **state) {
    (void)state;
    for (size_t i = 0; i < CONTROLS; i++) {
        const char *argv[ARGUMENTS_MAX + SILENCE_WORDS] = {SILENCE};
        const heapgate_request request = request_of(&controls[i], argv);
        heapgate_error text = {""};
        heapgate_status status = heapgate_measure(&request, &text);
        if (status != HEAPGATE_OVER || strstr(text.text, "growth, by count") == NULL ||
            strstr(text.text, holders[i]) == NULL)
            fail_msg("%s: status %d, wanted %d, and %s in: %s", controls[i].key, (int)status,
                     (int)HEAPGATE_OVER, holders[i], text.text);
    }
}

/* ---- What is measured ---- */

static struct result *run_profiled(const char *engines, const char *key, const char *stacks,
                                   const char *threads) {
    char command[2048];
    struct error error = {.set = false};
    struct result *result = NULL;
    snprintf(command, sizeof command,
             SCALE_HEAPGATE " run --engine %s --results " SCALE_FOLDER
                            "/runs --case %s -- " SCALE_STACKS " %s %s 2>" SCALE_FOLDER "/printed",
             engines, key, stacks, threads);
    int status = system(command);
    if (status != 0)
        fail_msg("%s: status %d, see " SCALE_FOLDER "/printed", command, WEXITSTATUS(status));
    if (!result_read_case(SCALE_FOLDER "/runs", key, &result, &error))
        fail_msg("%s", error.text);
    return result;
}

static int64_t figure(const struct result *result, enum result_engine engine,
                      enum heapgate_metric metric) {
    assert_true(result->engines[engine].present && result->engines[engine].has[metric]);
    return result->engines[engine].figures[metric];
}

/* A thread has one allocation of the C library's; the program two. */
static void threads_are_counted_to_the_call(void **state) {
    (void)state;
    struct result *result = run_profiled("count,profile", "threads", "256000", "256");
    assert_int_equal(figure(result, RESULT_COUNT, HEAPGATE_METRIC_ALLOCATIONS), 256000 + 256 + 1);
    assert_in_range(figure(result, RESULT_COUNT, HEAPGATE_METRIC_PEAK), 256000 * (16 + 8),
                    256000 * (16 + 8) + 256 * 1024);
    result_free(result);
}

/* The collapsed stacks have an end, and what is beyond it is summed: a line for all others. */
static int64_t sum_folded(const char *path) {
    struct buffer text = BUFFER_INIT(64 << 20);
    struct error error = {.set = false};
    int64_t sum = 0;
    if (!file_read(path, &text, &error))
        fail_msg("%s", error.text);
    char *last = text.bytes;
    for (char *line = text.bytes, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        last = line;
        sum += strtoll(strrchr(line, ' '), NULL, 10);
    }
    assert_memory_equal(last, "(other call stacks) ", strlen("(other call stacks) "));
    buffer_fini(&text);
    return sum;
}

/* No stack of a million is lost: each that is listed has its frames. */
static void a_million_stacks_are_told_apart(void **state) {
    (void)state;
    struct result *result = run_profiled("count,profile", "stacks", "1000000", "1");
    int64_t sum = result->other_bytes;
    for (size_t i = 0; i < result->site_count; i++) {
        sum += result->sites[i].bytes;
        assert_string_not_equal(result->sites[i].frames[0], "(no call stack)");
    }
    assert_int_equal(result->site_count, RESULT_SITES_MAX);
    assert_int_equal(sum, figure(result, RESULT_PROFILE, HEAPGATE_METRIC_PEAK));
    assert_int_equal(result->sites[0].bytes, 8 * 1000000); /* the array of blocks */
    assert_int_equal(result->sites[2].bytes, 16);
    assert_int_equal(sum_folded(SCALE_FOLDER "/runs/stacks.folded"), sum);
    result_free(result);
}

/* ---- The inputs ---- */

static bool make_massif(uint64_t size) {
    char command[2048];
    snprintf(
        command, sizeof command,
        "test -e " DATA "/massif-%llu.out || { " SCALE_MASSIF_FILE " %llu >" DATA "/massif.tmp && "
        "mv " DATA "/massif.tmp " DATA "/massif-%llu.out; }",
        (unsigned long long)size, (unsigned long long)size * 1000000, (unsigned long long)size);
    return system(command) == 0;
}

static int make_inputs(void **state) {
    struct error error = {.set = false};
    (void)state;
    bool made =
        file_make_directories(DATA, &error) && file_remove_tree(SCALE_FOLDER "/runs", &error);
    for (int i = 0; made && i < SIZES; i++)
        made = make_massif(verb_cases[0].sizes[i]);
    for (size_t i = 1; made && i < VERBS; i++)
        for (int j = 0; made && j < SIZES; j++)
            made = scale_make_results(DATA, verb_cases[i].sizes[j], &error);
    if (!made)
        print_error("%s\n", error.text);
    return made ? 0 : -1;
}

int main(void) {
    enum { OTHERS = 3 };
    struct CMUnitTest tests[VERBS + OTHERS] = {
        cmocka_unit_test(threads_are_counted_to_the_call),
        cmocka_unit_test(a_million_stacks_are_told_apart),
        cmocka_unit_test(reading_all_at_once_is_over_its_budget),
    };
    for (size_t i = 0; i < VERBS; i++)
        tests[OTHERS + i] = (struct CMUnitTest){.name = verb_cases[i].key,
                                                .test_func = a_verb_is_within_budget,
                                                .initial_state = (void *)(uintptr_t)&verb_cases[i]};
    return heapgate_exit_status(
        _cmocka_run_group_tests("scale", tests, VERBS + OTHERS, make_inputs, NULL));
}
