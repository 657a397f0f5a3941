/* A result proves what it measured: the real command, on programs, scripts, libraries and inputs
 * that are others afterwards; and two measurements of one run. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "result/result.h"

static char folder[] = "/tmp/heapgate-identity.XXXXXX";
static struct buffer output = BUFFER_INIT(1 << 20);

#define RESULTS "heapgate-results"
#define RUN "$H run --case s/x"
/* A run by itself: else all of one ctest are one. */
#define AS(id) "HEAPGATE_RUN_ID=" id " "

/* Runs a shell command in the folder, where $H is heapgate; what it prints is in `output`. */
static int run(const char *command) {
    char line[4096];
    struct error error = {.set = false};
    snprintf(line, sizeof line, "{ %s ; } >output 2>&1", command);
    int status = system(line);
    buffer_clear(&output);
    if (!file_read("output", &output, &error) || !buffer_append(&output, "", 0))
        fail_msg("%s", error.text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const char *printed(void) {
    return output.bytes != NULL ? output.bytes : "";
}

static void expect(int wanted, const char *command) {
    int status = run(command);
    if (status != wanted)
        fail_msg("%s: status %d, wanted %d\n%s", command, status, wanted, printed());
}

static void says(const char *text) {
    if (strstr(printed(), text) == NULL)
        fail_msg("no \"%s\" in\n%s", text, printed());
}

static struct result *read_result(const char *key) {
    struct result *result;
    struct error error = {.set = false};
    if (!result_read_case(RESULTS, key, &result, &error))
        fail_msg("%s", error.text);
    return result;
}

/* An empty folder with both builds of everything, and a budget for s/x when it is measured. */
static void start(void) {
    assert_true(chdir("/") == 0 && file_remove_tree(folder, NULL) &&
                file_make_directories(folder, NULL) && chdir(folder) == 0);
    expect(0, "mkdir budgets plugins && cp " IDENTITY_PROGRAM_1 " program && cp " IDENTITY_PLUGIN_1
              " plugin.so && cp " IDENTITY_LOADER " " IDENTITY_LOADING " . && cp " IDENTITY_PLUGIN_1
              " plugins/libnamed.so");
}

/* Measures, takes the figures in, and finds them within. */
static void measure(const char *command) {
    char line[2048];
    start();
    snprintf(line, sizeof line, "%s%s", AS("one"), command);
    expect(0, line);
    expect(0, "$H update --raise");
    expect(0, "$H check");
}

/* Every verb refuses, names the file twice over, and says how it is measured again. */
static void all_refuse(const char *kind, const char *path) {
    char text[512];
    snprintf(text, sizeof text, "the %s %s/%s has changed since it was measured: it was ", kind,
             folder, path);
    expect(3, "$H check");
    says(text);
    says(" in the run one, ");
    says(" now");
    says("\n  to measure it again:\n    heapgate run --case s/x --engine count ");
    says("1 case: 1 invalid");
    expect(3, "$H update --raise");
    says(text);
    says("\n  to measure it again:\n    heapgate run --case s/x --engine count ");
    expect(3, "$H report");
    says("1 case: 1 invalid");
    expect(0, "grep -q 'has changed since it was measured' heapgate-report/cases/s~x.html");
    expect(0, "$H check --run one");
}

static void a_script_is_another(void **state) {
    (void)state;
    start();
    expect(0, "printf '#!/bin/sh\\n./program hold 1000\\n' >prog.sh && chmod +x prog.sh");
    expect(0, AS("one") RUN " -- ./prog.sh");
    expect(0, "$H update --raise");
    expect(0, "$H check");
    expect(0, "printf '#!/bin/sh\\n./program hold 50000000\\n' >prog.sh");
    all_refuse("script", "prog.sh");
    expect(0, AS("two") RUN " -- ./prog.sh");
    expect(1, "$H check");
    says("1 case: 1 over");
}

static void a_program_of_a_script_is_another(void **state) {
    (void)state;
    start();
    expect(0, "printf '#!/bin/sh\\n./program hold 1000\\n' >prog.sh && chmod +x prog.sh");
    expect(0, AS("one") RUN " -- ./prog.sh");
    expect(0, "$H update --raise && cp " IDENTITY_PROGRAM_2 " program");
    all_refuse("program", "program");
}

/* "sh FILE" has no "#!", and a script that runs another is a process of its own. */
static void scripts_of_interpreters_and_scripts_count(void **state) {
    (void)state;
    start();
    expect(0,
           "echo './inner.sh' >outer.sh && printf '#!/bin/sh\\n./program\\n' >inner.sh && chmod +x "
           "inner.sh");
    expect(0, AS("one") RUN " -- sh outer.sh");
    expect(0, "$H update --raise && cp inner.sh kept && echo '# other' >>inner.sh");
    all_refuse("script", "inner.sh");
    expect(0, "cp kept inner.sh && $H check");
    expect(0, "echo '# other' >>outer.sh");
    all_refuse("script", "outer.sh");
}

static void a_program_is_another(void **state) {
    (void)state;
    measure(RUN " -- ./program hold 1000");
    expect(0,
           "cp program again && rm program && cp again program && $H check"); /* the same content */
    expect(0, "cp " IDENTITY_PROGRAM_2 " program");
    all_refuse("program", "program");
}

static void a_program_without_a_build_id_is_another(void **state) {
    (void)state;
    start();
    expect(0, "objcopy --remove-section .note.gnu.build-id program && $H check; test -x program");
    expect(0, AS("one") RUN " -- ./program hold 1000");
    expect(0, "$H update --raise && grep -q xxh64: " RESULTS "/s/x.json && $H check");
    expect(0, "printf x >>program");
    all_refuse("program", "program");
}

/* However a library comes and goes, and however the process ends. */
static void a_library_is_another(void **state) {
    static const char *const ways[] = {
        "load ./plugin.so",       "load ./plugin.so unload",         "load ./plugin.so _exit",
        "load ./plugin.so chdir", "load ./plugin.so exec /bin/true", "load ./plugin.so sleep leave",
    };
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char command[512];
        snprintf(command, sizeof command, RUN " -- ./program %s", ways[i]);
        measure(command);
        expect(0, "cp " IDENTITY_PLUGIN_2 " plugin.so");
        expect(3, "$H check");
        snprintf(command, sizeof command,
                 "the library %s/plugin.so has changed since it was measured: it was "
                 "build-id:",
                 folder);
        says(command);
    }
}

/* dlopen looks for a library on behalf of who calls it. */
static void a_library_finds_others_by_its_own_path(void **state) {
    (void)state;
    start();
    expect(0, "LD_LIBRARY_PATH=. ./identity_loading libnamed.so");
    expect(0, AS("one") "LD_LIBRARY_PATH=. " RUN " -- ./identity_loading libnamed.so");
    expect(0, "$H update --raise && cp " IDENTITY_PLUGIN_2 " plugins/libnamed.so");
    expect(3, "$H check");
    says("/plugins/libnamed.so has changed since it was measured: it was build-id:");
}

static void a_child_of_threads_does_not_wait(void **state) {
    (void)state;
    start();
    expect(0, AS("one") "timeout 60 " RUN " -- " IDENTITY_FORKING " ./plugin.so");
}

static void an_input_is_another(void **state) {
    (void)state;
    start();
    expect(0, "echo 1 >rows && echo 1 >more");
    expect(0, AS("one") RUN " --input rows --input ./more -- ./program");
    expect(0, "$H update --raise && touch rows && $H check");
    expect(0, "echo 2 >more");
    all_refuse("input", "more");
    expect(3, "$H check");
    says("--input "); /* in what is to be typed */
    expect(2, RUN " --input none -- ./program");
    says("heapgate: the input none cannot be read: No such file or directory");
    expect(2, RUN " --input . -- ./program");
    says("heapgate: the input . cannot be read: it is not a regular file");
    expect(3, AS("three") RUN " --input rows -- sh -c 'echo 3 >rows'");
    says("/rows changed while it was measured, from xxh64:");
}

/* On another machine there is nothing to hold a result to, but the run. */
static void without_the_program_a_run_is_asked_for(void **state) {
    (void)state;
    measure(RUN " -- ./program hold 1000");
    expect(0, "rm program");
    expect(3, "$H check");
    says("/program, measured at 20");
    says(
        "cannot be looked at now (No such file or directory); on another machine, --run one takes");
    expect(0, "$H check --run one");
    expect(0, "$H report --run one");
    expect(0, "$H update --run one");
    expect(3, "$H check --run two");
    says("it was measured in the run one (20");
    says("and not in the run two, which is asked for");
    expect(3, "$H report --run two");
    expect(3, "$H update --run two");
    /* A case that the run did not measure. */
    expect(0, "printf '  y: { peak: 1 }\\n' >>budgets/s.yaml");
    expect(3, "$H check --run one");
    says("a budget without a result");
}

static void compare_wants_one_build_a_side(void **state) {
    (void)state;
    start();
    expect(0, AS("one") RUN " --results base -- ./program");
    expect(0, AS("two") RUN " --results head -- ./program");
    expect(0, "$H compare --base-run one --head-run two base head");
    expect(3, "$H compare --head-run one base head");
    says("in head: it was measured in the run two (20");
    expect(0, "cp " IDENTITY_PROGRAM_2 " program && $H compare base head");
    expect(0, AS("two") RUN " --case s/y --results head -- ./program");
    expect(3, "$H compare base head");
    says("in head: not of one build with the others: the program ");
}

/* ---- Two measurements of one run ---- */

static void equal_figures_are_one_result(void **state) {
    (void)state;
    start();
    for (int i = 0; i < 3; i++)
        expect(0, AS("same") RUN " -- ./program hold 1000");
    expect(0, "$H update --raise && $H check --run same");
}

static void other_figures_are_refused(void **state) {
    (void)state;
    start();
    expect(0, AS("same") RUN " -- ./program hold 100000");
    expect(3, AS("same") RUN " -- ./program hold 200000");
    says("heapgate: the run same measured this case twice, and not the same: peak_bytes of count "
         "was ");
    expect(3, AS("same") RUN " -- ./program hold 100000"); /* neither is believed any more */
    expect(3, "$H update --raise");
    expect(0, AS("other") RUN " -- ./program hold 200000");
    expect(0, "$H update --raise && $H check");
    /* Other engines may follow, and say the same. */
    expect(0, AS("other") RUN " --engine profile -- ./program hold 200000");
    expect(3, AS("other") RUN " --engine count,profile -- ./program hold 300000");
    says("peak_bytes of profile was ");
}

/* A command that failed may be tried again. */
static void what_failed_may_be_repeated(void **state) {
    (void)state;
    start();
    expect(3, AS("same") RUN " -- ./program load ./none.so");
    expect(0, AS("same") RUN " -- ./program hold 1000");
    expect(0, "$H update --raise && $H check");
}

/* Whichever is last, the file is whole, and says that there were two. */
static void two_at_once_are_noticed(void **state) {
    (void)state;
    start();
    for (int i = 0; i < 10; i++) {
        char command[512];
        snprintf(command, sizeof command,
                 "export HEAPGATE_RUN_ID=at-once-%d; " RUN " -- ./program hold 100000 & a=$!; " RUN
                 " -- ./program hold 200000; b=$?; wait $a; a=$?; echo statuses $((a + b))",
                 i);
        expect(0, command);
        says("statuses 3\n");
        struct result *result = read_result("s/x");
        assert_true(result->identity.conflict);
        assert_non_null(strstr(result->invalid, "measured this case twice"));
        result_free(result);
    }
}

/* ---- The run ---- */

#define NO_PIPELINE                                                                                \
    "unset HEAPGATE_RUN_ID GITHUB_RUN_ID CI_PIPELINE_ID BUILD_TAG BUILDKITE_BUILD_ID "             \
    "SLURM_ARRAY_JOB_ID SLURM_JOB_ID; "

static char *run_of(const char *key) {
    struct result *result = read_result(key);
    char *run_id = strdup(result->identity.run);
    result_free(result);
    return run_id;
}

/* Nearest ancestor of that name: a shell will do for the test. */
static void all_cases_of_a_ctest_are_one_run(void **state) {
    (void)state;
    start();
    expect(0, "cp /bin/sh ctest");
    expect(0,
           NO_PIPELINE "./ctest -c '$H run --case s/a -- ./program; sh -c \"$H run --case s/b -- "
                       "./program; true\"; true'");
    char *first = run_of("s/a"), *second = run_of("s/b");
    assert_string_equal(first, second);
    assert_memory_equal(first, "ctest-", 6);
    expect(0, NO_PIPELINE "./ctest -c '$H run --case s/b -- ./program; true'");
    free(second);
    second = run_of("s/b");
    assert_string_not_equal(first, second);
    free(first);
    free(second);
    expect(0, "$H update --raise && cp " IDENTITY_PROGRAM_2 " program");
    expect(3, "$H check");
    says("  to measure it again, ctest or:\n");
}

static void a_pipeline_names_the_run(void **state) {
    static const char *const rows[][2] = {
        {"GITHUB_RUN_ID=12 GITHUB_RUN_ATTEMPT=3", "12-3"},
        {"GITHUB_RUN_ID=12", "12"},
        {"CI_PIPELINE_ID=34", "34"},
        {"BUILD_TAG=jenkins-a-5", "jenkins-a-5"},
        {"BUILDKITE_BUILD_ID=0a-b", "0a-b"},
        {"SLURM_ARRAY_JOB_ID=6 SLURM_JOB_ID=7", "6"},
        {"SLURM_JOB_ID=7", "7"},
        {"HEAPGATE_RUN_ID=mine CI_PIPELINE_ID=34", "mine"},
        {"HEAPGATE_RUN_ID= CI_PIPELINE_ID=34", "34"},
    };
    (void)state;
    start();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char command[512];
        snprintf(command, sizeof command,
                 NO_PIPELINE "unset GITHUB_RUN_ATTEMPT; %s " RUN " -- ./program", rows[i][0]);
        expect(0, command);
        char *run_id = run_of("s/x");
        assert_string_equal(run_id, rows[i][1]);
        free(run_id);
    }
}

static void the_revision_is_noted(void **state) {
    (void)state;
    start();
    expect(0, AS("one") RUN " -- ./program");
    struct result *result = read_result("s/x");
    assert_null(result->identity.revision);
    assert_int_equal(strlen(result->identity.start), strlen("2026-11-28T10:43:26Z"));
    assert_non_null(result->identity.host);
    assert_non_null(result->identity.heapgate);
    result_free(result);
    expect(0,
           "git init -q . && git add program && git -c user.name=n -c user.email=e commit -qm one");
    for (int dirty = 0; dirty < 2; dirty++) {
        expect(0, AS("one") RUN " -- ./program");
        result = read_result("s/x");
        expect(0, "git rev-parse HEAD");
        assert_memory_equal(printed(), result->identity.revision, 40);
        assert_int_equal(result->identity.dirty, dirty);
        result_free(result);
        expect(0, "printf x >>program");
    }
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && setenv("H", IDENTITY_HEAPGATE, 1) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    buffer_fini(&output);
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_is_another),
        cmocka_unit_test(a_program_of_a_script_is_another),
        cmocka_unit_test(scripts_of_interpreters_and_scripts_count),
        cmocka_unit_test(a_program_is_another),
        cmocka_unit_test(a_program_without_a_build_id_is_another),
        cmocka_unit_test(a_library_is_another),
        cmocka_unit_test(a_library_finds_others_by_its_own_path),
        cmocka_unit_test(a_child_of_threads_does_not_wait),
        cmocka_unit_test(an_input_is_another),
        cmocka_unit_test(without_the_program_a_run_is_asked_for),
        cmocka_unit_test(compare_wants_one_build_a_side),
        cmocka_unit_test(equal_figures_are_one_result),
        cmocka_unit_test(other_figures_are_refused),
        cmocka_unit_test(what_failed_may_be_repeated),
        cmocka_unit_test(two_at_once_are_noticed),
        cmocka_unit_test(all_cases_of_a_ctest_are_one_run),
        cmocka_unit_test(a_pipeline_names_the_run),
        cmocka_unit_test(the_revision_is_noted),
    };
    return cmocka_run_group_tests_name("identity", tests, make_folder, remove_folder);
}
