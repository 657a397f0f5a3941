#include "base/options.h"

#include <stdio.h>
#include <string.h>

#include "base/size.h"

enum { HELP_COLUMNS = 100, LEFT_COLUMNS_MAX = 30 };

/* Finds the option a word begins; `value` is what is behind its "=", or NULL. */
static const struct option_row *find(const char *word, const struct option_table *table,
                                     const char **value) {
    size_t length = strlen(word);
    *value = NULL;
    if (strncmp(word, "--", 2) == 0) {
        length = strcspn(word, "=");
        *value = word[length] == '=' ? word + length + 1 : NULL;
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct option_row *row = &table->rows[i];
        if (strlen(row->name) == length && strncmp(row->name, word, length) == 0)
            return row;
        if (row->take == NULL && strcmp(word, "-h") == 0)
            return row;
    }
    return NULL;
}

static void unknown(const char *what, const char *word, size_t length,
                    const struct option_table *table, struct error *error) {
    char accepted[ERROR_TEXT_BYTES / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < table->count && used < sizeof accepted; i++)
        used += (size_t)snprintf(accepted + used, sizeof accepted - used, "%s%s", i > 0 ? ", " : "",
                                 table->rows[i].name);
    error_set(error, "%s \"%.*s\": accepted are %s", what, (int)length, word, accepted);
}

/* A value may be left out where the table has it in brackets. */
static bool takes_next(const struct option_row *row) {
    return row->value != NULL && row->value[0] != '[';
}

/* Reads the option at `words`, and moves on to the last word of it. */
static enum options_answer read_option(const struct option_table *table, char ***words,
                                       void *target, struct error *error) {
    const char *word = **words, *value;
    const struct option_row *row = find(word, table, &value);
    if (row == NULL) {
        unknown("unknown option", word, strcspn(word, "="), table, error);
        return OPTIONS_REFUSED;
    }
    if (row->value == NULL && value != NULL) {
        error_set(error, "%s takes no value: found \"%s\"", row->name, value);
        return OPTIONS_REFUSED;
    }
    if (row->take == NULL)
        return OPTIONS_HELP;
    if (takes_next(row) && value == NULL)
        value = *++*words;
    if (takes_next(row) && value == NULL) {
        error_set(error, "%s needs a value: %s", row->name, row->value);
        return OPTIONS_REFUSED;
    }
    if (row->take((char *)target + row->offset, value, error))
        return OPTIONS_READ;
    error_prefix(error, "%s: ", row->name);
    return OPTIONS_REFUSED;
}

static bool read_operand(const struct option_table *table, char *word, void *target,
                         struct error *error) {
    if (table->operand != NULL)
        return table->operand(target, word, error);
    unknown("unexpected argument", word, strlen(word), table, error);
    return false;
}

enum options_answer options_read(const struct option_table *table, char **words, void *target,
                                 struct error *error) {
    bool only_operands = false;
    for (; *words != NULL; words++) {
        char *word = *words;
        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (only_operands || word[0] != '-' || word[1] == '\0') {
            if (table->command != NULL)
                break;
            if (!read_operand(table, word, target, error))
                return OPTIONS_REFUSED;
        } else {
            enum options_answer answer = read_option(table, &words, target, error);
            if (answer != OPTIONS_READ)
                return answer;
        }
    }
    if (table->command != NULL)
        table->command(target, words);
    return OPTIONS_READ;
}

bool option_text(void *field, const char *value, struct error *error) {
    (void)error;
    *(const char **)field = value;
    return true;
}

bool option_flag(void *field, const char *value, struct error *error) {
    (void)value;
    (void)error;
    *(bool *)field = true;
    return true;
}

bool option_count(void *field, const char *value, struct error *error) {
    return count_parse(value, field, error);
}

/* ---- Help ---- */

/* Characters; one is a column. */
static int columns_of(const char *text, size_t bytes) {
    int columns = 0;
    for (size_t i = 0; i < bytes; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

static int left_columns(const struct option_row *row) {
    int value = row->value == NULL ? 0 : columns_of(row->value, strlen(row->value));
    return (int)strlen(row->name) + value + takes_next(row);
}

/* Words from the column `indent` on, which is where it begins. */
static void print_wrapped(const char *text, int indent) {
    int at = indent;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        int columns = columns_of(text, length);
        if (at > indent && at + 1 + columns > HELP_COLUMNS) {
            printf("\n%*s", indent, "");
            at = indent;
        }
        at += printf("%s", at > indent ? " " : "") + columns;
        printf("%.*s", (int)length, text);
        text += length + (text[length] == ' ');
    }
    putchar('\n');
}

void options_help(const struct option_table *table) {
    int width = 0;
    for (size_t i = 0; i < table->count; i++) {
        int left = left_columns(&table->rows[i]);
        if (left > width && left <= LEFT_COLUMNS_MAX)
            width = left;
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct option_row *row = &table->rows[i];
        int left = left_columns(row);
        printf("  %s%s%s", row->name, takes_next(row) ? " " : "",
               row->value != NULL ? row->value : "");
        if (left > width)
            printf("\n%*s", width + 4, "");
        else
            printf("%*s", width + 2 - left, "");
        print_wrapped(row->help, width + 4);
    }
}
