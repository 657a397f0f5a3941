#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
static void take_signals(struct dispositions *saved) {
    struct sigaction action;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &saved->mask);
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    for (int i = 0; i < OUTLIVED; i++)
        sigaction(outlived[i], &action, &saved->outlived[i]);
    action.sa_handler = forward;
    action.sa_flags = SA_RESTART;
    for (int i = 0; i < FORWARDED; i++) {
        sigaction(forwarded[i], NULL, &saved->forwarded[i]);
        if (saved->forwarded[i].sa_handler != SIG_IGN) /* nohup stays nohup */
            sigaction(forwarded[i], &action, NULL);
    }
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
    take_signals(&saved);
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
    while (pid > 0 && wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
        ;
    child_pid = 0;
    restore_signals(&saved);
    if (pid < 0 || got == (ssize_t)sizeof reason) {
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
