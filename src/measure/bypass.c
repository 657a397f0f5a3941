#include "measure/bypass.h"

#include <inttypes.h>

#include "alloc/read.h"

static bool has_too_many(uint64_t foreign_frees, uint64_t allocations) {
    return foreign_frees > PAST_FOREIGN_MAX ||
           foreign_frees * 100 > allocations * PAST_FOREIGN_PERCENT;
}

static bool check(const struct record_slot *slot, uint64_t foreign_frees, struct error *error) {
    heapgate_usage usage;
    counter_peek(slot, &usage);
    if (has_too_many(foreign_frees, usage.allocations)) {
        error_set(error,
                  "%.*s freed %" PRIu64 " blocks that were allocated past the counting "
                  "allocator, beside %" PRIu64
                  " calls that were counted: more than %d, or %d%%, is no "
                  "measurement; --allow-uncounted leaves such blocks out",
                  RECORD_COMMAND_BYTES, slot->command, foreign_frees, usage.allocations,
                  PAST_FOREIGN_MAX, PAST_FOREIGN_PERCENT);
        return false;
    }
    if (atomic_load(&slot->namespaces) > 0) {
        error_set(error,
                  "%.*s loaded a library into a namespace of its own (dlmopen): that has a C "
                  "library of its own, whose allocations are not counted; --allow-uncounted leaves "
                  "them out",
                  RECORD_COMMAND_BYTES, slot->command);
        return false;
    }
    return true;
}

bool bypass_take(const struct run_record *record, struct past *past, struct error *error) {
    bool fine = true;
    *past = (struct past){0};
    for (uint32_t i = 0; i < record->slot_count; i++) {
        const struct record_slot *slot = record->slots[i];
        if (atomic_load(&slot->state) != RECORD_ACTIVE)
            continue;
        uint64_t foreign_frees = atomic_load(&slot->foreign_frees);
        past->foreign_frees += foreign_frees;
        past->deep_binds += atomic_load(&slot->deep_binds);
        fine = check(slot, foreign_frees, error) && fine;
    }
    return fine;
}
