#include <stdio.h>
#include <string.h>

#include "report/view.h"

/* Every view there is. */
extern const struct report_view report_text, report_markdown, report_junit, report_github,
    report_openmetrics, report_bmf;

const struct report_view *const report_views[] = {
    &report_text,        &report_markdown, &report_junit, &report_github,
    &report_openmetrics, &report_bmf,      NULL,
};

const struct report_view *report_view_find(const char *name, struct error *error) {
    char names[256] = "";
    for (size_t i = 0; report_views[i] != NULL; i++) {
        size_t used = strlen(names);
        if (strcmp(report_views[i]->name, name) == 0)
            return report_views[i];
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                 report_views[i]->name);
    }
    error_set(error, "unknown format \"%.100s\": expected one of %s", name, names);
    return NULL;
}
