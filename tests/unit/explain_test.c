/* heapgate explain of a Massif file: the file's peak first, and what the tree that is shown is
 * of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "call.h"
#include "cli/cli.h"

static char folder[] = "/tmp/heapgate-explain.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

#define HEAD "desc: --massif-out-file=x\ncmd: ./grow\ntime_unit: i\n"
#define SNAPSHOT(index, bytes, tree)                                                               \
    "#-----------\nsnapshot=" #index "\n#-----------\ntime=" #index "\nmem_heap_B=" #bytes         \
    "\nmem_heap_extra_B=8\nmem_stacks_B=0\nheap_tree=" tree "\n"
#define TREE(bytes)                                                                                \
    "n1: " #bytes " (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n"             \
    " n0: " #bytes " 0x109156: grow (grow.c:9)\n"

static const struct row {
    const char *text;
    struct call call;
} rows[] = {
    {HEAD SNAPSHOT(0, 0, "empty") SNAPSHOT(1, 936, "detailed") TREE(936)
         SNAPSHOT(2, 1000001491, "empty") SNAPSHOT(3, 12, "empty"),
     {"a peak without a tree",
      {"explain", "massif.out"},
      0,
      "  the peak is 1,000,001,491 B (953.7 MiB), in snapshot 2 of 4, counted from 0, which has no "
      "tree "
      "of call stacks; snapshot 1 has the largest\n"
      "  who held the memory in snapshot 1 (0.0% of the peak), of 936 B:\n"
      "                936 B  100.0%              grow (grow.c:9)\n",
      ""}},
    {HEAD SNAPSHOT(0, 990, "detailed") TREE(990) SNAPSHOT(1, 1000, "empty"),
     {"most of the peak",
      {"explain", "massif.out"},
      0,
      "  the peak is 1,000 B, in snapshot 1 of 2, counted from 0, which has no tree of call "
      "stacks; snapshot 0 has the largest\n"
      "  who held the memory in snapshot 0 (99.0% of the peak), of 990 B:\n"
      "                990 B  100.0%              grow (grow.c:9)\n",
      ""}},
    {HEAD SNAPSHOT(0, 12, "empty") SNAPSHOT(1, 2048, "peak") TREE(2048) SNAPSHOT(2, 2048, "empty"),
     {"the peak has a tree",
      {"explain", "massif.out"},
      0,
      "  the peak is 2,048 B (2.0 KiB), in snapshot 1 of 3, counted from 0\n"
      "  who held the memory at the peak, of 2,048 B:\n"
      "              2,048 B  100.0%              grow (grow.c:9)\n",
      ""}},
    {HEAD SNAPSHOT(0, 12, "empty") SNAPSHOT(1, 2048, "empty"),
     {"no tree at all",
      {"explain", "massif.out"},
      3,
      "",
      "heapgate explain: massif.out: no snapshot has a tree of call stacks; the peak is 2,048 B, "
      "in "
      "snapshot 1\n"}},
};

static void the_peak_is_the_largest_snapshot(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(file_write("massif.out", rows[i].text, strlen(rows[i].text), NULL));
        call_expect(cli_explain, &rows[i].call);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_peak_is_the_largest_snapshot)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
