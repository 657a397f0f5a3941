/* The exec family and posix_spawn, watched: a program in which nothing counts (a static one, say)
 * must not go unnoticed. Each start is noted in the record's header, under the process's number,
 * just before an exec and just after a spawn. The note of an exec goes away when the exec fails, or
 * when the new image claims a slot; of a spawn the parent sees whether that process has one. What
 * stays was not counted.
 *
 * A program of musl is started without the allocator, which its loader would choke on.
 *
 * A child of vfork runs in its parent's memory, and may do no more than store and call. A program
 * that makes the kernel's call itself, with an instruction of its own, is not seen here. */
#include "alloc/exec.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "alloc/modules.h"
#include "alloc/musl.h"
#include "alloc/own.h"
#include "alloc/resident.h"

static int (*next_execve)(const char *, char *const[], char *const[]);
static int (*next_execvpe)(const char *, char *const[], char *const[]);
static int (*next_fexecve)(int, char *const[], char *const[]);
static int (*next_execveat)(int, const char *, char *const[], char *const[], int);
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
    found = dlsym(RTLD_NEXT, "execveat"); /* not in every glibc */
    memcpy(&next_execveat, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "posix_spawn");
    memcpy(&next_spawn, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "posix_spawnp");
    memcpy(&next_spawnp, &found, sizeof found);
    exec_prepare_raw();
}

/* A note that nobody needs any more, or a new one; NULL when they ran out, which the parent sees.
 */
static struct record_start *claim_note(pid_t pid) {
    for (uint32_t i = 0; i < RECORD_STARTS; i++) {
        struct record_start *start = &own_header->starts[i];
        int32_t unused = 0;
        if (!atomic_compare_exchange_strong(&start->pid, &unused, pid))
            continue;
        uint32_t noted = atomic_load(&own_header->starts_noted);
        while (noted <= i &&
               !atomic_compare_exchange_weak(&own_header->starts_noted, &noted, i + 1))
            ;
        return start;
    }
    atomic_store(&own_header->starts_noted, RECORD_STARTS + 1);
    return NULL;
}

/* NULL without a record. `pid` as in struct record_start. */
static struct record_start *note(pid_t pid, const char *program, enum record_reason reason) {
    modules_look(); /* an exec ends this image */
    struct record_start *start = own_header != NULL ? claim_note(pid) : NULL;
    if (start == NULL)
        return NULL;
    if (program == NULL)
        program = "?";
    start->reason = reason;
    size_t length = strlen(program), most = sizeof start->program - 1;
    strncpy(start->program, program + (length > most ? length - most : 0), most);
    return start;
}

static int failed(struct record_start *start) {
    resident_forget();
    if (start != NULL)
        atomic_store(&start->pid, 0);
    return -1;
}

void exec_unreached(const char *program) {
    note(getpid(), program, RECORD_UNREACHED);
}

void exec_arrived(void) {
    uint32_t noted = atomic_load(&own_header->starts_noted);
    int32_t own = getpid();
    for (uint32_t i = 0; i < noted && i < RECORD_STARTS; i++) {
        int32_t pid = own;
        if (own_header->starts[i].reason == RECORD_UNREACHED)
            continue;
        atomic_compare_exchange_strong(&own_header->starts[i].pid, &pid, 0);
    }
}

#define EXPORTED __attribute__((visibility("default")))

/* One way of starting a program: what it needs beside the environment. */
struct start {
    const char *path; /* or the name; of fexecve NULL */
    char *const *argv;
    int fd, flags;
    pid_t *pid;
    const posix_spawn_file_actions_t *actions;
    const posix_spawnattr_t *attributes;
    int (*next)(const struct start *start, char *const environment[]);
};

static __attribute__((noinline)) int start_musl(const struct start *start,
                                                char *const environment[]) {
    char *copy[musl_environment_count(environment)], preload[MUSL_PRELOAD_BYTES];
    musl_copy_environment(environment, copy, preload);
    return start->next(start, copy);
}

/* `is_musl`: only where something is measured is the program looked at. */
static int start_program(const struct start *start, char *const environment[], bool is_musl) {
    return is_musl ? start_musl(start, environment) : start->next(start, environment);
}

static int replace(const struct start *start, const char *name, char *const environment[],
                   bool is_musl) {
    struct record_start *noted = note(getpid(), name, is_musl ? RECORD_MUSL : RECORD_NEVER_LOADED);
    resident_note();
    start_program(start, environment, is_musl);
    return failed(noted);
}

static bool has_record(void) {
    return own_header != NULL;
}

static bool is_musl_name(const char *file) {
    char path[PATH_MAX];
    return has_record() && file != NULL &&
           musl_is_loader_of(AT_FDCWD, musl_find(file, path, sizeof path));
}

static int by_execve(const struct start *start, char *const environment[]) {
    return next_execve(start->path, start->argv, environment);
}

EXPORTED int execve(const char *path, char *const argv[], char *const environment[]) {
    const struct start start = {.path = path, .argv = argv, .next = by_execve};
    bool is_musl = has_record() && musl_is_loader_of(AT_FDCWD, path);
    return replace(&start, path, environment, is_musl);
}

static int by_execvpe(const struct start *start, char *const environment[]) {
    return next_execvpe(start->path, start->argv, environment);
}

EXPORTED int execvpe(const char *file, char *const argv[], char *const environment[]) {
    const struct start start = {.path = file, .argv = argv, .next = by_execvpe};
    return replace(&start, file, environment, is_musl_name(file));
}

static int by_fexecve(const struct start *start, char *const environment[]) {
    return next_fexecve(start->fd, start->argv, environment);
}

EXPORTED int fexecve(int fd, char *const argv[], char *const environment[]) {
    const struct start start = {.fd = fd, .argv = argv, .next = by_fexecve};
    return replace(&start, argv[0], environment, has_record() && musl_is_loader_of(fd, NULL));
}

static int by_execveat(const struct start *start, char *const environment[]) {
    return next_execveat != NULL
               ? next_execveat(start->fd, start->path, start->argv, environment, start->flags)
               : (int)exec_raw_execveat(start->fd, start->path, start->argv, environment,
                                        start->flags);
}

EXPORTED int execveat(int fd, const char *path, char *const argv[], char *const environment[],
                      int flags) {
    const struct start start = {
        .fd = fd, .path = path, .argv = argv, .flags = flags, .next = by_execveat};
    bool is_fd = path[0] == '\0' && (flags & AT_EMPTY_PATH) != 0;
    bool is_musl = has_record() && musl_is_loader_of(fd, is_fd ? NULL : path);
    return replace(&start, is_fd ? argv[0] : path, environment, is_musl);
}

/* `*pid` may be left out by the caller. */
static int spawn(struct start *start, char *const environment[], bool is_musl) {
    pid_t own_pid;
    if (start->pid == NULL)
        start->pid = &own_pid;
    int reason = start_program(start, environment, is_musl);
    if (reason == 0)
        note(-*start->pid, start->path, is_musl ? RECORD_MUSL : RECORD_NEVER_LOADED);
    return reason;
}

static int by_spawn(const struct start *start, char *const environment[]) {
    return next_spawn(start->pid, start->path, start->actions, start->attributes, start->argv,
                      environment);
}

EXPORTED int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                         const posix_spawnattr_t *attributes, char *const argv[],
                         char *const environment[]) {
    struct start start = {.path = path,
                          .argv = argv,
                          .pid = pid,
                          .actions = actions,
                          .attributes = attributes,
                          .next = by_spawn};
    return spawn(&start, environment, has_record() && musl_is_loader_of(AT_FDCWD, path));
}

static int by_spawnp(const struct start *start, char *const environment[]) {
    return next_spawnp(start->pid, start->path, start->actions, start->attributes, start->argv,
                       environment);
}

EXPORTED int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                          const posix_spawnattr_t *attributes, char *const argv[],
                          char *const environment[]) {
    struct start start = {.path = file,
                          .argv = argv,
                          .pid = pid,
                          .actions = actions,
                          .attributes = attributes,
                          .next = by_spawnp};
    return spawn(&start, environment, is_musl_name(file));
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
