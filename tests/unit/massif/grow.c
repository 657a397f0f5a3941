/* Grows in steps, holds, shrinks: run under Massif by ./generate. Its arguments choose the end. */
#include <stdlib.h>
#include <string.h>

#include <valgrind/valgrind.h>

enum { KEPT = 40 };

static char *leaf(size_t bytes) {
    return malloc(bytes);
}

static char *middle(size_t step) {
    return step % 2 ? leaf(1000 + step) : leaf(4000);
}

static char *deep(int depth) {
    char *block = depth == 0 ? malloc(5000) : deep(depth - 1);
    return block + (depth < 0); /* no tail call */
}

/* A second rise, higher than the first by less than Massif's default inaccuracy of 1%. */
static void rise_a_little_higher(void) {
    free(malloc(100000));
    for (int i = 0; i < 20; i++)
        free(malloc(10));
    free(malloc(100500));
}

int main(int argc, char **argv) {
    const char *end = argc > 1 ? argv[1] : "";
    char *kept[KEPT];
    for (size_t i = 0; i < KEPT; i++)
        kept[i] = middle(i);
    if (strcmp(end, "keep") == 0)
        return kept[0] == NULL;
    char *held = deep(8);
    free(calloc(1, 60000));
    if (strcmp(end, "rise") == 0)
        rise_a_little_higher();
    if (strcmp(end, "monitor") == 0) {
        VALGRIND_MONITOR_COMMAND("all_snapshots monitor-all.out");
        VALGRIND_MONITOR_COMMAND("snapshot monitor-one.out");
        VALGRIND_MONITOR_COMMAND("detailed_snapshot monitor-detailed.out");
    }
    for (size_t i = 0; i < KEPT; i++)
        free(kept[i]);
    free(held);
    return 0;
}
