/* heapgate compare: two folders of results side by side. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "report/compare/comparison_view.h"
#include "report/html/comparison_pages.h"
#include "report/view.h"

struct request {
    const char *folders[COMPARE_SIDES];
    int folder_count;
    const char *runs[COMPARE_SIDES]; /* NULL: of any run */
    const char *out;                 /* NULL: no pages */
    const struct compare_view *view;
    struct compare_limits limits;
};

static bool take_format(void *field, const char *value, struct error *error) {
    const struct compare_view **view = field;
    *view = compare_view_find(value, error);
    return *view != NULL;
}

static bool take_limit(void *field, const char *value, struct error *error) {
    return compare_limits_add(field, value, error);
}

/* How many there are to be is told when they are all counted. */
static bool take_operand(void *target, char *word, struct error *error) {
    (void)error;
    struct request *request = target;
    if (request->folder_count < COMPARE_SIDES)
        request->folders[request->folder_count] = word;
    request->folder_count++;
    return true;
}

static const struct option_row rows[] = {
    {"--fail-on", "LIMIT",
     "how much a figure may grow: 5% of each but rss, or one metric's, as in peak=5%, "
     "largest=4KiB, 'rss=10% + 1MiB'; may be repeated",
     take_limit, offsetof(struct request, limits)},
    {"--base-run", "ID", "the run that the results in BASE must be of", option_text,
     offsetof(struct request, runs[COMPARE_BASE])},
    {"--head-run", "ID", "likewise for HEAD", option_text,
     offsetof(struct request, runs[COMPARE_HEAD])},
    {"--out", "DIR",
     "also write it as a folder of pages, with plots; an earlier report in it is replaced, "
     "anything else is left alone",
     cli_take_folder, offsetof(struct request, out)},
    {"--format", "FORMAT", "what is printed, one of those below", take_format,
     offsetof(struct request, view)},
    OPTION_HELP,
};

static void print_formats(void) {
    printf("\nformats:\n");
    for (size_t i = 0; compare_views[i] != NULL; i++)
        printf("  %-11s %s\n", compare_views[i]->name, compare_views[i]->help);
}

static const struct cli_usage command_line = {
    .verb = "compare",
    .about =
        "usage: heapgate compare [--out DIR] [--format FORMAT] [--fail-on LIMIT]...\n"
        "                        [--base-run ID] [--head-run ID] BASE HEAD\n\n"
        "Sets the results in the folder HEAD beside those in BASE: every figure, what each call\n"
        "stack held at the peak, what only one side has. Only valid measurements of the same work\n"
        "are compared. What was measured need not be there any more, but all results of a folder\n"
        "must be of one build.\n",
    .table = {.rows = rows, .count = sizeof rows / sizeof rows[0], .operand = take_operand},
    .print_choices = print_formats,
    .exits =
        "exit status: 0, 1 a figure grew by more than --fail-on, 2 wrong usage, 3 nothing to\n"
        "             compare, a result of another run or build, or under --fail-on a case that\n"
        "             could not be compared\n",
};

static int check_folders(const struct request *request) {
    if (request->folder_count != COMPARE_SIDES)
        return cli_refuse("compare", "expected two folders of results, BASE and HEAD: see heapgate "
                                     "compare --help");
    char *paths[COMPARE_SIDES];
    for (int side = 0; side < COMPARE_SIDES; side++)
        paths[side] = realpath(request->folders[side], NULL);
    bool same = paths[COMPARE_BASE] != NULL && paths[COMPARE_HEAD] != NULL &&
                strcmp(paths[COMPARE_BASE], paths[COMPARE_HEAD]) == 0;
    for (int side = 0; side < COMPARE_SIDES; side++)
        free(paths[side]);
    if (same)
        return cli_refuse("compare",
                          "BASE and HEAD are the same folder, %s: it would always be the "
                          "same as itself",
                          request->folders[COMPARE_HEAD]);
    return HEAPGATE_OK;
}

static bool flush_output(struct compare_output *output, struct error *error) {
    struct buffer *text = output->writer.buffer;
    bool written = true;
    if (output->writer.failed)
        error_set(error, "out of memory");
    else if (text->length > 0)
        written = fwrite(text->bytes, 1, text->length, stdout) == text->length;
    if (!written || fflush(stdout) != 0 || ferror(stdout))
        error_set(error, "cannot write to standard output: %s", strerror(errno));
    buffer_clear(text);
    return !error->set;
}

static int print_comparison(const struct request *request, const struct comparison *comparison) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    struct compare_output output = {.writer = {.buffer = &text}, .flush = flush_output};
    struct error error = {.set = false};
    bool rendered = (request->out == NULL || html_compare(comparison, request->out, &error)) &&
                    request->view->render(comparison, &output, &error);
    buffer_fini(&text);
    return rendered ? (int)compare_status(comparison) : cli_refuse("compare", "%s", error.text);
}

int cli_compare(int argc, char **argv) {
    struct request request = {.view = compare_views[0]};
    struct comparison comparison;
    struct error error = {.set = false};
    int status;
    (void)argc;
    if (!cli_read(&command_line, argv, &request, &status))
        return status;
    if ((status = check_folders(&request)) != HEAPGATE_OK)
        return status;
    if (!compare_read(request.folders[COMPARE_BASE], request.folders[COMPARE_HEAD], request.runs,
                      &request.limits, &comparison, &error)) {
        cli_refuse("compare", "%s", error.text);
        return HEAPGATE_INVALID;
    }
    status = print_comparison(&request, &comparison);
    compare_free(&comparison);
    return status;
}
