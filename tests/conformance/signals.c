/* Programs that fork and handle signals at the worst of moments. Each ends by itself within seconds
 * where nobody watches; one that hangs is ended by SIGALRM.
 *
 * usage: signals MODE [NUMBER|PLUGIN...] */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CUT_OFF_SECONDS = 110,
    LOOP_BYTES = 40,
    HANDLER_BYTES = 1000,
    LOOPS = 3000000,
    CALLS = 20000
};

static volatile int stop;

/* ---- A thousand functions that allocate ---- */

#define ONE(n)                                                                                     \
    static __attribute__((noinline)) void *f##n(size_t bytes) {                                    \
        void *block = malloc(bytes + sizeof #n);                                                   \
        __asm__ volatile("" : : "r"(block) : "memory");                                            \
        return block;                                                                              \
    }
/* clang-format off */
#define TEN(n)                                                                                     \
    ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7) ONE(n##8)      \
        ONE(n##9)
#define HUNDRED(n)                                                                                 \
    TEN(n##0) TEN(n##1) TEN(n##2) TEN(n##3) TEN(n##4) TEN(n##5) TEN(n##6) TEN(n##7) TEN(n##8)      \
        TEN(n##9)
HUNDRED(0) HUNDRED(1) HUNDRED(2) HUNDRED(3) HUNDRED(4) HUNDRED(5) HUNDRED(6) HUNDRED(7)
HUNDRED(8) HUNDRED(9)
#undef ONE
#define ONE(n) f##n,
static void *(*const functions[])(size_t) = {HUNDRED(0) HUNDRED(1) HUNDRED(2) HUNDRED(3) HUNDRED(4)
                                                 HUNDRED(5) HUNDRED(6) HUNDRED(7) HUNDRED(8)
                                                     HUNDRED(9)};
/* clang-format on */

static void call_some(unsigned seed, int calls) {
    for (int i = 0; i < calls && !stop; i++)
        free(functions[rand_r(&seed) % 1000](10));
}

static void *call_many(void *seed) {
    call_some((unsigned)(size_t)seed, 300);
    return NULL;
}

/* Threads that come and go: each asks for its first stack anew. */
static void *start_threads(void *argument) {
    unsigned seed = (unsigned)(size_t)argument;
    while (!stop) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, call_many, (void *)(size_t)rand_r(&seed)) == 0)
            pthread_join(thread, NULL);
    }
    return NULL;
}

static const char *plugin;

static void *load_and_unload(void *unused) {
    while (!stop) {
        void *library = dlopen(plugin, RTLD_NOW);
        if (library != NULL)
            dlclose(library);
    }
    return unused;
}

/* Forks; each child allocates by functions that nobody called before. */
static int fork_often(int forks) {
    int failed = 0;
    for (int i = 0; i < forks; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            alarm(CUT_OFF_SECONDS / 2);
            call_some((unsigned)i + 7, 60);
            _exit(7);
        }
        int status;
        waitpid(pid, &status, 0);
        failed |= !WIFEXITED(status) || WEXITSTATUS(status) != 7;
    }
    return failed;
}

static int fork_beside(void *(*work)(void *), int forks) {
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    int failed = fork_often(forks);
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    return failed;
}

/* ---- Streams: fork waits for the list of them, who has that for a stream, who has it allocates
 * ---- */

static char stream_path[64];

static void *read_lines(void *unused) {
    FILE *file = fopen(stream_path, "r");
    while (file != NULL && !stop) {
        char *line = NULL;
        size_t bytes = 0;
        rewind(file);
        if (getline(&line, &bytes, file) < 0)
            break;
        free(line);
        usleep(1); /* or the others starve */
    }
    return unused;
}

static void *flush_all(void *unused) {
    while (!stop) {
        fflush(NULL);
        usleep(50);
    }
    return unused;
}

static int fork_beside_streams(int forks) {
    pthread_t thread;
    snprintf(stream_path, sizeof stream_path, "/tmp/heapgate-signals.%d", (int)getpid());
    FILE *file = fopen(stream_path, "w");
    for (int i = 0; i < 5000; i++)
        fputc('x', file);
    fclose(file);
    for (int i = 0; i < 4; i++)
        pthread_create(&thread, NULL, read_lines, NULL);
    pthread_create(&thread, NULL, flush_all, NULL);
    for (int i = 0; i < forks; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        waitpid(pid, NULL, 0);
    }
    unlink(stream_path);
    _exit(0);
}

/* ---- Handlers: by the processor's time, so that a busy machine does not starve what they
 * interrupt */

static volatile sig_atomic_t handled;

static void start_timer(void (*handler)(int), int microseconds) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, microseconds}, {0, microseconds}};
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &every, NULL);
}

static void stop_timer(void) {
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_PROF, &never, NULL);
    signal(SIGPROF, SIG_IGN);
}

static void fork_once(int number) {
    (void)number;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    handled++;
}

static int fork_in_handlers(int handlers) {
    void *held = malloc(1000);
    start_timer(fork_once, 1000);
    while (handled < handlers)
        fork_once(0);
    stop_timer();
    free(held);
    return 0;
}

/* glibc keeps a few freed blocks of each small size for each thread, and gives them out again
 * without a lock: what is allocated in a handler must be of a size that nothing else is of, and
 * there. */
static void take_and_give(int number) {
    (void)number;
    void *block = malloc(HANDLER_BYTES);
    __asm__ volatile("" : : "r"(block) : "memory");
    free(block);
    handled++;
}

static void take_first(void) {
    free(malloc(HANDLER_BYTES));
    free(malloc(LOOP_BYTES));
}

static void churn(int loops) {
    for (int i = 0; i < loops; i++) {
        void *block = malloc(LOOP_BYTES);
        __asm__ volatile("" : : "r"(block) : "memory");
        free(block);
    }
}

static int allocate_in_handlers(void) {
    take_first();
    start_timer(take_and_give, 1000);
    churn(LOOPS);
    stop_timer();
    if (handled == 0 || handled > CALLS)
        return 1;
    while (handled < CALLS)
        take_and_give(0);
    return 0;
}

static pthread_barrier_t barrier;

static void *churn_in_thread(void *unused) {
    take_first();
    pthread_barrier_wait(&barrier);
    churn(LOOPS / 2);
    pthread_barrier_wait(&barrier);
    return unused;
}

static int allocate_in_handlers_of_threads(void) {
    pthread_t threads[2];
    pthread_barrier_init(&barrier, NULL, 3);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, churn_in_thread, NULL);
    take_first();
    pthread_barrier_wait(&barrier);
    start_timer(take_and_give, 1000);
    churn(LOOPS / 2);
    stop_timer();
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return handled == 0;
}

/* Blocks of the program's, each of a size that nothing else is of, which a handler frees at once:
 * more than are kept for later while the program is in the middle of an allocation. */
enum { KEPT = 16, FREES = 1000 };
static void *volatile kept[KEPT];
static volatile sig_atomic_t is_full;

static void free_kept(int number) {
    (void)number;
    handled++;
    for (int i = 0; i < KEPT && is_full; i++)
        free(kept[i]);
    is_full = 0;
}

static int free_in_handlers(void) {
    take_first();
    start_timer(free_kept, 1000);
    while (handled < FREES) {
        if (!is_full) {
            for (int i = 0; i < KEPT; i++)
                kept[i] = malloc((size_t)(112 + 16 * i));
            is_full = 1; /* only now: a handler may come at any moment */
        }
        churn(100);
    }
    stop_timer();
    free_kept(0);
    return 0;
}

/* ---- Children that fork's handlers do not see ---- */

static int clone_a_child(void) {
    void *inherited = malloc(5000);
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        void *own = malloc(2000000);
        __asm__ volatile("" : : "r"(own) : "memory");
        free(own);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    free(inherited);
    return status;
}

/* ---- Libraries at one address, one after the other ---- */

static void *take_from(const char *path, size_t bytes, void **at) {
    void *library = dlopen(path, RTLD_NOW);
    if (library == NULL)
        return NULL;
    void *(*take)(size_t);
    *(void **)&take = *at = dlsym(library, "plugin_take");
    void *block = take(bytes);
    dlclose(library);
    return block;
}

static int reload(const char *one, const char *other) {
    void *first_at, *second_at;
    void *first = take_from(one, 1000000, &first_at);
    void *second = take_from(other, 2000000, &second_at);
    if (first == NULL || second == NULL)
        return 1;
    return first_at == second_at ? 0 : 2; /* 2: the test needs another way to have one address */
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    int number = argc > 2 ? atoi(argv[2]) : 0;
    alarm(CUT_OFF_SECONDS);
    if (strcmp(mode, "fork-threads") == 0)
        return fork_beside(start_threads, number);
    plugin = argc > 3 ? argv[3] : NULL;
    if (strcmp(mode, "fork-dlopen") == 0)
        return fork_beside(load_and_unload, number);
    if (strcmp(mode, "fork-streams") == 0)
        return fork_beside_streams(number);
    if (strcmp(mode, "fork-handlers") == 0)
        return fork_in_handlers(number);
    if (strcmp(mode, "handlers") == 0)
        return allocate_in_handlers();
    if (strcmp(mode, "handlers-threads") == 0)
        return allocate_in_handlers_of_threads();
    if (strcmp(mode, "handlers-free") == 0)
        return free_in_handlers();
    if (strcmp(mode, "clone") == 0)
        return clone_a_child();
    if (strcmp(mode, "reload") == 0 && argc == 4)
        return reload(argv[2], argv[3]);
    fprintf(stderr, "signals: unknown mode \"%s\"\n", mode);
    return 2;
}
