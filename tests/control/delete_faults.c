/* The gate's delete work with a fault: delete_control FAULT CASE ROWS DATABASE. The fault is a
 * client that keeps the keys of what it has deleted. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delete_work.h"

static uint64_t *keys, key_count;
static void (*next_report)(void *context, uint64_t rows, uint64_t total_rows);

static void keep_keys(void *context, uint64_t rows, uint64_t total_rows) {
    next_report(context, rows, total_rows);
    uint64_t *more = realloc(keys, rows * sizeof *keys);
    if (more == NULL)
        return;
    for (keys = more; key_count < rows; key_count++)
        keys[key_count] = key_count + 1;
}

static void report_to_keeper(struct rowstream_delete_options *options) {
    next_report = options->progress.report;
    options->progress.report = keep_keys;
}

static void free_keys(void) {
    free(keys);
}

static const struct delete_fault faults[] = {
    {.name = "keys-kept", .options = report_to_keeper, .end = free_keys},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 5 && i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(faults[i].name, argv[1]) == 0)
            return delete_work_main(argc - 1, argv + 1, &faults[i]);
    fprintf(stderr, "usage: delete_control FAULT CASE ROWS DATABASE\n");
    return 2;
}
