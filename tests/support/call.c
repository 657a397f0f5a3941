#include "call.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

static int redirect(int fd, const char *path) {
    int kept = dup(fd), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(kept >= 0 && file >= 0 && dup2(file, fd) == fd);
    close(file);
    return kept;
}

static void restore(int fd, int kept) {
    dup2(kept, fd);
    close(kept);
}

int call_run(int (*verb)(int argc, char **argv), const char *const arguments[],
             struct buffer *output, struct buffer *message) {
    char *argv[CALL_ARGUMENTS_MAX + 1] = {NULL};
    int argc = 0;
    for (; argc < CALL_ARGUMENTS_MAX && arguments[argc] != NULL; argc++)
        argv[argc] = strdup(arguments[argc]);
    fflush(stdout);
    int out = redirect(STDOUT_FILENO, "stdout"), err = redirect(STDERR_FILENO, "stderr");
    int status = verb(argc, argv);
    fflush(stdout);
    restore(STDOUT_FILENO, out);
    restore(STDERR_FILENO, err);
    assert_true(buffer_append_text(output, "") && buffer_append_text(message, ""));
    assert_true(file_read("stdout", output, NULL) && file_read("stderr", message, NULL));
    while (argc > 0)
        free(argv[--argc]);
    return status;
}

void call_expect(int (*verb)(int argc, char **argv), const struct call *call) {
    struct buffer output = BUFFER_INIT(CALL_BYTES_MAX), message = BUFFER_INIT(CALL_BYTES_MAX);
    int status = call_run(verb, call->arguments, &output, &message);
    if (status != call->status || strcmp(output.bytes, call->output) != 0 ||
        strcmp(message.bytes, call->message) != 0) {
        /* cmocka's own messages have room for the first lines only. */
        fprintf(stderr, "wanted %d\n%s---\n%s---\ngot %d\n%s---\n%s---\n", call->status,
                call->output, call->message, status, output.bytes, message.bytes);
        fail_msg("%s: not what was wanted", call->name);
    }
    buffer_fini(&output);
    buffer_fini(&message);
}
