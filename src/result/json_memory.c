#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "result/result.h"
#include "result/result_file.h"

static json_malloc_t next_malloc;
static _Thread_local bool failed;

static void *allocate(size_t bytes) {
    void *block = next_malloc(bytes);
    failed = failed || block == NULL;
    return block;
}

void result_watch_memory(void) {
    json_free_t next_free;
    json_get_alloc_funcs(&next_malloc, &next_free);
    json_set_alloc_funcs(allocate, next_free);
}

bool result_json_ran_out(void) {
    bool before = failed;
    failed = false;
    return before;
}
