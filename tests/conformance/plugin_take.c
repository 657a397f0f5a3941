/* Two of these have the same layout and come to the same address, one after the other; the function
 * that allocates has another name in each. */
#include <stdlib.h>

void *plugin_take(size_t bytes);

static __attribute__((noinline)) void *PLUGIN_NAME(size_t bytes) {
    void *block = malloc(bytes);
    __asm__ volatile("" : : "r"(block) : "memory");
    return block;
}

__attribute__((visibility("default"))) void *plugin_take(size_t bytes) {
    void *block = PLUGIN_NAME(bytes);
    __asm__ volatile("" : : "r"(block) : "memory");
    return block;
}
