/* References, which InnoDB cannot leave to the commit: rows are loaded unchecked, and then each
 * reference from and to their tables is looked up, by a query that gives the first row which leads
 * nowhere. (What others delete while that query runs it does not see.) */
#ifndef ROWSTREAM_DATABASE_MYSQL_CHECK_H
#define ROWSTREAM_DATABASE_MYSQL_CHECK_H

#include "rowstream/database/mysql/client.h"

enum rowstream_status my_check_references(MYSQL *connection, const struct names *loaded,
                                          struct error *error);

#endif
