#include "base/options.h"

#include <stdio.h>
#include <string.h>

/* Finds the option a word begins; `value` is what is behind its "=", or NULL. */
static const struct option_row *find(const char *word, const struct option_row *options,
                                     size_t count, const char **value) {
    size_t length = strlen(word);
    *value = NULL;
    if (strncmp(word, "--", 2) == 0) {
        length = strcspn(word, "=");
        *value = word[length] == '=' ? word + length + 1 : NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (strlen(options[i].name) == length && strncmp(options[i].name, word, length) == 0)
            return &options[i];
    return NULL;
}

static void unknown(const char *word, const struct option_row *options, size_t count,
                    struct error *error) {
    char accepted[ERROR_TEXT_BYTES / 2] = "";
    size_t length = 0;
    for (size_t i = 0; i < count && length < sizeof accepted; i++)
        length += (size_t)snprintf(accepted + length, sizeof accepted - length, "%s%s",
                                   i > 0 ? ", " : "", options[i].name);
    error_set(error, "unknown option \"%.*s\": accepted are %s", (int)strcspn(word, "="), word,
              accepted);
}

bool options_read(char **words, const struct option_row *options, size_t count,
                  bool (*operand)(void *target, char *word, struct error *error), void *target,
                  struct error *error) {
    bool only_operands = false;
    for (; *words != NULL; words++) {
        char *word = *words;
        const char *value;
        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = true;
            continue;
        }
        if (only_operands || word[0] != '-' || word[1] == '\0') {
            if (!operand(target, word, error))
                return false;
            continue;
        }
        const struct option_row *option = find(word, options, count, &value);
        if (option == NULL) {
            unknown(word, options, count, error);
            return false;
        }
        if (option->value == NULL && value != NULL) {
            error_set(error, "%s takes no value: found \"%s\"", option->name, value);
            return false;
        }
        if (option->value != NULL && value == NULL)
            value = *++words;
        if (option->value != NULL && value == NULL) {
            error_set(error, "%s needs a value: %s", option->name, option->value);
            return false;
        }
        if (!option->take(target, value, error)) {
            error_prefix(error, "%s: ", option->name);
            return false;
        }
    }
    return true;
}

void options_help(const struct option_row *options, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char left[64];
        const char *value = options[i].value != NULL ? options[i].value : "";
        snprintf(left, sizeof left, "%s %s", options[i].name, value);
        printf("  %-30s %s\n", left, options[i].help);
    }
}
