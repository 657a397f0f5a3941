/* Allocates 100 bytes without naming malloc. */
#include <string.h>

int main(void) {
    char text[100] = "";
    memset(text, 't', sizeof text - 1);
    return strdup(text) == 0;
}
