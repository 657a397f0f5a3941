/* heapgate update: makes the budgets what was measured. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "budget/rewrite.h"
#include "cli/cli.h"
#include "cli/terminal.h"
#include "cli/update_phases.h"
#include "gate/baseline.h"
#include "gate/judged.h"
#include "report/rerun.h"
#include "report/view.h"
#include "result/hold.h"

struct request {
    const char *budgets, *results, *glob;
    const char *run; /* NULL: held to the files that are there */
    bool raise, sites, dry_run, colour;
    const char *phases;  /* glob, or NULL */
    const char *painted; /* when there are colours */
};

static bool take_phases(void *field, const char *value, struct error *error) {
    return option_text(field, value != NULL ? value : "*", error);
}

static const struct option_row rows[] = {
    {"--budgets", "PATH", "a budget file, or a folder of them (default: " CLI_BUDGETS ")",
     option_text, offsetof(struct request, budgets)},
    {"--results", "DIR", "what heapgate run has written (default: " CLI_RESULTS ")", option_text,
     offsetof(struct request, results)},
    {"--case", "GLOB", "only the cases that match, such as 'json/*'", option_text,
     offsetof(struct request, glob)},
    {"--raise", NULL, "also raise figures, and add cases that have no budget yet", option_flag,
     offsetof(struct request, raise)},
    {"--sites", NULL,
     "also list the heaviest call stacks of each case that was measured under the engine profile, "
     "and those that allocate most often where a budget says how often: what is new beside them is "
     "told when the case fails",
     option_flag, offsetof(struct request, sites)},
    {"--run", "ID",
     "take the results of this run, wherever the files are that were measured; results of other "
     "runs are refused",
     option_text, offsetof(struct request, run)},
    {"--phases", "[=GLOB]",
     "also give each case budgets of the phases that it marked (peak, allocations, and live where "
     "a phase added to it), of all of them or of those that match",
     take_phases, offsetof(struct request, phases)},
    {"--dry-run", NULL, "show the diff and write nothing", option_flag,
     offsetof(struct request, dry_run)},
    {"--color", "WHEN", "auto (default, on a terminal unless NO_COLOR is set), always or never",
     terminal_take_choice, offsetof(struct request, painted)},
    OPTION_HELP,
};

static const struct cli_usage command_line = {
    .verb = "update",
    .about =
        "usage: heapgate update [--budgets PATH] [--results DIR] [--case GLOB] [--raise] "
        "[--sites]\n"
        "                       [--run ID] [--phases[=GLOB]] [--dry-run] [--color WHEN]\n\n"
        "Rewrites the figures that changed, in place; all else in a budget file stays, byte for\n"
        "byte. Figures are lowered freely, and raised only with --raise. A result of a program,\n"
        "script, library or input that is not the one that is there now is refused.\n",
    .table = {.rows = rows, .count = sizeof rows / sizeof rows[0]},
    .exits = "exit status: 0 done, 1 a raise without --raise (nothing is written), 2 wrong usage "
             "or\n"
             "             an unreadable file, 3 a result that cannot become a budget\n",
};

static int refuse_case(const char *format, const char *key, const char *detail) {
    cli_refuse("update", format, key, detail);
    return HEAPGATE_INVALID;
}

/* What a budget is made from: the counting engine's figures of a valid measurement. Its peak is
 * raised to the other engines', which are held to the same figure. */
static int take_figures(const struct result *result, struct budget_figures *figures) {
    struct error error = {0};
    const char *control = result_environment(result, "control");
    if (control != NULL)
        return refuse_case("%s: a result of the control \"%s\" never becomes a budget",
                           result->case_key, control);
    if (!judged_measurement(result, &error))
        return refuse_case("%s: cannot become a budget: %s", result->case_key, error.text);
    if (!result->engines[RESULT_COUNT].present)
        return refuse_case("%s: cannot become a budget: it was not measured by engine %s",
                           result->case_key, result_engine_names[RESULT_COUNT]);
    judged_figures(result, figures);
    for (int engine = 0; engine < RESULT_ENGINES; engine++) {
        const struct result_usage *usage = &result->engines[engine];
        int64_t peak = usage->figures[HEAPGATE_METRIC_PEAK];
        if (usage->present && usage->has[HEAPGATE_METRIC_PEAK] &&
            peak > figures->values[HEAPGATE_METRIC_PEAK])
            figures->values[HEAPGATE_METRIC_PEAK] = peak;
    }
    return HEAPGATE_OK;
}

/* A result of something else than what is there never becomes a budget. */
static int hold_to_now(const struct hold *hold, const struct request *request,
                       const struct result *result) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    struct writer writer = {.buffer = &text};
    const struct report_options options = {.results = request->results};
    struct error error = {0};
    if (hold_result(hold, result, &error))
        return HEAPGATE_OK;
    report_again(result, &options, &writer);
    cli_refuse("update", "%s: cannot become a budget: %s\n  to measure it again:\n    %s",
               result->case_key, error.text, writer.failed ? "" : text.bytes);
    buffer_fini(&text);
    return HEAPGATE_INVALID;
}

static int plan_sites(struct budget_update *update, const struct result *result,
                      enum budget_sites which, struct error *error) {
    struct baseline baseline;
    struct budget_site sites[BASELINE_KEPT_MAX];
    if (!baseline_build(result, which, &baseline)) {
        error_set(error, "out of memory");
        return HEAPGATE_INVALID;
    }
    size_t count = baseline_kept(result, which, &baseline);
    for (size_t i = 0; i < count; i++)
        sites[i] = (struct budget_site){baseline.items[i].name, (uint64_t)baseline.items[i].amount};
    int status = (int)budget_update_sites(update, result->case_key, which, sites, count, error);
    baseline_free(&baseline);
    return status;
}

/* Those that allocate most often only where the case says how often that may be. */
static int plan_all_sites(struct budget_update *update, const struct heapgate_budgets *budgets,
                          const struct result *result, struct error *error) {
    const struct budget_case *budgeted = budget_case_find(budgets, result->case_key);
    int status = plan_sites(update, result, BUDGET_SITES_PEAK, error);
    if (status == HEAPGATE_OK && budgeted != NULL &&
        budget_case_bounds(budgeted, HEAPGATE_METRIC_ALLOCATIONS))
        status = plan_sites(update, result, BUDGET_SITES_ALLOCATIONS, error);
    return status;
}

static int plan_environment(struct budget_update *update, const struct result *result,
                            struct error *error) {
    struct result_record record[RESULT_RECORD_MAX];
    struct budget_pair pairs[RESULT_RECORD_MAX];
    size_t count = result_environment_record(result, record);
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct budget_pair){record[i].name, record[i].value};
    return (int)budget_update_measured(update, result->case_key, pairs, count, error);
}

static int plan(struct budget_update *update, const struct request *request,
                const struct hold *hold, const struct heapgate_budgets *budgets,
                const struct result_list *results) {
    size_t matched = 0;
    int status = HEAPGATE_OK;
    for (size_t i = 0; i < results->count; i++) {
        const struct result *result = results->items[i];
        struct budget_figures figures;
        struct error error = {0};
        if (!result_is_wanted(request->glob, result->case_key))
            continue;
        matched++;
        if (result_is_unnamed(result->case_key)) {
            status = cli_refuse("update",
                                "%s: was run without a case: run it again with --case "
                                "GROUP/NAME",
                                result->case_key);
            continue;
        }
        int taken = take_figures(result, &figures);
        if (taken == HEAPGATE_OK)
            taken = hold_to_now(hold, request, result);
        if (taken == HEAPGATE_OK) {
            taken = (int)budget_update_add(update, result->case_key, &figures, &error);
            if (taken == HEAPGATE_OK)
                taken = plan_environment(update, result, &error);
            if (taken == HEAPGATE_OK && request->sites && result->site_count > 0 &&
                result->sites_phase == NULL)
                taken = plan_all_sites(update, budgets, result, &error);
            if (taken == HEAPGATE_OK && request->phases != NULL)
                taken = (int)update_phases(update, result, &figures, request->phases, &error);
            if (taken != HEAPGATE_OK)
                cli_refuse("update", "%s", error.text);
        }
        if (taken != HEAPGATE_OK)
            status = taken;
    }
    if (matched == 0 && request->glob != NULL)
        return cli_refuse("update", "no result matches \"%s\"", request->glob);
    if (matched == 0)
        status = refuse_case("%s: no results: expected what %s writes", request->results,
                             "heapgate run");
    return status;
}

/* A larger figure in red, a smaller one in green. */
static bool put_change(struct buffer *out, const struct budget_change *change, bool colour) {
    const char *begin = !colour ? "" : change->is_raise ? "\033[31m" : "\033[32m";
    char line[16] = "";
    if (change->line > 0)
        snprintf(line, sizeof line, ":%u", change->line);
    char name[REPORT_NAME_BYTES];
    return buffer_printf(out, "%s%s %s %s %s \xe2\x86\x92 %s%s%s\n", change->file, line,
                         change->case_key,
                         change->is_sites ? budget_sites_name(change->sites)
                                          : report_metric_name(change->metric, change->phase, name),
                         change->old_text, begin, change->new_text, colour ? "\033[0m" : "");
}

/* A diff's lines by what they do. */
static bool paint_diff(const struct buffer *diff, struct buffer *out) {
    bool put = true;
    for (size_t at = 0; put && at < diff->length;) {
        const char *line = diff->bytes + at;
        size_t length = strcspn(line, "\n");
        const char *begin = line[0] == '-' ? "\033[31m" : line[0] == '+' ? "\033[32m" : "\033[36m";
        put = buffer_printf(out, "%s%.*s\033[0m\n", begin, (int)length, line);
        at += length + (line[length] == '\n');
    }
    return put;
}

static int refuse_raises(const struct budget_update *update, const struct request *request) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    bool put = true;
    for (size_t i = 0; put && i < budget_update_count(update); i++) {
        const struct budget_change *change = budget_update_change(update, i);
        if (change->is_raise)
            put = put_change(&text, change, request->colour);
    }
    int status = put ? cli_print("update", &text, HEAPGATE_OVER) : HEAPGATE_USAGE;
    cli_refuse("update", "these would be raised, and nothing was written: if they are meant, add "
                         "--raise; if not, choose other cases with --case");
    buffer_fini(&text);
    return status;
}

static int finish(struct budget_update *update, const struct request *request) {
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    struct error error = {0};
    bool done = budget_update_finish(update, &error);
    struct buffer diff = BUFFER_INIT(REPORT_BYTES_MAX);
    if (done && request->dry_run)
        done = budget_update_diff(update, &diff) &&
               (request->colour ? paint_diff(&diff, &text)
                                : buffer_append(&text, diff.bytes, diff.length));
    buffer_fini(&diff);
    for (size_t i = 0; done && !request->dry_run && i < budget_update_count(update); i++)
        done = put_change(&text, budget_update_change(update, i), request->colour);
    if (done && !request->dry_run)
        done = budget_update_write(update, &error);
    int status = done ? cli_print("update", &text, HEAPGATE_OK)
                      : cli_refuse("update", "%s", error.set ? error.text : "out of memory");
    buffer_fini(&text);
    return status;
}

static int update_all(const struct request *request, const struct hold *hold,
                      const struct heapgate_budgets *budgets, const struct result_list *results) {
    struct budget_update *update = budget_update_new(budgets, request->raise);
    if (update == NULL)
        return cli_refuse("update", "out of memory");
    int status = plan(update, request, hold, budgets, results);
    if (status == HEAPGATE_OK)
        status = budget_update_refused(update) > 0 ? refuse_raises(update, request)
                                                   : finish(update, request);
    budget_update_free(update);
    return status;
}

int cli_update(int argc, char **argv) {
    struct request request = {.budgets = CLI_BUDGETS, .results = CLI_RESULTS, .painted = "auto"};
    struct heapgate_budgets *budgets = NULL;
    struct result_list results = {0};
    struct hold hold = {0};
    struct error error = {0};
    int status;
    (void)argc;
    if (!cli_read(&command_line, argv, &request, &status))
        return status;
    request.colour = terminal_colour(request.painted, STDOUT_FILENO);
    if (budget_load(request.budgets, BUDGET_LOAD_MAY_BE_MISSING, &budgets, &error) != HEAPGATE_OK) {
        status = cli_refuse("update", "%s", error.text);
    } else if (!hold_init(&hold, request.run, &error) ||
               !result_list_read(request.results, &results, &error)) {
        cli_refuse("update", "%s", error.text);
        status = HEAPGATE_INVALID;
    } else {
        status = update_all(&request, &hold, budgets, &results);
    }
    result_list_free(&results);
    hold_fini(&hold);
    budget_free(budgets);
    return status;
}
