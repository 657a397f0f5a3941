#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/options.h"

bool terminal_colour(const char *choice, int fd) {
    const char *no_colour = getenv("NO_COLOR");
    if (choice != NULL && strcmp(choice, "auto") != 0)
        return strcmp(choice, "always") == 0;
    return isatty(fd) && (no_colour == NULL || no_colour[0] == '\0');
}

bool terminal_take_choice(void *field, const char *value, struct error *error) {
    static const char *const choices[] = {"auto", "always", "never"};
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        if (strcmp(value, choices[i]) == 0)
            return option_text(field, value, error);
    error_set(error, "unknown \"%s\"; there are auto, always and never", value);
    return false;
}

void terminal_size(int fd, int *columns, int *lines) {
    struct winsize size;
    bool known = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    *columns = known ? size.ws_col : 80;
    *lines = known ? size.ws_row : 24;
}

/* A character is a column: that of a wide one is lost, and no line is broken for it. */
size_t terminal_fit(const char *line, size_t bytes, int columns) {
    size_t at = 0;
    while (at < bytes && columns > 0) {
        at++;
        while (at < bytes && ((unsigned char)line[at] & 0xc0) == 0x80)
            at++;
        columns--;
    }
    return at;
}
