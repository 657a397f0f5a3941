#include <stdio.h>
#include <string.h>

#include "report/compare/comparison_view.h"

/* Every view there is. */
extern const struct compare_view compare_text, compare_markdown;

const struct compare_view *const compare_views[] = {&compare_text, &compare_markdown, NULL};

const struct compare_view *compare_view_find(const char *name, struct error *error) {
    char names[128] = "";
    for (size_t i = 0; compare_views[i] != NULL; i++) {
        size_t used = strlen(names);
        if (strcmp(compare_views[i]->name, name) == 0)
            return compare_views[i];
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                 compare_views[i]->name);
    }
    error_set(error, "unknown format \"%.100s\": expected one of %s", name, names);
    return NULL;
}
