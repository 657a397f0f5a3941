/* heapgate check: holds all results of a folder to the budgets, and reports. */
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
    const char *run;    /* NULL: held to the files that are there */
    const char *colour; /* when there are colours */
};

static bool take_format(void *field, const char *value, struct error *error) {
    const struct report_view **view = field;
    *view = report_view_find(value, error);
    return *view != NULL;
}

static const struct option_row rows[] = {
    {"--budgets", "PATH", "a budget file, or a folder of them (default: " CLI_BUDGETS ")",
     option_text, offsetof(struct request, report.budgets)},
    {"--results", "DIR", "what heapgate run has written (default: " CLI_RESULTS ")", option_text,
     offsetof(struct request, report.results)},
    {"--case", "GLOB", "only the cases that match, such as 'json/*'", option_text,
     offsetof(struct request, glob)},
    {"--run", "ID",
     "take the results of this run, wherever the files are that were measured: on another machine; "
     "results of other runs are errors",
     option_text, offsetof(struct request, run)},
    {"--color", "WHEN", "auto (default, on a terminal unless NO_COLOR is set), always or never",
     terminal_take_choice, offsetof(struct request, colour)},
    {"--format", "FORMAT", "the report on standard output, one of those below", take_format,
     offsetof(struct request, view)},
    OPTION_HELP,
};

static void print_formats(void) {
    printf("\nformats:\n");
    for (size_t i = 0; report_views[i] != NULL; i++)
        printf("  %-11s %s\n", report_views[i]->name, report_views[i]->help);
}

static const struct cli_usage command_line = {
    .verb = "check",
    .about =
        "usage: heapgate check [--budgets PATH] [--results DIR] [--case GLOB] [--run ID]\n"
        "                      [--format FORMAT] [--color auto|always|never]\n\n"
        "Holds every result to its budget. A result without a budget and a budget without a\n"
        "result are errors; so is a result of a program, script, library or input that is not the\n"
        "one that is there now.\n",
    .table = {.rows = rows, .count = sizeof rows / sizeof rows[0]},
    .print_choices = print_formats,
    .exits = "exit status: 0 within budget, 1 over, 2 wrong usage or an unreadable file,\n"
             "             3 no valid measurement, 4 a stale budget\n",
};

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
    struct request request = {.report = {.budgets = CLI_BUDGETS, .results = CLI_RESULTS},
                              .view = report_views[0],
                              .colour = "auto"};
    struct heapgate_budgets *budgets = NULL;
    struct judged_list list = {0};
    struct hold hold = {0};
    struct error error = {0};
    int status;
    (void)argc;
    if (!cli_read(&command_line, argv, &request, &status))
        return status;
    request.report.colour = terminal_colour(request.colour, STDOUT_FILENO);
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
