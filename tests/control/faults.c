/* Faults in the row loop hang on sqlite3_step, which this program's linker wraps: every row that
 * the dump reads passes through row_hook. */
#include "faults.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/valgrind.h>
#if CONTROL_WITH_POSTGRESQL
#include <libpq-fe.h>
#endif
#if CONTROL_WITH_MYSQL
#include <mysql.h>
#endif

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

static void (*row_hook)(sqlite3_stmt *statement);

int __wrap_sqlite3_step(sqlite3_stmt *statement) {
    int status = __real_sqlite3_step(statement);
    if (status == SQLITE_ROW && row_hook != NULL)
        row_hook(statement);
    return status;
}

/* Escapes, so that the compiler cannot leave an allocation out. */
static void *volatile seen;

static char *copy_of_row(sqlite3_stmt *statement) {
    char *copy = NULL;
    size_t length = 0;
    FILE *text = open_memstream(&copy, &length);
    for (int i = 0; text != NULL && i < sqlite3_column_count(statement); i++) {
        const char *cell = (const char *)sqlite3_column_text(statement, i);
        fputs(cell != NULL ? cell : "", text);
    }
    if (text != NULL)
        fclose(text);
    return copy;
}

/* ---- Each row leaked ---- */

static void leak_row(sqlite3_stmt *statement) {
    seen = copy_of_row(statement);
}

static void begin_leak(void) {
    row_hook = leak_row;
}

/* ---- Only a byte of it ---- */

static void leak_byte(sqlite3_stmt *statement) {
    (void)statement;
    seen = malloc(1);
}

static void begin_byte_leak(void) {
    row_hook = leak_byte;
}

/* ---- A cache of rows that only grows, though it is freed at the end ---- */

struct cached {
    struct cached *next;
    char *row;
};
static struct cached *cache;

static void cache_row(sqlite3_stmt *statement) {
    struct cached *entry = malloc(sizeof *entry);
    if (entry == NULL)
        exit(1);
    *entry = (struct cached){cache, copy_of_row(statement)};
    cache = entry;
}

static void begin_cache(void) {
    row_hook = cache_row;
}

static void end_cache(void) {
    while (cache != NULL) {
        struct cached *entry = cache;
        cache = entry->next;
        free(entry->row);
        free(entry);
    }
}

/* ---- The document gathered in one string that realloc doubles ---- */

static struct {
    struct rowstream_output inner;
    char *bytes;
    size_t length, capacity;
} gathered;

static bool gather_output(void *context, const void *bytes, size_t length, struct error *error) {
    (void)context;
    while (gathered.length + length > gathered.capacity) {
        gathered.capacity = gathered.capacity == 0 ? 4096 : gathered.capacity * 2;
        gathered.bytes = realloc(gathered.bytes, gathered.capacity);
        if (gathered.bytes == NULL) {
            error_set(error, "out of memory");
            return false;
        }
    }
    memcpy(gathered.bytes + gathered.length, bytes, length);
    gathered.length += length;
    return true;
}

static struct rowstream_output wrap_output(struct rowstream_output inner) {
    gathered.inner = inner;
    return (struct rowstream_output){gather_output, NULL};
}

static void end_gathering(void) {
    gathered.inner.write(gathered.inner.context, gathered.bytes, gathered.length, NULL);
    free(gathered.bytes);
}

/* ---- Small ones ---- */

static void *held_buffer;

static void begin_larger_buffer(void) {
    held_buffer = malloc(64 * 1024);
}

static void end_larger_buffer(void) {
    free(held_buffer);
}

/* Held from the first rows to the end: more than rows may take, and less than it takes to open the
 * database, so that the case's own peak does not show it. */
static struct rowstream_output behind_buffer;

static bool write_behind_buffer(void *context, const void *bytes, size_t length,
                                struct error *error) {
    enum { HIDDEN_BYTES = 24 * 1024 };
    (void)context;
    if (held_buffer == NULL)
        held_buffer = malloc(HIDDEN_BYTES);
    return behind_buffer.write(behind_buffer.context, bytes, length, error);
}

static struct rowstream_output hide_buffer(struct rowstream_output inner) {
    behind_buffer = inner;
    return (struct rowstream_output){write_behind_buffer, NULL};
}

static void allocate_once_more(sqlite3_stmt *statement) {
    (void)statement;
    seen = malloc(1);
    free(seen);
}

static void begin_one_more(void) {
    row_hook = allocate_once_more;
}

/* ---- The classic mistakes, which rowstream offers as options ---- */

static void fetch_buffered(struct rowstream_dump_options *options) {
    options->fetch = "buffered";
}

static void document_as_tree(struct rowstream_dump_options *options) {
    options->document = "tree";
}

static void fetch_all_columns(struct rowstream_dump_options *options) {
    options->column_count = 0;
}

/* ---- A client library left to buffer, or told to: what the caller's own code does not show
 * ---- */

static bool rows_at_once;

static void begin_rows_at_once(void) {
    rows_at_once = true;
}

#if CONTROL_WITH_POSTGRESQL
int __real_PQsetSingleRowMode(PGconn *connection);
int __wrap_PQsetSingleRowMode(PGconn *connection);

int __wrap_PQsetSingleRowMode(PGconn *connection) {
    return rows_at_once ? 1 : __real_PQsetSingleRowMode(connection);
}
#endif

#if CONTROL_WITH_MYSQL
MYSQL_RES *__real_mysql_use_result(MYSQL *connection);
MYSQL_RES *__wrap_mysql_use_result(MYSQL *connection);

MYSQL_RES *__wrap_mysql_use_result(MYSQL *connection) {
    MYSQL_RES *result =
        rows_at_once ? mysql_store_result(connection) : __real_mysql_use_result(connection);
    seen = result; /* keeps this function in the call stack */
    return result;
}
#endif

/* ---- What measures nothing ---- */

static void fetch_no_rows(struct rowstream_dump_options *options) {
    options->table_count = 0;
    options->column_count = 0;
    options->query = "SELECT id, name FROM ticket5423_item WHERE id < 0";
    options->model = "ticket5423.item";
}

static void die(void) {
    kill(getpid(), SIGKILL);
}

static void begin_only_when_counted(void) {
    if (!RUNNING_ON_VALGRIND)
        held_buffer = malloc(64 * 1024);
}

static const struct work_fault faults[] = {
    {.name = "rows-buffered", .options = fetch_buffered},
    {.name = "document-as-tree", .options = document_as_tree},
    {.name = "row-leaked", .begin = begin_leak},
    {.name = "byte-leaked", .begin = begin_byte_leak},
    {.name = "cache-of-rows", .begin = begin_cache, .end = end_cache},
    {.name = "string-doubled", .output = wrap_output, .end = end_gathering},
    {.name = "all-columns", .options = fetch_all_columns},
    {.name = "larger-buffer", .begin = begin_larger_buffer, .end = end_larger_buffer},
    {.name = "hidden-below-the-peak", .output = hide_buffer, .end = end_larger_buffer},
    {.name = "one-more-allocation", .begin = begin_one_more},
    {.name = "library-buffers", .begin = begin_rows_at_once},
    {.name = "no-rows", .options = fetch_no_rows},
    {.name = "killed", .begin = die},
    {.name = "only-when-counted", .begin = begin_only_when_counted, .end = end_larger_buffer},
};

const struct work_fault *fault_find(const char *name) {
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(faults[i].name, name) == 0)
            return &faults[i];
    return NULL;
}
