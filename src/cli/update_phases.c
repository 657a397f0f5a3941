#include "cli/update_phases.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static bool is_listed(const char *const *names, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

enum heapgate_status update_phases(struct budget_update *update, const struct result *result,
                                   const struct budget_figures *figures, const char *glob,
                                   struct error *error) {
    const char **names = calloc(result->phase_count + 1, sizeof(*names));
    size_t count = 0;
    if (names == NULL) {
        error_set(error, "out of memory");
        return HEAPGATE_INVALID;
    }
    for (size_t i = 0; i < result->phase_count; i++) {
        const struct result_phase *phase = &result->phases[i];
        if (!phase->sampled && fnmatch(glob, phase->name, 0) == 0 &&
            !is_listed(names, count, phase->name))
            names[count++] = phase->name;
    }
    enum heapgate_status status = HEAPGATE_OK;
    if (count > 0)
        status = budget_update_phases(update, result->case_key, figures, names, count, error);
    free(names);
    return status;
}
