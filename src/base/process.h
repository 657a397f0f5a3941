/* Running a command to its end, transparently: it has this process's standard streams and working
 * directory, its process group and session, and signals sent to this process meanwhile are passed
 * on to it. Its parent is a guard (base/guard.h): when the run is cut off, or this process is
 * killed, no process of the command is left behind. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/guard.h"

/* Looks on while the child runs. */
struct process_watch {
    unsigned interval_ms; /* how often; 0: not by time */
    int fd;               /* also when this can be read; below 0: none */
    int signal;           /* also when this came, which then is not passed on; 0: none */
    /* `signals`: how many of those came so far. It must read `fd` empty. */
    void (*look)(void *context, pid_t pid, unsigned signals);
    void *context;
};

struct process_command {
    char *const *argv;        /* NULL-terminated; argv[0] is looked up in PATH as a shell would */
    const char *const *set;   /* NULL-terminated "NAME=value" added to the environment, or NULL */
    const char *const *unset; /* NULL-terminated names taken out of the environment, or NULL */
    const struct process_watch *watch; /* or NULL */
    bool silent; /* its standard streams are /dev/null instead of this process's */
};

struct process_outcome {
    pid_t pid;
    int exit_status;    /* 0-255; -1 when ended by a signal */
    int signal;         /* 0, or the signal that ended it */
    uint64_t rss_bytes; /* the kernel's peak resident set of the process */
    uint64_t wall_ms;
    struct guard_left left; /* processes that the command started and left running: still, a moment
                               after its end. After a run that was cut off (by SIGTERM or SIGHUP to
                               this process, by Ctrl-C unless the command then ended with status 0,
                               or by a signal that killed the command): none, they were killed */
};

/* Starts the command, waits, fills `outcome`. Returns false with the error set only when it could
 * not be started (not found, not executable, no memory); how it ended is the caller's to judge.
 * One call at a time in a process: it changes signal dispositions while it waits. */
bool process_run(const struct process_command *command, struct process_outcome *outcome,
                 struct error *error);

/* From now on a file that grows past the limit of file sizes (ulimit -f) is an error with a reason
 * here, and not the end of this process by SIGXFSZ. Commands that are run have the signal as it
 * was. */
void process_outlive_file_limit(void);

/* Finds `name` as execvp would and writes its path. False when there is none (errno is set). */
bool process_find_program(const char *name, char *path, size_t path_bytes);

#endif
