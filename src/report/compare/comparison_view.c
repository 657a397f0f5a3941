#include "report/compare/comparison_view.h"

#include <stdio.h>
#include <string.h>

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

bool compare_each_changed(const struct comparison *comparison, struct compare_output *output,
                          void (*draw)(const struct comparison *comparison,
                                       const struct compare_case *compared,
                                       struct result *const results[COMPARE_SIDES],
                                       struct writer *writer),
                          struct error *error) {
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compare_case *compared = &comparison->items[i];
        struct result *results[COMPARE_SIDES];
        if (compared->kind == COMPARE_SAME)
            continue;
        if (!compare_read_case(comparison, compared, results, error))
            return false;
        draw(comparison, compared, results, &output->writer);
        for (int side = 0; side < COMPARE_SIDES; side++)
            result_free(results[side]);
        if (!output->flush(output, error))
            return false;
    }
    return true;
}
