#include "work.h"

#include <fcntl.h>
#include <jansson.h>
#include <libxml/parser.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include <heapgate/heapgate.h>

#include "cases.h"
#include "servers.h"

/* What the figures depend on, and a budget may therefore ask for. */
bool work_note_versions(const char *control, heapgate_error *error) {
    return heapgate_environment("sqlite", sqlite3_libversion(), error) == HEAPGATE_OK &&
           heapgate_environment("jansson", JANSSON_VERSION, error) == HEAPGATE_OK &&
           heapgate_environment("libxml2", LIBXML_DOTTED_VERSION, error) == HEAPGATE_OK &&
           heapgate_environment("libyaml", yaml_get_version_string(), error) == HEAPGATE_OK &&
           heapgate_environment("libpq", GATE_LIBPQ_VERSION, error) == HEAPGATE_OK &&
           heapgate_environment("libmysql", GATE_MYSQL_VERSION, error) == HEAPGATE_OK &&
           (control == NULL || heapgate_environment("control", control, error) == HEAPGATE_OK);
}

static void mark_stage(void *context, const char *stage) {
    struct work_progress *progress = context;
    progress->in_rows = strcmp(stage, "rows") == 0;
    heapgate_phase(stage);
}

static void mark_more_rows(void *context, uint64_t rows, uint64_t total_rows) {
    struct work_progress *progress = context;
    (void)rows;
    (void)total_rows;
    if (progress->in_rows)
        heapgate_phase("more rows");
    progress->in_rows = false;
}

struct rowstream_progress work_progress(struct work_progress *progress) {
    *progress = (struct work_progress){.in_rows = false};
    return (struct rowstream_progress){
        .report = mark_more_rows, .context = progress, .stage = mark_stage};
}

/* The scope takes in all that a dump is: opening the database, every row, closing it, and what the
 * client libraries keep until they are told that this was the last. */
static heapgate_status dump(const char *case_key, const struct rowstream_dump_options *options,
                            enum rowstream_status wanted, struct rowstream_output output,
                            const struct work_fault *fault, heapgate_error *error) {
    struct rowstream_counts counts = {0};
    struct error reason = {.set = false};
    heapgate_status status = heapgate_scope_begin(case_key, error);
    if (status != HEAPGATE_OK)
        return status;
    if (fault != NULL && fault->begin != NULL)
        fault->begin();
    enum rowstream_status dumped = rowstream_dump(options, &output, &counts, &reason);
    if (fault != NULL && fault->end != NULL)
        fault->end();
    rowstream_cleanup();
    unsigned long long units = counts.rows;
    if (fault != NULL && fault->after != NULL)
        fault->after(&counts, &units);
    status = heapgate_scope_end(case_key, units, NULL, error);
    if (dumped != wanted) {
        snprintf(error->text, sizeof error->text, "status %d of the dump, wanted %d: %s", dumped,
                 wanted, reason.text);
        return HEAPGATE_INVALID;
    }
    return status;
}

int work_find(const char *database, const char *file, char url[WORK_URL_BYTES]) {
    if (strcmp(database, "sqlite") != 0)
        return server_find(database, url);
    snprintf(url, WORK_URL_BYTES, "sqlite:%s", file);
    remove(file);
    return 0;
}

int work_main(int argc, char **argv, const struct work_fault *fault) {
    char format[16], table[GATE_TABLE_BYTES], model[GATE_TABLE_BYTES], url[4096], query[512];
    struct work_progress progress;
    heapgate_error error = {""};
    const struct gate_case *found =
        argc == 4 || argc == 5 ? gate_case_find(argv[1], format, sizeof format) : NULL;
    if (found == NULL) {
        fprintf(stderr, "usage: %s CASE DATABASE-FOLDER OUTPUT [ROWS]\n", argv[0]);
        return 2;
    }
    unsigned rows = argc == 5 ? (unsigned)atoi(argv[4]) : gate_rows(found);
    gate_table(found->table, rows, table);
    snprintf(model, sizeof model, "%s", found->table); /* the same at every size */
    *strchr(model, '_') = '.';
    int missing = 0;
    if (strcmp(found->database, "sqlite") == 0)
        snprintf(url, sizeof url, "sqlite:%s/%s.sqlite3", argv[2],
                 found->query != NULL ? found->table : table);
    else
        missing = server_find(found->database, url);
    if (missing != 0)
        return missing;
    const char *const tables[] = {table};
    struct rowstream_dump_options options = {
        .url = url,
        .tables = tables,
        .table_count = 1,
        .model = model,
        .columns = &found->column,
        .column_count = found->column != NULL ? 1 : 0,
        .format = format,
        .fetch = found->fetch,
        .document = found->document,
        .chunk = GATE_CHUNK_ROWS,
    };
    if (found->query != NULL) {
        snprintf(query, sizeof query, found->query, rows, rows);
        options.query = query;
        options.table_count = 0;
    } else if (found->all_tables) {
        options.table_count = 0;
        options.model = NULL;
    }
    options.progress = work_progress(&progress);
    if (fault != NULL && fault->options != NULL)
        fault->options(&options);
    struct rowstream_descriptor descriptor = {
        open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), argv[3]};
    if (descriptor.fd < 0) {
        perror(argv[3]);
        return 1;
    }
    struct rowstream_output output = rowstream_output_descriptor(&descriptor);
    if (fault != NULL && fault->output != NULL)
        output = fault->output(output);

    heapgate_status status = HEAPGATE_INVALID;
    if (work_note_versions(fault != NULL ? fault->name : NULL, &error))
        status = dump(argv[1], &options, found->refused ? ROWSTREAM_DATA : ROWSTREAM_OK, output,
                      fault, &error);
    close(descriptor.fd);
    /* A scope without work is the gate's to judge, not this program's to fail for. */
    if (status != HEAPGATE_OK && strstr(error.text, "did no work") == NULL) {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
        return 1;
    }
    return 0;
}
