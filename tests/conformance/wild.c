/* A program that does what other people's programs do, by the mode it is given: each works without
 * heapgate. It ends with 0, or with the number of the step that failed. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEGABYTE = 1000000 };

extern void *__libc_malloc(size_t bytes);

static void *volatile kept;
static const char *extra, *more;

static void hold(size_t bytes) {
    kept = malloc(bytes);
    if (kept == NULL)
        _exit(99);
    memset(kept, 1, bytes);
}

/* The plugin frees what was allocated here, and the other way round. */
static int use_plugin(void *plugin) {
    void *(*allocate)(size_t);
    void (*release)(void *);
    if (plugin == NULL)
        return 1;
    *(void **)&allocate = dlsym(plugin, "wild_allocate");
    *(void **)&release = dlsym(plugin, "wild_release");
    if (allocate == NULL || release == NULL)
        return 2;
    release(strdup("a string that the plugin frees"));
    free(allocate(MEGABYTE));
    return 0;
}

static int deep_bind(void) {
    return use_plugin(dlopen(extra, RTLD_NOW | RTLD_DEEPBIND));
}

/* A plugin that loads another one, which only its own RUNPATH finds. */
static int by_run_path(void) {
    void *outer = dlopen(extra, RTLD_NOW | RTLD_DEEPBIND), *(*open_inner)(void);
    if (outer == NULL)
        return 1;
    *(void **)&open_inner = dlsym(outer, "wild_open_inner");
    return open_inner == NULL ? 2 : use_plugin(open_inner());
}

static int in_namespace(void) {
    return dlmopen(LM_ID_NEWLM, extra, RTLD_NOW) == NULL;
}

/* As many blocks as it is told go past whatever stands in front of the C library, beside so many
 * more that do not. */
static int foreign(void) {
    for (long i = more != NULL ? strtol(more, NULL, 10) : 20000; i > 0; i--)
        free(malloc(16));
    for (long i = strtol(extra, NULL, 10); i > 0; i--)
        free(__libc_malloc(16));
    return 0;
}

static int wait_for(pid_t child) {
    int status;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int start_other(int how) {
    char *argv[] = {(char *)(uintptr_t)extra, (char *)(uintptr_t)more, NULL};
    hold(10);
    pid_t child = fork();
    if (child != 0)
        return wait_for(child);
    if (how == 0)
        execveat(AT_FDCWD, extra, argv, environ, 0);
    else if (how == 1)
        syscall(SYS_execve, extra, argv, environ);
    else
        syscall(SYS_execveat, open(extra, O_RDONLY | O_CLOEXEC), "", argv, environ, AT_EMPTY_PATH);
    _exit(97);
}

static int by_execveat(void) {
    return start_other(0);
}

static int by_raw_execve(void) {
    return start_other(1);
}

static int by_raw_execveat(void) {
    return start_other(2);
}

/* The children of a daemon: what each allocates says whose figures are told. */
static int fork_twice(void) {
    hold(MEGABYTE);
    pid_t child = fork();
    if (child != 0)
        return wait_for(child);
    pid_t grandchild = fork();
    if (grandchild != 0)
        _exit(wait_for(grandchild));
    hold(7 * MEGABYTE);
    _exit(0);
}

static int as_daemon(void) {
    for (int fd = 3; fd < 2000; fd++)
        close(fd);
    if (chroot(extra) != 0 || chdir("/") != 0)
        return 1;
    if (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)
        return 2;
    return fork_twice();
}

/* Its resident set may not become that of a whole profile. */
static int lock_memory(void) {
    char line[256];
    long resident_kib = -1;
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        return 77;
    hold(MEGABYTE);
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            resident_kib = strtol(line + 6, NULL, 10);
    return resident_kib < 1000 || resident_kib > 200000;
}

static void tell(const char *name, size_t alignment, size_t bytes, int reason, void *block) {
    int found = errno;
    printf("%s(%zu, %zu): %d, %s, errno %d\n", name, alignment, bytes, reason,
           block == NULL ? "NULL" : "a block", found);
    free(block);
}

/* Sizes that no allocator has are asked of glibc alone: others have bugs of their own there. */
static int odd_requests(void) {
    static const size_t alignments[] = {0, 1, 3, 4, 8, 12, 48, 64, 5000, 8192},
                        sizes[] = {0,       1, 10, PTRDIFF_MAX - 20, PTRDIFF_MAX, SIZE_MAX - 4000,
                                   SIZE_MAX};
    size_t count = strcmp(extra, "glibc") == 0 ? sizeof sizes / sizeof sizes[0] : 3;
    for (size_t i = 0; i < sizeof alignments / sizeof alignments[0]; i++)
        for (size_t j = alignments[i] == 0 ? 1 : 0; j < count; j++) {
            void *block = NULL;
            errno = 0;
            int reason = posix_memalign(&block, alignments[i], sizes[j]);
            tell("posix_memalign", alignments[i], sizes[j], reason, reason == 0 ? block : NULL);
            errno = 0;
            tell("memalign", alignments[i], sizes[j], 0, memalign(alignments[i], sizes[j]));
            errno = 0;
            tell("aligned_alloc", alignments[i], sizes[j], 0,
                 aligned_alloc(alignments[i], sizes[j]));
        }
    for (size_t j = 0; j < count; j++) {
        void *block = malloc(100), *moved;
        errno = 0;
        moved = realloc(block, sizes[j]);
        tell("realloc", 0, sizes[j], 0, moved);
        errno = 0;
        tell("valloc", 0, sizes[j], 0, valloc(sizes[j]));
    }
    return 0;
}

static const struct {
    const char *name;
    int (*run)(void);
} modes[] = {
    {"deep-bind", deep_bind},
    {"run-path", by_run_path},
    {"namespace", in_namespace},
    {"foreign", foreign},
    {"execveat", by_execveat},
    {"raw-execve", by_raw_execve},
    {"raw-execveat", by_raw_execveat},
    {"fork-twice", fork_twice},
    {"daemon", as_daemon},
    {"lock", lock_memory},
    {"odd", odd_requests},
};

int main(int argc, char **argv) {
    extra = argc > 2 ? argv[2] : "";
    more = argc > 3 ? argv[3] : NULL;
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(argv[1], modes[i].name) == 0)
            return modes[i].run();
    return 96;
}
