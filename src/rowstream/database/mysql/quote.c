#include "rowstream/database/mysql/quote.h"

#include <string.h>
#include <strings.h>

bool my_sql_name(struct buffer *sql, const char *before, const char *name) {
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

bool my_sql_is_float(const char *declared) {
    return declared != NULL && strncasecmp(declared, "float", 5) == 0;
}

bool my_sql_has_order(const char *declared) {
    static const char *const without[] = {"enum", "set", "float"};
    for (size_t i = 0; declared != NULL && i < sizeof without / sizeof without[0]; i++)
        if (strncasecmp(declared, without[i], strlen(without[i])) == 0)
            return false;
    return true;
}

bool my_sql_select(struct buffer *sql, const struct selection *selection) {
    bool done = buffer_append_text(sql, "SELECT ");
    for (size_t i = 0; done && i < selection->column_count; i++) {
        const struct column *column = selection->columns[i];
        done = my_sql_name(sql, i > 0 ? ", " : "", column->name);
        if (my_sql_is_float(column->declared))
            done = done && buffer_append_text(sql, " + 0e0");
    }
    if (selection->column_count == 0) /* a row still counts */
        done = done && buffer_append_text(sql, "NULL");
    return done && my_sql_name(sql, " FROM ", selection->table);
}

void my_sql_plain_type(char *declared) {
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
