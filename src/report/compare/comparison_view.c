#include "report/compare/comparison_view.h"

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
