/* heapgate run: a command, measured. Its own streams and its working directory are left alone;
 * what heapgate has to say goes to standard error. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/size.h"
#include "cli/cli.h"
#include "cli/progress_line.h"
#include "cli/run_options.h"
#include "cli/terminal.h"
#include "measure/program.h"
#include "report/notes.h"
#include "report/phase_table.h"
#include "report/site_list.h"
#include "report/snapshot_growth.h"
#include "report/view.h"

/* What a Python program asks malloc for is not what its objects take, unless it is told so. */
static void print_python_note(const char *program) {
    const char *allocator = getenv("PYTHONMALLOC");
    bool counted = allocator != NULL &&
                   (strcmp(allocator, "malloc") == 0 || strcmp(allocator, "malloc_debug") == 0);
    if (!counted && program_is_python(program))
        fputs(
            "  note: Python keeps objects of up to 512 bytes in arenas that it maps itself, where "
            "no\n        allocator sees them: PYTHONMALLOC=malloc in its environment has each "
            "one counted\n",
            stderr);
}

static void print_part(void (*part)(const struct result *, struct writer *),
                       const struct result *result) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    struct writer writer = {.buffer = &text};
    part(result, &writer);
    if (!writer.failed && text.bytes != NULL)
        fputs(text.bytes, stderr);
    buffer_fini(&text);
}

static void put_figures(const struct result *result, struct writer *writer) {
    put(writer, "heapgate: ");
    report_figures(result, false, writer);
}

static void put_sites(const struct result *result, struct writer *writer) {
    report_result_sites(result, REPORT_BY_PEAK, REPORT_SITES_SHOWN, writer);
}

static void print_verdict(const struct gate_outcome *outcome, const struct gate_request *request,
                          bool colour, heapgate_status status, const struct error *error) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    const struct report_options options = {.budgets = request->budgets_path,
                                           .results = request->results_path,
                                           .figures_told = true,
                                           .colour = colour};
    if (outcome->result != NULL) {
        print_part(put_figures, outcome->result);
        print_python_note(request->measure.argv[0]);
        if (status != HEAPGATE_INVALID)
            print_part(report_outside, outcome->result);
        print_part(report_phases, outcome->result);
        print_part(report_not_returned, outcome->result);
    }
    /* What is over is told with its sites below. */
    if (outcome->result != NULL && outcome->result->site_count > 0 && status != HEAPGATE_OVER)
        print_part(put_sites, outcome->result);
    if (outcome->result != NULL)
        print_part(report_snapshot_growth, outcome->result);
    if (outcome->judged && status != HEAPGATE_OK &&
        report_case_block(&outcome->verdict, &options, &text) && text.bytes != NULL)
        fprintf(stderr, "%s", text.bytes);
    else if (error->set)
        fprintf(stderr, "heapgate: %s%s\n", status == HEAPGATE_SKIPPED ? "skipped: " : "",
                error->text);
    else if (outcome->judged)
        fprintf(stderr, "  within budget\n");
    buffer_fini(&text);
}

int cli_run(int argc, char **argv) {
    struct error error = {.set = false};
    struct run_options options;
    struct gate_outcome outcome;
    int refused;
    (void)argc;
    if (!run_options_read(argv, &options, &refused))
        return refused;
    char *named = options.case_key == NULL ? run_default_case(options.gate.measure.argv[0]) : NULL;
    options.gate.measure.case_key = named != NULL ? named : options.case_key;
    struct cli_progress progress;
    bool shown = strcmp(options.progress, "always") == 0 ||
                 (strcmp(options.progress, "auto") == 0 && isatty(STDERR_FILENO));
    if (shown && options.gate.measure.case_key != NULL) {
        bool sweeps = options.gate.measure.sweep_count > 0; /* each size takes another time */
        cli_progress_init(&progress, sweeps ? NULL : options.gate.results_path,
                          options.gate.measure.case_key);
        options.gate.measure.progress = &progress.calls;
    }
    heapgate_status status = gate_run(&options.gate, &outcome, &error);
    print_verdict(&outcome, &options.gate, terminal_colour(options.colour, STDERR_FILENO), status,
                  &error);
    gate_outcome_fini(&outcome);
    free(named);
    return (int)status;
}
