/* What a result says of its process and its environment: as a file, and by the names that budgets
 * have for libraries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "result/result.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char folder[] = "/tmp/heapgate-process.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

#define PEAK "\"engines\": {\"count\": {\"peak_bytes\": 1}}"
#define START "{\"schema\": 1, \"case\": \"a/b\", \"status\": 0, " PEAK

static struct result *read_text(const char *text, struct error *error) {
    struct result *result = NULL;
    assert_true(file_make_directories("r/a", NULL));
    assert_true(file_write("r/a/b.json", text, strlen(text), NULL));
    bool read = result_read("r/a/b.json", "r", &result, error);
    assert_true(read == (result != NULL));
    return result;
}

static void the_process_comes_back(void **state) {
    (void)state;
    struct error error = {0};
    struct result *written = result_new("a/b"), *read = NULL;
    char **arguments = calloc(3, sizeof *arguments);
    arguments[0] = strdup("sh");
    arguments[1] = strdup("a b");
    written->engines[RESULT_COUNT].present = true;
    written->engines[RESULT_COUNT].has[HEAPGATE_METRIC_PEAK] = true;
    written->process = (struct result_process){.program = strdup("/bin/dash"),
                                               .arguments = arguments,
                                               .others = 2,
                                               .chosen_by = strdup("da*"),
                                               .busier = strdup("worker"),
                                               .busier_allocated_bytes = 5,
                                               .busier_allocations = 6};
    assert_true(result_write(written, "r", &error));
    if (!result_read("r/a/b.json", "r", &read, &error))
        fail_msg("%s", error.text);
    assert_string_equal(read->process.program, "/bin/dash");
    assert_string_equal(read->process.arguments[1], "a b");
    assert_null(read->process.arguments[2]);
    assert_int_equal(read->process.others, 2);
    assert_string_equal(read->process.chosen_by, "da*");
    assert_string_equal(read->process.busier, "worker");
    assert_int_equal(read->process.busier_allocated_bytes, 5);
    assert_int_equal(read->process.busier_allocations, 6);
    result_free(read);
    result_free(written);
}

static const struct {
    const char *name, *text, *message; /* "" : it is read */
} files[] = {
    {"an older file", START "}", ""},
    {"not known", START ", \"process\": null}", ""},
    {"the least", START ", \"process\": {\"program\": \"x\"}}", ""},
    {"no object", START ", \"process\": []}",
     "r/a/b.json: key \"process\": expected an object with a program"},
    {"no program", START ", \"process\": {}}",
     "r/a/b.json: key \"process\": expected an object with a program"},
    {"arguments", START ", \"process\": {\"program\": \"x\", \"arguments\": [1]}}",
     "r/a/b.json: key \"arguments\": expected an array of strings"},
    {"others", START ", \"process\": {\"program\": \"x\", \"others\": -1}}",
     "r/a/b.json: key \"others\": expected a number that is not negative"},
    {"busier", START ", \"process\": {\"program\": \"x\", \"busier\": {}}}",
     "r/a/b.json: key \"busier\": expected an object with a process"},
};

static void what_is_no_process_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct error error = {0};
        struct result *result = read_text(files[i].text, &error);
        if (strcmp(error.text, files[i].message) != 0)
            fail_msg("%s: wanted: %s\ngot:    %s", files[i].name, files[i].message, error.text);
        result_free(result);
    }
}

/* What a condition may call a library. */
static void libraries_have_short_names(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"arch", "x86_64"},       {"libsqlite3.so.0", "3.40.1"}, {"libyaml-0.so.2", "0.2.5-1"},
        {"libstdc++.so.6", "12"}, {"libz.so.1", "1.2.13"},       {"z", "noted"},
        {"libssl.so.1.1", "1.1"}, {"libssl.so.3", "3.0"}};
    static const char *const names[][2] = {{"libsqlite3.so.0", "3.40.1"},
                                           {"libsqlite3", "3.40.1"},
                                           {"sqlite3", "3.40.1"},
                                           {"libsqlite", "3.40.1"},
                                           {"sqlite", "3.40.1"},
                                           {"sqlit", NULL},
                                           {"libyaml-0", "0.2.5-1"},
                                           {"libyaml", "0.2.5-1"},
                                           {"yaml", "0.2.5-1"},
                                           {"stdc++", "12"},
                                           {"libz", "1.2.13"},
                                           {"z", "noted"},
                                           {"arch", "x86_64"},
                                           {"libssl.so.3", "3.0"},
                                           {"lib", NULL},
                                           {"", NULL}};
    struct result *result = result_new("a");
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_true(result_set_environment(result, pairs[i][0], pairs[i][1]));
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *value = result_environment_find(result, names[i][0]);
        if ((value == NULL) != (names[i][1] == NULL) ||
            (value != NULL && strcmp(value, names[i][1]) != 0))
            fail_msg("%s: wanted %s, got %s", names[i][0], names[i][1], value);
    }
    result_free(result);
}

static void a_record_is_short(void **state) {
    (void)state;
    struct result *result = result_new("a");
    struct result_record record[RESULT_RECORD_MAX];
    static const char *const pairs[][2] = {
        {"arch", "x86_64"},       {"control", "leak"},    {"libsqlite3.so.0", "3.40.1"},
        {"libssl.so.1.1", "1.1"}, {"libssl.so.3", "3.0"}, {"libjansson.so.4", "2.14-2"},
        {"jansson", "2.14"}};
    static const char *const wanted[][2] = {{"arch", "x86_64"},
                                            {"libsqlite3", "3.40.1"},
                                            {"libssl", "1.1"},
                                            {"libssl.so.3", "3.0"},
                                            {"jansson", "2.14"}};
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_true(result_set_environment(result, pairs[i][0], pairs[i][1]));
    assert_int_equal(result_environment_record(result, record), COUNT(wanted));
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_string_equal(record[i].name, wanted[i][0]);
        assert_string_equal(record[i].value, wanted[i][1]);
    }
    for (int i = 0; i < 30; i++) {
        char name[32];
        snprintf(name, sizeof name, "lib%c.so.%d", 'a' + i % 26, i);
        assert_true(result_set_environment(result, name, "1"));
    }
    assert_int_equal(result_environment_record(result, record),
                     COUNT(wanted) - 3 + RESULT_RECORD_LIBRARIES_MAX - 1);
    result_free(result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_process_comes_back),
        cmocka_unit_test(what_is_no_process_is_refused),
        cmocka_unit_test(libraries_have_short_names),
        cmocka_unit_test(a_record_is_short),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
