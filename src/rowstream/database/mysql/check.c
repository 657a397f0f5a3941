#include "rowstream/database/mysql/check.h"

#include <string.h>

#include "rowstream/database/mysql/quote.h"

/* A row of the catalogue: one column of a reference. */
enum { CONSTRAINT, TABLE, COLUMN, TO_SCHEMA, TO_TABLE, TO_COLUMN };

/* Appends "c.`a` = p.`x` AND c.`b` = p.`y`", or with `wanted` "c.`a` IS NOT NULL AND ...". */
static bool append_columns(struct buffer *sql, MYSQL_RES *columns, my_ulonglong first,
                           my_ulonglong end, bool wanted) {
    bool done = true;
    mysql_data_seek(columns, first);
    for (my_ulonglong i = first; done && i < end; i++) {
        MYSQL_ROW row = mysql_fetch_row(columns);
        done = my_sql_name(sql, i > first ? " AND c." : "c.", row[COLUMN]) &&
               (wanted ? buffer_append_text(sql, " IS NOT NULL")
                       : my_sql_name(sql, " = p.", row[TO_COLUMN]));
    }
    return done;
}

static bool append_check(struct buffer *sql, MYSQL_RES *columns, my_ulonglong first,
                         my_ulonglong end, const char *key) {
    mysql_data_seek(columns, first);
    MYSQL_ROW row = mysql_fetch_row(columns);
    return (key != NULL ? my_sql_name(sql, "SELECT c.", key)
                        : buffer_append_text(sql, "SELECT '?'")) &&
           my_sql_name(sql, " FROM ", row[TABLE]) &&
           my_sql_name(sql, " c LEFT JOIN ", row[TO_SCHEMA]) &&
           my_sql_name(sql, ".", row[TO_TABLE]) && buffer_append_text(sql, " p ON ") &&
           append_columns(sql, columns, first, end, false) && buffer_append_text(sql, " WHERE ") &&
           append_columns(sql, columns, first, end, true) &&
           my_sql_name(sql, " AND p.", row[TO_COLUMN]) &&
           buffer_append_text(sql, " IS NULL LIMIT 1");
}

static const struct column *first_key(const struct table *table) {
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].key)
            return &table->columns[i];
    return NULL;
}

/* Looks up one reference, of which the catalogue's rows are `first` to before `end`. */
static enum rowstream_status check_reference(MYSQL *connection, MYSQL_RES *columns,
                                             my_ulonglong first, my_ulonglong end,
                                             struct error *error) {
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    struct table table = {.name = NULL};
    MYSQL_RES *found = NULL;
    mysql_data_seek(columns, first);
    MYSQL_ROW row = mysql_fetch_row(columns), lost;
    enum rowstream_status status = client_mysql_describe(connection, row[TABLE], &table, error);
    if (status != ROWSTREAM_OK)
        return status;
    const struct column *key = first_key(&table);
    if (append_check(&sql, columns, first, end, key != NULL ? key->name : NULL))
        found = client_mysql_ask(connection, sql.bytes, &status, error);
    else
        status = client_mysql_no_memory(error);
    if (status == ROWSTREAM_OK && (lost = mysql_fetch_row(found)) != NULL) {
        error_set(error, "table \"%s\", row %s: \"%s\" refers to a row of \"%s\" that is not there",
                  row[TABLE], lost[0], row[COLUMN], row[TO_TABLE]);
        status = ROWSTREAM_INPUT;
    }
    mysql_free_result(found);
    table_fini(&table);
    buffer_fini(&sql);
    return status;
}

enum rowstream_status my_check_references(MYSQL *connection, const struct names *loaded,
                                          struct error *error) {
    enum rowstream_status status;
    MYSQL_RES *columns = client_mysql_ask(
        connection,
        "SELECT constraint_name, table_name, column_name, referenced_table_schema, "
        "referenced_table_name, referenced_column_name FROM information_schema.key_column_usage "
        "WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL "
        "ORDER BY table_name, constraint_name, ordinal_position",
        &status, error);
    my_ulonglong count = status == ROWSTREAM_OK ? mysql_num_rows(columns) : 0, end;
    for (my_ulonglong first = 0; status == ROWSTREAM_OK && first < count; first = end) {
        mysql_data_seek(columns, first);
        MYSQL_ROW row = mysql_fetch_row(columns), other;
        for (end = first + 1; end < count && (other = mysql_fetch_row(columns)) != NULL &&
                              strcmp(other[TABLE], row[TABLE]) == 0 &&
                              strcmp(other[CONSTRAINT], row[CONSTRAINT]) == 0;)
            end++;
        if (names_has(loaded, row[TABLE]) || names_has(loaded, row[TO_TABLE]))
            status = check_reference(connection, columns, first, end, error);
    }
    mysql_free_result(columns);
    return status;
}
