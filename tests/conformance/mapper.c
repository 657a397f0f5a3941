/* A program that maps memory itself in known ways, by the mode it is given. It prints nothing; what
 * it must have had mapped at the most stands in mapped_test.c. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <heapgate/heapgate.h>

#include "slow_map.h"

enum { PAGE = 4096, THREADS = 4, EACH = 2000, FORKS = 200, HELD = 512, HEAP = 3000000 };

static const char *self;

static void check(bool fine) {
    if (!fine)
        _exit(9);
}

static char *map(size_t pages, int protection) {
    char *mapped = mmap(NULL, pages * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(mapped != MAP_FAILED);
    return mapped;
}

static char *map_usable(size_t pages) {
    return map(pages, PROT_READ | PROT_WRITE);
}

static void unmap(char *begin, size_t pages) {
    check(munmap(begin, pages * PAGE) == 0);
}

static void nothing(void) {
}

/* Asked for in bytes, mapped in pages. */
static void bytes(void) {
    char *mapped = mmap(NULL, 1000000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(mapped != MAP_FAILED && munmap(mapped, 1000000) == 0);
}

/* 100 less a hole of 30, and 20 in two mappings taken away at once: 70, then 50, then 90. */
static void holes(void) {
    char *mapped = map_usable(100);
    unmap(mapped + 10 * PAGE, 30);
    unmap(mapped + 40 * PAGE, 20);
    unmap(mapped, 40); /* 10 that are there, and the hole */
    map_usable(61);
    check(munmap(mapped + 1, PAGE) == -1 && errno == EINVAL);
}

static void fixed(void) {
    char *mapped = map_usable(64);
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    check(mmap(mapped + 8 * PAGE, 16 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
               0) == mapped + 8 * PAGE);
    check(mmap(mapped + 20 * PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0) ==
          mapped + 20 * PAGE);
    map_usable(17); /* 64 - 16 + 17 */
    check(mmap(mapped + 30 * PAGE, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file,
               0) == mapped + 30 * PAGE);
    map_usable(5);
}

/* Addresses are no memory until they may be used. */
static void reserve(void) {
    char *reserved = map(1 << 18, PROT_NONE);
    check(mprotect(reserved + 100 * PAGE, 64 * PAGE, PROT_READ | PROT_WRITE) == 0);
    check(mprotect(reserved + 120 * PAGE, 10 * PAGE, PROT_NONE) == 0);
    check(mprotect(reserved + 500 * PAGE, 20 * PAGE, PROT_READ) == 0);
    check(mprotect(reserved + 90 * PAGE, 5 * PAGE, PROT_READ) == 0);
    check(madvise(reserved + 500 * PAGE, 20 * PAGE, MADV_DONTNEED) == 0);
    unmap(reserved, 1 << 18);
    check(mprotect(reserved, PAGE, PROT_READ) == -1 && errno == ENOMEM);
}

static void remap(void) {
    char *mapped = map_usable(4);
    mapped = mremap(mapped, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    check(mapped != MAP_FAILED);
    check(mremap(mapped, 64 * PAGE, 2 * PAGE, 0) == mapped);
    char *other = map_usable(30);
    check(mremap(mapped, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other + PAGE) ==
          other + PAGE);
    map_usable(36); /* 28 + 2 + 36 */
}

/* Shared memory without a file counts; with one it does not. */
static void shared(void) {
    int file = memfd_create("mapper", MFD_CLOEXEC);
    check(ftruncate(file, 100 * PAGE) == 0);
    check(mmap(NULL, 100 * PAGE, PROT_READ, MAP_SHARED, file, 0) != MAP_FAILED);
    check(mmap64(NULL, 8 * PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void program_break(void) {
    char *before = sbrk(0);
    check(sbrk(10 * PAGE) == before);
    check(brk(before + 25 * PAGE) == 0);
    check(sbrk(-25 * PAGE) != (void *)-1);
    check(sbrk(3 * PAGE) == before);
}

static void refused(void) {
    check(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
          errno == EINVAL);
    check(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0) == MAP_FAILED && errno == EBADF);
    check(mmap(NULL, (size_t)1 << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
              MAP_FAILED &&
          errno == ENOMEM);
    errno = 77;
    char *mapped = map_usable(2);
    unmap(mapped, 2);
    check(errno == 77);
}

/* ---- Threads, signals, forks ---- */

static pthread_barrier_t together;
static _Atomic bool over;

static void churn(unsigned rounds) {
    for (unsigned i = 0; i < rounds; i++) {
        char *mapped = map_usable(16);
        mapped = mremap(mapped, 16 * PAGE, (8 + i % 32) * PAGE, MREMAP_MAYMOVE);
        check(mapped != MAP_FAILED && mprotect(mapped, 4 * PAGE, PROT_NONE) == 0);
        unmap(mapped, 8 + i % 32);
    }
}

static void *churn_and_hold(void *nothing_needed) {
    churn(EACH);
    pthread_barrier_wait(&together);
    map_usable(HELD);
    pthread_barrier_wait(&together);
    return nothing_needed;
}

static void *churn_until_over(void *nothing_needed) {
    while (!atomic_load(&over))
        churn(1);
    return nothing_needed;
}

static void start(pthread_t threads[THREADS], void *(*work)(void *)) {
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, work, NULL) == 0);
}

static void join(pthread_t threads[THREADS]) {
    for (int i = 0; i < THREADS; i++)
        check(pthread_join(threads[i], NULL) == 0);
}

static void threads(void) {
    pthread_t all[THREADS];
    pthread_barrier_init(&together, NULL, THREADS);
    start(all, churn_and_hold);
    join(all);
}

static _Atomic unsigned caught;

static void on_signal(int number) {
    int saved = errno;
    (void)number;
    char *mapped = map_usable(3);
    unmap(mapped, 3);
    atomic_fetch_add(&caught, 1);
    errno = saved;
}

/* Every thread maps, and is interrupted at any point by a handler that maps. */
static void signals(void) {
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER};
    const struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    pthread_t all[THREADS];
    check(sigaction(SIGALRM, &action, NULL) == 0);
    check(setitimer(ITIMER_REAL, &often, NULL) == 0);
    start(all, churn_until_over);
    while (atomic_load(&caught) < 500)
        churn(10);
    check(setitimer(ITIMER_REAL, &never, NULL) == 0);
    atomic_store(&over, true);
    join(all);
    map_usable(HELD);
}

/* The one thread that allocates is interrupted while its peak rises, by a handler that maps as the
 * other threads do. */
static void signals_heap(void) {
    enum { GROWTH = 100000 };
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER};
    const struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    pthread_t all[THREADS];
    static void *volatile kept[GROWTH];
    start(all, churn_until_over);
    check(sigaction(SIGALRM, &action, NULL) == 0);
    check(setitimer(ITIMER_REAL, &often, NULL) == 0);
    for (unsigned i = 0; i < GROWTH; i++)
        check((kept[i] = malloc(40)) != NULL);
    check(setitimer(ITIMER_REAL, &never, NULL) == 0);
    atomic_store(&over, true);
    join(all);
    map_usable(HELD);
}

/* The child is cut off when it waits for ever. */
static void wait_for(pid_t child) {
    int status;
    check(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void forks(void) {
    pthread_t all[THREADS];
    check(malloc(HEAP) != NULL); /* this process is the one that is told of */
    start(all, churn_until_over);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            churn(3);
            _exit(0);
        }
        wait_for(child);
    }
    atomic_store(&over, true);
    join(all);
    map_usable(HELD);
}

/* The child has the parent's 100, and 50 of its own; its heap is the larger one. */
static void inherits(void) {
    map_usable(100);
    pid_t child = fork();
    if (child == 0) {
        check(malloc(HEAP) != NULL);
        map_usable(50);
        _exit(0);
    }
    wait_for(child);
}

/* What it inherited is its own from the beginning. */
static void inherits_only(void) {
    map_usable(100);
    pid_t child = fork();
    if (child == 0) {
        check(malloc(HEAP) != NULL);
        _exit(0);
    }
    wait_for(child);
}

static void *map_slowly(void *nothing_needed) {
    map_usable(SLOW_MAP_PAGES);
    return nothing_needed;
}

/* A child that is forked while another thread maps. */
static void fork_in_between(pid_t (*make)(void)) {
    pthread_t thread;
    check(pthread_create(&thread, NULL, map_slowly, NULL) == 0);
    check(sem_wait(&slow_map_entered) == 0);
    pid_t child = make();
    if (child == 0) {
        alarm(20);
        check(malloc(HEAP) != NULL);
        map_usable(50);
        _exit(0);
    }
    wait_for(child);
    check(sem_post(&slow_map_go_on) == 0 && pthread_join(thread, NULL) == 0);
}

static void forked_between(void) {
    fork_in_between(fork);
}

static void bare_between(void) {
    fork_in_between(_Fork);
}

static void nested(void) {
    map_usable(NESTED_MAP_PAGES);
}

static void too_many(void) {
    char *reserved = map(1 << 18, PROT_NONE);
    for (size_t i = 0; i < 30000; i++)
        check(mprotect(reserved + 2 * i * PAGE, PAGE, PROT_READ) == 0);
}

#ifndef MAPPER_PLAIN
/* 100 before the scope, 40 in it. */
static void in_scope(void) {
    heapgate_usage usage;
    map_usable(100);
    check(heapgate_scope_begin("mapped/scope", NULL) == HEAPGATE_OK);
    char *mapped = map_usable(40);
    unmap(mapped, 30);
    check(heapgate_scope_end("mapped/scope", 1, &usage, NULL) == HEAPGATE_OK);
    check(usage.mapped_bytes == 40 * PAGE);
    map_usable(500);
    check(heapgate_usage_read(&usage, NULL) == HEAPGATE_OK && usage.mapped_bytes == 610 * PAGE);
}
#endif

/* A heap of 1 MB while 10 pages are mapped, then 100 pages while it is empty, then 600 KB with
 * them. */
static void both(void) {
    char *mapped = map_usable(10);
    char *volatile block = malloc(1000000);
    free(block);
    map_usable(90);
    unmap(mapped, 10);
    block = malloc(600000);
    free(block);
}

static void to_other(void) {
    map_usable(100);
    execl(self, self, "bytes", (char *)NULL);
    check(false);
}

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"nothing", nothing},
    {"bytes", bytes},
    {"holes", holes},
    {"fixed", fixed},
    {"reserve", reserve},
    {"remap", remap},
    {"shared", shared},
    {"break", program_break},
    {"refused", refused},
    {"threads", threads},
    {"signals", signals},
    {"forks", forks},
    {"signals-heap", signals_heap},
    {"inherits", inherits},
    {"inherits-only", inherits_only},
    {"both", both},
    {"between", forked_between},
    {"bare", bare_between},
    {"many", too_many},
    {"exec", to_other},
    {"nested", nested},
#ifndef MAPPER_PLAIN
    {"scope", in_scope},
#endif
};

int main(int argc, char **argv) {
    self = argv[0];
    /* A hang is cut off, and fails: one that spins also with signals blocked, or alarm taken. */
    const struct rlimit seconds = {60, 60};
    setrlimit(RLIMIT_CPU, &seconds);
    alarm(60);
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(argv[1], modes[i].name) == 0) {
            modes[i].run();
            return 0;
        }
    return 8;
}
