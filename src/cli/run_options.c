/* The command line of heapgate run. */
#include "cli/run_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "cli/cli.h"
#include "cli/terminal.h"
#include "measure/environment.h"

static bool take_engines(void *field, const char *list, struct error *error) {
    bool *engines = field;
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
            error_set(error, "unknown engine \"%s\"; there are count, profile, massif and all",
                      name);
            return false;
        }
        known++;
    }
    if (known == 0)
        error_set(error, "expected count, profile, massif or all");
    return known > 0;
}

/* "5000,50000": two sizes or more, ascending. */
static bool take_sweep(void *target, const char *list, struct error *error) {
    struct run_options *options = target;
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

/* "phase", "SIGUSR1" or both. */
static bool take_moments(void *field, const char *list, struct error *error) {
    struct snapshot_request *snapshots = field;
    char copy[64];
    if (snprintf(copy, sizeof copy, "%s", list) >= (int)sizeof copy)
        copy[0] = '\0';
    for (char *name = strtok(copy, ","); name != NULL; name = strtok(NULL, ",")) {
        if (strcmp(name, "phase") == 0) {
            snapshots->at_phases = true;
        } else if (strcmp(name, "SIGUSR1") == 0) {
            snapshots->on_signal = true;
        } else {
            error_set(error, "unknown moment \"%s\"; there are phase and SIGUSR1", name);
            return false;
        }
    }
    if (!snapshots->at_phases && !snapshots->on_signal)
        error_set(error, "expected phase, SIGUSR1 or both");
    return snapshots->at_phases || snapshots->on_signal;
}

static bool take_interval(void *field, const char *value, struct error *error) {
    enum { INTERVAL_MS_MAX = 3600000 };
    unsigned *interval_ms = field;
    uint64_t parsed;
    if (!count_parse(value, &parsed, error))
        return false;
    if (parsed > INTERVAL_MS_MAX)
        error_set(error, "%s ms is more than an hour", value);
    *interval_ms = (unsigned)parsed;
    return parsed <= INTERVAL_MS_MAX;
}

static bool take_max(void *field, const char *value, struct error *error) {
    uint64_t *max_bytes = field;
    if (!size_parse(value, max_bytes, error))
        return false;
    if (*max_bytes == 0)
        error_set(error, "a budget must be more than 0");
    return *max_bytes > 0;
}

static bool take_units(void *field, const char *value, struct error *error) {
    struct measure_request *measure = field;
    measure->has_units = true;
    return count_parse(value, &measure->units, error);
}

static bool take_every(void *field, const char *value, struct error *error) {
    uint64_t *units = field;
    if (!count_parse(value, units, error))
        return false;
    if (*units == 0)
        error_set(error, "every 0 units is never");
    return *units > 0;
}

static bool take_process(void *field, const char *value, struct error *error) {
    if (value[0] == '\0')
        error_set(error, "expected the name of a program, or a pattern of one");
    return option_text(field, value, error) && value[0] != '\0';
}

static bool take_pair(void *target, const char *text, struct error *error) {
    struct run_options *options = target;
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

static bool take_input(void *target, const char *path, struct error *error) {
    struct run_options *options = target;
    if (options->input_count == RUN_INPUTS_MAX) {
        error_set(error, "at most %d files", RUN_INPUTS_MAX);
        return false;
    }
    options->inputs[options->input_count++] = path;
    options->gate.inputs = options->inputs;
    return true;
}

static void take_command(void *target, char **words) {
    ((struct run_options *)target)->gate.measure.argv = words;
}

static const struct option_row rows[] = {
    {"--case", "KEY",
     "GROUP/NAME of the case (default: unnamed/ and the command's name, which no budget is held "
     "to). "
     "When the program has a scope of that name, "
     "its figures are the case's",
     option_text, offsetof(struct run_options, case_key)},
    {"--engine", "LIST",
     "of count (default), profile (who held the memory at the peak) and massif, such as "
     "count,profile; all is count,massif",
     take_engines, offsetof(struct run_options, gate.measure.engines)},
    {"--budgets", "PATH", "hold it to the case's budget in this file or folder", option_text,
     offsetof(struct run_options, gate.budgets_path)},
    {"--max", "SIZE", "hold its peak to this size instead, such as 4MiB", take_max,
     offsetof(struct run_options, gate.max_bytes)},
    {"--results", "DIR", "where the result file goes (default: " CLI_RESULTS ")", option_text,
     offsetof(struct run_options, gate.results_path)},
    {"--input", "FILE",
     "a file that the figures depend on and the command only reads: when it is another later, the "
     "result is not of it any more; may be repeated",
     take_input, 0},
    {"--units", "N", "how much work (rows, ...) the command does", take_units,
     offsetof(struct run_options, gate.measure)},
    {"--sweep", "N1,N2,…",
     "run it at each size, {N} in its arguments standing for the size, and fit how the peak and "
     "the allocations grow; the other figures are those of the largest",
     take_sweep, 0},
    {"--interval", "MS",
     "how often live bytes and the resident set are sampled for the timeline in the result "
     "(default: 10); 0: never",
     take_interval, offsetof(struct run_options, gate.measure.interval_ms)},
    {"--snapshot-on", "LIST",
     "with engine profile: keep what every call stack holds when a phase begins (phase), or when "
     "the signal SIGUSR1 is sent to heapgate (SIGUSR1, which then is not passed on), and tell what "
     "grew from one to the next",
     take_moments, offsetof(struct run_options, gate.measure.snapshots)},
    {"--snapshot-every", "N", "likewise, each time the command says that N more units are done",
     take_every, offsetof(struct run_options, gate.measure.snapshots.every_units)},
    {"--process", "GLOB",
     "of several processes take the figures of the one whose program is called so (of several such "
     "the one with the highest peak), such as 'worker*'; with a slash the whole path is held "
     "against it",
     take_process, offsetof(struct run_options, gate.measure.process)},
    {"--environment", "NAME=VALUE",
     "adds it to the result's environment, which a budget asks for with \"when\"; may be given up "
     "to 16 times",
     take_pair, 0},
    {"--allow-uncounted", NULL,
     "leave out child processes that cannot be counted (statically linked, set-user-ID, ...) "
     "instead of refusing the measurement",
     option_flag, offsetof(struct run_options, gate.measure.allow_uncounted)},
    {"--progress", "WHEN",
     "show on standard error where it is: auto (default, on a terminal), always or never",
     terminal_take_choice, offsetof(struct run_options, progress)},
    {"--color", "WHEN", "auto (default, on a terminal unless NO_COLOR is set), always or never",
     terminal_take_choice, offsetof(struct run_options, colour)},
    OPTION_HELP,
};

static const struct cli_usage command_line = {
    .verb = "run",
    .about = "usage: heapgate run [OPTION...] [--] COMMAND [ARGUMENT...]\n\n"
             "Measures the heap memory of any dynamically linked program.\n",
    .table = {.rows = rows, .count = sizeof rows / sizeof rows[0], .command = take_command},
    .exits = "The command's own exit status is in the result file; if it is not 0, heapgate's is "
             "3.\n",
};

/* What is wrong with options that are right by themselves, or NULL. */
static const char *find_clash(const struct run_options *options) {
    const struct gate_request *gate = &options->gate;
    const struct snapshot_request *snapshots = &gate->measure.snapshots;
    bool has_snapshots = snapshots->at_phases || snapshots->on_signal || snapshots->every_units > 0;
    if (gate->budgets_path != NULL && gate->max_bytes > 0)
        return "--max is a budget of its own: leave out --budgets";
    if (options->case_key != NULL && result_is_unnamed(options->case_key))
        return "the group unnamed is of what is run without --case";
    if (gate->measure.argv[0] == NULL)
        return "no command to run";
    if (has_snapshots && !gate->measure.engines[RESULT_PROFILE])
        return "snapshots need the engine profile";
    if (gate->measure.sweep_count > 0 && !gate->measure.engines[RESULT_COUNT])
        return "--sweep needs the engine count";
    return NULL;
}

bool run_options_read(char **argv, struct run_options *options, int *status) {
    *options = (struct run_options){
        .gate = {.results_path = CLI_RESULTS}, .colour = "auto", .progress = "auto"};
    options->gate.measure.engines[RESULT_COUNT] = true;
    options->gate.measure.interval_ms = MEASURE_INTERVAL_MS;
    if (!cli_read(&command_line, argv, options, status))
        return false;
    const char *clash = find_clash(options);
    if (clash != NULL)
        *status = cli_refuse("run", "%s: see heapgate run --help", clash);
    return clash == NULL;
}

char *run_default_case(const char *program) {
    const char *slash = strrchr(program, '/');
    char *name;
    if (asprintf(&name, RESULT_UNNAMED "%s", slash != NULL ? slash + 1 : program) < 0)
        return NULL;
    for (char *at = name + strlen(RESULT_UNNAMED); *at != '\0'; at++)
        if (!((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') ||
              (*at >= 'a' && *at <= 'z') || strchr("_-.=", *at) != NULL))
            *at = '_';
    return name;
}
