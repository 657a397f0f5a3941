/* The report: one walk over the results, in which each case's page is written and forgotten but for
 * its line of the overview, then the overview. So the memory it takes is that of one case and of a
 * line for each. */
#include "report/html/html.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "report/html/folder.h"

struct walk {
    const struct heapgate_budgets *budgets;
    const struct html_request *request;
    const char *folder;
    struct case_rows rows;
    struct hold hold;
    bool not_held;     /* a result is of something else than what is there */
    bool unjudged;     /* there are no budgets: all is shown as it was measured */
    bool write_failed; /* else what fails is a result that cannot be read */
};

static bool matches(const struct html_request *request, const char *key) {
    return request->glob == NULL || fnmatch(request->glob, key, 0) == 0;
}

static bool take_case(struct walk *walk, const struct judged_case *judged, struct error *error) {
    if (!html_case_page(walk->folder, judged, &walk->request->options, error))
        return false;
    if (case_rows_add(&walk->rows, judged))
        return true;
    error_set(error, "%s: out of memory", judged->case_key);
    return false;
}

static bool take_result(struct result *result, void *context, struct error *error) {
    struct walk *walk = context;
    struct judged_case judged;
    bool taken = true;
    if (walk->unjudged ? matches(walk->request, result->case_key)
                       : result_is_wanted(walk->request->glob, result->case_key)) {
        judged_case_build(walk->budgets, result, &judged);
        if (walk->unjudged && judged.can_add)
            judged_case_show(&judged);
        judged_case_hold(&walk->hold, &judged);
        walk->not_held = walk->not_held || judged.not_held;
        taken = take_case(walk, &judged, error);
        judged_case_fini(&judged);
        walk->write_failed = !taken;
    }
    result_free(result);
    return taken;
}

static int compare_keys(const void *left, const void *right) {
    return strcmp(((const struct case_row *)left)->case_key,
                  ((const struct case_row *)right)->case_key);
}

/* The budgets whose cases were not measured. */
static bool take_unmeasured(struct walk *walk, struct error *error) {
    size_t measured = walk->rows.count;
    if (measured > 1)
        qsort(walk->rows.items, measured, sizeof *walk->rows.items, compare_keys);
    for (size_t i = 0; i < budget_case_count(walk->budgets); i++) {
        const struct budget_case *budgeted = budget_case_at(walk->budgets, i);
        char *key = (char *)(uintptr_t)budget_case_key(budgeted);
        struct case_row wanted = {.case_key = key};
        struct judged_case judged;
        if (!matches(walk->request, key) ||
            (measured > 0 &&
             bsearch(&wanted, walk->rows.items, measured, sizeof wanted, compare_keys) != NULL))
            continue;
        judged_case_build_unmeasured(budgeted, &judged);
        if (!take_case(walk, &judged, error))
            return false;
    }
    return true;
}

static enum heapgate_status write_pages(struct walk *walk, struct error *error) {
    const struct html_request *request = walk->request;
    if (!page_write_files(walk->folder, error))
        return HEAPGATE_USAGE;
    if (!result_each(request->options.results, take_result, walk, error))
        return walk->write_failed ? HEAPGATE_USAGE : HEAPGATE_INVALID;
    if (walk->rows.count == 0 && request->glob == NULL) {
        error_set(error, "%s: no results: expected what heapgate run writes",
                  request->options.results);
        return HEAPGATE_INVALID;
    }
    if (!take_unmeasured(walk, error))
        return HEAPGATE_USAGE;
    if (walk->rows.count == 0) {
        error_set(error, "no case matches \"%s\"", request->glob);
        return HEAPGATE_USAGE;
    }
    return html_overview(walk->folder, &walk->rows, error) ? HEAPGATE_OK : HEAPGATE_USAGE;
}

enum heapgate_status html_report(const struct heapgate_budgets *budgets,
                                 const struct html_request *request, char *summary,
                                 size_t summary_bytes, struct error *error) {
    struct walk walk = {
        .budgets = budgets, .request = request, .unjudged = budget_case_count(budgets) == 0};
    struct folder folder;
    if (!hold_init(&walk.hold, request->run, error))
        return HEAPGATE_USAGE;
    if (!folder_begin(&folder, request->out, PAGE_NOTE, error)) {
        hold_fini(&walk.hold);
        return HEAPGATE_USAGE;
    }
    walk.folder = folder.temporary;
    enum heapgate_status status = write_pages(&walk, error);
    if (status == HEAPGATE_OK) {
        html_summary(&walk.rows, summary, summary_bytes);
        status = !folder_commit(&folder, error) ? HEAPGATE_USAGE
                 : walk.not_held                ? HEAPGATE_INVALID
                                                : HEAPGATE_OK;
    }
    folder_abort(&folder, error);
    hold_fini(&walk.hold);
    case_rows_free(&walk.rows);
    return status;
}
