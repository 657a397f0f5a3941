#include "measure/revision.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"

enum { ANSWER_BYTES_MAX = 1 << 16, WAIT_MS_MAX = 2000 };

/* Only tracked files: what a build leaves behind makes no tree dirty. Nothing of the repository is
 * run or written. */
static const char *const git[] = {"git",
                                  "--no-optional-locks",
                                  "-c",
                                  "core.fsmonitor=false",
                                  "status",
                                  "--porcelain=v2",
                                  "--branch",
                                  "--untracked-files=no",
                                  "--ignore-submodules=dirty",
                                  NULL};

void revision_ask(struct revision_query *query) {
    posix_spawn_file_actions_t actions;
    int fds[2];
    *query = (struct revision_query){.pid = -1, .fd = -1};
    if (pipe2(fds, O_CLOEXEC) != 0)
        return;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    if (posix_spawnp(&query->pid, git[0], &actions, NULL, (char *const *)(uintptr_t)git, environ) !=
        0)
        query->pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    query->fd = fds[0];
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* All that it writes, but no more than is needed: the head, and whether a file follows; then `cut`.
 * False when it takes too long. */
static bool read_answer(int fd, struct buffer *answer, bool *cut) {
    int64_t end_ms = now_ms() + WAIT_MS_MAX;
    char piece[4096];
    for (;;) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        int64_t left_ms = end_ms - now_ms();
        if (left_ms <= 0)
            return false;
        if (poll(&readable, 1, (int)left_ms) <= 0)
            continue;
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        if (!buffer_append(answer, piece, (size_t)got))
            return *cut = true;
    }
}

static bool note(const struct buffer *answer, struct result_identity *identity) {
    static const char head[] = "# branch.oid ";
    const char *found = answer->length > 0 ? strstr(answer->bytes, head) : NULL;
    size_t length = found != NULL ? strspn(found + sizeof head - 1, "0123456789abcdef") : 0;
    if (length < 40) /* no commit yet: "(initial)" */
        return true;
    identity->revision = strndup(found + sizeof head - 1, length);
    for (const char *line = answer->bytes; line != NULL && line[0] != '\0';) {
        identity->dirty = identity->dirty || line[0] != '#';
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return identity->revision != NULL;
}

bool revision_take(struct revision_query *query, struct result_identity *identity) {
    struct buffer answer = BUFFER_INIT(ANSWER_BYTES_MAX);
    bool cut = false, whole = query->pid > 0 && read_answer(query->fd, &answer, &cut);
    int status = 0;
    if (query->fd >= 0)
        close(query->fd);
    if (query->pid > 0 && !whole)
        kill(query->pid, SIGKILL);
    while (query->pid > 0 && waitpid(query->pid, &status, 0) < 0 && errno == EINTR)
        ;
    bool noted = !whole || (status != 0 && !cut) || note(&answer, identity);
    buffer_fini(&answer);
    *query = (struct revision_query){.pid = -1, .fd = -1};
    return noted;
}
