#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/guard.h"

/* A terminal sends these to the whole foreground group, the command included: passing them on would
 * deliver them twice, so this process only outlives them. */
static const int outlived[] = {SIGINT, SIGQUIT};
/* These reach one process: they are meant for the command. */
static const int forwarded[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT, SIGWINCH};
enum {
    OUTLIVED = sizeof outlived / sizeof outlived[0],
    FORWARDED = sizeof forwarded / sizeof forwarded[0]
};

static volatile sig_atomic_t child_pid;
static volatile sig_atomic_t watched_count;
static volatile sig_atomic_t interrupted, terminated; /* one of the former came, or of the latter */

static void count_watched(int signal_number) {
    (void)signal_number;
    watched_count++;
}

static void forward(int signal_number) {
    int saved = errno;
    if (signal_number == SIGTERM || signal_number == SIGHUP)
        terminated = 1;
    if (child_pid > 0)
        kill((pid_t)child_pid, signal_number);
    errno = saved;
}

static void note_interrupt(int signal_number) {
    (void)signal_number;
    interrupted = 1;
}

struct dispositions {
    struct sigaction outlived[OUTLIVED];
    struct sigaction forwarded[FORWARDED];
    sigset_t mask;
};

static struct sigaction file_limit_before;
static bool outlives_file_limit;

void process_outlive_file_limit(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    outlives_file_limit = sigaction(SIGXFSZ, &action, &file_limit_before) == 0;
}

/* Leaves all blocked, for the caller to release: one that comes between fork and the moment when
 * child_pid is known must wait, not get lost. */
static void take_signals(const struct process_watch *watch, struct dispositions *saved) {
    struct sigaction action;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &saved->mask);
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = note_interrupt;
    action.sa_flags = SA_RESTART;
    for (int i = 0; i < OUTLIVED; i++) {
        sigaction(outlived[i], NULL, &saved->outlived[i]);
        if (saved->outlived[i].sa_handler != SIG_IGN)
            sigaction(outlived[i], &action, NULL);
    }
    for (int i = 0; i < FORWARDED; i++) {
        sigaction(forwarded[i], NULL, &saved->forwarded[i]);
        action.sa_handler =
            watch != NULL && forwarded[i] == watch->signal ? count_watched : forward;
        if (saved->forwarded[i].sa_handler != SIG_IGN) /* nohup stays nohup */
            sigaction(forwarded[i], &action, NULL);
    }
    watched_count = interrupted = terminated = 0;
}

static void restore_signals(const struct dispositions *saved) {
    for (int i = 0; i < OUTLIVED; i++)
        sigaction(outlived[i], &saved->outlived[i], NULL);
    for (int i = 0; i < FORWARDED; i++)
        sigaction(forwarded[i], &saved->forwarded[i], NULL);
    sigprocmask(SIG_SETMASK, &saved->mask, NULL);
}

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Returns when the command has ended. Looks on meanwhile: at each full interval, whatever else it
 * woke for. */
static void look_on(const struct process_watch *watch, const struct guard *guard) {
    sigset_t watched, before;
    struct pollfd fds[] = {{.fd = guard->fd, .events = POLLIN},
                           {.fd = watch->fd, .events = POLLIN}};
    uint64_t next_ms = now_ms();
    sigemptyset(&watched);
    if (watch->signal != 0)
        sigaddset(&watched, watch->signal);
    sigprocmask(SIG_BLOCK, &watched, &before); /* it comes while polling, not just before */
    while (fds[0].revents == 0) {
        uint64_t now = now_ms();
        watch->look(watch->context, guard->command_pid, (unsigned)watched_count);
        while (watch->interval_ms > 0 && next_ms <= now)
            next_ms += watch->interval_ms;
        uint64_t wait_ms = watch->interval_ms > 0 ? next_ms - now : 0;
        struct timespec timeout = {(time_t)(wait_ms / 1000), (long)(wait_ms % 1000 * 1000000)};
        if (ppoll(fds, 2, watch->interval_ms > 0 ? &timeout : NULL, &before) < 0)
            fds[0].revents = 0; /* interrupted */
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
}

bool process_find_program(const char *name, char *path, size_t path_bytes) {
    if (strchr(name, '/') != NULL) {
        if ((size_t)snprintf(path, path_bytes, "%s", name) >= path_bytes) {
            errno = ENAMETOOLONG;
            return false;
        }
        return access(path, X_OK) == 0;
    }
    const char *folders = getenv("PATH");
    if (folders == NULL)
        folders = "/usr/local/bin:/usr/bin:/bin";
    int reason = ENOENT;
    while (*name != '\0') {
        size_t length = strcspn(folders, ":");
        int written = snprintf(path, path_bytes, "%.*s%s%s", (int)length, folders,
                               length > 0 ? "/" : "", name);
        struct stat status;
        if (written > 0 && (size_t)written < path_bytes && stat(path, &status) == 0 &&
            S_ISREG(status.st_mode)) {
            if (access(path, X_OK) == 0)
                return true;
            reason = EACCES;
        }
        if (folders[length] == '\0')
            break;
        folders += length + 1;
    }
    errno = reason;
    return false;
}

/* ---- The command's own process, between fork and exec ---- */

struct birth {
    const struct process_command *command;
    const char *path;
    const struct dispositions *saved;
};

static int become(void *context) {
    const struct birth *birth = context;
    const struct process_command *command = birth->command;
    restore_signals(birth->saved);
    if (outlives_file_limit)
        sigaction(SIGXFSZ, &file_limit_before, NULL);
    for (size_t i = 0; command->unset != NULL && command->unset[i] != NULL; i++)
        unsetenv(command->unset[i]);
    for (size_t i = 0; command->set != NULL && command->set[i] != NULL; i++)
        putenv((char *)(uintptr_t)command->set[i]);
    int nowhere = command->silent ? open("/dev/null", O_RDWR) : -1;
    for (int stream = 0; nowhere >= 0 && stream <= STDERR_FILENO; stream++)
        dup2(nowhere, stream);
    if (nowhere > STDERR_FILENO)
        close(nowhere);
    execvp(birth->path, command->argv);
    return errno;
}

/* ---- Around it ---- */

/* What a terminal's Ctrl-C meant is the command's to say: one that ends well was not cut off. */
static bool was_cut_off(int status) {
    return terminated || (interrupted && !(WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

static void fill_outcome(const struct guard_end *end, struct process_outcome *outcome) {
    outcome->rss_bytes = (uint64_t)end->used.ru_maxrss * 1024;
    if (WIFSIGNALED(end->status))
        outcome->signal = WTERMSIG(end->status);
    else
        outcome->exit_status = WEXITSTATUS(end->status);
}

bool process_run(const struct process_command *command, struct process_outcome *outcome,
                 struct error *error) {
    char path[PATH_MAX];
    *outcome = (struct process_outcome){.pid = -1, .exit_status = -1};
    if (!process_find_program(command->argv[0], path, sizeof path)) {
        error_set(error, "cannot run %s: %s", command->argv[0],
                  errno == ENOENT && strchr(command->argv[0], '/') == NULL ? "command not found"
                                                                           : strerror(errno));
        return false;
    }

    struct dispositions saved;
    struct birth birth = {command, path, &saved};
    struct guard guard = {0};
    struct guard_end end;
    uint64_t start_ms = now_ms();
    child_pid = 0;
    take_signals(command->watch, &saved);
    int reason = guard_start(&guard, become, &birth);
    child_pid = guard.command_pid;
    sigprocmask(SIG_SETMASK, &saved.mask, NULL);

    if (reason == 0 && command->watch != NULL)
        look_on(command->watch, &guard);
    bool ended = reason == 0 && guard_wait(&guard, &end);
    child_pid = 0;
    if (ended)
        outcome->wall_ms = now_ms() - start_ms;
    if (reason == 0)
        guard_stop(&guard, !ended || was_cut_off(end.status), &outcome->left);
    restore_signals(&saved);
    if (reason != 0) {
        error_set(error, "cannot run %s: %s", command->argv[0], strerror(reason));
        return false;
    }
    if (!ended) {
        error_set(error, "cannot run %s: the process that guards it was killed", command->argv[0]);
        return false;
    }
    outcome->pid = guard.command_pid;
    fill_outcome(&end, outcome);
    return true;
}
