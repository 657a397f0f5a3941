/* How live bytes went, by bytes allocated instead of by time: the same in every run of a program
 * that does the same. Told at each step of so many bytes; when the table is full, two points become
 * one, the higher, and the steps twice as long. So the peak is always among them. */
#include "alloc/profile_timeline.h"

enum { FIRST_STEP_BYTES = 1024 };

void profile_steps_begin(struct profile_steps *steps, int64_t live_bytes) {
    steps->count = 0;
    steps->allocated_bytes = 0;
    steps->step_bytes = steps->next_bytes = FIRST_STEP_BYTES;
    steps->highest_bytes = live_bytes;
}

static void halve(struct profile_steps *steps) {
    for (uint32_t i = 0; i < steps->count / 2; i++) {
        const struct profile_step *left = &steps->points[2 * i], *right = left + 1;
        steps->points[i].live_bytes =
            left->live_bytes > right->live_bytes ? left->live_bytes : right->live_bytes;
        steps->points[i].allocated_bytes = right->allocated_bytes;
    }
    steps->count /= 2;
    steps->step_bytes *= 2;
}

void profile_steps_push(struct profile_steps *steps, int64_t live_bytes) {
    if (steps->count == PROFILE_STEPS)
        halve(steps);
    steps->points[steps->count++] =
        (struct profile_step){steps->allocated_bytes, steps->highest_bytes};
    steps->highest_bytes = live_bytes;
    steps->next_bytes = (steps->allocated_bytes / steps->step_bytes + 1) * steps->step_bytes;
}

void profile_steps_end(struct profile_steps *steps, int64_t live_bytes) {
    if (steps->highest_bytes != live_bytes)
        profile_steps_push(steps, live_bytes);
    profile_steps_push(steps, live_bytes);
}
