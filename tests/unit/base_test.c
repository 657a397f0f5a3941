/* Sizes, buffers, files: what every other module leans on. */
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

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/rate.h"
#include "base/secret.h"
#include "base/size.h"

static void sizes_are_parsed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0", 0},
                {"98304", 98304},
                {"98304 B", 98304},
                {"96KiB", 98304},
                {"96 KiB", 98304},
                {"4 MiB", 4194304},
                {"2GiB", 2147483648},
                {"9223372036854775807", INT64_MAX}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint64_t bytes = 1;
        struct error error = {0};
        if (!size_parse(good[i].text, &bytes, &error) || bytes != good[i].bytes)
            fail_msg("\"%s\": wanted %llu, got %llu (%s)", good[i].text,
                     (unsigned long long)good[i].bytes, (unsigned long long)bytes, error.text);
    }
    static const struct {
        const char *text;
        const char *message;
    } bad[] = {
        {"", "\"\" is not a size: expected " SIZE_ACCEPTED},
        {"x", "\"x\" is not a size: expected " SIZE_ACCEPTED},
        {"-1", "a size cannot be negative: \"-1\""},
        {"1 KB", "\"1 KB\" has an unknown unit: expected " SIZE_ACCEPTED},
        {"1.5 MiB", "\"1.5 MiB\" has an unknown unit: expected " SIZE_ACCEPTED},
        {"9223372036854775808",
         "\"9223372036854775808\" is too large: the limit is 9223372036854775807 bytes"},
        {"8589934592 GiB",
         "\"8589934592 GiB\" is too large: the limit is 9223372036854775807 bytes"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t bytes;
        struct error error = {0};
        assert_false(size_parse(bad[i].text, &bytes, &error));
        assert_string_equal(error.text, bad[i].message);
    }
}

static void sizes_are_printed(void **state) {
    (void)state;
    char text[SIZE_TEXT_BYTES];
    assert_string_equal(size_format_exact(57158809, text), "57,158,809 B");
    assert_string_equal(size_format(57158809, text), "54.5 MiB");
    assert_string_equal(size_format(1023, text), "1023 B");
    assert_string_equal(size_format(1048575, text), "1.0 MiB");
    assert_string_equal(count_format(0, text), "0");
    assert_string_equal(signed_format(-12, SIGN_MINUS, size_format_exact, text), "-12 B");
    assert_string_equal(signed_format(12, SIGN_MINUS, size_format_exact, text), "12 B");
    assert_string_equal(signed_format(12, SIGN_CHANGE, count_format, text), "+12");
    assert_string_equal(signed_format(0, SIGN_CHANGE, count_format, text), "0");
    assert_string_equal(signed_format(0, SIGN_ALWAYS, count_format, text), "+0");
    assert_string_equal(signed_format(INT64_MIN, SIGN_ALWAYS, size_format_exact, text),
                        "-9,223,372,036,854,775,808 B");
    assert_string_equal(count_format(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

static void rates_are_parsed_and_printed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t scale;
        bool is_size;
        uint64_t parts;
        const char *printed;
    } good[] = {
        {"0", 100, true, 0, "0"},
        {"0 B", 100, true, 0, "0"},
        {"0.9 B", 100, true, 90, "0.9"},
        {"0.01", 100, true, 1, "0.01"},
        {"1191.49 B", 100, true, 119149, "1,191.49"},
        {"1.50KiB", 100, true, 153600, "1,536"},
        {"3.002", 1000, false, 3002, "3.002"},
        {"92233720368547758.07", 100, false, INT64_MAX, "92,233,720,368,547,758.07"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint64_t parts = 7;
        char text[RATE_TEXT_BYTES] = "";
        struct error error = {0};
        if (!rate_parse(good[i].text, good[i].scale, good[i].is_size, &parts, &error) ||
            parts != good[i].parts ||
            strcmp(rate_format(parts, good[i].scale, text), good[i].printed) != 0)
            fail_msg("\"%s\": wanted %llu, \"%s\", got %llu, \"%s\" (%s)", good[i].text,
                     (unsigned long long)good[i].parts, good[i].printed, (unsigned long long)parts,
                     text, error.text);
    }
    static const struct {
        const char *text;
        uint64_t scale;
        bool is_size;
        const char *message;
    } bad[] = {
        {"", 100, true, "\"\" is not a number with at most 2 decimals"},
        {"-1 B", 100, true, "\"-1 B\" is not a number with at most 2 decimals"},
        {"0.001 B", 100, true, "\"0.001 B\" is not a number with at most 2 decimals"},
        {"1. B", 100, true, "\"1. B\" is not a number with at most 2 decimals"},
        {".5", 100, true, "\".5\" is not a number with at most 2 decimals"},
        {"1 KB", 100, true, "\"1 KB\" has an unknown unit: expected " RATE_SIZE_ACCEPTED},
        {"1 B", 1000, false, "\"1 B\" is not a number with at most 3 decimals"},
        {"92233720368547758.08", 100, true, "\"92233720368547758.08\" is too large"},
        {"99999999999999999999", 100, true, "\"99999999999999999999\" is too large"},
        {"85899346 GiB", 1000, true, "\"85899346 GiB\" is too large"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t parts;
        struct error error = {0};
        if (rate_parse(bad[i].text, bad[i].scale, bad[i].is_size, &parts, &error) ||
            strcmp(error.text, bad[i].message) != 0)
            fail_msg("\"%s\": wanted \"%s\", got \"%s\"", bad[i].text, bad[i].message, error.text);
    }
}

static void a_buffer_keeps_its_maximum(void **state) {
    (void)state;
    struct buffer buffer = BUFFER_INIT(10);
    assert_true(buffer_append_text(&buffer, "12345"));
    assert_true(buffer_printf(&buffer, "%05d", 67890));
    assert_false(buffer_append(&buffer, "x", 1));
    assert_false(buffer_reserve(&buffer, SIZE_MAX));
    assert_string_equal(buffer.bytes, "1234567890");
    buffer_fini(&buffer);
}

static void the_first_error_wins(void **state) {
    (void)state;
    struct error error = {0};
    error_prefix(&error, "nothing: ");
    error_set(&error, "first %d", 1);
    error_set(&error, "second");
    error_prefix(&error, "file:%d: ", 7);
    assert_string_equal(error.text, "file:7: first 1");
    error_set(NULL, "ignored");
}

static int make_folder(void **state) {
    char *folder = strdup("/tmp/heapgate-unit.XXXXXX");
    *state = folder;
    return folder != NULL && mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state) {
    bool removed = file_remove_tree(*state, NULL);
    free(*state);
    return removed ? 0 : -1;
}

static void an_output_is_whole_or_not_there(void **state) {
    char path[256];
    struct error error = {0};
    snprintf(path, sizeof path, "%s/a/b/out", (char *)*state);
    assert_true(file_make_parents(path, &error));
    assert_true(file_write(path, "old", 3, &error));

    struct file_output output;
    assert_true(file_output_open(&output, path, &error));
    assert_true(file_output_write(&output, "new!", 4, &error));
    struct buffer contents = BUFFER_INIT(3);
    assert_true(file_read(path, &contents, &error));
    assert_string_equal(contents.bytes, "old");
    file_output_abort(&output);
    buffer_clear(&contents);
    assert_true(file_read(path, &contents, &error));
    assert_string_equal(contents.bytes, "old");

    assert_true(file_write(path, "new!", 4, &error));
    buffer_clear(&contents);
    assert_false(file_read(path, &contents, &error));
    assert_non_null(strstr(error.text, "too large: at most 3 bytes"));
    buffer_fini(&contents);

    struct error full = {0};
    assert_true(file_output_open(&output, "/dev/full", &full));
    assert_false(file_output_write(&output, "x", 1, &full));
    assert_string_equal(full.text, "/dev/full: cannot write: No space left on device");
    file_output_abort(&output);

    struct error nowhere = {0};
    assert_false(file_write("/nonexistent/x", "x", 1, &nowhere));
    assert_string_equal(nowhere.text, "/nonexistent/x: cannot write: No such file or directory");
}

static void a_command_runs_to_its_end(void **state) {
    (void)state;
    struct process_outcome outcome;
    struct error error = {0};
    char *seven[] = {"sh", "-c", "test \"$ADDED\" = yes && test -z \"$HOME\" && exit 7", NULL};
    const char *set[] = {"ADDED=yes", NULL}, *unset[] = {"HOME", NULL};
    assert_true(process_run(&(struct process_command){.argv = seven, .set = set, .unset = unset},
                            &outcome, &error));
    assert_int_equal(outcome.exit_status, 7);
    assert_true(outcome.rss_bytes > 0);

    char *killed[] = {"sh", "-c", "kill -9 $$", NULL};
    assert_true(process_run(&(struct process_command){.argv = killed}, &outcome, &error));
    assert_int_equal(outcome.signal, 9);
    assert_int_equal(outcome.exit_status, -1);

    char *missing[] = {"no-such-program-here", NULL};
    assert_false(process_run(&(struct process_command){.argv = missing}, &outcome, &error));
    assert_string_equal(error.text, "cannot run no-such-program-here: command not found");
}

static void passwords_are_masked(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"plain", "plain"},
        {"postgresql://me:secret@host/db", "postgresql://me:***@host/db"},
        {"--url=mysql://me:se:c@ret@host:1/db?x=1&password=top",
         "--url=mysql://me:***@host:1/db?x=1&password=***"},
        {"mysql://me@host:3306/db", "mysql://me@host:3306/db"},
        {"x://h?passwd=", "x://h?passwd="},
        {"x://h?sslpassword=a&passwd=b", "x://h?sslpassword=***&passwd=***"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *masked = secret_masked(rows[i][0]);
        assert_non_null(masked);
        assert_string_equal(masked, rows[i][1]);
        free(masked);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_are_masked),
        cmocka_unit_test(sizes_are_parsed),
        cmocka_unit_test(sizes_are_printed),
        cmocka_unit_test(rates_are_parsed_and_printed),
        cmocka_unit_test(a_buffer_keeps_its_maximum),
        cmocka_unit_test(the_first_error_wins),
        cmocka_unit_test_setup_teardown(an_output_is_whole_or_not_there, make_folder,
                                        remove_folder),
        cmocka_unit_test(a_command_runs_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
