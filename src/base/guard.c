#include "base/guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the guard says first. */
struct start {
    int reason; /* 0, or the errno of what failed */
    pid_t pid;
};

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- In the guard: the processes below it ---- */

enum { PROCESSES_MAX = 1 << 16 };

struct process {
    pid_t pid, parent_pid;
    char name[GUARD_NAME_BYTES];
    bool ended, below;
};

/* "PID (NAME) STATE PARENT ...", where a name may hold anything. */
static bool read_process(const char *number, struct process *process) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%.20s/stat", number);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (got <= 0)
        return false;
    text[got] = '\0';
    const char *name = strchr(text, '('), *name_end = strrchr(text, ')');
    char state;
    int parent;
    if (name == NULL || name_end == NULL || sscanf(name_end + 1, " %c %d", &state, &parent) != 2)
        return false;
    *process = (struct process){
        .pid = (pid_t)atoi(number), .parent_pid = parent, .ended = state == 'Z' || state == 'X'};
    snprintf(process->name, sizeof process->name, "%.*s", (int)(name_end - name - 1), name + 1);
    return true;
}

static bool is_below(const struct process *processes, size_t count, pid_t parent_pid, pid_t top) {
    if (parent_pid == top)
        return true;
    for (size_t i = 0; i < count; i++)
        if (processes[i].pid == parent_pid)
            return processes[i].below;
    return false;
}

/* All that run below the guard. Free with free(); NULL and 0 when there are none. */
static struct process *list_below(size_t *below) {
    struct process *processes = NULL;
    size_t count = 0, capacity = 0;
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    while (folder != NULL && count < PROCESSES_MAX && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        if (count == capacity) {
            capacity = capacity == 0 ? 256 : 2 * capacity;
            struct process *more = reallocarray(processes, capacity, sizeof *more);
            if (more == NULL)
                break;
            processes = more;
        }
        count += read_process(entry->d_name, &processes[count]);
    }
    if (folder != NULL)
        closedir(folder);
    pid_t own = getpid();
    for (bool found = true; found;) { /* a child's number may be lower than its parent's */
        found = false;
        for (size_t i = 0; i < count; i++)
            if (!processes[i].below && is_below(processes, count, processes[i].parent_pid, own))
                found = processes[i].below = true;
    }
    *below = 0;
    for (size_t i = 0; i < count; i++)
        if (processes[i].below && !processes[i].ended)
            processes[(*below)++] = processes[i];
    return processes;
}

static void signal_below(int signal_number) {
    size_t count;
    struct process *processes = list_below(&count);
    for (size_t i = 0; i < count; i++)
        kill(processes[i].pid, signal_number);
    free(processes);
}

/* ---- In the guard: the command's life ---- */

enum { KILLING_MS = 5000 }; /* what cannot be killed by then is another user's */

struct watched {
    int fd;        /* to the one who started the guard: readable when that one is gone */
    int signal_fd; /* readable when a child has ended, or another signal came */
    pid_t starter_pid;
};

/* A signal that the command sends to its parent is meant for the one who started the guard. */
static void read_signals(const struct watched *watched) {
    struct signalfd_siginfo info;
    while (read(watched->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD && getppid() == watched->starter_pid)
            kill(watched->starter_pid, (int)info.ssi_signo);
}

/* Reaps what ends until nothing is left or `ms` have passed; true when nothing is left. */
static bool reap_all(const struct watched *watched, uint64_t ms) {
    uint64_t until_ms = now_ms() + ms;
    struct pollfd fd = {.fd = watched->signal_fd, .events = POLLIN};
    for (;;) {
        pid_t ended;
        read_signals(watched);
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (ended < 0 && errno == ECHILD)
            return true;
        uint64_t now = now_ms();
        if (now >= until_ms)
            return false;
        poll(&fd, 1, (int)(until_ms - now));
    }
}

/* Whoever loses its parent becomes a child of the guard, and is found in the next round. */
static void kill_all(const struct watched *watched) {
    enum { ROUND_MS = 20 };
    uint64_t until_ms = now_ms() + KILLING_MS;
    do
        signal_below(SIGKILL);
    while (!reap_all(watched, ROUND_MS) && now_ms() < until_ms);
}

static void end_all(const struct watched *watched) {
    if (reap_all(watched, 0))
        return;
    signal_below(SIGTERM);
    signal_below(SIGCONT); /* what is stopped cannot end */
    if (!reap_all(watched, GUARD_MOMENT_MS))
        kill_all(watched);
}

/* Waits for the command; exits when the one who started the guard dies meanwhile. */
static void wait_command(const struct watched *watched, pid_t pid, struct guard_end *end) {
    struct pollfd fds[] = {{.fd = watched->fd, .events = POLLIN},
                           {.fd = watched->signal_fd, .events = POLLIN}};
    for (;;) {
        pid_t ended;
        struct guard_end one;
        read_signals(watched);
        while ((ended = wait4(-1, &one.status, WNOHANG, &one.used)) > 0) {
            if (ended != pid)
                continue;
            *end = one;
            return;
        }
        poll(fds, 2, -1);
        if (fds[0].revents != 0) {
            kill_all(watched);
            _exit(0);
        }
    }
}

static void find_left(struct guard_left *left) {
    size_t count;
    struct process *processes = list_below(&count);
    *left = (struct guard_left){.count = (unsigned)count};
    if (count > 0) {
        left->pid = processes[0].pid;
        memcpy(left->name, processes[0].name, sizeof left->name);
    }
    free(processes);
}

/* Forks the command; returns 0 when it execs, or an errno value. */
static int start_command(int (*become)(void *context), void *context,
                         const struct sigaction *child_action, pid_t *pid) {
    int report[2], reason = 0;
    if (pipe2(report, O_CLOEXEC) != 0)
        return errno;
    pid_t guard = getpid(), group = getpgrp();
    setpgid(0, 0);
    *pid = fork();
    if (*pid == 0) {
        setpgid(0, group);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != guard)
            _exit(126);
        sigaction(SIGCHLD, child_action, NULL);
        reason = become(context);
        if (write(report[1], &reason, sizeof reason) != sizeof reason)
            _exit(126);
        _exit(127);
    }
    if (*pid < 0)
        reason = errno;
    close(report[1]);
    ssize_t got;
    do
        got = read(report[0], &reason, sizeof reason);
    while (got < 0 && errno == EINTR);
    close(report[0]);
    return reason;
}

static _Noreturn void watch_over(int fd, pid_t starter_pid, int (*become)(void *context),
                                 void *context) {
    sigset_t all;
    struct sigaction action, before;
    struct watched watched = {.fd = fd, .starter_pid = starter_pid};
    struct start start = {0};
    struct guard_end end;
    char cut_off = 1;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, &before); /* ignored, its status would be lost */
    sigfillset(&all);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    watched.signal_fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    start.reason =
        watched.signal_fd < 0 ? errno : start_command(become, context, &before, &start.pid);
    if (send(fd, &start, sizeof start, MSG_NOSIGNAL) != (ssize_t)sizeof start ||
        start.reason != 0) {
        kill_all(&watched);
        _exit(1);
    }
    wait_command(&watched, start.pid, &end);
    send(fd, &end, sizeof end, MSG_NOSIGNAL);
    struct guard_left left = {0};
    if (recv(fd, &cut_off, 1, 0) != 1 || cut_off != 0 || WIFSIGNALED(end.status))
        end_all(&watched);
    else if (!reap_all(&watched, GUARD_MOMENT_MS))
        find_left(&left);
    send(fd, &left, sizeof left, MSG_NOSIGNAL);
    _exit(0);
}

/* ---- In the process that starts it ---- */

static bool receive(int fd, void *message, size_t bytes) {
    ssize_t got;
    do
        got = recv(fd, message, bytes, 0);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)bytes;
}

static void finish(const struct guard *guard) {
    close(guard->fd);
    while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

int guard_start(struct guard *guard, int (*become)(void *context), void *context) {
    int fds[2];
    struct start start = {.reason = ECHILD};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return errno;
    pid_t starter_pid = getpid();
    guard->fd = fds[0];
    guard->pid = fork();
    if (guard->pid == 0) {
        close(fds[0]);
        watch_over(fds[1], starter_pid, become, context);
    }
    int reason = errno;
    close(fds[1]);
    if (guard->pid < 0) {
        close(fds[0]);
        return reason;
    }
    if (receive(guard->fd, &start, sizeof start) && start.reason == 0) {
        guard->command_pid = start.pid;
        return 0;
    }
    finish(guard);
    return start.reason;
}

bool guard_wait(const struct guard *guard, struct guard_end *end) {
    return receive(guard->fd, end, sizeof *end);
}

void guard_stop(struct guard *guard, bool cut_off, struct guard_left *left) {
    char byte = cut_off;
    *left = (struct guard_left){0};
    if (send(guard->fd, &byte, 1, MSG_NOSIGNAL) == 1 && !receive(guard->fd, left, sizeof *left))
        *left = (struct guard_left){0};
    finish(guard);
}
