/* A verb of the command called in this process, with what it printed. For cmocka tests in a folder
 * of their own: standard output and error go to files in it. */
#ifndef SUPPORT_CALL_H
#define SUPPORT_CALL_H

#include "base/buffer.h"

enum { CALL_ARGUMENTS_MAX = 12, CALL_BYTES_MAX = 64 << 20 };

struct call {
    const char *name; /* of the row, for messages */
    const char *arguments[CALL_ARGUMENTS_MAX];
    int status;
    const char *output, *message; /* all of standard output and error */
};

/* Fails the test unless the verb does what the row says. */
void call_expect(int (*verb)(int argc, char **argv), const struct call *call);
/* Appends standard output to `output` and error to `message`; returns the status. */
int call_run(int (*verb)(int argc, char **argv), const char *const arguments[],
             struct buffer *output, struct buffer *message);

#endif
