/* A program that allocates in known ways, by the mode it is given. It uses no stdio, so that
 * nothing else allocates: the mode "nothing" is what all others are compared to. */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifndef SUBJECT_STATIC
#include <dlfcn.h>
#endif

enum { MEGABYTE = 1000000, THREADS = 8, EACH = 100000 };

static void *volatile kept;
static const char *self;
static const char *extra;

static void hold(size_t bytes) {
    kept = malloc(bytes);
    if (kept == NULL)
        _exit(9);
}

static void drop(void) {
    free(kept);
    kept = NULL;
}

/* One byte for each unit of work, never freed. */
static void squared(void) {
    size_t size = strtoul(extra, NULL, 10);
    free(malloc(size * size));
}

static void leak(void) {
    for (unsigned long units = strtoul(extra, NULL, 10); units > 0; units--)
        kept = malloc(1);
}

static void nothing(void) {
}

static void once(void) {
    hold(MEGABYTE);
    drop();
}

static void at_exit(void) {
    hold(MEGABYTE);
}

static void in_exit_handler(void) {
    atexit(at_exit);
}

static void by_exit_now(void) {
    hold(MEGABYTE);
    _exit(0);
}

static void by_abort(void) {
    hold(MEGABYTE);
    signal(SIGABRT, SIG_DFL);
    abort();
}

static void by_kill(void) {
    hold(MEGABYTE);
    kill(getpid(), SIGKILL);
    pause();
}

static void by_failing(void) {
    hold(MEGABYTE);
    _exit(7);
}

static void in_fork(void) {
    hold(MEGABYTE);
    pid_t child = fork();
    if (child == 0) {
        void *inherited = kept;
        hold(3 * MEGABYTE); /* on top of what it inherited */
        drop();
        free(inherited);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    drop();
}

static void in_exec(void) {
    hold(5 * MEGABYTE);
    execl(self, self, "once", (char *)NULL);
    _exit(8);
}

static void in_vfork(void) {
    hold(MEGABYTE);
    pid_t child = vfork();
    if (child == 0) {
        execl(self, self, "once", (char *)NULL);
        _exit(8);
    }
    waitpid(child, NULL, 0);
    drop();
}

static void to_other(void) {
    hold(MEGABYTE);
    execl(extra, extra, "nothing", (char *)NULL);
    _exit(8);
}

static void fork_other(void) {
    hold(MEGABYTE);
    pid_t child = fork();
    if (child == 0) {
        execl(extra, extra, "nothing", (char *)NULL);
        _exit(8);
    }
    waitpid(child, NULL, 0);
    drop();
}

static void vfork_other(void) {
    hold(MEGABYTE);
    pid_t child = vfork();
    if (child == 0) {
        execl(extra, extra, "nothing", (char *)NULL);
        _exit(8);
    }
    waitpid(child, NULL, 0);
    drop();
}

static void spawn_other(void) {
    char *argv[] = {(char *)(size_t)extra, (char *)(size_t) "nothing", NULL};
    pid_t child;
    hold(MEGABYTE);
    if (posix_spawn(&child, extra, NULL, NULL, argv, environ) == 0)
        waitpid(child, NULL, 0);
    drop();
}

static void to_missing(void) {
    hold(MEGABYTE);
    execl("/nonexistent", "/nonexistent", (char *)NULL);
    drop();
}

static pthread_barrier_t barrier;
static pthread_key_t key;

static void *in_thread(void *argument) {
    (void)argument;
    for (int i = 0; i < 1000; i++)
        free(malloc((size_t)(i * 37 % 500)));
    void *block = malloc(EACH);
    pthread_barrier_wait(&barrier);
    free(block);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void in_threads(void) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, in_thread, NULL) != 0)
            _exit(9);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void at_thread_end(void *block) {
    free(block);
    free(malloc(2 * MEGABYTE));
}

static void *with_key(void *argument) {
    (void)argument;
    pthread_setspecific(key, malloc(MEGABYTE));
    return NULL;
}

static void in_thread_destructor(void) {
    pthread_t thread;
    if (pthread_key_create(&key, at_thread_end) != 0 ||
        pthread_create(&thread, NULL, with_key, NULL) != 0)
        _exit(9);
    pthread_join(thread, NULL);
}

static void *in_brief_thread(void *unused) {
    for (unsigned long i = strtoul(extra, NULL, 10); i > 0; i--)
        kept = malloc(1);
    return unused;
}

/* A thread costs a few pages, whatever takes its call stacks: a table for each would be 64. */
static void in_brief_threads(void) {
    enum { BRIEF_THREADS = 300, PAGES_EACH = 30 };
    struct rusage before, after;
    pthread_t thread;
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < BRIEF_THREADS; i++)
        if (pthread_create(&thread, NULL, in_brief_thread, NULL) != 0 ||
            pthread_join(thread, NULL) != 0)
            _exit(9);
    getrusage(RUSAGE_SELF, &after);
    if (strcmp(extra, "3") == 0 && after.ru_minflt - before.ru_minflt > BRIEF_THREADS * PAGES_EACH)
        _exit(7);
}

#ifndef SUBJECT_STATIC
static void in_plugin(void) {
    for (int i = 0; i < 3; i++) {
        void *plugin = dlopen(extra, RTLD_NOW);
        if (plugin == NULL)
            _exit(9);
        void *(*make)(size_t);
        *(void **)&make = dlsym(plugin, "plugin_make");
        void *block = make(MEGABYTE);
        dlclose(plugin);
        free(block);
    }
}
#endif

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"nothing", nothing},
    {"once", once},
    {"leak", leak},
    {"squared", squared},
    {"exit-handler", in_exit_handler},
    {"_exit", by_exit_now},
    {"abort", by_abort},
    {"kill", by_kill},
    {"fail", by_failing},
    {"fork", in_fork},
    {"exec", in_exec},
    {"vfork", in_vfork},
    {"exec-other", to_other},
    {"exec-missing", to_missing},
    {"fork-other", fork_other},
    {"vfork-other", vfork_other},
    {"spawn-other", spawn_other},
    {"threads", in_threads},
    {"thread-destructor", in_thread_destructor},
    {"brief-threads", in_brief_threads},
#ifndef SUBJECT_STATIC
    {"plugin", in_plugin},
#endif
};

int main(int argc, char **argv) {
    self = argv[0];
    extra = argc > 2 ? argv[2] : "";
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, argv[1]) == 0) {
            modes[i].run();
            return 0;
        }
    return 99;
}
