#include "rowstream/core/type.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum column_kind kind;
    const char *field;
    int bits;
} types[] = {
    {"integer", COLUMN_INTEGER, "IntegerField", 32},
    {"int", COLUMN_INTEGER, "IntegerField", 32},
    {"serial", COLUMN_INTEGER, "IntegerField", 32},
    {"mediumint", COLUMN_INTEGER, "IntegerField", 16},
    {"tinyint", COLUMN_INTEGER, "SmallIntegerField", 16},
    {"smallint", COLUMN_INTEGER, "SmallIntegerField", 16},
    {"bigint", COLUMN_INTEGER, "BigIntegerField", 64},
    {"bigserial", COLUMN_INTEGER, "BigIntegerField", 64},
    {"integer unsigned", COLUMN_INTEGER, "PositiveIntegerField", 32},
    {"int unsigned", COLUMN_INTEGER, "PositiveIntegerField", 32},
    {"smallint unsigned", COLUMN_INTEGER, "PositiveSmallIntegerField", 16},
    {"bigint unsigned", COLUMN_INTEGER, "PositiveBigIntegerField", 64},
    {"real", COLUMN_REAL, "FloatField", 0},
    {"float", COLUMN_REAL, "FloatField", 0},
    {"double", COLUMN_REAL, "FloatField", 0},
    {"double precision", COLUMN_REAL, "FloatField", 0},
    {"decimal", COLUMN_DECIMAL, "DecimalField", 0},
    {"numeric", COLUMN_DECIMAL, "DecimalField", 0},
    {"bool", COLUMN_BOOLEAN, "BooleanField", 0},
    {"boolean", COLUMN_BOOLEAN, "BooleanField", 0},
    {"varchar", COLUMN_TEXT, "CharField", 0},
    {"char", COLUMN_TEXT, "CharField", 0},
    {"character", COLUMN_TEXT, "CharField", 0},
    {"nvarchar", COLUMN_TEXT, "CharField", 0},
    {"character varying", COLUMN_TEXT, "CharField", 0},
    {"text", COLUMN_TEXT, "TextField", 0},
    {"clob", COLUMN_TEXT, "TextField", 0},
    {"longtext", COLUMN_TEXT, "TextField", 0},
    {"mediumtext", COLUMN_TEXT, "TextField", 0},
    {"tinytext", COLUMN_TEXT, "TextField", 0},
    {"date", COLUMN_DATE, "DateField", 0},
    {"datetime", COLUMN_DATETIME, "DateTimeField", 0},
    {"timestamp", COLUMN_DATETIME, "DateTimeField", 0},
    {"timestamp without time zone", COLUMN_DATETIME, "DateTimeField", 0},
    {"timestamp with time zone", COLUMN_DATETIME, "DateTimeField", 0},
    {"time", COLUMN_TIME, "TimeField", 0},
    {"time without time zone", COLUMN_TIME, "TimeField", 0},
    {"uuid", COLUMN_UUID, "UUIDField", 0},
    {"blob", COLUMN_BINARY, "BinaryField", 0},
    {"bytea", COLUMN_BINARY, "BinaryField", 0},
    {"longblob", COLUMN_BINARY, "BinaryField", 0},
    {"mediumblob", COLUMN_BINARY, "BinaryField", 0},
    {"tinyblob", COLUMN_BINARY, "BinaryField", 0},
    {"binary", COLUMN_BINARY, "BinaryField", 0},
    {"varbinary", COLUMN_BINARY, "BinaryField", 0},
};

/* Copies the type's words without the part in parentheses, with single spaces: "decimal (5)
 * unsigned" is "decimal unsigned". False when it is longer than any name in the table. */
static bool words_of(const char *declared, char *words, size_t words_bytes, const char **numbers) {
    size_t length = 0;
    int depth = 0;
    *numbers = NULL;
    for (const char *at = declared; *at != '\0'; at++) {
        if (*at == '(') {
            if (depth++ == 0 && *numbers == NULL)
                *numbers = at + 1;
        } else if (*at == ')') {
            depth--;
        } else if (depth == 0) {
            bool space = isspace((unsigned char)*at) != 0;
            if (space && (length == 0 || words[length - 1] == ' '))
                continue;
            if (length + 1 >= words_bytes)
                return false;
            words[length++] = space ? ' ' : *at;
        }
    }
    while (length > 0 && words[length - 1] == ' ')
        length--;
    words[length] = '\0';
    return true;
}

static int number_at(const char **at) {
    char *end;
    long number = strtol(*at, &end, 10);
    if (end == *at || number < 0 || number > 1000000000)
        return -1;
    *at = end + strspn(end, " ,");
    return (int)number;
}

struct column_type column_type_parse(const char *declared) {
    struct column_type type = {.kind = COLUMN_ANY, .field = "TextField", .size = -1, .scale = -1};
    char words[32];
    const char *numbers;
    if (declared == NULL || !words_of(declared, words, sizeof words, &numbers))
        return type;
    if (numbers != NULL) {
        type.size = number_at(&numbers);
        if (type.size >= 0)
            type.scale = number_at(&numbers);
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcasecmp(words, types[i].name) != 0)
            continue;
        type.kind = types[i].kind;
        type.field = types[i].field;
        type.bits = types[i].bits;
        if (strcasecmp(words, "char") == 0 && type.size == 32) {
            type.kind = COLUMN_UUID;
            type.field = "UUIDField";
        }
        break;
    }
    return type;
}
