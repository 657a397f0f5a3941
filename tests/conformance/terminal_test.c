/* What depends on a terminal: progress, colours, and heapgate top. Each row is a shell command, run
 * on a pseudo-terminal or with its output in a pipe, with texts that must be in its output and one
 * that must not. */
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

#include <pty.h>

#include "base/buffer.h"
#include "base/file.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ERASE "\r\033[K"
#define COLOUR "\033["

static char folder[] = "/tmp/heapgate-terminal.XXXXXX";

/* Returns the exit status. Reading a terminal whose other side is closed is an error: the end. */
static int run(const char *command, bool on_terminal, struct buffer *output) {
    char bytes[4096];
    int fds[2] = {-1, -1}, status;
    ssize_t got;
    struct winsize size = {.ws_col = 100, .ws_row = 30};
    assert_true(on_terminal || pipe(fds) == 0);
    pid_t pid = on_terminal ? forkpty(&fds[0], NULL, NULL, &size) : fork();
    if (pid == 0) {
        if (!on_terminal) {
            dup2(fds[1], STDOUT_FILENO);
            dup2(fds[1], STDERR_FILENO);
            close(fds[0]);
            close(fds[1]);
        }
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    if (!on_terminal)
        close(fds[1]);
    buffer_clear(output);
    while ((got = read(fds[0], bytes, sizeof bytes)) > 0)
        assert_true(buffer_append(output, bytes, (size_t)got));
    assert_true(buffer_append(output, "", 0));
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct row {
    const char *name, *command;
    bool on_terminal;
    int status;
    const char *wanted[4];
    const char *unwanted; /* or NULL */
};

static void expect(const struct row *rows, size_t count) {
    struct buffer output = BUFFER_INIT(1 << 22);
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        int status = run(row->command, row->on_terminal, &output);
        if (status != row->status)
            fail_msg("%s: exit status %d, wanted %d\n%s", row->name, status, row->status,
                     output.bytes);
        for (size_t j = 0; j < COUNT(row->wanted) && row->wanted[j] != NULL; j++)
            if (strstr(output.bytes, row->wanted[j]) == NULL)
                fail_msg("%s: no \"%s\" in\n%s", row->name, row->wanted[j], output.bytes);
        if (row->unwanted != NULL && strstr(output.bytes, row->unwanted) != NULL)
            fail_msg("%s: \"%s\" in\n%s", row->name, row->unwanted, output.bytes);
    }
    buffer_fini(&output);
}

static void long_work_shows_itself(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"on a terminal",
         "$HEAPGATE run --case slow --results $FOLDER/r -- sleep 1.2",
         true,
         0,
         {"\rheapgate: slow, count, 0:00", "\rheapgate: slow, count, 0:01, live ",
          ERASE "heapgate: slow\r\n"},
         "of about"},
        {"with an earlier result",
         "$HEAPGATE run --case slow --results $FOLDER/r -- sleep 1.2",
         true,
         0,
         {"\rheapgate: slow, count, 0:00 of about 0:01, live "},
         NULL},
        {"under massif",
         "$HEAPGATE run --engine massif --case slow --results $FOLDER/r -- sleep 0.9",
         true,
         0,
         {"\rheapgate: slow, massif, 0:0"},
         "live 0"},
        {"over at once",
         "$HEAPGATE run --case quick --results $FOLDER/r -- true",
         true,
         0,
         {"heapgate: quick\r\n"},
         ERASE},
        {"in a pipe",
         "$HEAPGATE run --case slow --results $FOLDER/r -- sleep 0.9",
         false,
         0,
         {"heapgate: slow\n"},
         "\r"},
        {"not wanted",
         "$HEAPGATE run --progress never --case slow --results $FOLDER/r -- sleep 0.9",
         true,
         0,
         {"heapgate: slow\r\n"},
         ERASE},
        {"always wanted",
         "$HEAPGATE run --progress always --case slow --results $FOLDER/r -- sleep 0.9",
         false,
         0,
         {"\rheapgate: slow, count, 0:00"},
         NULL},
        {"no such choice",
         "$HEAPGATE run --progress soon -- true",
         false,
         2,
         {"heapgate run: --progress: unknown \"soon\"; there are auto, always and never\n"},
         NULL},
        {"rowstream on a terminal",
         "$ROWSTREAM seed sqlite:$FOLDER/a.db --table t_item --rows 3000 && "
         "$ROWSTREAM dump sqlite:$FOLDER/a.db --table t_item --format json -o $FOLDER/a.json "
         "--progress",
         true,
         0,
         {"\rseed: [", "\rdump: 1,024 rows", "3,000 of 3,000 rows"},
         NULL},
        {"rowstream in a pipe",
         "$ROWSTREAM dump sqlite:$FOLDER/a.db --table t_item --format json -o $FOLDER/a.json "
         "--progress",
         false,
         0,
         {NULL},
         "dump"},
    };
    expect(rows, COUNT(rows));
}

static void colours_are_for_terminals(void **state) {
    (void)state;
#define RUN "$HEAPGATE run --max 1B --results $FOLDER/r "
#define OVER "$HEAPGATE run --case app/over --results $FOLDER/c -- $MARKS phases 2>/dev/null; "
#define CHECK "$HEAPGATE check --budgets $FOLDER/app.yaml --results $FOLDER/c "
#define UPDATE "$HEAPGATE update --raise --dry-run --budgets $FOLDER/app.yaml --results $FOLDER/c "
#define EXPLAIN "$HEAPGATE explain --results $FOLDER/r profiled "
    static const struct row rows[] = {
        {"run", RUN "-- $MARKS phases", true, 1, {COLOUR "1;31mOVER"}, NULL},
        {"run, NO_COLOR", "NO_COLOR=1 " RUN "-- $MARKS phases", true, 1, {"OVER"}, COLOUR},
        {"run, NO_COLOR empty",
         "NO_COLOR= " RUN "-- $MARKS phases",
         true,
         1,
         {COLOUR "1;31mOVER"},
         NULL},
        {"run, never", RUN "--color never -- $MARKS phases", true, 1, {"OVER"}, COLOUR},
        {"run, in a pipe", RUN "-- $MARKS phases", false, 1, {"OVER"}, COLOUR},
        {"run, always",
         "NO_COLOR=1 " RUN "--color always -- $MARKS phases",
         false,
         1,
         {COLOUR "1;31mOVER"},
         NULL},
        {"check", OVER CHECK, true, 1, {COLOUR "1;31mOVER"}, NULL},
        {"check, NO_COLOR", "NO_COLOR=1 " CHECK, true, 1, {"OVER"}, COLOUR},
        {"check, in a pipe", CHECK, false, 1, {"OVER"}, COLOUR},
        {"update", UPDATE, true, 0, {COLOUR "31m-", COLOUR "32m+"}, NULL},
        {"update, NO_COLOR", "NO_COLOR=1 " UPDATE, true, 0, {"+"}, COLOUR},
        {"update, always", UPDATE "--color always", false, 0, {COLOUR "32m+"}, NULL},
        {"update, no such colour",
         UPDATE "--color red",
         false,
         2,
         {"heapgate update: --color: unknown \"red\"; there are auto, always and never\n"},
         NULL},
        {"explain",
         "$HEAPGATE run --engine profile --case profiled --results $FOLDER/r -- $MARKS phases "
         "2>/dev/null; " EXPLAIN,
         true,
         0,
         {COLOUR "1mprofiled" COLOUR "0m\r\n", "  fetch\r\n"},
         NULL},
        {"explain, NO_COLOR", "NO_COLOR=1 " EXPLAIN, true, 0, {"profiled\r\n"}, COLOUR},
        {"explain, in a pipe", EXPLAIN, false, 0, {"profiled\n"}, COLOUR},
        {"explain, no such colour",
         EXPLAIN "--color red",
         false,
         2,
         {"heapgate explain: --color: unknown \"red\"; there are auto, always and never\n"},
         NULL},
    };
    expect(rows, COUNT(rows));
}

/* A program that marks a phase and then sleeps is looked at by the number that it says. */
static void top_shows_a_run_that_goes_on(void **state) {
    (void)state;
#define START(engine)                                                                              \
    "rm -f $FOLDER/pid; $HEAPGATE run --engine " engine " --case topped --results $FOLDER/r -- "   \
    "$MARKS wait $FOLDER/pid >/dev/null 2>&1 & heapgate=$!; "                                      \
    "while [ ! -s $FOLDER/pid ]; do sleep 0.05; done; pid=$(cat $FOLDER/pid); "
#define STOP "; status=$?; kill $pid; wait; exit $status"
    static const struct row rows[] = {
        {"once",
         START("count") "$HEAPGATE top --once $pid" STOP,
         false,
         0,
         {"marks (process ", "), case topped, 0:0", ", 12,000 units, in waiting\n",
          "  live               1,000,000 B   976.6 KiB\n  peak               3,000,000 B"},
         "who holds"},
        {"once, profiled",
         START("profile") "$HEAPGATE top --once $pid" STOP,
         false,
         0,
         {"  who holds the memory now, of 1,000,000 B:\n",
          "1,000,000 B  100.0%           1  wait_for_the_end (marks.c:"},
         NULL},
        {"the whole run",
         START("count") "$HEAPGATE top --once $heapgate" STOP,
         false,
         0,
         {"marks (process "},
         NULL},
        {"lines",
         START("count") "timeout -s INT 1 $HEAPGATE top --interval 200 $pid" STOP,
         false,
         124,
         {", in waiting: live 1,000,000 B, peak 3,000,000 B, rss ", " allocations, +0 B/s\n"},
         COLOUR},
        {"a page",
         START("count") "timeout -s INT 1 $HEAPGATE top --interval 200 $pid" STOP,
         true,
         124,
         {"\033[2J\033[H", "+0 B/s\033[K\r\n", "\033[J\033[H"},
         NULL},
        {"until the end",
         START("count") "(sleep 0.5; kill $pid) & $HEAPGATE top --interval 100 $pid",
         false,
         0,
         {" has ended\n"},
         NULL},
        {"no such process",
         "$HEAPGATE top 2147483647",
         false,
         3,
         {"heapgate top: there is no process 2147483647\n"},
         NULL},
        {"not under heapgate",
         "$HEAPGATE top $$",
         false,
         3,
         {"heapgate top: process ", " was not started under heapgate run\n"},
         NULL},
        {"not a number",
         "$HEAPGATE top job",
         false,
         2,
         {"heapgate top: \"job\" is not the number of a process\n"},
         NULL},
        {"no number",
         "$HEAPGATE top",
         false,
         2,
         {"heapgate top: expected the number of one process: see heapgate top --help\n"},
         NULL},
        {"no interval",
         "$HEAPGATE top --interval 0 1",
         false,
         2,
         {"heapgate top: --interval: expected 1 to 3600000 ms\n"},
         NULL},
        {"a record that is none",
         "HEAPGATE_RECORD=/etc/passwd sh -c '$HEAPGATE top $$'",
         false,
         3,
         {"heapgate top: the record of process ", " cannot be read: Invalid argument\n"},
         NULL},
        {"a heapgate that is gone",
         "HEAPGATE_RECORD=/proc/2147483647/fd/3 sh -c '$HEAPGATE top $$'",
         false,
         3,
         {"heapgate top: the heapgate that started process ",
          " is gone: No such file or directory\n"},
         NULL},
        {"help", "$HEAPGATE top --help", false, 0, {"usage: heapgate top "}, NULL},
    };
    expect(rows, COUNT(rows));
}

/* Only root can stop being allowed to. */
static void what_is_not_permitted_is_said(void **state) {
    (void)state;
    static const struct row row = {"another user's",
                                   "chmod 755 $FOLDER; cp $HEAPGATE $FOLDER/heapgate; "
                                   "su nobody -s /bin/sh -c \"$FOLDER/heapgate top $$\"",
                                   false,
                                   3,
                                   {" cannot be looked at: Permission denied\n"},
                                   NULL};
    if (geteuid() != 0) {
        print_message("not permitted: needs root to become somebody else\n");
        skip();
    }
    expect(&row, 1);
}

static int set_up(void **state) {
    (void)state;
    char path[64];
    static const char budgets[] = "schema: 1\ncases:\n  over: { peak: 1 }\n";
    if (mkdtemp(folder) == NULL)
        return -1;
    setenv("FOLDER", folder, 1);
    setenv("HEAPGATE", TERMINAL_HEAPGATE, 1);
    setenv("ROWSTREAM", TERMINAL_ROWSTREAM, 1);
    setenv("MARKS", MARKS_PROGRAM, 1);
    unsetenv("NO_COLOR");
    snprintf(path, sizeof path, "%s/app.yaml", folder);
    return file_write(path, budgets, sizeof budgets - 1, NULL) ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    return file_remove_tree(folder, NULL) ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_work_shows_itself),
        cmocka_unit_test(colours_are_for_terminals),
        cmocka_unit_test(top_shows_a_run_that_goes_on),
        cmocka_unit_test(what_is_not_permitted_is_said),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
