/* The values of a result file, each read by its key: a file is trusted in none of them. */
#ifndef RESULT_RESULT_VALUE_H
#define RESULT_RESULT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"

struct reader {
    const char *path;
    struct error *error;
};

/* Both set the error, and are false. */
bool value_wrong(const struct reader *reader, const char *key, const char *expected);
bool value_no_memory(const struct reader *reader);

/* JSON's null is as good as a key that isn't there. */
const json_t *value_find(const json_t *object, const char *key);
/* A string without NUL inside, so that it is whole as a C string. */
bool value_is_text(const json_t *value);

/* What is read is left as it was where the key isn't there. Texts are copied; an array of them ends
 * with NULL, and is to be freed also after a failure. */
bool value_text(const struct reader *reader, const json_t *object, const char *key, char **text);
bool value_texts(const struct reader *reader, const json_t *object, const char *key, char ***texts);
/* `*has` says whether the key is there. */
bool value_number(const struct reader *reader, const json_t *object, const char *key,
                  bool may_be_negative, int64_t *number, bool *has);

#endif
