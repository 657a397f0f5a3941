/* What went wrong, in words for the person who has to mend it.
 *
 * A function that can fail takes an optional `struct error *` last and returns a status. The first
 * error wins: a later error_set on the same struct changes nothing, so that a clean-up which
 * fails too cannot hide the cause. Nothing here allocates. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

enum { ERROR_TEXT_BYTES = 1024 };

struct error {
    bool set;
    /* one message without a trailing newline; cut at the end if longer */
    char text[ERROR_TEXT_BYTES];
};

/* Records a message unless `error` is NULL or holds one already. */
void error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts text in front of a message that is set ("budgets/json.yaml: " ...); else does nothing. */
void error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
