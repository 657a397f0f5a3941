/* Result files: what is written comes back, and what is wrong is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/json_memory.h"
#include "result/result.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char folder[] = "/tmp/heapgate-result.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

static char **texts(const char *first, const char *second) {
    char **list = calloc(3, sizeof *list);
    assert_non_null(list);
    list[0] = strdup(first);
    list[1] = strdup(second);
    return list;
}

static void give_times(struct result *result) {
    result->phases = calloc(1, sizeof *result->phases);
    result->timeline = calloc(2, sizeof *result->timeline);
    result->steps = calloc(2, sizeof *result->steps);
    result->snapshots = calloc(1, sizeof *result->snapshots);
    assert_true(result->phases && result->timeline && result->steps && result->snapshots);
    result->phases[0] = (struct result_phase){strdup("fetch <rows>"), 1, 2, -3, 4, 5, 6, true};
    result->phase_count = 1;
    result->timeline[0] = (struct result_sample){1, -2, 3};
    result->timeline[1] = (struct result_sample){1, 4, 5};
    result->timeline_count = 2;
    result->steps[0] = (struct result_step){0, 0};
    result->steps[1] = (struct result_step){100, 50};
    result->step_count = 2;
    struct result_snapshot *snapshot = &result->snapshots[0];
    *snapshot = (struct result_snapshot){strdup("SIGUSR1"), 7, 30, 10, NULL, 1};
    snapshot->sites = calloc(1, sizeof *snapshot->sites);
    assert_non_null(snapshot->sites);
    snapshot->sites[0] = (struct result_site){.bytes = 20, .blocks = 2};
    snapshot->sites[0].frames = texts("copy_row (rows.c:20)", "main");
    result->snapshot_count = 1;
}

static void assert_same_times(const struct result *read, const struct result *written) {
    assert_int_equal(read->phase_count, 1);
    assert_string_equal(read->phases[0].name, written->phases[0].name);
    struct result_phase phase = read->phases[0];
    phase.name = written->phases[0].name;
    assert_memory_equal(&phase, &written->phases[0], offsetof(struct result_phase, sampled));
    assert_true(phase.sampled);
    assert_int_equal(read->timeline_count, 2);
    assert_memory_equal(read->timeline, written->timeline, 2 * sizeof *read->timeline);
    assert_int_equal(read->step_count, 2);
    assert_memory_equal(read->steps, written->steps, 2 * sizeof *read->steps);
    assert_int_equal(read->snapshot_count, 1);
    const struct result_snapshot *snapshot = &read->snapshots[0];
    assert_string_equal(snapshot->name, "SIGUSR1");
    assert_int_equal(snapshot->at_ms, 7);
    assert_int_equal(snapshot->live_bytes, 30);
    assert_int_equal(snapshot->other_bytes, 10);
    assert_int_equal(snapshot->site_count, 1);
    assert_int_equal(snapshot->sites[0].bytes, 20);
    assert_string_equal(snapshot->sites[0].frames[0], "copy_row (rows.c:20)");
}

static struct result *example(const char *key) {
    struct result *result = result_new(key);
    assert_non_null(result);
    result->argv = texts("dump", "caf\xe9 \xc3\xa9 \xed\xa0\x80");
    result->crossing = texts("rows_keep (rows.c:12)", "main");
    result->exit_status = 3;
    result->has_units = true;
    result->units = INT64_MAX;
    result->scope = strdup("dump");
    result->invalid = strdup("engines \"disagree\"\n");
    result->limit_bytes = 4096;
    struct result_usage *count = &result->engines[RESULT_COUNT];
    count->present = true;
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++) {
        count->has[metric] = true;
        count->figures[metric] = metric == HEAPGATE_METRIC_LIVE ? -7 : 1000 + metric;
    }
    static const struct growth_point points[] = {{1000, 2000, 100}, {2000, 5000, 3350}};
    result_set_points(result, points, 2, true);
    assert_int_equal(count->figures[HEAPGATE_METRIC_GROWTH], 300);
    assert_int_equal(count->figures[HEAPGATE_METRIC_ALLOCATION_GROWTH], 3250);
    count->allocated_bytes = 1;
    count->wall_ms = 2;
    count->processes = 3;
    count->sum_peak_bytes = 4;
    count->uncounted_processes = 5;
    count->heap_and_mapped_peak_bytes = 6;
    result->outside = (struct result_outside){strdup("node"), 50, 40, 30, true};
    result->mapped_lost = strdup("a reason");
    struct result_usage *massif = &result->engines[RESULT_MASSIF];
    massif->present = massif->has[HEAPGATE_METRIC_PEAK] = true;
    massif->figures[HEAPGATE_METRIC_PEAK] = 999;
    massif->overhead_bytes = 5;
    give_times(result);
    result->sites_phase = strdup("rows");
    assert_true(result_set_environment(result, "arch", "x86"));
    assert_true(result_set_environment(result, "libc", "glibc 2.36"));
    assert_true(result_set_environment(result, "arch", "x86_64"));
    return result;
}

static void a_result_comes_back(void **state) {
    (void)state;
    struct error error = {0};
    struct result *written = example("json/dump/x=1"), *read;
    if (!result_write(written, "results/a", &error))
        fail_msg("%s", error.text);
    if (!result_read("results/a/json/dump/x=1.json", "results/a", &read, &error))
        fail_msg("%s", error.text);
    assert_string_equal(read->case_key, "json/dump/x=1");
    assert_string_equal(read->argv[0], "dump");
    assert_string_equal(read->argv[1],
                        "caf\xef\xbf\xbd \xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_null(read->argv[2]);
    assert_string_equal(read->crossing[0], "rows_keep (rows.c:12)");
    assert_int_equal(read->exit_status, 3);
    assert_true(read->has_units && read->units == INT64_MAX);
    assert_string_equal(read->scope, "dump");
    assert_string_equal(read->invalid, "engines \"disagree\"\n");
    assert_int_equal(read->limit_bytes, 4096);
    assert_string_equal(read->sites_phase, "rows");
    assert_string_equal(read->outside.program, "node");
    assert_int_equal(read->outside.anonymous_bytes, 50);
    assert_int_equal(read->outside.bytes, 40);
    assert_int_equal(read->outside.mapped_bytes, 30);
    assert_true(read->outside.measured);
    assert_string_equal(read->mapped_lost, "a reason");
    assert_memory_equal(read->engines, written->engines, sizeof read->engines);
    assert_int_equal(read->point_count, 2);
    assert_memory_equal(read->points, written->points, sizeof read->points);
    assert_memory_equal(&read->growth, &written->growth, sizeof read->growth);
    assert_memory_equal(&read->allocation_growth, &written->allocation_growth,
                        sizeof read->allocation_growth);
    assert_false(read->engines[RESULT_PROFILE].present);
    assert_false(read->engines[RESULT_MASSIF].has[HEAPGATE_METRIC_LIVE]);
    assert_same_times(read, written);
    assert_string_equal(result_environment(read, "arch"), "x86_64");
    assert_null(result_environment(read, "sqlite"));
    assert_int_equal(read->environment_count, 2);
    result_free(read);
    result_free(written);
}

#define START "{\"schema\": 1, \"case\": \"a/b\", \"status\": 0, \"command\": [], "
#define PEAK "\"engines\": {\"count\": {\"peak_bytes\": 1}}"

static const struct hostile {
    const char *name, *text, *message;
} hostile[] = {
    {"empty", "", "r/a/b.json:1: not JSON: '[' or '{' expected near end of file"},
    {"cut off", "{\n\"schema\": 1,\n",
     "r/a/b.json:3: not JSON: string or '}' expected near end of file"},
    {"duplicate key", "{\"schema\": 1, \"schema\": 2}",
     "r/a/b.json:1: not JSON: duplicate object key near '\"schema\"'"},
    {"huge number", "{\"schema\": 99999999999999999999}",
     "r/a/b.json:1: not JSON: too big integer near '99999999999999999999'"},
    {"outside the heap is a number", START PEAK ", \"outside_heap\": 5}",
     "r/a/b.json: key \"outside_heap\": expected an object"},
    {"outside the heap without bytes",
     START PEAK ", \"outside_heap\": {\"program\": \"x\", \"anonymous_bytes\": 1}}",
     "r/a/b.json: key \"outside_heap\": expected program, anonymous_bytes, bytes and mapped_bytes"},
    {"outside the heap below 0",
     START PEAK ", \"outside_heap\": {\"program\": \"x\", \"anonymous_bytes\": -1}}",
     "r/a/b.json: key \"anonymous_bytes\": expected a number that is not negative"},
    {"a list", "[]", "r/a/b.json: expected an object, as heapgate run writes it"},
    {"no schema", "{}", "r/a/b.json: key \"schema\": expected the number 1"},
    {"next schema", "{\"schema\": 2}", "r/a/b.json: schema 2 is not known: expected 1"},
    {"no case", "{\"schema\": 1}", "r/a/b.json: key \"case\": expected a string"},
    {"case outside", "{\"schema\": 1, \"case\": \"../x\"}",
     "r/a/b.json: \"../x\" cannot be a case: expected parts of letters, digits and \"_-.=\" joined "
     "by \"/\", at most 127 bytes"},
    {"another case", "{\"schema\": 1, \"case\": \"a/c\"}",
     "r/a/b.json: this is the result of case a/c: expected it in r/a/c.json"},
    {"no engines", START "\"units\": 1}",
     "r/a/b.json: key \"engines\": expected an object with the figures of each engine"},
    {"engine a number", START "\"engines\": {\"count\": 1}}",
     "r/a/b.json: key \"count\": expected an object of figures"},
    {"no peak", START "\"engines\": {\"count\": {}}}",
     "r/a/b.json: key \"peak_bytes\": expected a whole number"},
    {"peak a string", START "\"engines\": {\"count\": {\"peak_bytes\": \"1\"}}}",
     "r/a/b.json: key \"peak_bytes\": expected a whole number"},
    {"peak real", START "\"engines\": {\"count\": {\"peak_bytes\": 1.5}}}",
     "r/a/b.json: key \"peak_bytes\": expected a whole number"},
    {"peak negative", START "\"engines\": {\"massif\": {\"peak_bytes\": -1}}}",
     "r/a/b.json: key \"peak_bytes\": expected a number that is not negative"},
    {"units negative", START "\"units\": -1, " PEAK "}",
     "r/a/b.json: key \"units\": expected a number that is not negative"},
    {"no status", "{\"schema\": 1, \"case\": \"a/b\", " PEAK "}",
     "r/a/b.json: key \"status\": expected a number up to 255"},
    {"status", "{\"schema\": 1, \"case\": \"a/b\", \"status\": 256, " PEAK "}",
     "r/a/b.json: key \"status\": expected a number up to 255"},
    {"command", "{\"schema\": 1, \"case\": \"a/b\", \"status\": 0, \"command\": [1], " PEAK "}",
     "r/a/b.json: key \"command\": expected an array of strings"},
    {"crossing", START "\"crossing\": {}, " PEAK "}",
     "r/a/b.json: key \"crossing\": expected an array of strings"},
    {"invalid", START "\"invalid\": true, " PEAK "}",
     "r/a/b.json: key \"invalid\": expected a string"},
    {"environment", START PEAK ", \"environment\": {\"arch\": 1}}",
     "r/a/b.json: key \"arch\": expected a string"},
    {"environment list", START PEAK ", \"environment\": []}",
     "r/a/b.json: key \"environment\": expected an object of at most 112 strings"},
    {"timeline", START PEAK ", \"timeline\": [[2, 1, 1], [1, 1, 1]]}",
     "r/a/b.json: key \"timeline\": expected ascending [ms, live bytes, resident bytes]"},
    {"timeline of pairs", START PEAK ", \"timeline\": [[2, 1]]}",
     "r/a/b.json: key \"timeline\": expected ascending [ms, live bytes, resident bytes]"},
    {"allocation timeline", START PEAK ", \"allocation_timeline\": [[2, \"1\"]]}",
     "r/a/b.json: key \"allocation_timeline\": expected ascending [allocated bytes, live bytes]"},
    {"phase of the sites", START PEAK ", \"sites_phase\": 1}",
     "r/a/b.json: key \"sites_phase\": expected a string"},
    {"phases", START PEAK ", \"phases\": {}}",
     "r/a/b.json: key \"phases\": expected an array of at most 1000 items"},
    {"phase without name", START PEAK ", \"phases\": [{}]}",
     "r/a/b.json: key \"phases\": expected objects with a name"},
    {"phase without figures", START PEAK ", \"phases\": [{\"name\": \"a\"}]}",
     "r/a/b.json: key \"phases\": expected objects with live_before_bytes, live_after_bytes, "
     "peak_bytes"},
    {"snapshot without name", START PEAK ", \"snapshots\": [{\"name\": 1}]}",
     "r/a/b.json: key \"snapshots\": expected objects with a name"},
    {"snapshot's site", START PEAK ", \"snapshots\": [{\"name\": \"a\", \"sites\": [1]}]}",
     "r/a/b.json: key \"sites\": expected an array of objects"},
    {"growth", START PEAK ", \"growth\": {\"points\": [[1, 2]]}}",
     "r/a/b.json: key \"points\": expected an array of 2 to 16 pairs of units and peak"},
    {"growth that falls back", START PEAK ", \"growth\": {\"points\": [[2, 2], [1, 2]]}}",
     "r/a/b.json: key \"points\": expected pairs of units and peak, ascending"},
    {"growth of text", START PEAK ", \"growth\": {\"points\": [[1, 2], [2, \"3\"]]}}",
     "r/a/b.json: key \"points\": expected pairs of units and peak, ascending"},
    {"calls of one point less",
     START PEAK ", \"growth\": {\"points\": [[1, 2], [2, 3]], \"allocations\": [1]}}",
     "r/a/b.json: key \"allocations\": expected a whole number for each point"},
    {"calls below nothing",
     START PEAK ", \"growth\": {\"points\": [[1, 2], [2, 3]], \"allocations\": [1, -1]}}",
     "r/a/b.json: key \"allocations\": expected a whole number for each point"},
};

static void hostile_results_are_refused(void **state) {
    (void)state;
    assert_true(file_make_directories("r/a", NULL));
    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct result *result;
        struct error error = {0};
        assert_true(file_write("r/a/b.json", hostile[i].text, strlen(hostile[i].text), NULL));
        if (result_read("r/a/b.json", "r", &result, &error) ||
            strcmp(error.text, hostile[i].message) != 0)
            fail_msg("%s:\n%s\nwanted: %s\ngot:    %s", hostile[i].name, hostile[i].text,
                     hostile[i].message, error.text);
        assert_null(result);
    }
}

static void unknown_keys_and_nulls_are_fine(void **state) {
    (void)state;
    static const char text[] = START PEAK ", \"colour\": [1], \"units\": null, \"scope\": null, "
                                          "\"growth\": null}";
    struct result *result;
    struct error error = {0};
    assert_true(file_write("r.json", text, sizeof text - 1, NULL));
    if (!result_read("r.json", NULL, &result, &error))
        fail_msg("%s", error.text);
    assert_false(result->has_units);
    assert_null(result->scope);
    assert_false(result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_GROWTH]);
    result_free(result);
}

/* Older versions wrote pairs of units and peak alone. */
static void points_without_calls_are_read(void **state) {
    (void)state;
    static const char text[] = START PEAK ", \"growth\": {\"points\": [[10, 2000], [1010, 3000]]}}";
    struct result *result;
    struct error error = {0};
    assert_true(file_write("r.json", text, sizeof text - 1, NULL));
    if (!result_read("r.json", NULL, &result, &error))
        fail_msg("%s", error.text);
    const struct result_usage *count = &result->engines[RESULT_COUNT];
    assert_true(count->has[HEAPGATE_METRIC_GROWTH]);
    assert_int_equal(count->figures[HEAPGATE_METRIC_GROWTH], 100);
    assert_false(count->has[HEAPGATE_METRIC_ALLOCATION_GROWTH]);
    result_free(result);
}

static void truncated_results_do_no_harm(void **state) {
    (void)state;
    struct result *written = example("t"), *read;
    struct buffer text = BUFFER_INIT(1 << 20);
    assert_true(result_write(written, ".", NULL));
    assert_true(file_read("./t.json", &text, NULL));
    for (size_t length = 0; length < text.length - 2; length++) {
        struct error error = {0};
        assert_true(file_write("t.json", text.bytes, length, NULL));
        assert_false(result_read("t.json", NULL, &read, &error));
        assert_true(error.set);
    }
    buffer_fini(&text);
    result_free(written);
}

static int64_t allocations_left; /* before one of jansson's fails */

static void *fail_once(size_t bytes) {
    return allocations_left-- == 0 ? NULL : malloc(bytes);
}

/* Where a text finds no room while it grows jansson leaves out a byte of it. */
static void no_text_is_read_as_another(void **state) {
    (void)state;
    static const char program[] =
        "/a/path/that/is/longer/than/jansson/has/room/for/at/first/bin/job";
    struct result *written = result_new("m"), *read;
    struct error error = {0};
    written->argv = texts(program, program);
    assert_true(result_write(written, ".", NULL));
    json_set_alloc_funcs(fail_once, free);
    json_memory_watch();
    bool whole = false;
    for (int64_t at = 0; !whole; at++) {
        assert_true(at < 10000);
        allocations_left = at;
        if (!result_read("m.json", NULL, &read, &error))
            continue;
        whole = allocations_left >= 0;
        assert_string_equal(read->argv[0], program);
        assert_string_equal(read->argv[1], program);
        result_free(read);
    }
    allocations_left = INT64_MAX;
    result_free(written);
}

static void cases_are_checked(void **state) {
    (void)state;
    static const char *const good[] = {"a", "a/b.c/d-e_f=9", "...", ".a", "a.."};
    static const char *const bad[] = {"",       "/",   "a/",  "/a",  "a//b",     ".",    "..",
                                      "a/../b", "a/.", "a b", "a\n", "\xc3\xa9", "a\\b", "a:b"};
    for (size_t i = 0; i < COUNT(good); i++)
        if (!result_case_valid(good[i], NULL))
            fail_msg("\"%s\": wanted valid", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (result_case_valid(bad[i], NULL))
            fail_msg("\"%s\": wanted refused", bad[i]);
    char longest[HEAPGATE_NAME_BYTES + 1];
    memset(longest, 'a', sizeof longest);
    longest[HEAPGATE_NAME_BYTES] = '\0';
    assert_false(result_case_valid(longest, NULL));
    longest[HEAPGATE_NAME_BYTES - 1] = '\0';
    assert_true(result_case_valid(longest, NULL));
    struct result *outside = result_new("../x");
    struct error error = {0};
    assert_false(result_write(outside, "results", &error));
    result_free(outside);
}

static void a_folder_is_listed_in_order(void **state) {
    (void)state;
    static const char *const keys[] = {"b", "a/z", "a/b/c", "a"};
    static const char *const sorted[] = {"a", "a/b/c", "a/z", "b"};
    struct result_list list;
    struct error error = {0};
    assert_false(result_list_read("nowhere", &list, &error));
    assert_string_equal(error.text, "nowhere: cannot read the results: No such file or directory");
    error = (struct error){0};
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct result *result = example(keys[i]);
        assert_true(result_write(result, "list", &error));
        result_free(result);
    }
    assert_true(file_write("list/a/massif.out", "x", 1, NULL));
    assert_int_equal(symlink("..", "list/a/round"), 0);
    if (!result_list_read("list/", &list, &error))
        fail_msg("%s", error.text);
    assert_int_equal(list.count, COUNT(sorted));
    for (size_t i = 0; i < COUNT(sorted); i++)
        assert_string_equal(list.items[i]->case_key, sorted[i]);
    result_list_free(&list);
    assert_true(file_write("list/a/bad.json", "x", 1, NULL));
    assert_false(result_list_read("list", &list, &error));
    assert_int_equal(list.count, 0);
}

static void the_environment_has_an_end(void **state) {
    (void)state;
    struct result *result = result_new("a");
    for (int i = 0; i < RESULT_ENVIRONMENT_MAX; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%d", i);
        assert_true(result_set_environment(result, name, "1"));
    }
    assert_false(result_set_environment(result, "one more", "1"));
    assert_true(result_set_environment(result, "n3", "2"));
    assert_string_equal(result_environment(result, "n3"), "2");
    result_free(result);
    result_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_comes_back),
        cmocka_unit_test(hostile_results_are_refused),
        cmocka_unit_test(unknown_keys_and_nulls_are_fine),
        cmocka_unit_test(points_without_calls_are_read),
        cmocka_unit_test(truncated_results_do_no_harm),
        cmocka_unit_test(no_text_is_read_as_another),
        cmocka_unit_test(cases_are_checked),
        cmocka_unit_test(a_folder_is_listed_in_order),
        cmocka_unit_test(the_environment_has_an_end),
    };
    return cmocka_run_group_tests_name("result", tests, make_folder, remove_folder);
}
