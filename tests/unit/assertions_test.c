/* The assertions of heapgate/cmocka.h, each with every status that it can get: a test that asserts
 * runs as a program of its own, and its exit status and what it prints are looked at.
 *
 * The two calls below stand in for the library's: what they answer is the first argument. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <heapgate/cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ANSWER "OVER app/export\n  peak, by count\n"

static heapgate_status answer;

heapgate_status heapgate_judge(const heapgate_budgets *budgets, const char *case_key,
                               const heapgate_usage *usage, uint64_t units, heapgate_error *error) {
    bool as_called = budgets == NULL && strcmp(case_key, "app/export") == 0 &&
                     usage->peak_bytes == 7 && units == 9;
    snprintf(error->text, sizeof error->text, "%s", ANSWER);
    return as_called ? answer : HEAPGATE_USAGE;
}

heapgate_status heapgate_measure(const heapgate_request *request, heapgate_error *text) {
    snprintf(text->text, sizeof text->text, "%s", ANSWER);
    return strcmp(request->case_key, "app/export") == 0 ? answer : HEAPGATE_USAGE;
}

/* ---- The tests that assert ---- */

static void within(void **state) {
    heapgate_usage usage = {.peak_bytes = 7};
    (void)state;
    heapgate_assert_within(NULL, "app/export", &usage, 9);
    print_error("went on\n");
}

static void measured(void **state) {
    heapgate_request request = {.case_key = "app/export"};
    (void)state;
    heapgate_assert_measured(&request);
    print_error("went on\n");
}

/* In the other file of this program. */
void measured_elsewhere(void **state);

static void passes(void **state) {
    (void)state;
}

static void fails(void **state) {
    (void)state;
    fail();
}

static const struct {
    const char *name;
    CMUnitTestFunction first, second;
} programs[] = {
    {"within", within, passes},
    {"measured", measured, passes},
    {"measured, and a failure", measured, fails},
    {"measured elsewhere", measured_elsewhere, passes},
};

static int be(const char *name, const char *status) {
    answer = (heapgate_status)strtol(status, NULL, 10);
    for (size_t i = 0; i < COUNT(programs); i++) {
        const struct CMUnitTest chosen[] = {{"first", programs[i].first, NULL, NULL, NULL},
                                            {"second", programs[i].second, NULL, NULL, NULL}};
        if (strcmp(programs[i].name, name) == 0)
            return heapgate_exit_status(cmocka_run_group_tests(chosen, NULL, NULL));
    }
    return 99;
}

/* ---- What comes of them ---- */

/* Its exit status, and what it printed. */
static int run(const char *name, heapgate_status status, char *output, size_t output_bytes) {
    char number[16];
    int ends[2], wait_status = 0;
    size_t length = 0;
    ssize_t got = 0;
    snprintf(number, sizeof number, "%d", (int)status);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execl("/proc/self/exe", "assertions_test", name, number, (char *)NULL);
        _exit(98);
    }
    close(ends[1]);
    while (length + 1 < output_bytes &&
           (got = read(ends[0], output + length, output_bytes - 1 - length)) > 0)
        length += (size_t)got;
    output[length] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &wait_status, 0), child);
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

static void every_status_but_ok_fails_its_test(void **state) {
    (void)state;
    static const struct {
        const char *program;
        heapgate_status answer;
        int exit_status;
        const char *printed; /* NULL: neither the text nor a skip */
    } rows[] = {
        {"within", HEAPGATE_OK, 0, NULL},
        {"within", HEAPGATE_OVER, 1, ANSWER},
        {"within", HEAPGATE_USAGE, 1, ANSWER},
        {"within", HEAPGATE_INVALID, 1, ANSWER},
        {"within", HEAPGATE_STALE, 1, ANSWER},
        {"measured", HEAPGATE_OK, 0, NULL},
        {"measured", HEAPGATE_OVER, 1, ANSWER},
        {"measured", HEAPGATE_USAGE, 1, ANSWER},
        {"measured", HEAPGATE_INVALID, 1, ANSWER},
        {"measured", HEAPGATE_STALE, 1, ANSWER},
        {"measured", HEAPGATE_SKIPPED, 77, "skipped: " ANSWER}, /* a skip is no pass */
        {"measured elsewhere", HEAPGATE_SKIPPED, 77, "skipped: " ANSWER},
        {"measured elsewhere", HEAPGATE_STALE, 1, ANSWER},
        {"measured, and a failure", HEAPGATE_OK, 1, NULL},
        {"measured, and a failure", HEAPGATE_SKIPPED, 1, "skipped: " ANSWER},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char output[16384];
        int status = run(rows[i].program, rows[i].answer, output, sizeof output);
        bool told = strstr(output, rows[i].printed != NULL ? rows[i].printed : ANSWER) != NULL;
        bool went_on = strstr(output, "went on") != NULL;
        if (status != rows[i].exit_status || told != (rows[i].printed != NULL) ||
            went_on != (rows[i].answer == HEAPGATE_OK))
            fail_msg("%s, answered %d: exit status %d, wanted %d, and it printed:\n%s",
                     rows[i].program, (int)rows[i].answer, status, rows[i].exit_status, output);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_status_but_ok_fails_its_test)};
    if (argc == 3)
        return be(argv[1], argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
