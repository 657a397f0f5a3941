/* What the tests of one server share: which it is, and short ways to do what must not fail. */
#ifndef SERVERS_SUPPORT_H
#define SERVERS_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "rowstream/core/rowstream.h"
#include "servers.h"

extern char url[SERVER_URL_BYTES];
extern bool is_mysql;

/* Finds the server that the one argument names: 0, or what main returns. */
int support_begin(int argc, char **argv);

/* cmocka's: a folder of the test's own to work in, and its removal. */
int support_set_up(void **state);
int support_tear_down(void **state);

/* Fail the test when the server does not take it. */
void sql(const char *statement);
void drop(const char *quoted_table);
void seed(const char *to, const char *table, const char *columns, uint64_t rows);

/* Dumps into `text`, which is emptied before. */
enum rowstream_status dump(const struct rowstream_dump_options *options, struct buffer *text,
                           struct error *error);
/* All rows of a query as a JSON fixture of the model a.b; fails the test when it fails. */
void query(const char *text, struct buffer *rows);

#endif
