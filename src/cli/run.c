/* heapgate run: a command, measured. Its own streams and its working directory are left alone;
 * what heapgate has to say goes to standard error. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/size.h"
#include "cli/cli.h"
#include "heapgate/gate.h"
#include "measure/program.h"
#include "report/report.h"
#include "report/sites.h"

static const char help[] =
    "usage: heapgate run [OPTION...] [--] COMMAND [ARGUMENT...]\n"
    "\n"
    "Measures the heap memory of any dynamically linked program.\n"
    "\n"
    "  --case KEY        name of the case; default: the command's name. When the program has a\n"
    "                    scope of that name, its figures are the case's\n"
    "  --engine LIST     of count (default), profile (who held the memory at the peak) and\n"
    "                    massif, such as count,profile; all is count,massif\n"
    "  --budgets PATH    hold it to the case's budget in this file or folder\n"
    "  --max SIZE        hold its peak to this size instead, such as 4MiB\n"
    "  --results DIR     where the result file goes; default: heapgate-results\n"
    "  --units N         how much work (rows, ...) the command does\n"
    "  --sweep N1,N2,…   run it at each size, {N} in its arguments standing for the size, and fit\n"
    "                    how the peak grows; the other figures are those of the largest\n"
    "  --allow-uncounted leave out child processes that cannot be counted (statically linked,\n"
    "                    set-user-ID, ...) instead of refusing the measurement\n"
    "  --help            this text\n"
    "\n"
    "The command's own exit status is in the result file; if it is not 0, heapgate's is 3.\n";

struct run_options {
    struct gate_request gate;
    const char *case_key;
    uint64_t sweep[GROWTH_POINTS_MAX];
};

static bool parse_engines(const char *list, bool engines[RESULT_ENGINES], struct error *error) {
    char copy[64];
    if (snprintf(copy, sizeof copy, "%s", list) >= (int)sizeof copy)
        copy[0] = '\0';
    memset(engines, 0, RESULT_ENGINES * sizeof *engines);
    int known = 0;
    for (char *name = strtok(copy, ","); name != NULL; name = strtok(NULL, ",")) {
        int id = 0;
        while (id < RESULT_ENGINES && strcmp(name, result_engine_names[id]) != 0)
            id++;
        if (id < RESULT_ENGINES) {
            engines[id] = true;
        } else if (strcmp(name, "all") == 0) {
            engines[RESULT_COUNT] = engines[RESULT_MASSIF] = true;
        } else {
            error_set(error, "--engine: unknown engine \"%s\"; there are count, profile, massif "
                      "and all", name);
            return false;
        }
        known++;
    }
    if (known == 0)
        error_set(error, "--engine: expected count, profile, massif or all");
    return known > 0;
}

/* "5000,50000": two sizes or more, ascending. */
static bool parse_sweep(const char *list, struct run_options *options, struct error *error) {
    char copy[256];
    size_t count = 0;
    if (snprintf(copy, sizeof copy, "%s", list) >= (int)sizeof copy)
        copy[0] = '\0';
    for (char *size = strtok(copy, ","); size != NULL; size = strtok(NULL, ",")) {
        if (count == GROWTH_POINTS_MAX) {
            error_set(error, "at most %d sizes", GROWTH_POINTS_MAX);
            return false;
        }
        if (!count_parse(size, &options->sweep[count], error))
            return false;
        if (count > 0 && options->sweep[count] <= options->sweep[count - 1]) {
            error_set(error, "the sizes must ascend: %s", list);
            return false;
        }
        count++;
    }
    if (count < 2)
        error_set(error, "expected two sizes or more, such as 5000,50000");
    options->gate.measure.sweep = options->sweep;
    options->gate.measure.sweep_count = count;
    return count >= 2;
}

/* The command's base name, as far as a case may hold its characters. */
static char *default_case(const char *program) {
    const char *slash = strrchr(program, '/');
    char *name = strdup(slash != NULL ? slash + 1 : program);
    for (char *at = name; at != NULL && *at != '\0'; at++)
        if (!((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') ||
              (*at >= 'a' && *at <= 'z') || strchr("_-.=", *at) != NULL))
            *at = '_';
    return name;
}

/* What a Python program asks malloc for is not what its objects take, unless it is told so. */
static void print_python_note(const char *program) {
    const char *allocator = getenv("PYTHONMALLOC");
    bool counted = allocator != NULL && (strcmp(allocator, "malloc") == 0 ||
                                         strcmp(allocator, "malloc_debug") == 0);
    if (!counted && program_is_python(program))
        fputs("  note: Python keeps objects of up to 512 bytes in arenas that it maps itself, where "
              "no\n        allocator sees them: PYTHONMALLOC=malloc in its environment has each "
              "one counted\n", stderr);
}

static void print_figures(const struct result *result) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    struct writer writer = {.buffer = &text};
    put(&writer, "heapgate: ");
    report_figures(result, &writer);
    if (!writer.failed)
        fputs(text.bytes, stderr);
    buffer_fini(&text);
}

static void print_sites(const struct result *result) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    struct writer writer = {.buffer = &text};
    report_result_sites(result, REPORT_BY_PEAK, REPORT_SITES_SHOWN, &writer);
    if (!writer.failed)
        fputs(text.bytes, stderr);
    buffer_fini(&text);
}

static void print_verdict(const struct gate_outcome *outcome, const struct gate_request *request,
                          heapgate_status status, const struct error *error) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    const struct report_options options = {.budgets = request->budgets_path,
                                           .results = request->results_path,
                                           .colour = isatty(STDERR_FILENO) &&
                                                     getenv("NO_COLOR") == NULL};
    if (outcome->result != NULL) {
        print_figures(outcome->result);
        print_python_note(request->measure.argv[0]);
    }
    /* What is over is told with its sites below. */
    if (outcome->result != NULL && outcome->result->site_count > 0 && status != HEAPGATE_OVER)
        print_sites(outcome->result);
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

static bool parse(int argc, char **argv, struct run_options *options, struct error *error) {
    static const struct option longs[] = {
        {"case", required_argument, NULL, 'c'},    {"engine", required_argument, NULL, 'e'},
        {"budgets", required_argument, NULL, 'b'}, {"max", required_argument, NULL, 'm'},
        {"results", required_argument, NULL, 'r'}, {"units", required_argument, NULL, 'u'},
        {"sweep", required_argument, NULL, 's'},
        {"allow-uncounted", no_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    struct gate_request *gate = &options->gate;
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:h", longs, NULL)) != -1) {
        bool fine = true;
        switch (option) {
        case 'c':
            options->case_key = optarg;
            break;
        case 'e':
            fine = parse_engines(optarg, gate->measure.engines, error);
            break;
        case 'b':
            gate->budgets_path = optarg;
            break;
        case 'm':
            fine = size_parse(optarg, &gate->max_bytes, error);
            if (fine && gate->max_bytes == 0)
                error_set(error, "0 is no budget");
            fine = fine && gate->max_bytes > 0;
            error_prefix(error, "--max: ");
            break;
        case 'r':
            gate->results_path = optarg;
            break;
        case 'u':
            fine = count_parse(optarg, &gate->measure.units, error);
            error_prefix(error, "--units: ");
            gate->measure.has_units = true;
            break;
        case 's':
            fine = parse_sweep(optarg, options, error);
            error_prefix(error, "--sweep: ");
            break;
        case 'a':
            gate->measure.allow_uncounted = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(HEAPGATE_OK);
        case ':':
            error_set(error, "%s needs a value", argv[optind - 1]);
            return false;
        default:
            error_set(error, "unknown option %s", argv[optind - 1]);
            return false;
        }
        if (!fine)
            return false;
    }
    if (gate->budgets_path != NULL && gate->max_bytes > 0)
        error_set(error, "--max is a budget of its own: leave out --budgets");
    else if (optind == argc)
        error_set(error, "no command to run");
    else if (gate->measure.sweep_count > 0 && !gate->measure.engines[RESULT_COUNT])
        error_set(error, "--sweep needs the engine count");
    gate->measure.argv = argv + optind;
    return error == NULL || !error->set;
}

int cli_run(int argc, char **argv) {
    struct error error = {.set = false};
    struct run_options options = {.gate = {.results_path = CLI_RESULTS}};
    struct gate_outcome outcome;
    options.gate.measure.engines[RESULT_COUNT] = true;
    if (!parse(argc, argv, &options, &error))
        return cli_refuse("run", "%s: see heapgate run --help", error.text);
    char *named = options.case_key == NULL ? default_case(options.gate.measure.argv[0]) : NULL;
    options.gate.measure.case_key = named != NULL ? named : options.case_key;
    heapgate_status status = gate_run(&options.gate, &outcome, &error);
    print_verdict(&outcome, &options.gate, status, &error);
    gate_outcome_fini(&outcome);
    free(named);
    return (int)status;
}
