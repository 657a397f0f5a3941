/* In how far a case was measured in another environment than its budget's figures were. */
#include <string.h>

#include "report/site_list.h"

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
