/* From a record's phases to a result's. */
#include "measure/phases.h"

#include <stdlib.h>
#include <string.h>

#include "alloc/read.h"

static bool take(const struct run_record *record, const struct run_figures *figures, uint32_t index,
                 struct result_phase *phase) {
    int64_t begin = figures->scope != NULL ? figures->scope->begin_live_bytes : 0;
    struct record_phase marked;
    counter_peek_phase(figures->slot, index, &marked);
    if (!marked.ended) /* it went on to the end of the process */
        marked.end_ns = run_record_now_ns();
    *phase = (struct result_phase){
        .name = strndup(marked.name, sizeof marked.name - 1),
        .begin_ms = run_record_ms(record, marked.begin_ns),
        .end_ms = run_record_ms(record, marked.end_ns),
        .live_before_bytes = marked.begin_live_bytes - begin,
        .live_after_bytes = marked.end_live_bytes - begin,
        .peak_bytes = marked.peak_bytes - begin,
        .allocations = marked.end_allocations - marked.begin_allocations,
    };
    return phase->name != NULL;
}

bool phases_take(const struct run_record *record, const struct run_figures *figures,
                 struct result *result) {
    uint32_t count = atomic_load(&figures->slot->phase_count);
    uint32_t from = figures->scope != NULL ? figures->scope->begin_phase : 0;
    uint32_t to = figures->scope != NULL ? figures->scope->end_phase : count;
    if (to > RECORD_PHASES || from >= to || result->phases != NULL)
        return true;
    result->phases = calloc(to - from, sizeof *result->phases);
    if (result->phases == NULL)
        return false;
    for (uint32_t i = from; i < to; i++)
        if (!take(record, figures, i, &result->phases[result->phase_count++]))
            return false;
    return true;
}
