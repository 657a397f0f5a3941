/* The command line of heapgate run. */
#include "cli/run_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "cli/cli.h"
#include "measure/environment.h"

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
    "  --input FILE      a file that the figures depend on and the command only reads: when it is\n"
    "                    another later, the result is not of it any more; may be repeated\n"
    "  --units N         how much work (rows, ...) the command does\n"
    "  --sweep N1,N2,…   run it at each size, {N} in its arguments standing for the size, and fit\n"
    "                    how the peak and the allocations grow; the other figures are those of "
    "the\n"
    "                    largest\n"
    "  --interval MS     how often live bytes and the resident set are sampled for the timeline "
    "in\n"
    "                    the result; default: 10; 0: never\n"
    "  --snapshot-on LIST\n"
    "                    with engine profile: keep what every call stack holds when a phase "
    "begins\n"
    "                    (phase), or when the signal SIGUSR1 is sent to heapgate (SIGUSR1, which\n"
    "                    then is not passed on), and tell what grew from one to the next\n"
    "  --snapshot-every N\n"
    "                    likewise, each time the command says that N more units are done\n"
    "  --process GLOB    of several processes take the figures of the one whose program is called "
    "so\n"
    "                    (of several such the one with the highest peak), such as 'worker*'; with "
    "a\n"
    "                    slash the whole path is held against it\n"
    "  --environment NAME=VALUE\n"
    "                    adds it to the result's environment, which a budget asks for with "
    "\"when\";\n"
    "                    may be given up to 16 times\n"
    "  --allow-uncounted leave out child processes that cannot be counted (statically linked,\n"
    "                    set-user-ID, ...) instead of refusing the measurement\n"
    "  --progress WHEN   show on standard error where it is: auto (default, on a terminal),\n"
    "                    always or never\n"
    "  --color WHEN      auto (default, on a terminal unless NO_COLOR is set), always or never\n"
    "  --help            this text\n"
    "\n"
    "The command's own exit status is in the result file; if it is not 0, heapgate's is 3.\n";

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
            error_set(error,
                      "--engine: unknown engine \"%s\"; there are count, profile, massif "
                      "and all",
                      name);
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

static bool parse_when(const char *option, const char *text, const char **when,
                       struct error *error) {
    *when = text;
    if (strcmp(text, "auto") == 0 || strcmp(text, "always") == 0 || strcmp(text, "never") == 0)
        return true;
    error_set(error, "%s: unknown \"%s\"; there are auto, always and never", option, text);
    return false;
}

static bool wants_snapshots(const struct snapshot_request *snapshots) {
    return snapshots->at_phases || snapshots->on_signal || snapshots->every_units > 0;
}

/* "phase", "SIGUSR1" or both. */
static bool parse_moments(const char *list, struct snapshot_request *snapshots,
                          struct error *error) {
    char copy[64];
    if (snprintf(copy, sizeof copy, "%s", list) >= (int)sizeof copy)
        copy[0] = '\0';
    for (char *name = strtok(copy, ","); name != NULL; name = strtok(NULL, ",")) {
        if (strcmp(name, "phase") == 0) {
            snapshots->at_phases = true;
        } else if (strcmp(name, "SIGUSR1") == 0) {
            snapshots->on_signal = true;
        } else {
            error_set(error, "--snapshot-on: unknown moment \"%s\"; there are phase and SIGUSR1",
                      name);
            return false;
        }
    }
    if (!snapshots->at_phases && !snapshots->on_signal)
        error_set(error, "--snapshot-on: expected phase, SIGUSR1 or both");
    return snapshots->at_phases || snapshots->on_signal;
}

static bool parse_interval(const char *text, unsigned *interval_ms, struct error *error) {
    enum { INTERVAL_MS_MAX = 3600000 };
    uint64_t parsed;
    if (!count_parse(text, &parsed, error))
        return false;
    if (parsed > INTERVAL_MS_MAX)
        error_set(error, "%s ms is more than an hour", text);
    *interval_ms = (unsigned)parsed;
    return parsed <= INTERVAL_MS_MAX;
}

static bool add_pair(const char *text, struct run_options *options, struct error *error) {
    size_t count = 0;
    while (options->environment[count] != NULL)
        count++;
    if (count == RUN_ENVIRONMENT_MAX)
        error_set(error, "more than %d", RUN_ENVIRONMENT_MAX);
    else if (environment_pair_valid(text, error))
        options->environment[count] = text;
    options->gate.measure.environment = options->environment;
    return !error->set;
}

/* The command's base name, as far as a case may hold its characters. */
char *run_default_case(const char *program) {
    const char *slash = strrchr(program, '/');
    char *name = strdup(slash != NULL ? slash + 1 : program);
    for (char *at = name; at != NULL && *at != '\0'; at++)
        if (!((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') ||
              (*at >= 'a' && *at <= 'z') || strchr("_-.=", *at) != NULL))
            *at = '_';
    return name;
}

static bool add_input(struct run_options *options, const char *path, struct error *error) {
    if (options->input_count == RUN_INPUTS_MAX) {
        error_set(error, "--input: at most %d files", RUN_INPUTS_MAX);
        return false;
    }
    options->inputs[options->input_count++] = path;
    options->gate.inputs = options->inputs;
    return true;
}

bool run_options_read(int argc, char **argv, struct run_options *options, struct error *error) {
    static const struct option longs[] = {
        {"case", required_argument, NULL, 'c'},
        {"engine", required_argument, NULL, 'e'},
        {"budgets", required_argument, NULL, 'b'},
        {"max", required_argument, NULL, 'm'},
        {"results", required_argument, NULL, 'r'},
        {"units", required_argument, NULL, 'u'},
        {"sweep", required_argument, NULL, 's'},
        {"interval", required_argument, NULL, 'i'},
        {"color", required_argument, NULL, 'C'},
        {"progress", required_argument, NULL, 'p'},
        {"snapshot-on", required_argument, NULL, 'o'},
        {"snapshot-every", required_argument, NULL, 'n'},
        {"process", required_argument, NULL, 'P'},
        {"environment", required_argument, NULL, 'E'},
        {"allow-uncounted", no_argument, NULL, 'a'},
        {"input", required_argument, NULL, 'I'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct gate_request *gate = &options->gate;
    int option;
    *options = (struct run_options){
        .gate = {.results_path = CLI_RESULTS}, .colour = "auto", .progress = "auto"};
    gate->measure.engines[RESULT_COUNT] = true;
    gate->measure.interval_ms = MEASURE_INTERVAL_MS;
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
                error_set(error, "a budget must be more than 0");
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
        case 'i':
            fine = parse_interval(optarg, &gate->measure.interval_ms, error);
            error_prefix(error, "--interval: ");
            break;
        case 'C':
            fine = parse_when("--color", optarg, &options->colour, error);
            break;
        case 'p':
            fine = parse_when("--progress", optarg, &options->progress, error);
            break;
        case 'o':
            fine = parse_moments(optarg, &gate->measure.snapshots, error);
            break;
        case 'n':
            fine = count_parse(optarg, &gate->measure.snapshots.every_units, error);
            if (fine && gate->measure.snapshots.every_units == 0) {
                error_set(error, "every 0 units is never");
                fine = false;
            }
            error_prefix(error, "--snapshot-every: ");
            break;
        case 'P':
            gate->measure.process = optarg;
            if ((fine = optarg[0] != '\0') == false)
                error_set(error, "--process: expected the name of a program, or a pattern of one");
            break;
        case 'E':
            fine = add_pair(optarg, options, error);
            error_prefix(error, "--environment: ");
            break;
        case 'a':
            gate->measure.allow_uncounted = true;
            break;
        case 'I':
            fine = add_input(options, optarg, error);
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
    else if (wants_snapshots(&gate->measure.snapshots) && !gate->measure.engines[RESULT_PROFILE])
        error_set(error, "snapshots need the engine profile");
    else if (gate->measure.sweep_count > 0 && !gate->measure.engines[RESULT_COUNT])
        error_set(error, "--sweep needs the engine count");
    gate->measure.argv = argv + optind;
    return error == NULL || !error->set;
}
