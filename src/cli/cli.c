#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
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

int cli_refuse_option(const char *verb, char **argv, int answer) {
    const char *option = argv[optind - 1];
    if (answer == ':')
        return cli_refuse(verb, "%s needs a value: see heapgate %s --help", option, verb);
    return cli_refuse(verb, "unknown option \"%s\": see heapgate %s --help", option, verb);
}

int cli_print(const char *verb, const struct buffer *text, int status) {
    if (text->length > 0)
        fwrite(text->bytes, 1, text->length, stdout);
    if (fflush(stdout) != 0 || ferror(stdout))
        return cli_refuse(verb, "cannot write to standard output: %s", strerror(errno));
    return status;
}
