/* The gate's load work with a fault: load_control FAULT CASE DOCUMENT DATABASE. The faults are the
 * two ends of a load: a document that is read as a whole before the first row goes in, by the
 * library's own function for that, and rows that are kept until the commit, of whatever goes to the
 * client library of the database (this program's linker wraps its functions). */
#include <jansson.h>
#include <libxml/parser.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>
#if CONTROL_WITH_POSTGRESQL
#include <libpq-fe.h>
#endif
#if CONTROL_WITH_MYSQL
#include <mysql.h>
#endif

#include "load_work.h"

/* ---- The whole document ---- */

static json_t *json;
static xmlDocPtr xml;
static yaml_document_t yaml;
static bool has_yaml;

static void read_whole(const char *format, const char *document) {
    if (strcmp(format, "json") == 0) {
        json = json_load_file(document, 0, NULL);
    } else if (strcmp(format, "xml") == 0) {
        xml = xmlReadFile(document, NULL, XML_PARSE_NONET | XML_PARSE_HUGE);
    } else {
        yaml_parser_t parser;
        FILE *file = fopen(document, "rb");
        if (file == NULL || yaml_parser_initialize(&parser) == 0)
            exit(1);
        yaml_parser_set_input_file(&parser, file);
        has_yaml = yaml_parser_load(&parser, &yaml) != 0;
        yaml_parser_delete(&parser);
        fclose(file);
    }
    if (json == NULL && xml == NULL && !has_yaml)
        exit(1);
}

static void free_whole(void) {
    json_decref(json);
    xmlFreeDoc(xml);
    if (has_yaml)
        yaml_document_delete(&yaml);
}

/* ---- Rows kept until the commit ---- */

struct kept {
    struct kept *next;
    char bytes[];
};

static bool keeping;
static struct kept *kept;

static void keep_row(const void *bytes, size_t length) {
    struct kept *row = keeping ? malloc(sizeof *row + length) : NULL;
    if (row == NULL)
        return;
    if (length > 0)
        memcpy(row->bytes, bytes, length);
    row->next = kept;
    kept = row;
}

static void begin_keeping(const char *format, const char *document) {
    (void)format;
    (void)document;
    keeping = true;
}

static void end_keeping(void) {
    keeping = false;
    while (kept != NULL) {
        struct kept *next = kept->next;
        free(kept);
        kept = next;
    }
}

int __real_sqlite3_bind_text64(sqlite3_stmt *statement, int i, const char *text,
                               sqlite3_uint64 length, void (*destroy)(void *),
                               unsigned char encoding);
int __wrap_sqlite3_bind_text64(sqlite3_stmt *statement, int i, const char *text,
                               sqlite3_uint64 length, void (*destroy)(void *),
                               unsigned char encoding);

int __wrap_sqlite3_bind_text64(sqlite3_stmt *statement, int i, const char *text,
                               sqlite3_uint64 length, void (*destroy)(void *),
                               unsigned char encoding) {
    keep_row(text, (size_t)length);
    return __real_sqlite3_bind_text64(statement, i, text, length, destroy, encoding);
}

#if CONTROL_WITH_POSTGRESQL
int __real_PQsendQueryPrepared(PGconn *connection, const char *name, int count,
                               const char *const *values, const int *lengths, const int *formats,
                               int result_format);
int __wrap_PQsendQueryPrepared(PGconn *connection, const char *name, int count,
                               const char *const *values, const int *lengths, const int *formats,
                               int result_format);

int __wrap_PQsendQueryPrepared(PGconn *connection, const char *name, int count,
                               const char *const *values, const int *lengths, const int *formats,
                               int result_format) {
    for (int i = 0; i < count; i++)
        if (values[i] != NULL && formats[i] == 0)
            keep_row(values[i], strlen(values[i]));
    return __real_PQsendQueryPrepared(connection, name, count, values, lengths, formats,
                                      result_format);
}
#endif

#if CONTROL_WITH_MYSQL
my_bool __real_mysql_stmt_bind_param(MYSQL_STMT *statement, MYSQL_BIND *binds);
my_bool __wrap_mysql_stmt_bind_param(MYSQL_STMT *statement, MYSQL_BIND *binds);

my_bool __wrap_mysql_stmt_bind_param(MYSQL_STMT *statement, MYSQL_BIND *binds) {
    for (unsigned long i = 0; i < mysql_stmt_param_count(statement); i++)
        if (binds[i].buffer_type == MYSQL_TYPE_STRING)
            keep_row(binds[i].buffer, binds[i].buffer_length);
    return __real_mysql_stmt_bind_param(statement, binds);
}
#endif

static const struct load_fault faults[] = {
    {.name = "document-whole", .begin = read_whole, .end = free_whole},
    {.name = "rows-kept", .begin = begin_keeping, .end = end_keeping},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 5 && i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(faults[i].name, argv[1]) == 0)
            return load_work_main(argc - 1, argv + 1, &faults[i]);
    fprintf(stderr, "usage: load_control FAULT CASE DOCUMENT DATABASE\n");
    return 2;
}
