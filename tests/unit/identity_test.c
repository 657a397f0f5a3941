/* What a result proves: the hash, the ids of files, the keys "run" and "subject", what a result is
 * held to, and two results of one run. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "measured.h"
#include "result/hold.h"
#include "result/result_keep.h"

static char folder[] = "/tmp/heapgate-identity-unit.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

static void put_file(const char *path, const char *text) {
    assert_true(file_write(path, text, strlen(text), NULL));
}

/* ---- The hash ---- */

/* The same in one piece and in pieces of every size. */
static void the_hash_is_xxh64(void **state) {
    static const struct {
        const char *text;
        uint64_t hash;
    } rows[] = {
        {"", 0xef46db3751d8e999},
        {"a", 0xd24ec4f1a98c6e5b},
        {"abc", 0x44bc2cf5ad770999},
        {"Nobody inspects the spammish repetition", 0xfbcea83c8a378bf1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t length = strlen(rows[i].text);
        for (size_t piece = 1; piece <= length + 1; piece++) {
            struct hash hash;
            hash_begin(&hash);
            for (size_t at = 0; at < length; at += piece)
                hash_add(&hash, rows[i].text + at, length - at < piece ? length - at : piece);
            if (hash_end(&hash) != rows[i].hash)
                fail_msg("\"%s\" in pieces of %zu: %016" PRIx64 ", wanted %016" PRIx64,
                         rows[i].text, piece, hash_end(&hash), rows[i].hash);
        }
    }
}

/* ---- Files ---- */

static void a_program_has_a_build_id_and_a_text_a_hash(void **state) {
    char id[FILE_ID_BYTES], content[FILE_ID_BYTES];
    struct error reason = {.set = false};
    (void)state;
    put_file("text", "abc");
    assert_true(file_id_read("text", false, id, NULL));
    assert_string_equal(id, "xxh64:44bc2cf5ad770999");
    assert_true(file_id_read("/proc/self/exe", false, id, NULL));
    assert_memory_equal(id, "build-id:", 9);
    assert_true(file_id_read("/proc/self/exe", true, content, NULL));
    assert_memory_equal(content, "xxh64:", 6);
    put_file("cut", "\177ELF");
    assert_true(file_id_read("cut", false, id, NULL));
    assert_memory_equal(id, "xxh64:", 6);
    assert_false(file_id_read("none", false, id, &reason));
    assert_string_equal(reason.text, "No such file or directory");
    reason.set = false;
    assert_false(file_id_read("/dev/null", false, id, &reason));
    assert_string_equal(reason.text, "it is not a regular file");
    put_file("script", "#!/bin/sh\n");
    assert_true(file_is_script("script") && !file_is_script("text") && !file_is_script("none"));
}

/* A file is read again when it changed, and only then: what cannot be read any more is not
 * missed. */
static void unchanged_files_are_read_once(void **state) {
    char id[FILE_ID_BYTES];
    (void)state;
    struct file_ids *ids = file_ids_new();
    put_file("text", "abc");
    assert_true(file_ids_read(ids, "text", true, id, NULL));
    assert_string_equal(id, "xxh64:44bc2cf5ad770999");
    put_file("text", "a");
    assert_true(file_ids_read(ids, "text", true, id, NULL));
    assert_string_equal(id, "xxh64:d24ec4f1a98c6e5b");
    if (getuid() != 0) { /* who may read everything sees no difference */
        assert_int_equal(chmod("text", 0), 0);
        assert_false(file_ids_read(ids, "text", true, id, NULL));
    }
    assert_int_equal(unlink("text"), 0);
    assert_false(file_ids_read(ids, "text", true, id, NULL));
    file_ids_free(ids);
}

/* ---- The keys ---- */

static struct result *make_result(int64_t peak) {
    struct result *result = result_new("s/x");
    result->engines[RESULT_COUNT] = (struct result_usage){
        .present = true, .has = {true, true}, .figures = {peak, 100}, .allocated_bytes = 1000};
    assert_true(measured_now(result));
    return result;
}

static void the_keys_come_back(void **state) {
    struct error error = {.set = false};
    struct result *read = NULL, *result = make_result(5);
    (void)state;
    result->identity.revision = strdup("0123456789012345678901234567890123456789");
    result->identity.dirty = true;
    result->identity.files_lost = 3;
    assert_true(identity_add(&result->identity, RESULT_LIBRARY, "/lib/\"odd\"\n.so", "", true));
    assert_true(identity_add(&result->identity, RESULT_INPUT, "/rows", "xxh64:0", false));
    assert_true(identity_add(&result->identity, RESULT_INPUT, "/rows", "xxh64:0", false));
    assert_int_equal(result->identity.file_count, 3);
    if (!result_write(result, "r", &error) || !result_read("r/s/x.json", "r", &read, &error))
        fail_msg("%s", error.text);
    const struct result_identity *was = &result->identity, *is = &read->identity;
    assert_string_equal(is->run, MEASURED_RUN);
    assert_string_equal(is->start, MEASURED_START);
    assert_string_equal(is->revision, was->revision);
    assert_true(is->dirty && !is->conflict && is->files_lost == 3);
    assert_int_equal(is->file_count, 3);
    for (size_t i = 0; i < is->file_count; i++) {
        assert_int_equal(is->files[i].kind, was->files[i].kind);
        assert_string_equal(is->files[i].path, was->files[i].path);
        assert_string_equal(is->files[i].id, was->files[i].id);
        assert_int_equal(is->files[i].gone, was->files[i].gone);
    }
    result_free(read);
    result_free(result);
}

static void damaged_keys_are_refused(void **state) {
    static const struct {
        const char *keys, *message;
    } rows[] = {
        {"\"run\": 1", "x.json: key \"run\": expected an object with an id"},
        {"\"run\": {}", "x.json: key \"run\": expected an object with an id"},
        {"\"run\": {\"id\": \"a\", \"host\": 1}", "x.json: key \"host\": expected a string"},
        {"\"run\": {\"id\": \"a\"}, \"subject\": {}",
         "x.json: key \"subject\": expected an array of at most 4096 files"},
        {"\"run\": {\"id\": \"a\"}, \"subject\": [{\"kind\": \"program\", \"path\": \"/p\"}]",
         "x.json: key \"subject\": expected objects with kind, path and id"},
        {"\"run\": {\"id\": \"a\"}, \"subject\": [{\"kind\": \"x\", \"path\": \"/p\", \"id\": "
         "\"\"}]",
         "x.json: key \"kind\": expected program, script, library or input"},
        {"\"run\": {\"id\": \"a\"}, \"subject_lost\": -1",
         "x.json: key \"subject_lost\": expected a number that is not negative"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        struct error error = {.set = false};
        struct result *result;
        snprintf(text, sizeof text,
                 "{\"schema\": 1, \"case\": \"s/x\", \"status\": 0, \"engines\": {}, %s}",
                 rows[i].keys);
        put_file("x.json", text);
        assert_false(result_read("x.json", NULL, &result, &error));
        assert_string_equal(error.text, rows[i].message);
    }
}

/* ---- Held ---- */

static void hold_to(const struct result *result, const char *run, const char *message) {
    struct error error = {.set = false};
    struct hold hold;
    assert_true(hold_init(&hold, run, &error));
    bool held = hold_result(&hold, result, &error);
    hold_fini(&hold);
    if (held != (message == NULL) || (message != NULL && strcmp(error.text, message) != 0))
        fail_msg("wanted: %s\ncame: %s", message != NULL ? message : "held", error.text);
}

static void a_result_is_held_to_what_is_there(void **state) {
    (void)state;
    struct result *result = make_result(5);
    char path[256], message[1024];
    snprintf(path, sizeof path, "%s/rows", folder);
    put_file("rows", "abc");
    hold_to(result, NULL, NULL);
    hold_to(result, MEASURED_RUN, NULL);
    hold_to(
        result, "run-2",
        "it was measured in the run run-1 (2026-11-28T10:43:26Z), and not in the run run-2, which "
        "is asked for");
    assert_true(identity_add(&result->identity, RESULT_LIBRARY, "/none.so", "build-id:1", true));
    hold_to(result, NULL, NULL); /* gone when it was measured: a temporary file */
    assert_true(
        identity_add(&result->identity, RESULT_INPUT, path, "xxh64:44bc2cf5ad770999", false));
    hold_to(result, NULL, NULL);
    put_file("rows", "a");
    snprintf(message, sizeof message,
             "the input %s has changed since it was measured: it was xxh64:44bc2cf5ad770999 at "
             "2026-11-28T10:43:26Z in the run run-1, and is xxh64:d24ec4f1a98c6e5b now",
             path);
    hold_to(result, NULL, message);
    hold_to(result, MEASURED_RUN, NULL);
    assert_int_equal(unlink("rows"), 0);
    snprintf(
        message, sizeof message,
        "the input %s, measured at 2026-11-28T10:43:26Z in the run run-1 as "
        "xxh64:44bc2cf5ad770999, cannot be looked at now (No such file or directory); on another "
        "machine, --run run-1 takes the results of that run as they are",
        path);
    hold_to(result, NULL, message);
    result_free(result);
}

static void a_result_that_names_nothing_is_not_held(void **state) {
    (void)state;
    struct result *result = make_result(5);
    result->identity.files[0].gone = true;
    hold_to(result, NULL,
            "it names no program that can be looked at now; --run run-1 takes the "
            "results of its run as they are");
    identity_fini(&result->identity);
    hold_to(result, NULL,
            "it was measured by a heapgate that did not note what it measured: measure "
            "it again");
    hold_to(result, MEASURED_RUN,
            "it was measured by a heapgate that did not note what it measured: "
            "measure it again");
    result_free(result);
}

/* One side of a comparison: programs and libraries are of one build; each case has its own
 * inputs. */
static void results_of_one_side_are_of_one_build(void **state) {
    static const struct {
        const char *name;
        enum result_file_kind kind;
        const char *first, *second;
        bool second_is_gone;
        const char *message; /* NULL: they are of one build */
    } rows[] = {
        {"the same library", RESULT_LIBRARY, "build-id:1", "build-id:1", false, NULL},
        {"another library", RESULT_LIBRARY, "build-id:1", "build-id:2", false,
         "not of one build with the others: the library /file was build-id:2 when this was "
         "measured "
         "(2026-11-28T10:43:26Z), and build-id:1 when s/x was (2026-11-28T10:43:26Z)"},
        {"another library, which was gone", RESULT_LIBRARY, "build-id:1", "build-id:2", true, NULL},
        {"another input", RESULT_INPUT, "xxh64:1", "xxh64:2", false, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result *first = make_result(5), *second = make_result(5);
        struct error error = {.set = false};
        struct hold_build build = {.run = NULL};
        assert_true(identity_add(&first->identity, rows[i].kind, "/file", rows[i].first, false));
        assert_true(identity_add(&second->identity, rows[i].kind, "/file", rows[i].second,
                                 rows[i].second_is_gone));
        assert_true(hold_build_add(&build, first, &error));
        bool added = hold_build_add(&build, second, &error);
        if (added != (rows[i].message == NULL) ||
            strcmp(error.text, rows[i].message != NULL ? rows[i].message : "") != 0)
            fail_msg("%s: wanted: %s\ncame: %s", rows[i].name, rows[i].message, error.text);
        hold_build_fini(&build);
        result_free(first);
        result_free(second);
    }
}

/* ---- Two results of one run ---- */

static struct result *keep(struct result *result) {
    struct error error = {.set = false};
    if (!result_keep(result, "kept", &error))
        fail_msg("%s", error.text);
    return result;
}

/* What a second result of the same run may have otherwise, and what not. */
static void same(struct result *result) {
    result->engines[RESULT_COUNT].has[HEAPGATE_METRIC_RSS] = true;
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_RSS] = 12345;
    result->engines[RESULT_COUNT].wall_ms = 7;
}
static void other_peak(struct result *result) {
    result->engines[RESULT_COUNT].figures[HEAPGATE_METRIC_PEAK]++;
}
static void other_bytes(struct result *result) {
    result->engines[RESULT_COUNT].allocated_bytes++;
}
static void other_engine(struct result *result) {
    result->engines[RESULT_MASSIF].present = true;
    result->engines[RESULT_MASSIF].has[HEAPGATE_METRIC_PEAK] = true;
}
static void other_units(struct result *result) {
    result->has_units = true;
    result->units = 9;
}
static void swept(struct result *result) {
    result->points[0] = (struct growth_point){1, 5, 1};
    result->points[1] = (struct growth_point){2, 5, 1};
    result->point_count = 2;
}
static void other_phase(struct result *result) {
    result->phases = calloc(1, sizeof *result->phases);
    result->phases[0].name = strdup("rows");
    result->phase_count = 1;
}
static void other_run(struct result *result) {
    other_peak(result);
    free(result->identity.run);
    result->identity.run = strdup("run-2");
}
static void failed(struct result *result) {
    other_peak(result);
    result->invalid = strdup("it failed");
}

static void exact_figures_of_a_run_are_the_same(void **state) {
    static const struct {
        void (*change)(struct result *result);
        const char *what; /* NULL: they are one result */
    } rows[] = {
        {same, NULL},
        {other_run, NULL},
        {failed, NULL},
        {other_peak, "peak_bytes of count was 5 at"},
        {other_bytes, "allocated_bytes of count was 1000 at"},
        {other_engine, NULL},
        {other_units, "units was 0 at"},
        {swept, NULL},
        {other_phase, "the number of phases was 0 at"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(file_remove_tree("kept", NULL));
        result_free(keep(make_result(5)));
        struct result *second = make_result(5);
        rows[i].change(second);
        keep(second);
        assert_int_equal(second->identity.conflict, rows[i].what != NULL);
        if (rows[i].what != NULL && strstr(second->invalid, rows[i].what) == NULL)
            fail_msg("no \"%s\" in %s", rows[i].what, second->invalid);
        /* A third that is as the first is not believed either. */
        struct result *third = make_result(5);
        bool changed_back = rows[i].change == other_run || rows[i].change == failed;
        keep(third);
        assert_int_equal(third->identity.conflict, rows[i].what != NULL && !changed_back);
        result_free(second);
        result_free(third);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_xxh64),
        cmocka_unit_test(a_program_has_a_build_id_and_a_text_a_hash),
        cmocka_unit_test(unchanged_files_are_read_once),
        cmocka_unit_test(the_keys_come_back),
        cmocka_unit_test(damaged_keys_are_refused),
        cmocka_unit_test(a_result_is_held_to_what_is_there),
        cmocka_unit_test(a_result_that_names_nothing_is_not_held),
        cmocka_unit_test(results_of_one_side_are_of_one_build),
        cmocka_unit_test(exact_figures_of_a_run_are_the_same),
    };
    return cmocka_run_group_tests_name("identity", tests, make_folder, remove_folder);
}
