/* heapgate check: holds all results of a folder to the budgets, and reports. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/terminal.h"
#include "report/view.h"

struct request {
    struct report_options report;
    const struct report_view *view;
    const char *glob;
    const char *run; /* NULL: held to the files that are there */
    bool help;
};

static int print_help(void) {
    printf(
        "usage: heapgate check [--budgets PATH] [--results DIR] [--case GLOB] [--run ID]\n"
        "                      [--format FORMAT] [--color auto|always|never]\n\n"
        "Holds every result to its budget. A result without a budget and a budget without a\n"
        "result are errors; so is a result of a program, script, library or input that is not the\n"
        "one that is there now.\n\n"
        "  --budgets PATH   a budget file, or a folder of them (default " CLI_BUDGETS ")\n"
        "  --results DIR    what heapgate run has written (default " CLI_RESULTS ")\n"
        "  --case GLOB      only the cases that match, such as 'json/*'\n"
        "  --run ID         take the results of this run, wherever the files are that were "
        "measured:\n"
        "                   on another machine; results of other runs are errors\n"
        "  --color WHEN     auto (default, on a terminal unless NO_COLOR is set), always or never\n"
        "  --format FORMAT  the report on standard output:\n");
    for (size_t i = 0; report_views[i] != NULL; i++)
        printf("                     %-10s %s\n", report_views[i]->name, report_views[i]->help);
    printf("\nexit status: 0 within budget, 1 over, 2 wrong usage or an unreadable file,\n"
           "             3 no valid measurement, 4 a stale budget\n");
    return HEAPGATE_OK;
}

static int read_arguments(int argc, char **argv, struct request *request) {
    static const struct option options[] = {
        {"budgets", required_argument, NULL, 'b'}, {"results", required_argument, NULL, 'r'},
        {"case", required_argument, NULL, 'c'},    {"run", required_argument, NULL, 'i'},
        {"format", required_argument, NULL, 'f'},  {"color", required_argument, NULL, 'C'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    struct error error = {0};
    const char *colour = "auto";
    int answer;
    *request = (struct request){.report = {.budgets = CLI_BUDGETS, .results = CLI_RESULTS},
                                .view = report_views[0]};
    opterr = optind = 0;
    while ((answer = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (answer) {
        case 'b':
            request->report.budgets = optarg;
            break;
        case 'r':
            request->report.results = optarg;
            break;
        case 'c':
            request->glob = optarg;
            break;
        case 'i':
            request->run = optarg;
            break;
        case 'f':
            request->view = report_view_find(optarg, &error);
            if (request->view == NULL)
                return cli_refuse("check", "%s", error.text);
            break;
        case 'C':
            colour = optarg;
            break;
        case 'h':
            request->help = true;
            return HEAPGATE_OK;
        default:
            return cli_refuse_option("check", argv, answer);
        }
    }
    if (optind < argc)
        return cli_refuse("check", "unexpected argument \"%s\": see heapgate check --help",
                          argv[optind]);
    request->report.colour = terminal_colour(colour, STDOUT_FILENO);
    return terminal_colour_valid("check", colour) ? HEAPGATE_OK : HEAPGATE_USAGE;
}

static int print_list(const struct request *request, const struct judged_list *list) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    int status;
    if (list->count == 0 && request->glob != NULL)
        status = cli_refuse("check", "no case matches \"%s\"", request->glob);
    else if (!request->view->render(list, &request->report, &text))
        status = cli_refuse("check", "out of memory");
    else
        status = cli_print("check", &text, (int)list->status);
    buffer_fini(&text);
    return status;
}

int cli_check(int argc, char **argv) {
    struct request request;
    struct heapgate_budgets *budgets = NULL;
    struct judged_list list = {0};
    struct hold hold = {0};
    struct error error = {0};
    int status = read_arguments(argc, argv, &request);
    if (status != HEAPGATE_OK)
        return status;
    if (request.help)
        return print_help();
    if (budget_load(request.report.budgets, 0, &budgets, &error) != HEAPGATE_OK) {
        status = cli_refuse("check", "%s", error.text);
    } else if (!hold_init(&hold, request.run, &error) ||
               !judged_list_read(budgets, request.report.results, request.glob, &hold, &list,
                                 &error)) {
        cli_refuse("check", "%s", error.text);
        status = HEAPGATE_INVALID;
    } else {
        status = print_list(&request, &list);
    }
    judged_list_free(&list);
    hold_fini(&hold);
    budget_free(budgets);
    return status;
}
