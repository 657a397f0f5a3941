/* A program that may do something else each time that it runs: "MODE FILE A B C" takes the value A
 * at its first run, B at its second, and C from then on, and counts its runs in FILE. As subject.c
 * it uses no stdio. It is built twice: as "runs", and as "scopes", which links heapgate and so has
 * its scope "case" under every engine. */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef WITH_SCOPES
#include <heapgate/heapgate.h>
#endif

enum { MEGABYTE = 1000000, WRONG = 9 };

static void *volatile kept;
static const char *self;
static char *const *values; /* what follows the mode */
static int value_count;

static unsigned long value_at(int index) {
    return index < value_count ? strtoul(values[index], NULL, 10) : 0;
}

/* Of this run; counts it. */
static unsigned long value_of_this_run(void) {
    struct stat status;
    int fd = open(values[0], O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || fstat(fd, &status) != 0 || write(fd, "r", 1) != 1)
        _exit(WRONG);
    close(fd);
    int index = 1 + (int)status.st_size;
    return value_at(index < value_count ? index : value_count - 1);
}

static void take(unsigned long bytes) {
    kept = malloc(bytes);
    if (kept == NULL)
        _exit(WRONG);
    free(kept);
}

/* Holds so many bytes, in no scope. */
static void bytes(void) {
    take(value_of_this_run());
}

static void start(const char *program, char *const argv[]) {
    pid_t child;
    int status = 0;
    if (posix_spawn(&child, program, NULL, NULL, argv, environ) != 0 ||
        waitpid(child, &status, 0) != child || status != 0)
        _exit(WRONG);
}

/* A process of its own takes the second value while this one holds the first. */
static void two(void) {
    char *argv[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "one", values[1], NULL};
    kept = malloc(value_at(0));
    start(self, argv);
    free(kept);
}

static void one(void) {
    take(value_at(0));
}

/* So many children, of which each ends at once. */
static void forks(void) {
    for (unsigned long left = value_at(0); left > 0; left--) {
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            _exit(WRONG);
    }
}

/* So many programs that are not counted. */
static void programs(void) {
    char *argv[] = {values[0], (char *)(uintptr_t) "nothing", NULL};
    for (unsigned long left = value_at(1); left > 0; left--)
        start(values[0], argv);
}

/* An aligned block is to become smaller, and there is no memory for the copy. */
static void shrink(void) {
    enum { BEFORE = 128 << 20, AFTER = 100 << 20 };
    struct rlimit limit;
    void *block;
    if (posix_memalign(&block, 4096, BEFORE) != 0 || getrlimit(RLIMIT_AS, &limit) != 0)
        _exit(WRONG);
    limit.rlim_cur = 1 << 20;
    if (setrlimit(RLIMIT_AS, &limit) != 0 || realloc(block, AFTER) != NULL)
        _exit(WRONG);
    kept = block;
    _exit(0);
}

#ifdef WITH_SCOPES
static void scope(unsigned long bytes, unsigned long units) {
    if (heapgate_scope_begin("case", NULL) != HEAPGATE_OK)
        _exit(WRONG);
    take(bytes);
    if (heapgate_scope_end("case", units, NULL, NULL) != HEAPGATE_OK)
        _exit(WRONG);
}

/* Does so many units. */
static void units(void) {
    scope(MEGABYTE, value_of_this_run());
}

/* The scope, once for each value, with so many bytes and as many units as it is the how manieth. */
static void again(void) {
    for (int i = 0; i < value_count; i++)
        scope(value_at(i), (unsigned long)i + 1);
}

/* A higher peak between a scope and its second time. */
static void between(void) {
    scope(value_at(0), 1);
    take(value_at(1));
    scope(value_at(2), 1);
}

/* More held at a scope's second time than at its first. */
static void held(void) {
    scope(value_at(0), 1);
    void *volatile through = malloc(value_at(1));
    scope(value_at(2), 2);
    free(through);
}

/* So many bytes for a moment before the scope, then so many in it, and the last held through both.
 */
static void before(void) {
    void *volatile through = malloc(value_at(2));
    take(value_at(0));
    scope(value_at(1), 1);
    free(through);
}

/* Two processes with a scope of that name. */
static void both(void) {
    char *argv[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "again", values[1], NULL};
    scope(value_at(0), 1);
    start(self, argv);
}
#endif

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"bytes", bytes}, {"two", two},           {"one", one},
    {"forks", forks}, {"programs", programs}, {"shrink", shrink},
#ifdef WITH_SCOPES
    {"units", units}, {"again", again},       {"before", before},
    {"both", both},   {"between", between},   {"held", held},
#endif
};

int main(int argc, char **argv) {
    self = argv[0];
    values = argc > 2 ? argv + 2 : NULL;
    value_count = argc > 2 ? argc - 2 : 0;
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, argv[1]) == 0) {
            modes[i].run();
            return 0;
        }
    return 99;
}
