/* A process between this one and the command that it runs, so that nothing of the command is left
 * behind: it is the parent of the command and, as a child subreaper, of all that loses its parent
 * there. When this process dies, however suddenly, the guard ends all of them.
 *
 * The command stays in this process's group and session: a terminal's signals and its job control
 * reach it as without a guard. The guard itself has a group of its own, so that what kills this
 * group does not kill the guard; any other signal that it gets it passes on to this process. */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

enum {
    GUARD_NAME_BYTES = 32,
    GUARD_MOMENT_MS = 1000, /* what a command has left running may take so long to end */
};

struct guard {
    pid_t pid;
    int fd; /* readable when the command has ended */
    pid_t command_pid;
};

/* How the command ended, as wait4 tells it. */
struct guard_end {
    int status;
    struct rusage used;
};

/* What of the command still runs. */
struct guard_left {
    unsigned count; /* processes */
    pid_t pid;      /* of one of them */
    char name[GUARD_NAME_BYTES];
};

/* Starts the guard and in it the command: `become` is called in the command's process and calls
 * exec; what it returns is the errno of its failure. To be called with all signals blocked, in one
 * thread. Returns 0, or an errno value: then there is no guard. */
int guard_start(struct guard *guard, int (*become)(void *context), void *context);

/* Waits for the end of the command; false when the guard was killed. */
bool guard_wait(const struct guard *guard, struct guard_end *end);

/* After that: what still runs gets a moment to end. What runs on then is killed if the run was
 * `cut_off` or the command was killed, else it is told in `left` and goes on. The guard is gone. */
void guard_stop(struct guard *guard, bool cut_off, struct guard_left *left);

#endif
