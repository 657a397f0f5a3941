#include "measure/progress.h"

#include "alloc/read.h"

/* Of the process that holds the most now. */
static void fill(const struct run_record *record, struct measure_moment *moment) {
    for (uint32_t i = 0; i < record->slot_count; i++) {
        const struct record_slot *slot = record->slots[i];
        struct counter_glance glance;
        if (atomic_load(&slot->state) != RECORD_ACTIVE)
            continue;
        counter_glance(slot, &glance);
        if (moment->counted && glance.live_bytes <= moment->live_bytes)
            continue;
        moment->counted = true;
        moment->live_bytes = glance.live_bytes;
        moment->units_done = atomic_load(&slot->units_done);
    }
}

void progress_look(struct progress_run *run) {
    struct measure_moment moment = {
        .case_key = run->case_key,
        .engine = run->engine,
        .elapsed_ms = run_record_ms(run->record, run_record_now_ns()),
    };
    if (run->progress == NULL || moment.elapsed_ms < run->shown_ms + PROGRESS_INTERVAL_MS)
        return;
    run->shown_ms = moment.elapsed_ms;
    fill(run->record, &moment);
    run->progress->show(run->progress->context, &moment);
}

void progress_end(struct progress_run *run) {
    if (run->progress != NULL && run->shown_ms > 0)
        run->progress->end(run->progress->context);
}
