/* What a column of a result is, as the client library describes it. */
#ifndef ROWSTREAM_DATABASE_MYSQL_FIELD_H
#define ROWSTREAM_DATABASE_MYSQL_FIELD_H

#include "rowstream/database/mysql/client.h"

/* How its values are read. */
enum my_field_kind {
    MY_FIELD_INTEGER,
    MY_FIELD_REAL,
    MY_FIELD_BIT,
    MY_FIELD_TEXT, /* also decimals, dates and times, ENUM, SET, JSON */
    MY_FIELD_BLOB,
};
enum my_field_kind my_field_kind(const MYSQL_FIELD *field);

/* What a column of a query would be declared as; NULL for what has no such type. */
const char *my_field_declared(const MYSQL_FIELD *field);

/* The shortest digits that read back as the same FLOAT: what PostgreSQL prints of one. */
double my_field_shortest_float(double number);

#endif
