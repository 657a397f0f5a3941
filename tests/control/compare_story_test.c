/* What a comparison is for: a folder of results from a build that keeps all rows (the control
 * "rows-buffered") and one from the gate's own, which streams them. The difference must read as the
 * story it is: how much, in every format, and which function it was; and turn red the other way. */
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
#include "call.h"
#include "cases.h"
#include "cli/cli.h"
#include "fixture.h"
#include "page_checks.h"

static char folder[] = "/tmp/heapgate-story.XXXXXX";
static const char *const formats[] = {"json", "xml", "yaml"};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static bool measure(const char *where, const char *work, const char *format) {
    char command[4096];
    snprintf(command, sizeof command,
             CONTROL_HEAPGATE
             " run --engine count,profile --results %s --case %s/dump/sqlite/stream "
             "-- %s %s/dump/sqlite/stream " GATE_DATABASES " /dev/null 2>measured",
             where, format, work, format);
    return system(command) == 0;
}

static int measure_both(void **state) {
    struct error error = {.set = false};
    (void)state;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0 ||
        !fixture_make(GATE_DATABASES, "ticket5423_item", GATE_ROWS, &error)) {
        print_error("%s\n", error.text);
        return -1;
    }
    for (int i = 0; i < FORMATS; i++)
        if (!measure("buffered", CONTROL_WORK " rows-buffered", formats[i]) ||
            !measure("streaming", CONTROL_GATE_WORK, formats[i]))
            return -1;
    return 0;
}

static int remove_both(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

/* Compares, wants that status, and gives what was printed. */
static void compare(const char *base, const char *head, int wanted, struct buffer *output) {
    const char *arguments[CALL_ARGUMENTS_MAX] = {"compare", base,    head,   "--fail-on",
                                                 "5%",      "--out", "pages"};
    struct buffer message = BUFFER_INIT(CALL_BYTES_MAX);
    int status = call_run(cli_compare, arguments, output, &message);
    if (status != wanted)
        fail_msg("status %d, wanted %d: %s%s", status, wanted, output->bytes, message.bytes);
    buffer_fini(&message);
}

/* One of the lines that begin with `begin` must have `text` in it. */
static void assert_line(const char *output, const char *begin, const char *text) {
    for (const char *line = output; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (strncmp(line, begin, strlen(begin)) == 0 &&
            memmem(line, length, text, strlen(text)) != NULL)
            return;
        line += length + (line[length] == '\n');
    }
    fprintf(stderr, "%s", output);
    fail_msg("no line \"%s ... %s\"", begin, text);
}

static void streaming_is_told_as_what_it_saves(void **state) {
    (void)state;
    struct buffer output = BUFFER_INIT(CALL_BYTES_MAX);
    compare("buffered", "streaming", HEAPGATE_OK, &output);
    for (int i = 0; i < FORMATS; i++) {
        char key[64];
        snprintf(key, sizeof key, "%s/dump/sqlite/stream  ", formats[i]);
        assert_line(output.bytes, key, "-56."); /* MiB, of 57 */
        assert_line(output.bytes, key, "shrank");
    }
    assert_line(output.bytes, "  gone  ", "0 B  -59,574,364 B  copy_row (rows.c)");
    assert_line(output.bytes, "  control", "rows-buffered");
    assert_non_null(strstr(output.bytes, "\n3 cases: 3 changed\nok: no case grew"));
    buffer_fini(&output);
}

static void buffering_is_told_as_what_it_costs(void **state) {
    (void)state;
    struct buffer output = BUFFER_INIT(CALL_BYTES_MAX);
    compare("streaming", "buffered", HEAPGATE_OVER, &output);
    assert_line(output.bytes, "json/dump/sqlite/stream  ", "OVER: peak by more than 5%");
    assert_line(output.bytes, "  added  ", "56.8 MiB  +59,574,364 B  copy_row (rows.c)");
    assert_non_null(strstr(output.bytes, "\nOVER: 3 cases grew by more than --fail-on allows\n"));
    buffer_fini(&output);
}

static void the_pages_show_it(void **state) {
    static const char page[] = "cases/json~dump~sqlite~stream.html";
    char complaint[COMPLAINT_BYTES];
    (void)state;
    if (!page_check("pages", "index.html", complaint) || !page_check("pages", page, complaint))
        fail_msg("%s", complaint);
    assert_int_equal(page_count("pages", "index.html", "//td[@class='bar']/svg"), 3);
    assert_int_equal(
        page_count("pages", page, "//tbody/tr[1][th='added'][contains(., 'copy_row (rows.c)')]"),
        1);
    assert_int_equal(page_count("pages", page, "//figure[.//*[@id='time-title']]//polyline"), 2);
    assert_int_equal(page_count("pages", page, "//section[h2='Figures']//th[.='rows']"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streaming_is_told_as_what_it_saves),
        cmocka_unit_test(buffering_is_told_as_what_it_costs),
        cmocka_unit_test(the_pages_show_it),
    };
    return cmocka_run_group_tests_name("compare story", tests, measure_both, remove_both);
}
