/* Prints the figures of a scope that copies a text of 99 characters. */
#include <heapgate/heapgate.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    char text[100] = "";
    heapgate_error error;
    heapgate_usage usage;
    memset(text, 't', sizeof text - 1);
    if (heapgate_scope_begin("copy", &error) == HEAPGATE_OK) {
        free(strdup(text));
        if (heapgate_scope_end("copy", 1, &usage, &error) == HEAPGATE_OK) {
            printf("peak %" PRIu64 " allocations %" PRIu64 " live %" PRId64 "\n", usage.peak_bytes,
                   usage.allocations, usage.live_bytes);
            return 0;
        }
    }
    fprintf(stderr, "%s\n", error.text);
    return 1;
}
