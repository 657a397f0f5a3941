/* Programs of other people: what works without heapgate works under it and is measured, or it is
 * refused by name; and whatever ends a run, nothing of it is left behind. Each row is a shell
 * command that runs as it is first: where it may fail, and does, the row is left out. */
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

static char folder[] = "/tmp/heapgate-wild.XXXXXX";
static char
    reached[128]; /* a copy of the library in it: others may not look into the build's folder */

/* Its output, until all that has it as its output has ended. Returns the exit status. */
static int run(const char *command, const char *keys, struct buffer *output) {
    char bytes[4096];
    int fds[2], status;
    ssize_t got;
    /* One run measures a case but once. */
    static unsigned runs;
    char run_id[32];
    snprintf(run_id, sizeof run_id, "wild-%u", runs++);
    setenv("HEAPGATE_RUN_ID", run_id, 1);
    assert_true(keys != NULL || pipe(fds) == 0);
    pid_t pid = keys != NULL ? forkpty(&fds[0], NULL, NULL, NULL) : fork();
    if (pid == 0) {
        if (keys == NULL) {
            dup2(fds[1], STDOUT_FILENO);
            dup2(fds[1], STDERR_FILENO);
            close(fds[0]);
            close(fds[1]);
        }
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    if (keys == NULL)
        close(fds[1]);
    buffer_clear(output);
    while ((got = read(fds[0], bytes, sizeof bytes)) > 0) {
        assert_true(buffer_append(output, bytes, (size_t)got));
        assert_true(buffer_append(output, "", 0));
        if (keys != NULL && *keys != '\0' && strstr(output->bytes, "ready") != NULL) {
            assert_int_equal(write(fds[0], keys, strlen(keys)), strlen(keys));
            keys = "";
        }
    }
    assert_true(buffer_append(output, "", 0));
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct row {
    const char *name, *options, *command;
    int status;
    const char *wanted[3];
    const char *unwanted; /* or NULL */
};

static void check_row(const struct row *row, bool may_fail, struct buffer *output) {
    char command[4096];
    int status = run(row->command, NULL, output);
    if (status != 0 && !may_fail)
        fail_msg("%s: without heapgate it ends with %d\n%s", row->name, status, output->bytes);
    if (status != 0) {
        print_message("%s: left out, since without heapgate it ends with %d\n", row->name, status);
        return;
    }
    setenv("COMMAND", row->command, 1);
    if (strstr(row->command, "$FOLDER/wild") != NULL)
        setenv("HEAPGATE_PRELOAD", reached, 1);
    snprintf(command, sizeof command,
             "$HEAPGATE run %s --case wild --results $FOLDER/r -- sh -c "
             "\"$COMMAND\"",
             row->options);
    status = run(command, NULL, output);
    unsetenv("HEAPGATE_PRELOAD");
    if (status != row->status)
        fail_msg("%s: exit status %d, wanted %d\n%s", row->name, status, row->status,
                 output->bytes);
    for (size_t i = 0; i < COUNT(row->wanted) && row->wanted[i] != NULL; i++)
        if (strstr(output->bytes, row->wanted[i]) == NULL)
            fail_msg("%s: no \"%s\" in\n%s", row->name, row->wanted[i], output->bytes);
    if (row->unwanted != NULL && strstr(output->bytes, row->unwanted) != NULL)
        fail_msg("%s: \"%s\" in\n%s", row->name, row->unwanted, output->bytes);
}

/* `may_fail`: as they are, they need programs, or rights, that are not everywhere. */
static void check_rows(const struct row *rows, size_t count, bool may_fail) {
    struct buffer output = BUFFER_INIT(1 << 22);
    for (size_t i = 0; i < count; i++)
        check_row(&rows[i], may_fail, &output);
    buffer_fini(&output);
}

#define BOTH "--engine count,profile"

static void libraries_that_bind_deep_share_the_allocator(void **state) {
    (void)state;
#define CLEARED "note: RTLD_DEEPBIND was cleared in "
    static const struct row rows[] = {
        {"a plugin",
         BOTH,
         "$WILD deep-bind $PLUGIN",
         0,
         {CLEARED "1 of", "peak (profile)"},
         "past the allocator"},
        {"found by its caller's RUNPATH", BOTH, "$WILD run-path $OUTER", 0, {CLEARED "2 of"}, NULL},
        {"a namespace",
         "",
         "$WILD namespace $PLUGIN",
         3,
         {"wild loaded a library into a namespace of its own (dlmopen)"},
         NULL},
        {"a namespace, left out",
         "--allow-uncounted",
         "$WILD namespace $PLUGIN",
         0,
         {"peak"},
         NULL},
    };
    static const struct row php = {"PHP", BOTH,      "php -r 'exit(0);'",
                                   0,     {CLEARED}, "past the allocator"};
    check_rows(rows, COUNT(rows), false);
    check_rows(&php, 1, true);
}

static void blocks_from_past_the_allocator_are_told(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"none", "", "$WILD foreign 0", 0, {"peak"}, "past the allocator"},
        {"few",
         "",
         "$WILD foreign 100",
         0,
         {"foreign                         100   freed blocks"},
         NULL},
        {"many",
         "",
         "$WILD foreign 101",
         3,
         {"wild freed 101 blocks that were allocated past the counting allocator, beside 20000 "
          "calls"},
         NULL},
        {"few of fewer",
         "",
         "$WILD foreign 10 500",
         3,
         {"wild freed 10 blocks that were allocated past"},
         NULL},
        {"many, left out",
         "--allow-uncounted",
         "$WILD foreign 101",
         0,
         {"101   freed blocks"},
         NULL},
    };
    check_rows(rows, COUNT(rows), false);
}

static void a_program_is_noticed_however_it_starts(void **state) {
    (void)state;
#define LOST "not active in a child of the command, "
#define NEVER "subject_static: it never loaded the counting allocator"
    static const struct row rows[] = {
        {"execveat", "", "$WILD execveat $STATIC nothing", 3, {LOST, NEVER}, NULL},
        {"execve by syscall", "", "$WILD raw-execve $STATIC nothing", 3, {LOST, NEVER}, NULL},
        {"execveat by syscall", "", "$WILD raw-execveat $STATIC nothing", 3, {LOST, NEVER}, NULL},
        {"execveat of one that counts",
         "",
         "$WILD execveat $WILD fork-twice",
         0,
         {"8,000,000 B"},
         NULL},
        {"by syscall, one that counts",
         "",
         "$WILD raw-execve $WILD fork-twice",
         0,
         {"8,000,000 B"},
         NULL},
    };
    check_rows(rows, COUNT(rows), false);
}

static void daemons_are_measured(void **state) {
    (void)state;
#define HIGHEST "peak                    8,000,000 B"
    static const struct row rows[] = {
        {"chroot, setuid and closed descriptors", "", "$WILD daemon $FOLDER", 0, {HIGHEST}, NULL},
        {"the same profiled", "--engine profile", "$WILD daemon $FOLDER", 0, {"8,000,000 B"}, NULL},
        {"a PID namespace", BOTH, "unshare -fp --mount-proc $WILD fork-twice", 0, {HIGHEST}, NULL},
        {"bubblewrap",
         "",
         "bwrap --dev-bind / / --unshare-pid --proc /proc $WILD fork-twice",
         0,
         {HIGHEST},
         NULL},
        {"another user",
         "",
         "setpriv --reuid 65534 --clear-groups $FOLDER/wild fork-twice",
         0,
         {HIGHEST},
         NULL},
        {"out of reach",
         "",
         "bash -c 'exec 1000>&- 1001>&- 1002>&-; exec unshare -fp --mount-proc $WILD fork-twice'",
         3,
         {"wild: it never loaded the counting allocator", "another root, user or PID namespace"},
         NULL},
    };
    check_rows(rows, COUNT(rows), true);
}

static void musl_is_refused_by_name(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"a child",
         "",
         "$FOLDER/musl; true",
         3,
         {"hello of musl", "/musl: its C library is musl, and the counting allocator is for glibc"},
         NULL},
        {"a child, left out",
         "--allow-uncounted",
         "$FOLDER/musl; true",
         0,
         {"hello of musl", "left out                          1"},
         NULL},
        {"by its name",
         "",
         "PATH=$FOLDER:$PATH env musl",
         3,
         {"musl: its C library is musl"},
         NULL},
        {"a script", "", "$FOLDER/script; true", 3, {"/script: its C library is musl"}, NULL},
    };
    struct buffer output = BUFFER_INIT(1 << 20);
    if (run("command -v musl-gcc && printf '#include <stdio.h>\\nint main(void) "
            "{ puts(\"hello of musl\"); return 0; }' > $FOLDER/musl.c && "
            "musl-gcc -o $FOLDER/musl $FOLDER/musl.c && "
            "echo \"#!$FOLDER/musl\" > $FOLDER/script && chmod +x $FOLDER/script",
            NULL, &output) != 0) {
        print_message("left out: there is no musl-gcc\n");
        buffer_fini(&output);
        skip();
    }
    check_rows(rows, COUNT(rows), false);
    assert_int_equal(run("$HEAPGATE run --results $FOLDER/r -- $FOLDER/musl", NULL, &output), 3);
    if (strstr(output.bytes, "/musl: its C library is musl (it is loaded by /lib/ld-musl-") == NULL)
        fail_msg("%s", output.bytes);
    buffer_fini(&output);
}

/* The limit is of heapgate too, so these run in a shell of their own: bash's unit of file sizes is
 * 1,024 bytes. */
static void limits_leave_a_figure_or_a_reason(void **state) {
    (void)state;
    static const struct {
        const char *name, *command;
        int status;
        const char *wanted;
    } rows[] = {
        {"file size, soft", "ulimit -Sf 2000; $RUN -- bash -c '[ $(ulimit -f) = 2000 ]'", 0,
         "peak"},
        {"file size, soft, profiled", "ulimit -Sf 2000; $RUN --engine profile -- $WILD fork-twice",
         0, "8,000,000 B"},
        {"file size, one process", "ulimit -f 2000; $RUN -- $WILD foreign 0", 0, "peak"},
        {"file size, too small", "ulimit -f 8; $RUN -- $WILD foreign 0", 3,
         "cannot make the shared record: files may have 8192 bytes here (ulimit -f), and it "
         "needs "},
        {"no files", "ulimit -f 0; $RUN --engine profile -- $WILD foreign 0", 3,
         "cannot make the shared profile: files may have 0 bytes here (ulimit -f), and it needs "},
        {"address space", "ulimit -v 200000; $RUN -- $WILD fork-twice", 0, "8,000,000 B"},
        {"address space, profiled", "ulimit -v 200000; $RUN --engine profile -- $WILD fork-twice",
         3,
         "cannot read the call stacks: Cannot allocate memory (is the address space limited, "
         "ulimit -v?"},
        {"locked memory", "$RUN -- $WILD lock", 0, "peak"},
        {"locked memory, profiled", "$RUN --engine profile -- $WILD lock", 0, "peak"},
    };
    struct buffer output = BUFFER_INIT(1 << 20);
    bool may_lock = run("$WILD lock", NULL, &output) == 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!may_lock && strstr(rows[i].name, "locked") != NULL)
            continue;
        setenv("SCRIPT", rows[i].command, 1);
        int status = run("bash -c \"$SCRIPT\"", NULL, &output);
        if (status != rows[i].status || strstr(output.bytes, rows[i].wanted) == NULL)
            fail_msg("%s: exit status %d, wanted %d and \"%s\"\n%s", rows[i].name, status,
                     rows[i].status, rows[i].wanted, output.bytes);
    }
    buffer_fini(&output);
}

/* The command writes the numbers of its processes to $FOLDER/pids before it waits; none of them may
 * be there at the end. A shell would wait for ever for one that is left. */
#define GONE                                                                                       \
    "; status=$?; for pid in $(cat $FOLDER/pids); do tries=0; while kill -0 $pid 2>/dev/null; do " \
    "tries=$((tries + 1)); if [ $tries = 100 ]; then echo left $pid; kill -9 $pid; exit 99; fi; "  \
    "sleep 0.1; done; done; exit $status"
#define STARTED "while [ ! -s $FOLDER/pids ]; do sleep 0.02; done; "
#define FAMILY                                                                                     \
    "$RUN -- sh -c 'rm -f $FOLDER/pids; sleep 300 >/dev/null 2>&1 & one=$!; "                      \
    "setsid sleep 300 >/dev/null 2>&1 & two=$!; (trap \"\" TERM INT HUP; exec sleep 300) "         \
    ">/dev/null 2>&1 & echo $one $two $! > $FOLDER/new; mv $FOLDER/new $FOLDER/pids; "

static void nothing_is_left_of_a_run_that_is_cut_off(void **state) {
    (void)state;
    static const struct {
        const char *name, *command, *keys;
        int status;
    } rows[] = {
        {"SIGTERM",
         "rm -f $FOLDER/pids; " FAMILY "wait' & run=$!; " STARTED "kill -TERM $run; wait $run" GONE,
         NULL, 3},
        {"SIGHUP",
         "rm -f $FOLDER/pids; " FAMILY "wait' & run=$!; " STARTED "kill -HUP $run; wait $run" GONE,
         NULL, 3},
        {"SIGKILL",
         "rm -f $FOLDER/pids; " FAMILY "wait' & run=$!; " STARTED "kill -KILL $run; wait $run" GONE,
         NULL, 137},
        {"a timeout", "rm -f $FOLDER/pids; timeout -s KILL 1 " FAMILY "wait'" GONE, NULL, 137},
        {"Ctrl-C", "rm -f $FOLDER/pids; trap : INT; " FAMILY "echo ready; wait'" GONE, "\003", 3},
        {"a command that is killed", "rm -f $FOLDER/pids; " FAMILY "kill -KILL $$'" GONE, NULL, 3},
    };
    struct buffer output = BUFFER_INIT(1 << 20);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = run(rows[i].command, rows[i].keys, &output);
        if (status != rows[i].status)
            fail_msg("%s: exit status %d, wanted %d\n%s", rows[i].name, status, rows[i].status,
                     output.bytes);
    }
    buffer_fini(&output);
}

static void what_a_command_leaves_running_is_told(void **state) {
    (void)state;
#define LEAVE                                                                                      \
    "-- sh -c 'sleep 300 >/dev/null 2>&1 & echo $! > $FOLDER/pids'; status=$?; "                   \
    "kill $(cat $FOLDER/pids) && exit $status"
    static const struct {
        const char *name, *command;
        int status;
        const char *wanted;
    } rows[] = {
        {"left", "$RUN " LEAVE, 3,
         "heapgate: count: the command sh ended and left sleep (process "},
        {"left out", "$RUN --allow-uncounted " LEAVE, 0, "peak"},
        {"about to end", "$RUN -- sh -c 'sleep 0.2 >/dev/null 2>&1 &'", 0, "peak"},
    };
    struct buffer output = BUFFER_INIT(1 << 20);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = run(rows[i].command, NULL, &output);
        if (status != rows[i].status || strstr(output.bytes, rows[i].wanted) == NULL)
            fail_msg("%s: exit status %d, wanted %d and \"%s\"\n%s", rows[i].name, status,
                     rows[i].status, rows[i].wanted, output.bytes);
    }
    buffer_fini(&output);
}

/* The command stays in the foreground group of its terminal: it may read, and Ctrl-Z stops it
 * together with heapgate. */
static void a_terminal_controls_its_jobs(void **state) {
    (void)state;
    struct buffer output = BUFFER_INIT(1 << 20);
    static const char command[] =
        "bash -c 'set -m; $RUN -- sh -c \"echo ready; read line; echo got \\$line; kill -TSTP 0; "
        "echo went on\"; echo stopped: $?; fg; echo ended: $?'";
    int status = run(command, "typed\n", &output);
    if (status != 0 || strstr(output.bytes, "got typed") == NULL ||
        strstr(output.bytes, "stopped: 148") == NULL || strstr(output.bytes, "went on") == NULL ||
        strstr(output.bytes, "ended: 0") == NULL)
        fail_msg("exit status %d\n%s", status, output.bytes);
    buffer_fini(&output);
}

/* The same program says the same, whichever allocator is behind. */
static void odd_requests_are_answered_as_by_the_next_allocator(void **state) {
    (void)state;
    static const char *const libraries[] = {"", WILD_ALLOCATORS};
    struct buffer plain = BUFFER_INIT(1 << 20), counted = BUFFER_INIT(1 << 20);
    for (size_t i = 0; i < COUNT(libraries); i++) {
        setenv("BEHIND", libraries[i], 1);
        setenv("NAME", i == 0 ? "glibc" : "other", 1);
        assert_int_equal(run("LD_PRELOAD=$BEHIND $WILD odd $NAME", NULL, &plain), 0);
        assert_int_equal(
            run("LD_PRELOAD=$BEHIND $RUN -- $WILD odd $NAME 2>/dev/null", NULL, &counted), 0);
        if (strcmp(plain.bytes, counted.bytes) != 0)
            fail_msg("%s:\n%s\nunder heapgate:\n%s", libraries[i], plain.bytes, counted.bytes);
    }
    buffer_fini(&plain);
    buffer_fini(&counted);
}

static int set_up(void **state) {
    (void)state;
    char command[1024];
    if (mkdtemp(folder) == NULL)
        return -1;
    setenv("FOLDER", folder, 1);
    setenv("HEAPGATE", WILD_HEAPGATE, 1);
    snprintf(command, sizeof command, WILD_HEAPGATE " run --case wild --results %s/r", folder);
    setenv("RUN", command, 1);
    setenv("WILD", WILD_PROGRAM, 1);
    setenv("PLUGIN", WILD_PLUGIN, 1);
    setenv("OUTER", WILD_OUTER, 1);
    setenv("STATIC", WILD_STATIC, 1);
    snprintf(reached, sizeof reached, "%s/libheapgate_preload.so", folder);
    snprintf(command, sizeof command,
             "chmod 711 $FOLDER && install -m 755 %s %s && install -m 755 $WILD $FOLDER/wild",
             WILD_PRELOAD, reached);
    return system(command) == 0 ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    return file_remove_tree(folder, NULL) ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libraries_that_bind_deep_share_the_allocator),
        cmocka_unit_test(blocks_from_past_the_allocator_are_told),
        cmocka_unit_test(a_program_is_noticed_however_it_starts),
        cmocka_unit_test(daemons_are_measured),
        cmocka_unit_test(musl_is_refused_by_name),
        cmocka_unit_test(limits_leave_a_figure_or_a_reason),
        cmocka_unit_test(nothing_is_left_of_a_run_that_is_cut_off),
        cmocka_unit_test(what_a_command_leaves_running_is_told),
        cmocka_unit_test(a_terminal_controls_its_jobs),
        cmocka_unit_test(odd_requests_are_answered_as_by_the_next_allocator),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
