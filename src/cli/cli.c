#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int cli_refuse(const char *verb, const char *format, ...) {
    va_list arguments;
    fprintf(stderr, "heapgate %s: ", verb);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return HEAPGATE_USAGE;
}

/* Help that nobody can read is a failure too. */
static int print_usage(const struct cli_usage *usage) {
    fputs(usage->about, stdout);
    putchar('\n');
    options_help(&usage->table);
    if (usage->print_choices != NULL)
        usage->print_choices();
    printf("\n%s", usage->exits);
    return cli_print(usage->verb, &(struct buffer)BUFFER_INIT(0), HEAPGATE_OK);
}

bool cli_read(const struct cli_usage *usage, char **argv, void *target, int *status) {
    struct error error = {.set = false};
    switch (options_read(&usage->table, argv + 1, target, &error)) {
    case OPTIONS_READ:
        return true;
    case OPTIONS_HELP:
        *status = print_usage(usage);
        return false;
    case OPTIONS_REFUSED:
        break;
    }
    *status = cli_refuse(usage->verb, "%s", error.text);
    return false;
}

bool cli_take_folder(void *field, const char *value, struct error *error) {
    if (value[0] == '\0')
        error_set(error, "expected the name of a folder");
    return option_text(field, value, error) && value[0] != '\0';
}

int cli_print(const char *verb, const struct buffer *text, int status) {
    if (text->length > 0)
        fwrite(text->bytes, 1, text->length, stdout);
    if (fflush(stdout) != 0 || ferror(stdout))
        return cli_refuse(verb, "cannot write to standard output: %s", strerror(errno));
    return status;
}
