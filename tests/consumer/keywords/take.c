/* take: needs TAKE_BYTES of heap at once; a TAKE_NOTE must be as it was written. */
#include <stdlib.h>
#include <string.h>

int main(void) {
    const char *bytes = getenv("TAKE_BYTES"), *note = getenv("TAKE_NOTE");
    if (bytes == NULL || (note != NULL && strcmp(note, "two words = one value") != 0))
        return 1;
    volatile char *rows = malloc((size_t)atol(bytes));
    if (rows == NULL)
        return 1;
    rows[0] = 'r';
    free((void *)rows);
    return 0;
}
