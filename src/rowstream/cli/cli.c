#include "rowstream/cli/cli.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/options.h"
#include "base/secret.h"
#include "base/size.h"
#include "rowstream/cli/interrupt.h"
#include "rowstream/core/names.h"
#include "rowstream/core/rowstream.h"
#include "rowstream/database/url.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Where a verb is in its work: one line on a terminal that is drawn again and again, and marks for
 * heapgate, where that measures this process. */
struct progress_line {
    const char *verb;
    bool shown;
    int (*mark_phase)(const char *name); /* heapgate_phase and heapgate_progress, or NULL */
    int (*mark_progress)(uint64_t units);
    int width; /* columns that are drawn and not ended by a new line yet */
};

/* What the words of a command line said. */
struct request {
    bool progress;
    struct progress_line line;
    char *url; /* owned */
    struct names tables;
    struct names columns;
    const char *output;
    struct rowstream_dump_options dump;
    struct rowstream_seed_options seed;
    bool has_rows;
    struct names files;
    struct rowstream_load_options load;
};

static bool take_name(struct names *names, const char *name, struct error *error) {
    if (names_add(names, name))
        return true;
    error_set(error, "out of memory");
    return false;
}

static bool take_table(void *target, const char *value, struct error *error) {
    return take_name(&((struct request *)target)->tables, value, error);
}

/* "a,b" or "a" and "b"; a name with a comma in it can only be had in the library. */
static bool take_columns(void *target, const char *value, struct error *error) {
    struct request *request = target;
    while (true) {
        size_t length = strcspn(value, ",");
        char *name = strndup(value, length);
        bool taken = name != NULL && length > 0 && take_name(&request->columns, name, error);
        if (name == NULL)
            error_set(error, "out of memory");
        if (length == 0)
            error_set(error, "a name is missing: expected NAME,NAME,...");
        free(name);
        if (!taken || value[length] == '\0')
            return taken;
        value += length + 1;
    }
}

static bool take_indent(void *target, const char *value, struct error *error) {
    uint64_t count;
    if (!count_parse(value, &count, error))
        return false;
    if (count > 9) {
        error_set(error, "%s is too large: accepted are 0 to 9", value);
        return false;
    }
    ((struct request *)target)->dump.indent = (unsigned)count;
    return true;
}

static bool take_rows(void *target, const char *value, struct error *error) {
    struct request *request = target;
    request->has_rows = true;
    return count_parse(value, &request->seed.rows, error);
}

static bool take_chunk(void *target, const char *value, struct error *error) {
    enum { CHUNK_MAX = 1000000 };
    uint64_t rows;
    if (!count_parse(value, &rows, error))
        return false;
    if (rows < 1 || rows > CHUNK_MAX) {
        error_set(error, "%s is not a number of rows: accepted are 1 to %d", value, CHUNK_MAX);
        return false;
    }
    ((struct request *)target)->dump.chunk = (size_t)rows;
    return true;
}

/* Copies the URL and takes its password off the command line, which all processes can read. */
static bool take_url(void *target, char *word, struct error *error) {
    struct request *request = target;
    if (request->url != NULL) {
        char first[URL_TEXT_BYTES], second[URL_TEXT_BYTES];
        error_set(error, "one URL is enough: found \"%s\" and \"%s\"",
                  url_shown(request->url, first), url_shown(word, second));
        return false;
    }
    request->url = strdup(word);
    if (request->url == NULL) {
        error_set(error, "out of memory");
        return false;
    }
    secret_erase(word);
    return true;
}

/* The first is the URL, the others are files. */
static bool take_url_or_file(void *target, char *word, struct error *error) {
    struct request *request = target;
    return request->url == NULL ? take_url(target, word, error)
                                : take_name(&request->files, word, error);
}

static void draw_progress(struct progress_line *line, uint64_t rows, uint64_t total_rows) {
    char count[SIZE_TEXT_BYTES], total[SIZE_TEXT_BYTES];
    if (total_rows == 0) {
        line->width = fprintf(stderr, "\r%s: %s rows", line->verb, count_format(rows, count)) - 1;
        return;
    }
    enum { WIDTH = 32 };
    int filled = (int)((double)rows / (double)total_rows * WIDTH);
    line->width = fprintf(stderr, "\r%s: [%.*s%*s] %s of %s rows", line->verb, filled,
                          "################################", WIDTH - filled, "",
                          count_format(rows, count), count_format(total_rows, total)) -
                  1;
}

static void take_report(void *context, uint64_t rows, uint64_t total_rows) {
    struct progress_line *line = context;
    if (line->mark_progress != NULL)
        line->mark_progress(rows);
    if (line->shown)
        draw_progress(line, rows, total_rows);
}

static void take_stage(void *context, const char *stage) {
    struct progress_line *line = context;
    if (line->mark_phase != NULL)
        line->mark_phase(stage);
}

/* What went well stays to be read; a failure's message comes in place of the line. */
static void end_progress(struct progress_line *line, bool done) {
    if (line->width <= 0)
        return;
    if (done)
        fprintf(stderr, "\n");
    else
        fprintf(stderr, "\r%*s\r", line->width, "");
    line->width = 0;
}

/* By name, in whatever this process was started with: rowstream needs no heapgate. */
static void find_marks(struct progress_line *line) {
    void *phase = dlsym(RTLD_DEFAULT, "heapgate_phase");
    void *progress = dlsym(RTLD_DEFAULT, "heapgate_progress");
    memcpy(&line->mark_phase, &phase, sizeof phase);
    memcpy(&line->mark_progress, &progress, sizeof progress);
    if (phase == NULL || progress == NULL)
        dlerror(); /* has memory for its message until it is asked */
}

static struct rowstream_progress follow_progress(struct request *request, const char *verb,
                                                 bool wanted) {
    request->line.verb = verb;
    request->line.shown = wanted && isatty(STDERR_FILENO);
    if (getenv("HEAPGATE_RECORD") != NULL)
        find_marks(&request->line);
    return (struct rowstream_progress){
        .report = take_report, .context = &request->line, .stage = take_stage};
}

static bool write_file(void *context, const void *bytes, size_t length, struct error *error) {
    return file_output_write(context, bytes, length, error);
}

static enum rowstream_status run_dump(struct request *request, struct error *error) {
    struct rowstream_dump_options *options = &request->dump;
    options->url = request->url;
    options->tables = (const char *const *)request->tables.list;
    options->table_count = request->tables.count;
    options->columns = (const char *const *)request->columns.list;
    options->column_count = request->columns.count;
    options->progress = follow_progress(request, "dump", request->progress);
    struct rowstream_descriptor standard = {STDOUT_FILENO, "standard output"};
    if (request->output == NULL) {
        struct rowstream_output output = rowstream_output_descriptor(&standard);
        return rowstream_dump(options, &output, NULL, error);
    }
    struct file_output file;
    interrupt_hold(true);
    bool opened = file_output_open(&file, request->output, error);
    if (opened)
        interrupt_removes(file.temporary);
    interrupt_hold(false);
    if (!opened)
        return ROWSTREAM_OUTPUT;
    struct rowstream_output output = {write_file, &file};
    enum rowstream_status status = rowstream_dump(options, &output, NULL, error);
    interrupt_hold(true);
    if (status == ROWSTREAM_OK && !file_output_commit(&file, error))
        status = ROWSTREAM_OUTPUT;
    if (status != ROWSTREAM_OK)
        file_output_abort(&file);
    interrupt_removes(NULL);
    interrupt_hold(false);
    return status;
}

static enum rowstream_status run_seed(struct request *request, struct error *error) {
    struct rowstream_seed_options *options = &request->seed;
    if (request->tables.count != 1) {
        error_set(error, "--table NAME is needed, once: found it %zu times", request->tables.count);
        return ROWSTREAM_USAGE;
    }
    if (!request->has_rows) {
        error_set(error, "--rows N is needed");
        return ROWSTREAM_USAGE;
    }
    options->url = request->url;
    options->table = request->tables.list[0];
    options->progress = follow_progress(request, "seed", true);
    return rowstream_seed(options, NULL, error);
}

static enum rowstream_status run_load(struct request *request, struct error *error) {
    struct rowstream_load_options *options = &request->load;
    options->url = request->url;
    options->files = (const char *const *)request->files.list;
    options->file_count = request->files.count;
    options->progress = follow_progress(request, "load", request->progress);
    return rowstream_load(options, NULL, error);
}

static enum rowstream_status run_delete(struct request *request, struct error *error) {
    if (request->tables.count != 1) {
        error_set(error, "--table NAME is needed, once: found it %zu times", request->tables.count);
        return ROWSTREAM_USAGE;
    }
    struct rowstream_delete_options options = {
        .url = request->url, .table = request->tables.list[0], .chunk = request->dump.chunk};
    options.progress = follow_progress(request, "delete", request->progress);
    return rowstream_delete(&options, NULL, error);
}

static const struct option_row dump_options[] = {
    {"--table", "NAME", "a table or view; may be repeated (default: all user tables)", take_table,
     0},
    {"--query", "SQL", "a SELECT instead; its column pk or id is the primary key", option_text,
     offsetof(struct request, dump.query)},
    {"--model", "APP.NAME", "the model of the query or table (default: app_name)", option_text,
     offsetof(struct request, dump.model)},
    {"--columns", "A,B,...", "the fields to write (default: all)", take_columns, 0},
    {"--format", "json|xml|yaml", "the fixture's format", option_text,
     offsetof(struct request, dump.format)},
    {"--fetch", "MODE", "stream (default), cursor, keyset or buffered", option_text,
     offsetof(struct request, dump.fetch)},
    {"--chunk", "N", "rows of a cursor's chunk or a keyset's page (default: 2000)", take_chunk, 0},
    {"--document", "stream|tree", "written as it comes (default), or built first", option_text,
     offsetof(struct request, dump.document)},
    {"--indent", "N", "columns per level, 0 to 9", take_indent, 0},
    {"-o", "FILE", "write there, all or nothing (default: standard output)", option_text,
     offsetof(struct request, output)},
    {"--progress", NULL, "show progress, on a terminal", option_flag,
     offsetof(struct request, progress)},
    OPTION_HELP,
};

static const struct option_row seed_options[] = {
    {"--table", "NAME", "the table to make", take_table, 0},
    {"--rows", "N", "how many rows", take_rows, 0},
    {"--seed", "S", "the same number gives the same rows (default: 0)", option_count,
     offsetof(struct request, seed.seed)},
    {"--columns", "'NAME TYPE [NULL], ...'", "the columns, after an automatic id", option_text,
     offsetof(struct request, seed.columns)},
    {"--replace", NULL, "drop a table of that name first", option_flag,
     offsetof(struct request, seed.replace)},
    OPTION_HELP,
};

static const struct option_row load_options[] = {
    {"--format", "json|xml|yaml", "the files' format (default: by their extensions)", option_text,
     offsetof(struct request, load.format)},
    {"--progress", NULL, "show progress, on a terminal", option_flag,
     offsetof(struct request, progress)},
    OPTION_HELP,
};

static const struct option_row delete_options[] = {
    {"--table", "NAME", "the table whose rows are deleted", take_table, 0},
    {"--chunk", "N", "rows per transaction (default: 2000)", take_chunk, 0},
    {"--progress", NULL, "show progress, on a terminal", option_flag,
     offsetof(struct request, progress)},
    OPTION_HELP,
};

static const struct verb {
    const char *name;
    const char *usage;
    const char *about;
    struct option_table options;
    enum rowstream_status (*run)(struct request *request, struct error *error);
} verbs[] = {
    {"seed",
     "rowstream seed URL --table NAME --rows N [OPTION...]",
     "Makes a table of random rows. Default columns: " ROWSTREAM_SEED_COLUMNS ".",
     {seed_options, sizeof seed_options / sizeof seed_options[0], take_url, NULL},
     run_seed},
    {"dump",
     "rowstream dump URL --format json|xml|yaml [OPTION...]",
     "Writes tables or a query as a Django fixture.",
     {dump_options, sizeof dump_options / sizeof dump_options[0], take_url, NULL},
     run_dump},
    {"load",
     "rowstream load URL FILE... [OPTION...]",
     "Loads Django fixtures in one transaction: all rows or none. A FILE may be packed by gzip;\n"
     "- is standard input. Rows whose key is there are updated. Natural keys are refused, and so\n"
     "is a record of more than 16 MiB, 2000 fields, 100,000 keys in lists or 16 levels, and a\n"
     "document with entities or aliases of its own.",
     {load_options, sizeof load_options / sizeof load_options[0], take_url_or_file, NULL},
     run_load},
    {"delete",
     "rowstream delete URL --table NAME [OPTION...]",
     "Deletes all rows of a table in chunks, each in a transaction of its own.",
     {delete_options, sizeof delete_options / sizeof delete_options[0], take_url, NULL},
     run_delete},
};

enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

/* Help that nobody can read is a failure too. */
static enum rowstream_status finish_help(struct error *error) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return ROWSTREAM_OK;
    error_set(error, "standard output: cannot write: %s", strerror(errno));
    return ROWSTREAM_OUTPUT;
}

static enum rowstream_status run_verb(const struct verb *verb, char **words, struct error *error) {
    struct request request = {.progress = false};
    enum rowstream_status status = ROWSTREAM_USAGE;
    enum options_answer answer = options_read(&verb->options, words, &request, error);
    if (answer == OPTIONS_REFUSED)
        goto out;
    if (answer == OPTIONS_HELP) {
        printf("usage: %s\n\n%s\n\n", verb->usage, verb->about);
        options_help(&verb->options);
        printf("\nURL is sqlite:PATH, postgresql://... as libpq takes it, or\n"
               "mysql://USER:PASSWORD@HOST:PORT/DATABASE?socket=PATH.\n"
               "Exit status: 0 done, 2 wrong usage, 1 any other failure.\n");
        status = finish_help(error);
        goto out;
    }
    status = verb->run(&request, error);
    end_progress(&request.line, status == ROWSTREAM_OK);
out:
    free(request.url);
    names_fini(&request.tables);
    names_fini(&request.columns);
    names_fini(&request.files);
    return status;
}

static enum rowstream_status run(int argc, char **argv, struct error *error) {
    const char *first = argc > 1 ? argv[1] : "";
    bool helps = strcmp(first, "help") == 0;
    char word[] = "--help", *help[] = {word, NULL};
    if (helps && argc > 2)
        first = argv[2];
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(first, verbs[i].name) == 0)
            return run_verb(&verbs[i], helps ? help : argv + 2, error);
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
        printf("rowstream " ROWSTREAM_VERSION "\n");
        return finish_help(error);
    }
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0) {
        for (size_t i = 0; i < VERB_COUNT; i++)
            printf("%s %s\n    %s\n", i == 0 ? "usage:" : "      ", verbs[i].usage, verbs[i].about);
        printf("       rowstream help VERB | --help | --version\n");
        return finish_help(error);
    }
    char accepted[NAMES_TEXT_BYTES];
    names_list(&verbs[0].name, VERB_COUNT, sizeof verbs[0], accepted);
    if (argc > 1)
        error_set(error, "unknown verb \"%s\": accepted are %s", first, accepted);
    else
        error_set(error, "a verb is missing: accepted are %s", accepted);
    return ROWSTREAM_USAGE;
}

int cli_main(int argc, char **argv) {
    struct error error = {0};
    interrupt_watch();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error with a message, not a silent death */
    enum rowstream_status status = run(argc, argv, &error);
    if (status == ROWSTREAM_OK)
        return EXIT_SUCCESS;
    for (char *at = error.text; *at != '\0'; at++) /* a name or a key may have a line break in it */
        if ((unsigned char)*at < ' ' || *at == 127)
            *at = '?';
    fprintf(stderr, "rowstream: %s\n", error.text);
    return status == ROWSTREAM_USAGE ? EXIT_USAGE : EXIT_FAILED;
}
