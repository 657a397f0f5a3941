/* A reader with a fault, which a few inputs must bring out: the fuzzing itself can fail. */
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    char *copy = malloc(length + 1);
    FUZZ_ASSERT(copy != NULL);
    if (length > 0)
        memcpy(copy, data, length);
    size_t written = length > 2 && data[0] == '{' && data[1] == '"' ? length + 1 : length;
    ((volatile char *)copy)[written] = '\0';
    free(copy);
    return 0;
}
