/* The exec family, watched: a process that replaces itself by a program in which nothing counts (a
 * static one, say) must not pass for that program's measurement. Its slot says "replaced" from
 * just before the call, for ever if the call succeeds. When the new image counts too, it has a
 * slot of its own, and the parent looks at the last one.
 *
 * The mark is made by the process that owns the slot only: a child of vfork runs in its parent's
 * memory, and what becomes of the child says nothing about the parent. */
#include "alloc/exec.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "alloc/attach.h"

static int (*next_execve)(const char *, char *const[], char *const[]);
static int (*next_execvpe)(const char *, char *const[], char *const[]);
static int (*next_fexecve)(int, char *const[], char *const[]);

void exec_prepare(void) {
    void *found;
    found = dlsym(RTLD_NEXT, "execve");
    memcpy(&next_execve, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "execvpe");
    memcpy(&next_execvpe, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "fexecve");
    memcpy(&next_fexecve, &found, sizeof found);
}

static void mark(int replaced) {
    if (attach_slot->pid == getpid())
        __atomic_store_n(&attach_slot->replaced, replaced, __ATOMIC_RELEASE);
}

static int failed(void) {
    int reason = errno;
    mark(0);
    errno = reason;
    return -1;
}

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int execve(const char *path, char *const argv[], char *const environment[]) {
    mark(1);
    next_execve(path, argv, environment);
    return failed();
}

EXPORTED int execvpe(const char *file, char *const argv[], char *const environment[]) {
    mark(1);
    next_execvpe(file, argv, environment);
    return failed();
}

EXPORTED int fexecve(int fd, char *const argv[], char *const environment[]) {
    mark(1);
    next_fexecve(fd, argv, environment);
    return failed();
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
