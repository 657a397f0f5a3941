#include "report/notes.h"

#include <string.h>

#include "base/size.h"

/* ---- Which process ---- */

enum { WORDS_BYTES_MAX = 80 };

/* The executable, and as many of its arguments as go on the line. */
static void put_words(const struct result_process *process, struct writer *writer) {
    char *const *argument = process->arguments;
    size_t length = strlen(process->program);
    put_plain(writer, process->program);
    for (argument += argument != NULL && *argument != NULL; argument != NULL && *argument != NULL;
         argument++) {
        length += 1 + strlen(*argument);
        put(writer, " ");
        if (length > WORDS_BYTES_MAX) {
            put(writer, "...");
            return;
        }
        put_shell(writer, *argument);
    }
}

void report_process(const struct result *result, struct writer *writer) {
    const struct result_process *process = &result->process;
    char count[SIZE_TEXT_BYTES], bytes[SIZE_TEXT_BYTES];
    if (process->program == NULL || process->others == 0)
        return;
    const char *slash = strrchr(process->program, '/');
    put(writer, "  these are of     ");
    put_words(process, writer);
    if (process->chosen_by != NULL) {
        put(writer, " (--process ");
        put_shell(writer, process->chosen_by);
        put(writer, ")");
    }
    put(writer, ", beside %s other process%s\n", count_format(process->others, count),
        process->others > 1 ? "es" : "");
    if (process->busier == NULL)
        return;
    put(writer, "  note: ");
    put_plain(writer, process->busier);
    put(writer, " did more work than ");
    put_plain(writer, slash != NULL ? slash + 1 : process->program);
    put(writer, " (it allocated %s in %s calls); its own figures: --process ",
        size_format_exact(process->busier_allocated_bytes, bytes),
        count_format(process->busier_allocations, count));
    put_shell(writer, process->busier);
    put(writer, "\n");
}

/* ---- What the heap does not explain ---- */

void report_outside(const struct result *result, struct writer *writer) {
    char anonymous[SIZE_TEXT_BYTES], bytes[SIZE_TEXT_BYTES], mapped[SIZE_TEXT_BYTES];
    const struct result_outside *outside = &result->outside;
    if (result->mapped_lost != NULL) {
        put(writer, "  note: what was mapped is not known: ");
        put_plain(writer, result->mapped_lost);
        put(writer, "\n");
    }
    if (outside->program == NULL || outside->bytes <= RESULT_OUTSIDE_MAX)
        return;
    put(writer, "  note: ");
    put_plain(writer, outside->program);
    put(writer,
        " had %s of anonymous memory resident, %s more than its heap explains; it\n"
        "        mapped %s itself\n",
        size_format(outside->anonymous_bytes, anonymous), size_format(outside->bytes, bytes),
        size_format(outside->mapped_bytes, mapped));
}

/* ---- Another environment ---- */

enum { DIFFERENCES_MAX = 6 };

void report_other_environment(const struct judged_case *judged, struct writer *writer) {
    const struct result *result = judged->result;
    struct budget_pair pairs[BUDGET_MEASURED_MAX];
    struct budget_figures figures;
    size_t differing = 0;
    if (result == NULL || judged->budgeted == NULL || result->environment_count == 0 ||
        !judged_figures(result, &figures))
        return;
    size_t count = budget_case_measured(judged->budgeted, &figures, pairs);
    for (size_t i = 0; i < count; i++) {
        const char *now = result_environment_find(result, pairs[i].name);
        if (now != NULL &&
            strcmp(now, pairs[i].value) != 0) /* a file's record is of all its cases */
            pairs[differing++] = pairs[i];
    }
    if (differing == 0)
        return;
    size_t shown = differing < DIFFERENCES_MAX ? differing : DIFFERENCES_MAX;
    put(writer, "  this budget is of ");
    for (size_t i = 0; i < shown; i++) {
        put(writer, i > 0 ? ", " : "");
        put_plain(writer, pairs[i].name);
        put(writer, " ");
        put_plain(writer, pairs[i].value);
    }
    put(writer, "; this run had ");
    for (size_t i = 0; i < shown; i++) {
        put(writer, i > 0 ? ", " : "");
        put_plain(writer, result_environment_find(result, pairs[i].name));
    }
    if (differing > shown)
        put(writer, " (and %zu more differ)", differing - shown);
    put(writer, "\n");
}
