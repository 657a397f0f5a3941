/* As many distinct call stacks as are asked for, each of which allocates once and frees at the end:
 * a path of left and right calls for each bit of a number, in any number of threads. usage: stacks
 * COUNT THREADS (COUNT stacks in all, at most 16 million; each thread its part) */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BITS = 24, BYTES = 16, THREADS_MAX = 1024 };

struct part {
    pthread_t thread;
    uint32_t from, to;
    void **blocks; /* of all parts */
};

static void *go_left(uint32_t path, unsigned bit);
static void *go_right(uint32_t path, unsigned bit);

/* The two calls are in two functions, so that the compiler cannot make one of them; what follows
 * the call keeps it from being a jump. */
__attribute__((noinline)) static void *go_left(uint32_t path, unsigned bit) {
    void *volatile block = bit == 0          ? malloc(BYTES)
                           : path >> bit & 1 ? go_right(path, bit - 1)
                                             : go_left(path, bit - 1);
    return block;
}

__attribute__((noinline)) static void *go_right(uint32_t path, unsigned bit) {
    void *volatile block = bit == 0          ? malloc(BYTES)
                           : path >> bit & 1 ? go_right(path, bit - 1)
                                             : go_left(path, bit - 1);
    return block;
}

static unsigned bits_of(uint32_t count) {
    unsigned bits = 0;
    while (bits < BITS && UINT32_C(1) << bits < count)
        bits++;
    return bits;
}

static unsigned bits;

static void *run(void *context) {
    const struct part *part = context;
    for (uint32_t i = part->from; i < part->to; i++)
        part->blocks[i] = go_left(i << 1, bits); /* the last call is that of bit 1 */
    return NULL;
}

int main(int argc, char **argv) {
    static struct part parts[THREADS_MAX];
    uint32_t count = argc == 3 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    unsigned threads = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    void **blocks = calloc(count > 0 ? count : 1, sizeof *blocks);
    if (count == 0 || count > UINT32_C(1) << BITS || threads == 0 || threads > THREADS_MAX ||
        blocks == NULL) {
        fprintf(stderr, "usage: stacks COUNT THREADS\n");
        return 2;
    }
    bits = bits_of(count);
    for (unsigned i = 0; i < threads; i++) {
        parts[i] = (struct part){.from = (uint32_t)((uint64_t)count * i / threads),
                                 .to = (uint32_t)((uint64_t)count * (i + 1) / threads),
                                 .blocks = blocks};
        if (pthread_create(&parts[i].thread, NULL, run, &parts[i]) != 0)
            return 1;
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(parts[i].thread, NULL);
    for (uint32_t i = 0; i < count; i++)
        free(blocks[i]);
    free(blocks);
    return 0;
}
