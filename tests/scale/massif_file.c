/* Writes a Massif file of about the wanted size to standard output, a line at a time: what valgrind
 * writes of a large program under --threshold=0.0, where every call stack has lines of its own. The
 * same size gives the same bytes.
 *
 * Every tenth snapshot has a tree. A tree has functions at its top, each called from CALLERS
 * places, each of these from CALLERS again, down to DEPTH: a full tree, so that its bytes can be
 * told without holding it. The last tree is the largest, and the one that explain reads.
 *
 * usage: massif_file BYTES */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DEPTH = 6,
    CALLERS = 4,
    TREES = 10,
    SNAPSHOTS = 10 * TREES,
    LEAF_BYTES = 64,
    LINE_BYTES = 58
};

static uint64_t address;

/* The lines of a frame and of all that is below it. */
static uint64_t lines_below(unsigned depth) {
    return depth == DEPTH ? 1 : 1 + CALLERS * lines_below(depth + 1);
}

static uint64_t bytes_below(unsigned depth, uint64_t leaf_bytes) {
    return depth == DEPTH ? leaf_bytes : CALLERS * bytes_below(depth + 1, leaf_bytes);
}

static void write_frame(unsigned depth, uint64_t leaf_bytes, uint64_t function) {
    address += 16;
    printf("%*sn%d: %" PRIu64 " 0x%" PRIX64 ": function_%" PRIu64 "_%u (module_%" PRIu64 ".c:%u)\n",
           (int)depth, "", depth == DEPTH ? 0 : CALLERS, bytes_below(depth, leaf_bytes),
           0x400000 + address, function, depth, function % 100, depth * 100 + 1);
    for (unsigned i = 0; depth < DEPTH && i < CALLERS; i++)
        write_frame(depth + 1, leaf_bytes, function * CALLERS + i);
}

int main(int argc, char **argv) {
    uint64_t wanted_bytes = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    if (wanted_bytes < 1 << 20) {
        fprintf(stderr, "usage: massif_file BYTES (at least 1048576)\n");
        return 2;
    }
    uint64_t tops = wanted_bytes / TREES / LINE_BYTES / lines_below(1) + 1;
    printf("desc: --threshold=0.0\ncmd: ./large\ntime_unit: i\n");
    for (unsigned i = 0; i < SNAPSHOTS; i++) {
        int has_tree = i % (SNAPSHOTS / TREES) == SNAPSHOTS / TREES - 1;
        uint64_t leaf_bytes = LEAF_BYTES + i;
        uint64_t heap_bytes = tops * bytes_below(1, leaf_bytes);
        printf("#-----------\nsnapshot=%u\n#-----------\ntime=%u\nmem_heap_B=%" PRIu64
               "\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=%s\n",
               i, i * 1000, heap_bytes,
               !has_tree            ? "empty"
               : i + 1 == SNAPSHOTS ? "peak"
                                    : "detailed");
        if (!has_tree)
            continue;
        printf("n%" PRIu64 ": %" PRIu64
               " (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n",
               tops, heap_bytes);
        address = 0;
        for (uint64_t top = 0; top < tops; top++)
            write_frame(1, leaf_bytes, top);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
