/* heapgate compare: two folders of results side by side. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "report/compare/comparison_view.h"
#include "report/html/comparison_pages.h"
#include "report/view.h"

struct request {
    const char *folders[COMPARE_SIDES];
    const char *runs[COMPARE_SIDES]; /* NULL: of any run */
    const char *out;                 /* NULL: no pages */
    const struct compare_view *view;
    struct compare_limits limits;
    bool help;
};

static int print_help(void) {
    printf(
        "usage: heapgate compare [--out DIR] [--format FORMAT] [--fail-on LIMIT]...\n"
        "                        [--base-run ID] [--head-run ID] BASE HEAD\n\n"
        "Sets the results in the folder HEAD beside those in BASE: every figure, what each call\n"
        "stack held at the peak, what only one side has. Only valid measurements of the same work\n"
        "are compared. What was measured need not be there any more, but all results of a folder\n"
        "must be of one build.\n\n"
        "  --fail-on LIMIT  how much a figure may grow: 5%% of each but rss, or one metric's, as "
        "in\n"
        "                   peak=5%%, largest=4KiB, 'rss=10%% + 1MiB'\n"
        "  --base-run ID    the run that the results in BASE must be of; --head-run likewise\n"
        "  --out DIR        also write it as a folder of pages, with plots; an earlier report in "
        "it\n"
        "                   is replaced, anything else is left alone\n"
        "  --format FORMAT  what is printed:\n");
    for (size_t i = 0; compare_views[i] != NULL; i++)
        printf("                     %-10s %s\n", compare_views[i]->name, compare_views[i]->help);
    printf(
        "\nexit status: 0, 1 a figure grew by more than --fail-on, 2 wrong usage, 3 nothing to\n"
        "             compare, a result of another run or build, or under --fail-on a case that\n"
        "             could not be compared\n");
    return HEAPGATE_OK;
}

static int read_folders(int argc, char **argv, struct request *request) {
    if (argc - optind != COMPARE_SIDES)
        return cli_refuse("compare", "expected two folders of results, BASE and HEAD: see heapgate "
                                     "compare --help");
    char *paths[COMPARE_SIDES];
    for (int side = 0; side < COMPARE_SIDES; side++) {
        request->folders[side] = argv[optind + side];
        paths[side] = realpath(request->folders[side], NULL);
    }
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

static int read_arguments(int argc, char **argv, struct request *request) {
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
                                            {"out", required_argument, NULL, 'o'},
                                            {"base-run", required_argument, NULL, 'b'},
                                            {"head-run", required_argument, NULL, 'e'},
                                            {"fail-on", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct error error = {.set = false};
    int answer;
    *request = (struct request){.view = compare_views[0]};
    opterr = optind = 0;
    while ((answer = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (answer) {
        case 'f':
            request->view = compare_view_find(optarg, &error);
            if (request->view == NULL)
                return cli_refuse("compare", "%s", error.text);
            break;
        case 'l':
            if (!compare_limits_add(&request->limits, optarg, &error))
                return cli_refuse("compare", "--fail-on: %s", error.text);
            break;
        case 'b':
            request->runs[COMPARE_BASE] = optarg;
            break;
        case 'e':
            request->runs[COMPARE_HEAD] = optarg;
            break;
        case 'o':
            request->out = optarg;
            if (request->out[0] == '\0')
                return cli_refuse("compare", "--out needs the name of a folder");
            break;
        case 'h':
            request->help = true;
            return HEAPGATE_OK;
        default:
            return cli_refuse_option("compare", argv, answer);
        }
    }
    return read_folders(argc, argv, request);
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
    struct request request;
    struct comparison comparison;
    struct error error = {.set = false};
    int status = read_arguments(argc, argv, &request);
    if (status != HEAPGATE_OK)
        return status;
    if (request.help)
        return print_help();
    if (!compare_read(request.folders[COMPARE_BASE], request.folders[COMPARE_HEAD], request.runs,
                      &request.limits, &comparison, &error)) {
        cli_refuse("compare", "%s", error.text);
        return HEAPGATE_INVALID;
    }
    status = print_comparison(&request, &comparison);
    compare_free(&comparison);
    return status;
}
