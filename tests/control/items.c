/* items CALLS TENTHS STEP N: work on N items, with faults that are small beside the rest.
 *
 * All the time 16 MiB are held. Each item takes CALLS allocations, of which it keeps TENTHS tenths
 * of a byte until the end; STEP bytes are kept where there are 10,000 items or more. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALWAYS_BYTES = 16 << 20, STEP_ITEMS = 10000 };

struct kept {
    struct kept *next;
};

static void *volatile seen; /* else a compiler may leave out what nobody reads */

/* Whole bytes for each ten items together. A block has room for its link in the chain, and more. */
static void keep(struct kept **first, size_t bytes) {
    struct kept *kept = malloc(bytes);
    if (kept == NULL || bytes < sizeof *kept)
        abort();
    kept->next = *first;
    *first = kept;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: %s CALLS TENTHS STEP N\n", argv[0]);
        return 2;
    }
    unsigned long calls = strtoul(argv[1], NULL, 10), tenths = strtoul(argv[2], NULL, 10);
    unsigned long step = strtoul(argv[3], NULL, 10), items = strtoul(argv[4], NULL, 10);
    struct kept *first = NULL;
    void *always = malloc(ALWAYS_BYTES);
    seen = always;
    if (step > 0 && items >= STEP_ITEMS)
        keep(&first, step);
    for (unsigned long item = 0; item < items; item++) {
        bool keeps = tenths > 0 && item % 10 == 0;
        for (unsigned long call = keeps ? 1 : 0; call < calls; call++) {
            seen = malloc(1);
            free(seen);
        }
        if (keeps)
            keep(&first, tenths);
    }
    while (first != NULL) {
        struct kept *next = first->next;
        free(first);
        first = next;
    }
    free(always);
    return 0;
}
