#include "load_work.h"

#include <stdio.h>

#include <heapgate/heapgate.h>

#include "rowstream/rowstream.h"
#include "work.h"

/* The scope takes in all that a load is: opening the file and the database, every row, the commit,
 * and what the client libraries keep until they are told that this was the last. */
static heapgate_status load(const char *case_key, const struct rowstream_load_options *options,
                            const struct load_fault *fault, heapgate_error *error) {
    struct rowstream_counts counts = {0};
    struct error reason = {.set = false};
    heapgate_status status = heapgate_scope_begin(case_key, error);
    if (status != HEAPGATE_OK)
        return status;
    if (fault != NULL && fault->begin != NULL)
        fault->begin(options->format, options->files[0]);
    enum rowstream_status loaded = rowstream_load(options, &counts, &reason);
    if (fault != NULL && fault->end != NULL)
        fault->end();
    rowstream_cleanup();
    status = heapgate_scope_end(case_key, counts.rows, NULL, error);
    if (loaded != ROWSTREAM_OK) {
        snprintf(error->text, sizeof error->text, "%s", reason.text);
        return HEAPGATE_INVALID;
    }
    return status;
}

int load_work_main(int argc, char **argv, const struct load_fault *fault) {
    char url[WORK_URL_BYTES], format[8], database[16], table[16];
    heapgate_error error = {""};
    struct error reason = {.set = false};
    if (argc != 4 || sscanf(argv[1], "%7[a-z]/load/%15[a-z]", format, database) != 2) {
        fprintf(stderr, "usage: %s CASE DOCUMENT SQLITE-FILE\n", argv[0]);
        return 2;
    }
    const char *document = argv[2];
    int missing = work_find(database, argv[3], url);
    if (missing != 0)
        return missing;
    snprintf(table, sizeof table, "load_%s", format);
    struct rowstream_seed_options seed = {
        .url = url, .table = table, .rows = 0, .replace = true};
    if (rowstream_seed(&seed, NULL, &reason) != ROWSTREAM_OK) {
        fprintf(stderr, "%s: %s\n", argv[0], reason.text);
        return 1;
    }
    rowstream_cleanup();
    struct rowstream_load_options options = {
        .url = url, .files = &document, .file_count = 1, .format = format,
        .progress = {.stage = work_mark_stage}};
    heapgate_status status = HEAPGATE_INVALID;
    if (work_note_versions(fault != NULL ? fault->name : NULL, &error))
        status = load(argv[1], &options, fault, &error);
    if (status != HEAPGATE_OK) {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
        return 1;
    }
    return 0;
}
