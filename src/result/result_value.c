#include "result/result_value.h"

#include <stdlib.h>
#include <string.h>

bool value_wrong(const struct reader *reader, const char *key, const char *expected) {
    error_set(reader->error, "%s: key \"%s\": expected %s", reader->path, key, expected);
    return false;
}

bool value_no_memory(const struct reader *reader) {
    error_set(reader->error, "%s: out of memory", reader->path);
    return false;
}

const json_t *value_find(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

bool value_is_text(const json_t *value) {
    return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value);
}

bool value_text(const struct reader *reader, const json_t *object, const char *key, char **text) {
    const json_t *value = value_find(object, key);
    if (value == NULL)
        return true;
    if (!value_is_text(value))
        return value_wrong(reader, key, "a string");
    *text = strdup(json_string_value(value));
    return *text != NULL || value_no_memory(reader);
}

bool value_texts(const struct reader *reader, const json_t *object, const char *key,
                 char ***texts) {
    const json_t *array = value_find(object, key);
    if (array == NULL)
        return true;
    if (!json_is_array(array))
        return value_wrong(reader, key, "an array of strings");
    size_t count = json_array_size(array);
    *texts = calloc(count + 1, sizeof **texts);
    if (*texts == NULL)
        return value_no_memory(reader);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);
        if (!value_is_text(value))
            return value_wrong(reader, key, "an array of strings");
        if (((*texts)[i] = strdup(json_string_value(value))) == NULL)
            return value_no_memory(reader);
    }
    return true;
}

bool value_number(const struct reader *reader, const json_t *object, const char *key,
                  bool may_be_negative, int64_t *number, bool *has) {
    const json_t *value = value_find(object, key);
    *has = value != NULL;
    if (value == NULL)
        return true;
    if (!json_is_integer(value))
        return value_wrong(reader, key, "a whole number");
    *number = json_integer_value(value);
    return may_be_negative || *number >= 0 ||
           value_wrong(reader, key, "a number that is not negative");
}
