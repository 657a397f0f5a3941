/* A program that takes memory in ways that the heap's figures tell nothing of, or that cost more
 * than they tell, by the mode it is given. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEGABYTE = 1000000, BYTES = 100 * MEGABYTE };

static void check(int fine) {
    if (!fine)
        _exit(9);
}

/* As Go's runtime does: no function of libc's is called. */
static char *take_raw(void) {
    char *taken = (char *)syscall(SYS_mmap, NULL, BYTES, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(taken != MAP_FAILED);
    memset(taken, 1, BYTES);
    return taken;
}

static void raw(void) {
    take_raw();
}

static void raw_and_back(void) {
    syscall(SYS_munmap, take_raw(), BYTES);
}

static void raw_to_the_end(void) {
    take_raw();
    syscall(SYS_exit_group, 0);
}

static void in_a_child(void) {
    int status;
    check(malloc(MEGABYTE) != NULL); /* the parent's heap is the larger one */
    pid_t child = fork();
    if (child == 0) {
        take_raw();
        _exit(0);
    }
    check(waitpid(child, &status, 0) == child && status == 0);
}

static void mapped(void) {
    char *taken = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(taken != MAP_FAILED);
    memset(taken, 1, BYTES);
}

static void in_a_child_that_maps(void) {
    int status;
    check(malloc(MEGABYTE) != NULL);
    pid_t child = fork();
    if (child == 0) {
        mapped();
        _exit(0);
    }
    check(waitpid(child, &status, 0) == child && status == 0);
}

static void before_exec(void) {
    take_raw();
    execlp("true", "true", (char *)NULL);
}

/* ---- What costs more than it asks for, and is the heap's all the same ---- */

static void *volatile kept;

static void ones_of(size_t count) {
    for (size_t i = 0; i < count; i++) {
        kept = malloc(1);
        check(kept != NULL);
    }
}

static void ones(void) {
    ones_of(10 * MEGABYTE);
}

static void fork_and_end(void) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        kept = malloc(1000);
        _exit(0);
    }
    check(waitpid(child, &status, 0) == child && status == 0);
}

static void ones_and_fork(void) {
    ones_of(3 * MEGABYTE);
    fork_and_end();
}

/* Freed but for every hundredth, so that little goes back to the kernel, and then blocks that fit
 * into no hole. */
static void pieces(void) {
    enum { PIECES = 100000, PIECE = 1000, LARGE = 900, LARGE_BYTES = 100000 };
    static void *blocks[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        blocks[i] = malloc(PIECE);
        check(blocks[i] != NULL);
        memset(blocks[i], 1, PIECE);
    }
    for (size_t i = 0; i < PIECES; i++)
        if (i % 100 != 0)
            free(blocks[i]);
    for (size_t i = 0; i < LARGE; i++) {
        kept = malloc(LARGE_BYTES);
        check(kept != NULL);
        memset(kept, 1, LARGE_BYTES);
    }
}

static void freed_and_fork(void) {
    enum { BLOCKS = 100000, BLOCK = 1000 };
    static void *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK);
        check(blocks[i] != NULL);
        memset(blocks[i], 1, BLOCK);
    }
    kept = malloc(1); /* keeps the top of the heap where it is */
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    fork_and_end();
}

static void *allocate_and_free(void *nothing) {
    enum { BLOCKS = 3000, BLOCK = 1000 };
    void *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK);
        check(blocks[i] != NULL);
        memset(blocks[i], 1, BLOCK);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return nothing;
}

/* Each in an arena of its own, one after the other. */
static void arenas(void) {
    for (int i = 0; i < 8; i++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, allocate_and_free, NULL) == 0);
        check(pthread_join(thread, NULL) == 0);
    }
}

/* A file that was mapped, read and let go was resident, and is nobody's memory. */
static void file(void) {
    int fd = memfd_create("taker", MFD_CLOEXEC);
    unsigned sum = 0;
    check(ftruncate(fd, BYTES) == 0);
    unsigned char *read = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    check(read != MAP_FAILED);
    for (size_t i = 0; i < BYTES; i += 4096)
        sum += ++read[i];
    check(sum > 0 && munmap(read, BYTES) == 0);
}

/* A program that may open nothing any more, or it dies: also on its way out. */
static void sealed(void) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_gettid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof steps / sizeof steps[0], steps};
    mapped(); /* the thread is known by now */
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0);
    mapped();
}

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"raw", raw},
    {"raw-and-back", raw_and_back},
    {"raw-to-the-end", raw_to_the_end},
    {"child", in_a_child},
    {"child-maps", in_a_child_that_maps},
    {"before-exec", before_exec},
    {"mapped", mapped},
    {"ones", ones},
    {"ones-and-fork", ones_and_fork},
    {"pieces", pieces},
    {"freed-and-fork", freed_and_fork},
    {"arenas", arenas},
    {"file", file},
    {"sealed", sealed},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(argv[1], modes[i].name) == 0) {
            modes[i].run();
            return 0;
        }
    return 8;
}
