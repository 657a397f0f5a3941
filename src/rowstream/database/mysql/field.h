/* What a column of a result is, as the client library describes it. */
#ifndef ROWSTREAM_DATABASE_MYSQL_FIELD_H
#define ROWSTREAM_DATABASE_MYSQL_FIELD_H

#include "rowstream/database/mysql/client.h"

/* How its values are read. */
enum mysql_field_kind {
    MYSQL_FIELD_INTEGER,
    MYSQL_FIELD_REAL,
    MYSQL_FIELD_BIT,
    MYSQL_FIELD_TEXT, /* also decimals, dates and times, ENUM, SET, JSON */
    MYSQL_FIELD_BLOB,
};
enum mysql_field_kind mysql_field_kind(const MYSQL_FIELD *field);

/* What a column of a query would be declared as; NULL for what has no such type. */
const char *mysql_field_declared(const MYSQL_FIELD *field);

/* The shortest digits that read back as the same FLOAT: what PostgreSQL prints of one. */
double mysql_field_shortest_float(double number);

#endif
