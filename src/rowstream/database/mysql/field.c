#include "rowstream/database/mysql/field.h"

#include <stdio.h>
#include <stdlib.h>

enum { BINARY_CHARSET = 63 };

enum my_field_kind my_field_kind(const MYSQL_FIELD *field) {
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
        return MY_FIELD_INTEGER;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
        return MY_FIELD_REAL;
    case MYSQL_TYPE_BIT:
        return MY_FIELD_BIT;
    case MYSQL_TYPE_GEOMETRY:
        return MY_FIELD_BLOB;
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_STRING:
        return field->charsetnr == BINARY_CHARSET ? MY_FIELD_BLOB : MY_FIELD_TEXT;
    default: /* decimals, dates and times, ENUM, SET, JSON */
        return MY_FIELD_TEXT;
    }
}

const char *my_field_declared(const MYSQL_FIELD *field) {
    enum { UUID_BYTES = 32 * 4 };
    bool is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
    bool blob = field->charsetnr == BINARY_CHARSET;
    switch (field->type) {
    case MYSQL_TYPE_TINY:
        return field->length == 1 ? "bool" : is_unsigned ? "smallint unsigned" : "smallint";
    case MYSQL_TYPE_SHORT:
        return is_unsigned ? "smallint unsigned" : "smallint";
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
        return is_unsigned ? "integer unsigned" : "integer";
    case MYSQL_TYPE_LONGLONG:
        return is_unsigned ? "bigint unsigned" : "bigint";
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
        return "double";
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
        return "decimal";
    case MYSQL_TYPE_DATE:
        return "date";
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return "datetime";
    case MYSQL_TYPE_TIME:
        return "time";
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
        return blob ? "blob" : "text";
    case MYSQL_TYPE_VAR_STRING:
        return blob ? "varbinary" : "varchar";
    case MYSQL_TYPE_STRING:
        if ((field->flags & (ENUM_FLAG | SET_FLAG)) != 0)
            return NULL;
        return blob ? "binary" : field->length == UUID_BYTES ? "char(32)" : "char";
    default:
        return NULL;
    }
}

double my_field_shortest_float(double number) {
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtof(text, NULL) == (float)number)
            break;
    }
    return strtod(text, NULL);
}
