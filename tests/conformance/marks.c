/* A program that marks its phases, by the mode it is given, without linking heapgate: it looks the
 * mark up by name. As subject.c it uses no stdio, so that nothing else allocates. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MEGABYTE = 1000000, THREADS = 4, BLOCKS = 2000, PIECES = 40000, PIECE_BYTES = 1000 };

static int (*mark_phase)(const char *name);
static int (*mark_progress)(uint64_t units);
static void *volatile kept[2];

static void mark(const char *name) {
    if (mark_phase(name) != 0)
        _exit(9);
}

static void rest_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void phases(void) {
    mark("fetch");
    kept[0] = malloc(MEGABYTE);
    mark("write");
    kept[1] = malloc(2 * MEGABYTE);
    free(kept[1]);
    free(malloc(10));
    mark("close");
    free(kept[0]);
    mark(NULL);
    free(malloc(4 * MEGABYTE)); /* in no phase */
}

/* Killed within one: what there was until then is kept. */
static void cut_short(void) {
    mark("fetch");
    kept[0] = malloc(3 * MEGABYTE);
    free(kept[0]);
    kept[0] = malloc(MEGABYTE);
    _exit(0);
}

static pthread_barrier_t barrier;

static void *in_thread(void *argument) {
    void *blocks[BLOCKS];
    (void)argument;
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = malloc(100);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); /* the next phase is marked between */
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    pthread_barrier_wait(&barrier);
    return NULL;
}

/* The threads' own memory is there before the first mark, and after the last. */
static void threads(void) {
    pthread_t ids[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    mark("start");
    for (int i = 0; i < THREADS; i++)
        pthread_create(&ids[i], NULL, in_thread, NULL);
    pthread_barrier_wait(&barrier);
    mark("free");
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    mark("end");
    for (int i = 0; i < THREADS; i++)
        pthread_join(ids[i], NULL);
}

static void too_many(void) {
    for (int i = 0; i < 1000; i++)
        mark("again");
    _exit(mark_phase("one more") == 2 && mark_phase("") == 2 ? 0 : 9);
}

/* All but the last of many pieces, which holds the heap up, freed; then time passes. */
static void linger(void) {
    static void *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = malloc(PIECE_BYTES);
        memset(pieces[i], 1, PIECE_BYTES);
    }
    rest_ms(60);
    for (size_t i = 0; i + 1 < PIECES; i++)
        free(pieces[i]);
    rest_ms(120);
}

/* A peak between two samples. */
static void spike(void) {
    rest_ms(60);
    free(malloc(5 * MEGABYTE));
    rest_ms(60);
}

/* As a shell would: a line, and time for it to be read. */
static void lines(void) {
    const char *path = getenv("HEAPGATE_PHASES");
    int fd = path != NULL ? open(path, O_WRONLY) : -1;
    if (fd < 0 || write(fd, "first\n", 6) != 6)
        _exit(9);
    rest_ms(100);
    kept[0] = malloc(MEGABYTE);
    if (write(fd, "second\nthi", 10) != 10 || write(fd, "rd\n", 3) != 3)
        _exit(9);
    rest_ms(100);
    kept[1] = malloc(2 * MEGABYTE);
    free(kept[1]);
    free(kept[0]);
}

static void units(void) {
    for (uint64_t done = 1; done <= 10; done++) {
        kept[0] = malloc(1000);
        if (mark_progress(done) != 0)
            _exit(9);
    }
}

static void fail_at_signal(int number) {
    (void)number;
    _exit(9);
}

/* Asks its parent for snapshots; its own handler must not hear of it. After the second nothing is
 * allocated or freed any more. */
static void ask(void) {
    signal(SIGUSR1, fail_at_signal);
    kept[0] = malloc(MEGABYTE);
    kill(getppid(), SIGUSR1);
    rest_ms(100);
    kept[1] = malloc(2 * MEGABYTE);
    kill(getppid(), SIGUSR1);
    rest_ms(100);
    _exit(0);
}

static const char *extra;

/* Writes its number to a file when there is something to see, and waits to be killed. */
static void wait_for_the_end(void) {
    char digits[16];
    size_t at = sizeof digits;
    mark("waiting");
    mark_progress(12000);
    free(malloc(3 * MEGABYTE));
    kept[0] = malloc(MEGABYTE);
    for (unsigned number = (unsigned)getpid(); number > 0; number /= 10)
        digits[--at] = (char)('0' + number % 10);
    int fd = open(extra, O_WRONLY | O_CREAT, 0600);
    if (fd < 0 || write(fd, digits + at, sizeof digits - at) != (ssize_t)(sizeof digits - at))
        _exit(9);
    rest_ms(20000);
}

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"phases", phases}, {"cut-short", cut_short},   {"threads", threads}, {"too-many", too_many},
    {"linger", linger}, {"spike", spike},           {"lines", lines},     {"units", units},
    {"ask", ask},       {"wait", wait_for_the_end},
};

int main(int argc, char **argv) {
    void *phase = dlsym(RTLD_DEFAULT, "heapgate_phase");
    void *progress = dlsym(RTLD_DEFAULT, "heapgate_progress");
    if (phase == NULL || progress == NULL)
        return 98; /* not under heapgate */
    extra = argc > 2 ? argv[2] : "";
    memcpy(&mark_phase, &phase, sizeof phase);
    memcpy(&mark_progress, &progress, sizeof progress);
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, argv[1]) == 0) {
            modes[i].run();
            return 0;
        }
    return 99;
}
