#include "delete_work.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <heapgate/heapgate.h>

#include "cases.h"
#include "work.h"

#define TABLE "delete_item"

/* In a process of its own: Massif can only tell the peak of a scope when the process did not hold
 * more before it. */
static bool make_rows(const char *url, uint64_t rows) {
    const struct rowstream_seed_options options = {
        .url = url, .table = TABLE, .rows = rows, .seed = 1, .replace = true};
    int ended;
    pid_t pid = fork();
    if (pid == 0) {
        struct error error = {.set = false};
        if (rowstream_seed(&options, NULL, &error) == ROWSTREAM_OK)
            _exit(0);
        fprintf(stderr, "delete_work: %s\n", error.text);
        _exit(1);
    }
    return pid > 0 && waitpid(pid, &ended, 0) == pid && WIFEXITED(ended) && WEXITSTATUS(ended) == 0;
}

static heapgate_status delete_rows(const char *case_key,
                                   const struct rowstream_delete_options *options,
                                   const struct delete_fault *fault, heapgate_error *error) {
    struct rowstream_counts counts = {0};
    struct error reason = {.set = false};
    heapgate_status status = heapgate_scope_begin(case_key, error);
    if (status != HEAPGATE_OK)
        return status;
    options->progress.stage(options->progress.context, "rows"); /* deleting has no stages */
    enum rowstream_status deleted = rowstream_delete(options, &counts, &reason);
    if (fault != NULL && fault->end != NULL)
        fault->end();
    rowstream_cleanup();
    status = heapgate_scope_end(case_key, counts.rows, NULL, error);
    if (deleted != ROWSTREAM_OK) {
        snprintf(error->text, sizeof error->text, "%s", reason.text);
        return HEAPGATE_INVALID;
    }
    return status;
}

int delete_work_main(int argc, char **argv, const struct delete_fault *fault) {
    char url[WORK_URL_BYTES], database[16];
    heapgate_error error = {""};
    if (argc != 4 || sscanf(argv[1], "rows/delete/%15[a-z]", database) != 1) {
        fprintf(stderr, "usage: %s CASE ROWS SQLITE-FILE\n", argv[0]);
        return 2;
    }
    int missing = work_find(database, argv[3], url);
    if (missing != 0)
        return missing;
    struct work_progress progress;
    struct rowstream_delete_options options = {
        .url = url, .table = TABLE, .chunk = GATE_CHUNK_ROWS, .progress = work_progress(&progress)};
    if (fault != NULL && fault->options != NULL)
        fault->options(&options);
    if (!make_rows(url, strtoull(argv[2], NULL, 10)))
        return 1;
    heapgate_status status = HEAPGATE_INVALID;
    if (work_note_versions(fault != NULL ? fault->name : NULL, &error))
        status = delete_rows(argv[1], &options, fault, &error);
    if (status != HEAPGATE_OK) {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
        return 1;
    }
    return 0;
}
