#include "load_work.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <heapgate/heapgate.h>

#include "rowstream/core/rowstream.h"
#include "work.h"

/* The scope takes in all that a load is: opening the file and the database, every row, the commit,
 * and what the client libraries keep until they are told that this was the last. */
static heapgate_status load(const char *case_key, const struct rowstream_load_options *options,
                            enum rowstream_status wanted, const struct load_fault *fault,
                            heapgate_error *error) {
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
    if (loaded != wanted) {
        snprintf(error->text, sizeof error->text, "status %d of the load, wanted %d: %s", loaded,
                 wanted, reason.text);
        return HEAPGATE_INVALID;
    }
    return status;
}

/* Rows that are there when the scope begins. In a process of its own, as where they are deleted. */
static bool load_before(const struct rowstream_load_options *options) {
    int ended;
    pid_t pid = fork();
    if (pid == 0) {
        struct error error = {.set = false};
        struct rowstream_load_options before = *options;
        before.progress = (struct rowstream_progress){0};
        if (rowstream_load(&before, NULL, &error) == ROWSTREAM_OK)
            _exit(0);
        fprintf(stderr, "load_work: %s\n", error.text);
        _exit(1);
    }
    return pid > 0 && waitpid(pid, &ended, 0) == pid && WIFEXITED(ended) && WEXITSTATUS(ended) == 0;
}

/* What is particular about a case, by the last part of its name. */
static const struct way {
    const char *name;
    const char *columns; /* of the table */
    bool there;          /* the rows are there, and are updated */
    bool refused;        /* the load fails at the last record */
} ways[] = {{.name = "stream"},
            {.name = "again", .there = true},
            {.name = "long-texts", .columns = "body text"},
            {.name = "refused", .refused = true}};

static const struct way *find_way(const char *name) {
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i].name, name) == 0)
            return &ways[i];
    return NULL;
}

int load_work_main(int argc, char **argv, const struct load_fault *fault) {
    char url[WORK_URL_BYTES], format[8], database[16], table[16], name[16];
    struct work_progress progress;
    const struct way *way = NULL;
    heapgate_error error = {""};
    struct error reason = {.set = false};
    if (argc != 4 || sscanf(argv[1], "%7[a-z]/load/%15[a-z]/%15s", format, database, name) != 3 ||
        (way = find_way(name)) == NULL) {
        fprintf(stderr, "usage: %s CASE DOCUMENT SQLITE-FILE\n", argv[0]);
        return 2;
    }
    const char *document = argv[2];
    int missing = work_find(database, argv[3], url);
    if (missing != 0)
        return missing;
    snprintf(table, sizeof table, "load_%s", format);
    struct rowstream_seed_options seed = {
        .url = url, .table = table, .rows = 0, .columns = way->columns, .replace = true};
    if (rowstream_seed(&seed, NULL, &reason) != ROWSTREAM_OK) {
        fprintf(stderr, "%s: %s\n", argv[0], reason.text);
        return 1;
    }
    rowstream_cleanup();
    struct rowstream_load_options options = {.url = url,
                                             .files = &document,
                                             .file_count = 1,
                                             .format = format,
                                             .progress = work_progress(&progress)};
    if (way->there && !load_before(&options))
        return 1;
    heapgate_status status = HEAPGATE_INVALID;
    if (work_note_versions(fault != NULL ? fault->name : NULL, &error))
        status =
            load(argv[1], &options, way->refused ? ROWSTREAM_INPUT : ROWSTREAM_OK, fault, &error);
    if (status != HEAPGATE_OK) {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
        return 1;
    }
    return 0;
}
