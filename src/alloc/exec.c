/* The exec family and posix_spawn, watched: a program in which nothing counts (a static one, say)
 * must not go unnoticed. Each start is noted in the record's header, under the process's number,
 * just before an exec and just after a spawn. The note of an exec goes away when the exec fails, or
 * when the new image claims a slot; of a spawn the parent sees whether that process has one. What
 * stays was not counted.
 *
 * A child of vfork runs in its parent's memory, and may do no more than store and call. */
#include "alloc/exec.h"

#include <dlfcn.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "alloc/attach.h"
#include "alloc/modules.h"

static int (*next_execve)(const char *, char *const[], char *const[]);
static int (*next_execvpe)(const char *, char *const[], char *const[]);
static int (*next_fexecve)(int, char *const[], char *const[]);
typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *,
                           const posix_spawnattr_t *, char *const[], char *const[]);
static spawn_function *next_spawn, *next_spawnp;

void exec_prepare(void) {
    void *found;
    found = dlsym(RTLD_NEXT, "execve");
    memcpy(&next_execve, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "execvpe");
    memcpy(&next_execvpe, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "fexecve");
    memcpy(&next_fexecve, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "posix_spawn");
    memcpy(&next_spawn, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "posix_spawnp");
    memcpy(&next_spawnp, &found, sizeof found);
}

/* A note that nobody needs any more, or a new one; NULL when they ran out, which the parent sees.
 */
static struct record_start *claim_note(pid_t pid) {
    for (uint32_t i = 0; i < RECORD_STARTS; i++) {
        struct record_start *start = &attach_header->starts[i];
        int32_t unused = 0;
        if (!atomic_compare_exchange_strong(&start->pid, &unused, pid))
            continue;
        uint32_t noted = atomic_load(&attach_header->starts_noted);
        while (noted <= i &&
               !atomic_compare_exchange_weak(&attach_header->starts_noted, &noted, i + 1))
            ;
        return start;
    }
    atomic_store(&attach_header->starts_noted, RECORD_STARTS + 1);
    return NULL;
}

/* NULL without a record. `pid` as in struct record_start. */
static struct record_start *note(pid_t pid, const char *program) {
    modules_look(); /* an exec ends this image */
    struct record_start *start = attach_header != NULL ? claim_note(pid) : NULL;
    if (start == NULL)
        return NULL;
    if (program == NULL)
        program = "?";
    size_t length = strlen(program), most = sizeof start->program - 1;
    strncpy(start->program, program + (length > most ? length - most : 0), most);
    return start;
}

static int failed(struct record_start *start) {
    if (start != NULL)
        atomic_store(&start->pid, 0);
    return -1;
}

void exec_arrived(void) {
    uint32_t noted = atomic_load(&attach_header->starts_noted);
    int32_t own = getpid();
    for (uint32_t i = 0; i < noted && i < RECORD_STARTS; i++) {
        int32_t pid = own;
        atomic_compare_exchange_strong(&attach_header->starts[i].pid, &pid, 0);
    }
}

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int execve(const char *path, char *const argv[], char *const environment[]) {
    struct record_start *start = note(getpid(), path);
    next_execve(path, argv, environment);
    return failed(start);
}

EXPORTED int execvpe(const char *file, char *const argv[], char *const environment[]) {
    struct record_start *start = note(getpid(), file);
    next_execvpe(file, argv, environment);
    return failed(start);
}

EXPORTED int fexecve(int fd, char *const argv[], char *const environment[]) {
    struct record_start *start = note(getpid(), argv[0]);
    next_fexecve(fd, argv, environment);
    return failed(start);
}

/* `*pid` may be left out by the caller. */
static int spawn(spawn_function *next, pid_t *pid, const char *path,
                 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const argv[], char *const environment[]) {
    pid_t own_pid;
    if (pid == NULL)
        pid = &own_pid;
    int reason = next(pid, path, actions, attributes, argv, environment);
    if (reason == 0)
        note(-*pid, path);
    return reason;
}

EXPORTED int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                         const posix_spawnattr_t *attributes, char *const argv[],
                         char *const environment[]) {
    return spawn(next_spawn, pid, path, actions, attributes, argv, environment);
}

EXPORTED int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                          const posix_spawnattr_t *attributes, char *const argv[],
                          char *const environment[]) {
    return spawn(next_spawnp, pid, file, actions, attributes, argv, environment);
}

EXPORTED int execv(const char *path, char *const argv[]) {
    return execve(path, argv, environ);
}

EXPORTED int execvp(const char *file, char *const argv[]) {
    return execvpe(file, argv, environ);
}

/* The arguments of the variadic forms, as an array on the stack: after fork nothing else is safe.
 * `list` begins after the first argument; what follows the NULL stays in it. */
#define COUNT_ARGUMENTS(count, last)                                                               \
    do {                                                                                           \
        va_list counting;                                                                          \
        va_start(counting, last);                                                                  \
        (count) = 1;                                                                               \
        while (va_arg(counting, char *) != NULL)                                                   \
            (count)++;                                                                             \
        va_end(counting);                                                                          \
    } while (0)

static void gather(char **argv, const char *first, va_list *list) {
    argv[0] = (char *)(size_t)first;
    for (size_t i = 1; (argv[i] = va_arg(*list, char *)) != NULL; i++)
        ;
}

EXPORTED int execl(const char *path, const char *first, ...) {
    size_t count;
    va_list list;
    COUNT_ARGUMENTS(count, first);
    char *argv[count + 1];
    va_start(list, first);
    gather(argv, first, &list);
    va_end(list);
    return execve(path, argv, environ);
}

EXPORTED int execlp(const char *file, const char *first, ...) {
    size_t count;
    va_list list;
    COUNT_ARGUMENTS(count, first);
    char *argv[count + 1];
    va_start(list, first);
    gather(argv, first, &list);
    va_end(list);
    return execvpe(file, argv, environ);
}

EXPORTED int execle(const char *path, const char *first, ...) {
    size_t count;
    va_list list;
    COUNT_ARGUMENTS(count, first);
    char *argv[count + 1];
    va_start(list, first);
    gather(argv, first, &list);
    char *const *environment = va_arg(list, char *const *);
    va_end(list);
    return execve(path, argv, environment);
}
