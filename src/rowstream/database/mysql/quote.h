/* What of MySQL's SQL needs no connection: names, types and statements. */
#ifndef ROWSTREAM_DATABASE_MYSQL_QUOTE_H
#define ROWSTREAM_DATABASE_MYSQL_QUOTE_H

#include "base/buffer.h"
#include "rowstream/database/source.h"

/* Each appends to `sql`; false when memory is out. */

/* `before`, and the name in backticks, which are doubled within. */
bool my_sql_name(struct buffer *sql, const char *before, const char *name);

/* SELECT, without the page's WHERE, ORDER and LIMIT. A FLOAT is asked for as the DOUBLE that it
 * is: its own text has only six digits. */
bool my_sql_select(struct buffer *sql, const struct selection *selection);

bool my_sql_is_float(const char *declared);
/* Whether the order of the values is that of a literal compared with them: not of an ENUM or SET,
 * which has an order of its own, nor of a FLOAT, which no literal equals. */
bool my_sql_has_order(const char *declared);

/* Rewrites a type of information_schema in place to one that column_type_parse knows:
 * "tinyint(1)", MySQL's boolean, to "bool", "int(10) unsigned zerofill" to "int(10) unsigned". */
void my_sql_plain_type(char *declared);

#endif
