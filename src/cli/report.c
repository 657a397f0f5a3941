/* heapgate report: the kept results, judged, as a folder of pages. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "report/html/html.h"

#define DEFAULT_OUT "heapgate-report"

static int print_help(void) {
    printf(
        "usage: heapgate report [--results DIR] [--budgets PATH] [--case GLOB] [--run ID]\n"
        "                       [--out DIR]\n\n"
        "Writes every result, held to its budget, as a folder of pages that open in any browser,\n"
        "from a disk as from a CI artifact: no script, and nothing fetched from elsewhere.\n\n"
        "  --results DIR    what heapgate run has written (default " CLI_RESULTS ")\n"
        "  --budgets PATH   a budget file, or a folder of them (default " CLI_BUDGETS ")\n"
        "  --case GLOB      only the cases that match, such as 'json/*'\n"
        "  --run ID         take the results of this run, wherever the files are that were "
        "measured:\n"
        "                   on another machine\n"
        "  --out DIR        the folder (default " DEFAULT_OUT "); an earlier report in it is\n"
        "                   replaced, anything else is left alone\n\n"
        "exit status: 0 the report is written, whatever it says (heapgate check judges),\n"
        "             2 wrong usage, an unreadable budget or a folder that cannot be written,\n"
        "             3 no results, or one that cannot be read; or the report is written, and a "
        "result\n"
        "               in it is of a program, script, library, input or run that is not the one "
        "that\n"
        "               is there (or that --run asks for)\n");
    return HEAPGATE_OK;
}

static int read_arguments(int argc, char **argv, struct html_request *request, bool *help) {
    static const struct option options[] = {{"budgets", required_argument, NULL, 'b'},
                                            {"results", required_argument, NULL, 'r'},
                                            {"case", required_argument, NULL, 'c'},
                                            {"out", required_argument, NULL, 'o'},
                                            {"run", required_argument, NULL, 'i'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int answer;
    *request = (struct html_request){.options = {.budgets = CLI_BUDGETS, .results = CLI_RESULTS},
                                     .out = DEFAULT_OUT};
    opterr = optind = 0;
    while ((answer = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (answer) {
        case 'b':
            request->options.budgets = optarg;
            break;
        case 'r':
            request->options.results = optarg;
            break;
        case 'c':
            request->glob = optarg;
            break;
        case 'i':
            request->run = optarg;
            break;
        case 'o':
            request->out = optarg;
            break;
        case 'h':
            *help = true;
            return HEAPGATE_OK;
        default:
            return cli_refuse_option("report", argv, answer);
        }
    }
    if (optind < argc)
        return cli_refuse("report", "unexpected argument \"%s\": see heapgate report --help",
                          argv[optind]);
    if (request->out[0] == '\0')
        return cli_refuse("report", "--out needs the name of a folder");
    return HEAPGATE_OK;
}

int cli_report(int argc, char **argv) {
    struct html_request request;
    struct heapgate_budgets *budgets = NULL;
    struct error error = {0};
    char summary[256];
    bool help = false;
    int status = read_arguments(argc, argv, &request, &help);
    if (status != HEAPGATE_OK)
        return status;
    if (help)
        return print_help();
    status = (int)budget_load(request.options.budgets, 0, &budgets, &error);
    if (status == HEAPGATE_OK)
        status = (int)html_report(budgets, &request, summary, sizeof summary, &error);
    budget_free(budgets);
    if (status != HEAPGATE_OK && error.set) {
        cli_refuse("report", "%s", error.text);
        return status;
    }
    printf("%s/index.html: %s\n", request.out, summary);
    return fflush(stdout) == 0 ? status : cli_refuse("report", "cannot write to standard output");
}
