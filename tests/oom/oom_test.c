/* Every allocation of a 20-row dump or load failed in turn, and every fifth of them with all that
 * come after it: no crash, no leak, one clear message, a non-zero exit and no file, or no row; or,
 * where a library can do without that memory, the very document that was wanted. Run by number:
 * oom_test FORMAT WAY [DATABASE [ONLY-ALLOCATION]], where WAY is stream or tree, for a dump, or
 * load. The database is SQLite, or a server that ctest has started. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "fail.h"
#include "rowstream/core/rowstream.h"
#include "rowstream/database/sink.h"
#include "servers.h"

static char folder[] = "/tmp/heapgate-oom.XXXXXX";
static char database[SERVER_URL_BYTES], loaded[SERVER_URL_BYTES]; /* dumped, and loaded into */
static char items[128]; /* what is loaded is made of this */
static char output[128], messages[128], fixture[128], count[128];
static const char *server = "sqlite";
static char table[64]; /* of this format and way alone: on a server there are others beside it */

struct run {
    int exit_status;
    unsigned long allocations; /* those that could be failed */
    long blocks;               /* that were left at the end */
    struct buffer document;    /* empty when there is no file */
    struct buffer message;
};

static void die(const char *text) {
    fprintf(stderr, "oom_test: %s\n", text);
    exit(1);
}

static void read_if_there(const char *path, struct buffer *contents) {
    if (access(path, F_OK) == 0 && !file_read(path, contents, NULL))
        die(path);
}

static bool append(void *context, const void *bytes, size_t length, struct error *error) {
    (void)error;
    return buffer_append(context, bytes, length);
}

/* All rows of a database as a document, which stays empty when there are none. */
static void dump_rows(const char *url, const char *format, struct buffer *text) {
    const char *const tables[] = {table};
    struct error error = {.set = false};
    struct rowstream_counts counts;
    struct rowstream_dump_options options = {
        .url = url, .tables = tables, .table_count = 1, .format = format};
    if (rowstream_dump(&options, &(struct rowstream_output){append, text}, &counts, &error) !=
        ROWSTREAM_OK)
        die(error.text);
    if (counts.rows == 0)
        buffer_clear(text);
}

/* An empty table to load into, and what is loaded. A load that failed has left the table so. */
static bool table_is_empty;

static void prepare_load(const char *format) {
    struct error error = {.set = false};
    struct rowstream_seed_options seed = {
        .url = loaded, .table = table, .rows = 0, .replace = true};
    struct buffer text = BUFFER_INIT(1 << 20);
    if (!table_is_empty && rowstream_seed(&seed, NULL, &error) != ROWSTREAM_OK)
        die(error.text);
    if (access(fixture, F_OK) == 0)
        return;
    dump_rows(items, format, &text);
    if (!file_write(fixture, text.bytes, text.length, &error))
        die(error.text);
    buffer_fini(&text);
}

/* The dump or load up to its first allocation, with its standard error in a file; each try is a
 * fork of it. The counting allocator stands in front of the one that fails, as under heapgate. */
static int start_tries(const char *format, const char *way) {
    bool load = strcmp(way, "load") == 0;
    const char *const dumping[] = {OOM_ROWSTREAM, "dump",     database, "--table",
                                   table,         "--format", format,   "--document",
                                   way,           "-o",       output,   NULL};
    const char *const loading[] = {OOM_ROWSTREAM, "load", loaded, fixture,
                                   "--format",    format, NULL};
    int ends[2];
    char number[32];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
        die(strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        int file = open(messages, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        snprintf(number, sizeof number, "%d", ends[1]);
        setenv("HEAPGATE_FAIL_SERVE", number, 1);
        setenv("LD_PRELOAD", OOM_PRELOAD ":" OOM_FAIL, 1);
        if (close(ends[0]) == 0 && file >= 0 && dup2(file, STDERR_FILENO) >= 0)
            execv(OOM_ROWSTREAM, (char *const *)(uintptr_t)(load ? loading : dumping));
        _exit(127);
    }
    if (child < 0)
        die(strerror(errno));
    close(ends[1]);
    return ends[0];
}

static void read_count(struct run *run) {
    struct buffer text = BUFFER_INIT(64);
    read_if_there(count, &text);
    if (text.length > 0 && sscanf(text.bytes, "%lu %ld", &run->allocations, &run->blocks) != 2)
        die("the count of allocations is none");
    buffer_fini(&text);
}

static struct run run_once(int tries, const char *format, bool load, unsigned long at,
                           bool forever) {
    struct run run = {.document = BUFFER_INIT(1 << 20), .message = BUFFER_INIT(1 << 20)};
    const struct fail_request request = {.at = at, .forever = forever};
    int status = 0;
    unlink(output);
    unlink(count);
    if (access(messages, F_OK) == 0 && truncate(messages, 0) != 0)
        die(strerror(errno));
    if (load)
        prepare_load(format);
    if (send(tries, &request, sizeof request, 0) != (ssize_t)sizeof request ||
        recv(tries, &status, sizeof status, 0) != (ssize_t)sizeof status)
        die("rowstream did not come as far as its first allocation");
    run.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    read_count(&run);
    if (load)
        dump_rows(loaded, format, &run.document);
    else
        read_if_there(output, &run.document);
    table_is_empty = load && run.document.length == 0;
    read_if_there(messages, &run.message);
    return run;
}

static void free_run(struct run *run) {
    buffer_fini(&run->document);
    buffer_fini(&run->message);
}

/* MariaDB's library loses two blocks of its own when it has no memory for the description of a
 * result's columns (unpack_fields, 3.3.17). */
enum { MYSQL_LOSES_BLOCKS = 2 };

/* Of a commit whose answer is lost nobody knows whether it took place, and the message says so. */
static bool is_in_doubt(const struct run *run) {
    return run->message.length > 0 && strstr(run->message.bytes, SINK_IN_DOUBT) != NULL;
}

/* NULL when the run behaved, else what it did wrong. */
static const char *find_fault(const struct run *run, const struct run *clean) {
    if (run->exit_status >= 128)
        return "crashed";
    if (run->blocks > clean->blocks &&
        (strncmp(server, "mysql", 5) != 0 || run->blocks - clean->blocks != MYSQL_LOSES_BLOCKS))
        return "leaked";
    if (run->exit_status == 0) {
        bool same = run->document.length == clean->document.length &&
                    memcmp(run->document.bytes, clean->document.bytes, run->document.length) == 0;
        return same ? NULL : "succeeded with another document";
    }
    if (run->document.length > 0 && !is_in_doubt(run))
        return "failed and left a file or rows";
    if (run->message.length == 0)
        return "failed without a message";
    if (strncmp(run->message.bytes, "rowstream: ", 11) != 0)
        return "failed with a message that is not its own";
    if (strchr(run->message.bytes, '\n') != run->message.bytes + run->message.length - 1)
        return "failed with more than one line";
    return NULL;
}

static int check_all(const char *format, const char *way, unsigned long only) {
    bool load = strcmp(way, "load") == 0;
    int requests = start_tries(format, way);
    struct run clean = run_once(requests, format, load, 0, false);
    unsigned long last = clean.allocations;
    int faults = 0, tolerated = 0, tried = 0;
    if (clean.exit_status != 0 || clean.document.length == 0 || last == 0)
        die("it fails without any failed allocation");
    for (int forever = 0; forever < 2; forever++) {
        unsigned long step = forever != 0 ? 5 : 1;
        for (unsigned long at = only > 0 ? only : 1; at <= (only > 0 ? only : last); at += step) {
            struct run run = run_once(requests, format, load, at, forever != 0);
            const char *fault = find_fault(&run, &clean);
            tried++;
            tolerated += run.exit_status == 0;
            if (fault != NULL || only > 0) {
                printf("%s %s, allocation %lu%s: %s: exit status %d, %ld blocks left (%ld): %s",
                       format, way, at, forever ? " and all after" : "",
                       fault != NULL ? fault : "fine", run.exit_status, run.blocks, clean.blocks,
                       run.message.length > 0 ? run.message.bytes : "\n");
                faults += fault != NULL;
            }
            free_run(&run);
        }
    }
    printf("%s %s %s: %lu allocations, %d failures tried, %d done without, %d faults\n", format,
           way, server, last, tried, tolerated, faults);
    free_run(&clean);
    close(requests);
    return faults == 0 ? 0 : 1;
}

/* Twenty rows to dump, or to make a document of that is loaded. */
static void make_items(const char *url) {
    struct error error = {.set = false};
    struct rowstream_seed_options seed = {
        .url = url, .table = table, .rows = 20, .seed = 1, .replace = true};
    if (rowstream_seed(&seed, NULL, &error) != ROWSTREAM_OK)
        die(error.text);
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 5) {
        fprintf(stderr, "usage: oom_test FORMAT stream|tree|load [DATABASE [ONLY-ALLOCATION]]\n");
        return 2;
    }
    const char *format = argv[1], *way = argv[2];
    server = argc > 3 ? argv[3] : server;
    if (mkdtemp(folder) == NULL)
        die(strerror(errno));
    snprintf(table, sizeof table, "oom_%s%s", format, way);
    snprintf(items, sizeof items, "sqlite:%s/items.sqlite3", folder);
    snprintf(output, sizeof output, "%s/output", folder);
    snprintf(fixture, sizeof fixture, "%s/fixture", folder);
    snprintf(messages, sizeof messages, "%s/messages", folder);
    snprintf(count, sizeof count, "%s/count", folder);
    snprintf(database, sizeof database, "%s", items);
    snprintf(loaded, sizeof loaded, "sqlite:%s/loaded.sqlite3", folder);
    int status = 0;
    setenv("HEAPGATE_FAIL_COUNT", count, 1);
    if (strcmp(server, "sqlite") != 0) {
        setenv("HEAPGATE_FAIL_CONNECTED", "1", 1);
        status = server_find(server, strcmp(way, "load") == 0 ? loaded : database);
    }
    if (status == 0) {
        make_items(strcmp(way, "load") == 0 ? items : database);
        status = check_all(format, way, argc == 5 ? strtoul(argv[4], NULL, 10) : 0);
    }
    file_remove_tree(folder, NULL);
    return status;
}
