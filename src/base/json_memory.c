#include "base/json_memory.h"

#include <pthread.h>
#include <stddef.h>

#include <jansson.h>

static json_malloc_t next_malloc;
static _Thread_local bool ran_out;

static void *watched_malloc(size_t bytes) {
    void *block = next_malloc(bytes);
    ran_out = ran_out || block == NULL;
    return block;
}

static void watch(void) {
    json_free_t next_free;
    json_get_alloc_funcs(&next_malloc, &next_free);
    json_set_alloc_funcs(watched_malloc, next_free);
}

void json_memory_watch(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch);
}

void json_memory_forget(void) {
    ran_out = false;
}

bool json_memory_ran_out(void) {
    return ran_out;
}
