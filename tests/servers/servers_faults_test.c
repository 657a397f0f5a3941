/* What ends a dump or a load half-way: a signal, a closed pipe, a full disk, a connection or a
 * whole server that is gone. Each is one clear message and a failure; no file is left that looks
 * whole, and no table is half loaded. usage: servers_faults_test sqlite|postgresql|mysql */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "support.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

enum { ROWS = 20000, LIMIT_SECONDS = 30 };

static bool is_sqlite;
static const char *const lost[2][2] = {
    {"server closed the connection unexpectedly", "terminating connection"},
    {"Lost connection to server", "Server has gone away"}};
static char quoted_url[SERVER_URL_BYTES + 2];

/* ---- A command, and what became of it ---- */

/* Starts "sh -c command" in a process group of its own, with its messages in the file "errors". */
static pid_t start(const char *command) {
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        signal(SIGPIPE, SIG_DFL);
        if (freopen("errors", "w", stderr) != NULL)
            execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(99);
    }
    assert_true(pid > 0);
    return pid;
}

/* Waits for its end: a hang is a failure of its own. */
static int await(pid_t pid, const char *command) {
    for (int i = 0; i < LIMIT_SECONDS * 100; i++) {
        int status;
        if (waitpid(pid, &status, WNOHANG) == pid)
            return status;
        usleep(10000);
    }
    kill(-pid, SIGKILL);
    waitpid(pid, NULL, 0);
    fail_msg("%s: still running after %d seconds", command, LIMIT_SECONDS);
    return 0;
}

/* Of a connection that is gone the client says one of two things, by when it notices. */
static void assert_message(const char *command, const char *wanted, const char *or_else) {
    struct buffer line = BUFFER_INIT(1 << 16);
    /* A shell that a signal has ended may be gone before the command that it ran. */
    for (int i = 0; i < LIMIT_SECONDS * 100 && line.length == 0; i++) {
        if (i > 0)
            usleep(10000);
        assert_true(file_read("errors", &line, NULL));
    }
    bool told = line.length > 0 && (strstr(line.bytes, wanted) != NULL ||
                                    (or_else != NULL && strstr(line.bytes, or_else) != NULL));
    if (!told || strchr(line.bytes, '\n') != line.bytes + line.length - 1)
        fail_msg("%s: wanted one line with\n%s\ngot\n%s", command, wanted,
                 line.length > 0 ? line.bytes : "nothing");
    buffer_fini(&line);
}

static void assert_no_output(const char *command) {
    if (system("ls out.* >/dev/null 2>&1") == 0)
        fail_msg("%s: an output is left", command);
}

/* How many rows a table has: 0 too when it is being made. */
static void assert_rows(const char *table, const char *wanted) {
    char text[128];
    struct buffer got = BUFFER_INIT(1 << 16);
    snprintf(text, sizeof text, "SELECT COUNT(*) AS id FROM %s", table);
    query(text, &got);
    assert_non_null(strstr(got.bytes, wanted));
    buffer_fini(&got);
}

/* ---- The tables ---- */

static int set_up(void **state) {
    if (support_set_up(state) != 0)
        return 1;
    if (is_sqlite)
        snprintf(url, sizeof url, "sqlite:test.sqlite3");
    snprintf(quoted_url, sizeof quoted_url, "'%s'", url);
    seed(url, "fault_from", "a text, b text, c text", ROWS);
    seed(url, "fault_to", "a text, b text, c text", 0);
    char command[2 * SERVER_URL_BYTES];
    snprintf(command, sizeof command,
             ROWSTREAM " dump %s --query 'SELECT * FROM fault_from ORDER BY id' --model fault.to "
                       "--format json -o document.json",
             quoted_url);
    return system(command) == 0 ? 0 : 1;
}

static int tear_down(void **state) {
    if (!is_sqlite) {
        drop("fault_from");
        drop("fault_to");
    }
    return support_tear_down(state);
}

/* ---- The faults ---- */

/* Until a load has taken most of the first megabyte of its document from a pipe. */
static void await_middle(void) {
    for (int i = 0; i < LIMIT_SECONDS * 100 && access("under-way", F_OK) != 0; i++)
        usleep(10000);
    assert_int_equal(unlink("under-way"), 0);
}

/* A dump or a load that waits in the middle of its work: its other end is a pipe that stands
 * still. */
static void a_signal_ends_it_cleanly(void **state) {
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < COUNT(signals); i++) {
        char command[2 * SERVER_URL_BYTES];
        snprintf(command, sizeof command,
                 "(head -c 1000000 document.json; touch under-way; sleep %d) | { exec " ROWSTREAM
                 " load %s - --format json; }",
                 LIMIT_SECONDS, quoted_url);
        pid_t pid = start(command);
        await_middle();
        kill(-pid, signals[i]);
        await(pid, command);
        assert_message(command, "rowstream: interrupted\n", NULL);
        assert_rows("fault_to", "\"pk\": 0,");
        snprintf(command, sizeof command,
                 "exec " ROWSTREAM " dump %s --format yaml -o out.yaml --table fault_from "
                 "--document tree",
                 quoted_url);
        pid = start(command);
        while (system("ls out.yaml.* >/dev/null 2>&1") != 0 && kill(pid, 0) == 0 &&
               waitpid(pid, NULL, WNOHANG) == 0)
            usleep(1000);
        kill(pid, signals[i]);
        int status = await(pid, command);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != signals[i])
            fail_msg("%s: ended with 0x%x, not by signal %d", command, (unsigned)status,
                     signals[i]);
        assert_message(command, "rowstream: interrupted\n", NULL);
        assert_no_output(command);
    }
}

static void a_closed_pipe_is_an_error(void **state) {
    (void)state;
    char command[2 * SERVER_URL_BYTES];
    snprintf(command, sizeof command,
             "{ " ROWSTREAM " dump %s --format json --table fault_from; echo $? >status; } | "
             "head -c 100 >/dev/null; exit $(cat status)",
             quoted_url);
    int status = await(start(command), command);
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_message(command, "standard output: cannot write: Broken pipe", NULL);
}

/* A limit of the file's size stands for a disk that is full: it says "File too large". */
static void a_full_disk_is_an_error(void **state) {
    (void)state;
    char command[2 * SERVER_URL_BYTES];
    snprintf(command, sizeof command,
             "trap '' XFSZ; ulimit -f 100; " ROWSTREAM " dump %s --format json --table fault_from "
             "-o out.json",
             quoted_url);
    int status = await(start(command), command);
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_message(command, "out.json: cannot write: File too large", NULL);
    assert_no_output(command);
    if (!is_sqlite)
        return;
    snprintf(command, sizeof command,
             "trap '' XFSZ; cp test.sqlite3 small.sqlite3; ulimit -f $(($(stat -c %%s "
             "small.sqlite3) / 512 + 100)); " ROWSTREAM " load sqlite:small.sqlite3 document.json");
    status = await(start(command), command);
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_message(command, "rowstream: ", NULL);
    assert_int_equal(system(ROWSTREAM " dump sqlite:small.sqlite3 --table fault_to --format json "
                                      ">small.json"),
                     0);
    struct buffer left = BUFFER_INIT(1 << 20);
    assert_true(file_read("small.json", &left, NULL));
    assert_string_equal(left.bytes, "[]");
    buffer_fini(&left);
}

/* The server ends rowstream's connection while a load waits for more of its document. */
static void a_connection_lost_while_loading_is_an_error(void **state) {
    (void)state;
    char command[2 * SERVER_URL_BYTES];
    snprintf(command, sizeof command,
             "(head -c 1000000 document.json; sleep 1; tail -c +1000001 document.json) | " ROWSTREAM
             " load %s - --format json",
             quoted_url);
    pid_t pid = start(command);
    usleep(500000);
    sql(is_mysql
            ? "BEGIN NOT ATOMIC DECLARE s TEXT; SELECT CONCAT('KILL ', id) INTO s FROM "
              "information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID() "
              "LIMIT 1; EXECUTE IMMEDIATE s; END"
            : "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
              "'rowstream' AND pid <> pg_backend_pid()");
    int status = await(pid, command);
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_message(command, lost[is_mysql][0], lost[is_mysql][1]);
    assert_rows("fault_to", "\"pk\": 0,");
}

static void a_killed_server_is_an_error(void **state) {
    (void)state;
    static const char *const verbs[] = {"dump", "load"};
    for (size_t i = 0; i < COUNT(verbs); i++) {
        char command[1024];
        snprintf(command, sizeof command,
                 KILL_SERVER " " CI_SERVERS " " ROWSTREAM " %s %s document.json",
                 is_mysql ? "MYSQL" : "POSTGRESQL", verbs[i]);
        int status = await(start(command), command);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
            fail_msg("%s: ended with 0x%x, wanted status 1", command, (unsigned)status);
        assert_message(command, lost[is_mysql][0], lost[is_mysql][1]);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_ends_it_cleanly),
        cmocka_unit_test(a_closed_pipe_is_an_error),
        cmocka_unit_test(a_full_disk_is_an_error),
        /* Of servers only: */
        cmocka_unit_test(a_connection_lost_while_loading_is_an_error),
        cmocka_unit_test(a_killed_server_is_an_error),
    };
    is_sqlite = argc == 2 && strcmp(argv[1], "sqlite") == 0;
    int found = is_sqlite ? 0 : support_begin(argc, argv);
    size_t count = COUNT(tests) - (is_sqlite ? 2 : 0);
    return found != 0 ? found : _cmocka_run_group_tests("faults", tests, count, set_up, tear_down);
}
