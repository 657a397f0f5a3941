#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A terminal sends these to the whole foreground group, the child included: passing them on would
 * deliver them twice, so the parent only outlives them. */
static const int outlived[] = {SIGINT, SIGQUIT};
/* These reach one process: they are meant for the child. */
static const int forwarded[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT, SIGWINCH};
enum {
    OUTLIVED = sizeof outlived / sizeof outlived[0],
    FORWARDED = sizeof forwarded / sizeof forwarded[0]
};

static volatile sig_atomic_t child_pid;
static volatile sig_atomic_t watched_count;

static void count_watched(int signal_number) {
    (void)signal_number;
    watched_count++;
}

static void forward(int signal_number) {
    int saved = errno;
    if (child_pid > 0)
        kill((pid_t)child_pid, signal_number);
    errno = saved;
}

struct dispositions {
    struct sigaction outlived[OUTLIVED];
    struct sigaction forwarded[FORWARDED];
    sigset_t mask;
};

/* Leaves all blocked, for the caller to release: one that comes between fork and the moment when
 * child_pid is known must wait, not get lost. */
static void take_signals(const struct process_watch *watch, struct dispositions *saved) {
    struct sigaction action;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &saved->mask);
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    for (int i = 0; i < OUTLIVED; i++)
        sigaction(outlived[i], &action, &saved->outlived[i]);
    action.sa_flags = SA_RESTART;
    for (int i = 0; i < FORWARDED; i++) {
        sigaction(forwarded[i], NULL, &saved->forwarded[i]);
        action.sa_handler =
            watch != NULL && forwarded[i] == watch->signal ? count_watched : forward;
        if (saved->forwarded[i].sa_handler != SIG_IGN) /* nohup stays nohup */
            sigaction(forwarded[i], &action, NULL);
    }
    watched_count = 0;
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

/* As wait4 without options. Looks on meanwhile: at each full interval, whatever else it woke for. */
static pid_t watch_child(const struct process_watch *watch, pid_t pid, int *status,
                         struct rusage *used) {
    enum { WITHOUT_PIDFD_MS = 10 };
    sigset_t watched, before;
    int pidfd = pidfd_open(pid, 0); /* where there is none, time alone wakes it */
    struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN}, {.fd = watch->fd, .events = POLLIN}};
    uint64_t next_ms = now_ms();
    pid_t ended;
    sigemptyset(&watched);
    if (watch->signal != 0)
        sigaddset(&watched, watch->signal);
    sigprocmask(SIG_BLOCK, &watched, &before); /* it comes while polling, not just before */
    while ((ended = wait4(pid, status, WNOHANG, used)) == 0) {
        uint64_t now = now_ms();
        watch->look(watch->context, pid, (unsigned)watched_count);
        while (watch->interval_ms > 0 && next_ms <= now)
            next_ms += watch->interval_ms;
        int64_t wait_ms = watch->interval_ms > 0 ? (int64_t)(next_ms - now)
                          : pidfd < 0            ? WITHOUT_PIDFD_MS
                                                 : -1;
        struct timespec timeout = {wait_ms / 1000, wait_ms % 1000 * 1000000};
        ppoll(fds, 2, wait_ms >= 0 ? &timeout : NULL, &before);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pidfd >= 0)
        close(pidfd);
    return ended;
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

/* In the child, between fork and exec. */
static _Noreturn void become(const struct process_command *command, const char *path, int report) {
    for (size_t i = 0; command->unset != NULL && command->unset[i] != NULL; i++)
        unsetenv(command->unset[i]);
    for (size_t i = 0; command->set != NULL && command->set[i] != NULL; i++)
        putenv((char *)(uintptr_t)command->set[i]);
    int nowhere = command->silent ? open("/dev/null", O_RDWR) : -1;
    for (int stream = 0; nowhere >= 0 && stream <= STDERR_FILENO; stream++)
        dup2(nowhere, stream);
    if (nowhere > STDERR_FILENO)
        close(nowhere);
    execvp(path, command->argv);
    int reason = errno;
    if (write(report, &reason, sizeof reason) != sizeof reason)
        _exit(126);
    _exit(127);
}

bool process_run(const struct process_command *command, struct process_outcome *outcome,
                 struct error *error) {
    char path[PATH_MAX];
    int report[2];
    *outcome = (struct process_outcome){.pid = -1, .exit_status = -1};
    if (!process_find_program(command->argv[0], path, sizeof path)) {
        error_set(error, "cannot run %s: %s", command->argv[0],
                  errno == ENOENT && strchr(command->argv[0], '/') == NULL ? "command not found"
                                                                     : strerror(errno));
        return false;
    }
    if (pipe2(report, O_CLOEXEC) != 0) {
        error_set(error, "cannot run %s: %s", command->argv[0], strerror(errno));
        return false;
    }

    struct dispositions saved;
    uint64_t start_ms = now_ms();
    child_pid = 0;
    take_signals(command->watch, &saved);
    pid_t pid = fork();
    if (pid == 0) {
        restore_signals(&saved);
        become(command, path, report[1]);
    }
    int fork_errno = errno;
    child_pid = pid;
    sigprocmask(SIG_SETMASK, &saved.mask, NULL);
    close(report[1]);

    int reason = 0;
    ssize_t got = 0;
    if (pid > 0) {
        do
            got = read(report[0], &reason, sizeof reason);
        while (got < 0 && errno == EINTR);
    }
    close(report[0]);

    int status = 0;
    struct rusage used;
    memset(&used, 0, sizeof used);
    bool started = pid > 0 && got != (ssize_t)sizeof reason;
    if (started && command->watch != NULL)
        watch_child(command->watch, pid, &status, &used);
    else
        while (pid > 0 && wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
            ;
    child_pid = 0;
    restore_signals(&saved);
    if (!started) {
        error_set(error, "cannot run %s: %s", command->argv[0],
                  strerror(pid < 0 ? fork_errno : reason));
        return false;
    }
    outcome->pid = pid;
    outcome->wall_ms = now_ms() - start_ms;
    outcome->rss_bytes = (uint64_t)used.ru_maxrss * 1024;
    if (WIFSIGNALED(status))
        outcome->signal = WTERMSIG(status);
    else
        outcome->exit_status = WEXITSTATUS(status);
    return true;
}
