/* Nothing but malloc and free: random sizes of 16 to 527 bytes in 1,024 slots.
 * usage: malloc_loop THREADS ROUNDS (rounds per thread) */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = 1024, THREADS_MAX = 64 };

static uint64_t rounds;

static void *run(void *seed) {
    uint64_t state = (uint64_t)(uintptr_t)seed * 0x9e3779b97f4a7c15u;
    void *slots[SLOTS] = {NULL};
    for (uint64_t i = 0; i < rounds; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        size_t slot = state % SLOTS;
        free(slots[slot]);
        slots[slot] = malloc(16 + (state >> 20) % 512);
    }
    for (size_t i = 0; i < SLOTS; i++)
        free(slots[i]);
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS_MAX];
    int count = argc == 3 ? atoi(argv[1]) : 0;
    rounds = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    if (count < 1 || count > THREADS_MAX || rounds == 0) {
        fprintf(stderr, "usage: malloc_loop THREADS ROUNDS\n");
        return 2;
    }
    for (int i = 1; i < count; i++)
        if (pthread_create(&threads[i], NULL, run, (void *)(uintptr_t)(i + 1)) != 0)
            return 1;
    run((void *)1);
    for (int i = 1; i < count; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
