#include "measure/timeline.h"

#include <stdlib.h>

#include "alloc/read.h"

bool timeline_take(const struct profile_region *region, struct result *result) {
    struct profile_steps *steps = malloc(sizeof *steps);
    int64_t begin_bytes = region->has_kept ? region->kept_begin_bytes : 0;
    if (steps == NULL)
        return false;
    *steps = region->has_kept ? region->kept_steps : region->steps;
    if (!region->has_kept)
        profile_steps_end(steps, region->peak.live_bytes);
    if (steps->count > PROFILE_STEPS) /* the process has damaged it */
        steps->count = 0;
    result->steps = calloc(steps->count + 1, sizeof *result->steps);
    for (; result->steps != NULL && result->step_count < steps->count; result->step_count++)
        result->steps[result->step_count] =
            (struct result_step){steps->points[result->step_count].allocated_bytes,
                                 steps->points[result->step_count].live_bytes - begin_bytes};
    free(steps);
    return result->steps != NULL;
}
