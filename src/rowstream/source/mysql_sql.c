#include "rowstream/source/mysql_sql.h"

#include <string.h>
#include <strings.h>

bool mysql_sql_name(struct buffer *sql, const char *before, const char *name) {
    bool done = buffer_append_text(sql, before) && buffer_append_text(sql, "`");
    while (done) {
        size_t length = strcspn(name, "`");
        done = buffer_append(sql, name, length);
        if (name[length] == '\0')
            break;
        done = done && buffer_append_text(sql, "``");
        name += length + 1;
    }
    return done && buffer_append_text(sql, "`");
}

bool mysql_sql_is_float(const char *declared) {
    return declared != NULL && strncasecmp(declared, "float", 5) == 0;
}

bool mysql_sql_has_order(const char *declared) {
    static const char *const without[] = {"enum", "set", "float"};
    for (size_t i = 0; declared != NULL && i < sizeof without / sizeof without[0]; i++)
        if (strncasecmp(declared, without[i], strlen(without[i])) == 0)
            return false;
    return true;
}

bool mysql_sql_select(struct buffer *sql, const struct selection *selection) {
    bool done = buffer_append_text(sql, "SELECT ");
    for (size_t i = 0; done && i < selection->column_count; i++) {
        const struct column *column = selection->columns[i];
        done = mysql_sql_name(sql, i > 0 ? ", " : "", column->name);
        if (mysql_sql_is_float(column->declared))
            done = done && buffer_append_text(sql, " + 0e0");
    }
    if (selection->column_count == 0) /* a row still counts */
        done = done && buffer_append_text(sql, "NULL");
    return done && mysql_sql_name(sql, " FROM ", selection->table);
}

void mysql_sql_plain_type(char *declared) {
    static const char *const endings[] = {" zerofill", " unsigned"};
    if (strcmp(declared, "tinyint(1)") == 0)
        strcpy(declared, "bool");
    bool integer = strstr(declared, "int") != NULL;
    for (size_t i = 0; i < 2; i++) {
        char *ending = strstr(declared, endings[i]);
        if (ending != NULL && (i == 0 || !integer))
            *ending = '\0';
    }
}

/* ---- Filling ---- */

static bool append_type(struct buffer *sql, const struct column_type *type) {
    enum { VARCHAR_MAX = 16383 }; /* characters of four bytes */
    static const char *const names[] = {
        [COLUMN_BOOLEAN] = "bool",   [COLUMN_REAL] = "double",
        [COLUMN_DATE] = "date",      [COLUMN_DATETIME] = "datetime(6)",
        [COLUMN_TIME] = "time(6)",   [COLUMN_UUID] = "char(32)",
        [COLUMN_BINARY] = "longblob",
    };
    switch (type->kind) {
    case COLUMN_INTEGER:
        return buffer_append_text(sql, type->bits == 64   ? "bigint"
                                       : type->bits == 16 ? "smallint"
                                                          : "int") &&
               (strncmp(type->field, "Positive", 8) != 0 || buffer_append_text(sql, " unsigned"));
    case COLUMN_DECIMAL:
        return buffer_printf(sql, "decimal(%d, %d)", type->size < 1 ? 10 : type->size,
                             type->size < 1 ? 2 : type->scale < 0 ? 0 : type->scale);
    case COLUMN_TEXT:
        if (strcmp(type->field, "TextField") == 0 || type->size > VARCHAR_MAX)
            return buffer_append_text(sql, "longtext");
        return buffer_printf(sql, "varchar(%d)", type->size < 1 ? 255 : type->size);
    default:
        return buffer_append_text(sql, names[type->kind]);
    }
}

bool mysql_sql_create(struct buffer *sql, const char *table, const struct column *columns,
                      const bool *nullable, size_t count) {
    bool done = mysql_sql_name(sql, "CREATE TABLE ", table) &&
                buffer_append_text(sql, " (id int NOT NULL AUTO_INCREMENT PRIMARY KEY");
    for (size_t i = 0; done && i < count; i++)
        done = mysql_sql_name(sql, ", ", columns[i].name) && buffer_append_text(sql, " ") &&
               append_type(sql, &columns[i].type) &&
               buffer_append_text(sql, nullable[i] ? " NULL" : " NOT NULL");
    return done && buffer_append_text(sql, ") ENGINE=InnoDB CHARACTER SET utf8mb4 "
                                           "COLLATE utf8mb4_bin");
}

bool mysql_sql_insert(struct buffer *sql, const char *table, const struct column *columns,
                      size_t count) {
    bool done = mysql_sql_name(sql, "INSERT INTO ", table);
    for (size_t i = 0; done && i < count; i++)
        done = mysql_sql_name(sql, i == 0 ? " (" : ", ", columns[i].name);
    return done && buffer_append_text(sql, count == 0 ? " () VALUES " : ") VALUES ");
}
