#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "execute.h"

char url[SERVER_URL_BYTES];
bool is_mysql;
static char folder[] = "/tmp/heapgate-servers-test.XXXXXX";

int support_begin(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s postgresql|mysql\n", argv[0]);
        return 2;
    }
    is_mysql = strcmp(argv[1], "mysql") == 0;
    return server_find(argv[1], url);
}

int support_set_up(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

int support_tear_down(void **state) {
    (void)state;
    return chdir("/") != 0 || !file_remove_tree(folder, NULL);
}

void sql(const char *statement) {
    struct error error = {0};
    if (!server_execute(url, statement, &error))
        fail_msg("%s", error.text);
}

void drop(const char *quoted_table) {
    char statement[256];
    snprintf(statement, sizeof statement, "DROP TABLE IF EXISTS %s", quoted_table);
    sql(statement);
}

void seed(const char *to, const char *table, const char *columns, uint64_t rows) {
    struct error error = {0};
    struct rowstream_seed_options options = {
        .url = to, .table = table, .rows = rows, .seed = 5, .columns = columns, .replace = true};
    if (rowstream_seed(&options, NULL, &error) != ROWSTREAM_OK)
        fail_msg("%s", error.text);
}

static bool append(void *context, const void *bytes, size_t length, struct error *error) {
    (void)error;
    return buffer_append(context, bytes, length);
}

enum rowstream_status dump(const struct rowstream_dump_options *options, struct buffer *text,
                           struct error *error) {
    *error = (struct error){0};
    buffer_clear(text);
    return rowstream_dump(options, &(struct rowstream_output){append, text}, NULL, error);
}

void query(const char *text, struct buffer *rows) {
    struct error error;
    struct rowstream_dump_options options = {
        .url = url, .format = "json", .query = text, .model = "a.b"};
    if (dump(&options, rows, &error) != ROWSTREAM_OK)
        fail_msg("%s: %s", text, error.text);
}
