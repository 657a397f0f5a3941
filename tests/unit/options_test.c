/* Option tables: what a command line is read as, and what is said of a wrong one. */
#include "base/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct target {
    const char *name;
    const char *maybe;
    uint64_t count;
    bool flag;
    char **command;
    char *operand;
};

static bool take_maybe(void *field, const char *value, struct error *error) {
    return option_text(field, value != NULL ? value : "all", error);
}

static bool take_operand(void *target, char *word, struct error *error) {
    (void)error;
    ((struct target *)target)->operand = word;
    return true;
}

static void take_command(void *target, char **words) {
    ((struct target *)target)->command = words;
}

static const struct option_row rows[] = {
    {"--name", "NAME", "a name", option_text, offsetof(struct target, name)},
    {"--maybe", "[=GLOB]", "all or some", take_maybe, offsetof(struct target, maybe)},
    {"--count", "N", "a number", option_count, offsetof(struct target, count)},
    {"-f", NULL, "a flag", option_flag, offsetof(struct target, flag)},
    OPTION_HELP,
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0], WORDS_MAX = 6 };

static void same(const char *found, const char *expected) {
    if (expected == NULL)
        assert_null(found);
    else
        assert_string_equal(found, expected);
}

static void words_are_read(void **state) {
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        enum options_answer answer;
        const char *name, *maybe;
        uint64_t count;
        bool flag;
        const char *operand, *command; /* under a table that has the one or the other */
    } calls[] = {
        {{NULL}, OPTIONS_READ, NULL, NULL, 0, false, NULL, NULL},
        {{"--name", "a", "x", "-f"}, OPTIONS_READ, "a", NULL, 0, true, "x", NULL},
        {{"--name=", "--count=7"}, OPTIONS_READ, "", NULL, 7, false, NULL, NULL},
        {{"--name", "--", "-"}, OPTIONS_READ, "--", NULL, 0, false, "-", NULL},
        {{"--maybe", "x"}, OPTIONS_READ, NULL, "all", 0, false, "x", NULL},
        {{"--maybe=x"}, OPTIONS_READ, NULL, "x", 0, false, NULL, NULL},
        {{"--", "-f"}, OPTIONS_READ, NULL, NULL, 0, false, "-f", NULL},
        {{"--", "--"}, OPTIONS_READ, NULL, NULL, 0, false, "--", NULL},
        {{"--help", "--wrong"}, OPTIONS_HELP, NULL, NULL, 0, false, NULL, NULL},
        {{"-f", "-h"}, OPTIONS_HELP, NULL, NULL, 0, true, NULL, NULL},
        {{"-f", "x", "--name"}, OPTIONS_READ, NULL, NULL, 0, true, NULL, "x"},
        {{"--", "-f", "x"}, OPTIONS_READ, NULL, NULL, 0, false, NULL, "-f"},
        {{"-f", "-", "x"}, OPTIONS_READ, NULL, NULL, 0, true, NULL, "-"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct target target = {.flag = false};
        struct option_table table = {.rows = rows, .count = ROW_COUNT};
        if (calls[i].command != NULL)
            table.command = take_command;
        else
            table.operand = take_operand;
        char *words[WORDS_MAX + 1] = {NULL};
        for (size_t at = 0; at < WORDS_MAX && calls[i].words[at] != NULL; at++)
            words[at] = (char *)(uintptr_t)calls[i].words[at];
        assert_int_equal(options_read(&table, words, &target, NULL), calls[i].answer);
        same(target.name, calls[i].name);
        same(target.maybe, calls[i].maybe);
        assert_int_equal(target.count, calls[i].count);
        assert_int_equal(target.flag, calls[i].flag);
        same(target.operand, calls[i].operand);
        same(target.command != NULL ? target.command[0] : NULL, calls[i].command);
    }
}

static void a_command_may_be_missing(void **state) {
    (void)state;
    struct target target = {.flag = false};
    const struct option_table table = {.rows = rows, .count = ROW_COUNT, .command = take_command};
    char *words[] = {(char[]){"-f"}, NULL};
    assert_int_equal(options_read(&table, words, &target, NULL), OPTIONS_READ);
    assert_ptr_equal(target.command, words + 1);
}

static void wrong_words_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        const char *message;
    } calls[] = {
        {{"--nam", "a"},
         "unknown option \"--nam\": accepted are --name, --maybe, --count, -f, --help"},
        {{"--nam=a"},
         "unknown option \"--nam\": accepted are --name, --maybe, --count, -f, --help"},
        {{"x"}, "unexpected argument \"x\": accepted are --name, --maybe, --count, -f, --help"},
        {{"--name"}, "--name needs a value: NAME"},
        {{"--help=x"}, "--help takes no value: found \"x\""},
        {{"--count", "x"}, "--count: \"x\" is not a whole number"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct target target = {.flag = false};
        struct error error = {.set = false};
        const struct option_table table = {.rows = rows, .count = ROW_COUNT};
        char *words[WORDS_MAX + 1] = {NULL};
        for (size_t at = 0; at < WORDS_MAX && calls[i].words[at] != NULL; at++)
            words[at] = (char *)(uintptr_t)calls[i].words[at];
        assert_int_equal(options_read(&table, words, &target, &error), OPTIONS_REFUSED);
        assert_string_equal(error.text, calls[i].message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_read),
        cmocka_unit_test(a_command_may_be_missing),
        cmocka_unit_test(wrong_words_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
