/* heapgate report: the kept results, judged, as a folder of pages. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "report/html/html.h"

#define DEFAULT_OUT "heapgate-report"

static const struct option_row rows[] = {
    {"--results", "DIR", "what heapgate run has written (default: " CLI_RESULTS ")", option_text,
     offsetof(struct html_request, options.results)},
    {"--budgets", "PATH", "a budget file, or a folder of them (default: " CLI_BUDGETS ")",
     option_text, offsetof(struct html_request, options.budgets)},
    {"--case", "GLOB", "only the cases that match, such as 'json/*'", option_text,
     offsetof(struct html_request, glob)},
    {"--run", "ID",
     "take the results of this run, wherever the files are that were measured: on another machine",
     option_text, offsetof(struct html_request, run)},
    {"--out", "DIR",
     "the folder (default: " DEFAULT_OUT "); an earlier report in it is replaced, anything else is "
     "left alone",
     cli_take_folder, offsetof(struct html_request, out)},
    OPTION_HELP,
};

static const struct cli_usage command_line = {
    .verb = "report",
    .about =
        "usage: heapgate report [--results DIR] [--budgets PATH] [--case GLOB] [--run ID]\n"
        "                       [--out DIR]\n\n"
        "Writes every result, held to its budget, as a folder of pages that open in any browser,\n"
        "from a disk as from a CI artifact: no script, and nothing fetched from elsewhere.\n",
    .table = {.rows = rows, .count = sizeof rows / sizeof rows[0]},
    .exits =
        "exit status: 0 the report is written, whatever it says (heapgate check judges),\n"
        "             2 wrong usage, an unreadable budget or a folder that cannot be written,\n"
        "             3 no results, or one that cannot be read; or the report is written, and a "
        "result\n"
        "               in it is of a program, script, library, input or run that is not the one "
        "that\n"
        "               is there (or that --run asks for)\n",
};

int cli_report(int argc, char **argv) {
    static const char budgets_if_any[] = CLI_BUDGETS;
    struct html_request request = {.options = {.budgets = budgets_if_any, .results = CLI_RESULTS},
                                   .out = DEFAULT_OUT};
    struct heapgate_budgets *budgets = NULL;
    struct error error = {0};
    char summary[256];
    int status;
    (void)argc;
    if (!cli_read(&command_line, argv, &request, &status))
        return status;
    bool asked = request.options.budgets != budgets_if_any;
    status = (int)budget_load(request.options.budgets, asked ? 0 : BUDGET_LOAD_MAY_BE_MISSING,
                              &budgets, &error);
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
