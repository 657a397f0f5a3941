#include "measure/outside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/read.h"
#include "measure/live.h"

static const char *why_lost(uint32_t lost) {
    switch (lost) {
    case RECORD_MAPPED_FULL:
        return "the process had more mappings than the table of 65,536 holds";
    case RECORD_MAPPED_FORKED:
        return "the process was forked while another thread was mapping memory";
    case RECORD_MAPPED_NESTED:
        return "a library's own mmap calls mmap";
    default:
        return "a call to map memory failed after it may have changed a part";
    }
}

/* ---- What was mapped ---- */

static bool take_mapped(const struct run_figures *figures, struct result_usage *usage,
                        struct result *result) {
    const struct record_mapped *mapped = &figures->slot->mapped;
    bool known = mapped->lost == RECORD_MAPPED_KNOWN;
    free(result->mapped_lost);
    result->mapped_lost = known ? NULL : strdup(why_lost(mapped->lost));
    uint64_t bytes = figures->scope != NULL ? figures->usage.mapped_bytes : mapped->peak_bytes;
    usage->has[HEAPGATE_METRIC_MAPPED] = known && bytes <= INT64_MAX;
    if (usage->has[HEAPGATE_METRIC_MAPPED])
        usage->figures[HEAPGATE_METRIC_MAPPED] = (int64_t)bytes;
    if (usage->has[HEAPGATE_METRIC_MAPPED] && figures->scope == NULL && bytes > 0)
        usage->heap_and_mapped_peak_bytes = mapped->both_peak_bytes;
    return known || result->mapped_lost != NULL;
}

/* ---- What was resident ---- */

static uint64_t less(uint64_t bytes, uint64_t other) {
    return bytes > other ? bytes - other : 0;
}

static uint64_t larger(uint64_t left, uint64_t right) {
    return left > right ? left : right;
}

/* NULL when it is not a child of a fork, or its parent's slot is not there. */
static const struct record_slot *find_parent(const struct run_record *record, uint32_t index) {
    const struct record_slot *child = record->slots[index];
    for (uint32_t i = index; child->forked && i-- > 0;)
        if (record->slots[i]->pid == child->parent_pid)
            return record->slots[i];
    return NULL;
}

static uint32_t index_of(const struct run_record *record, const struct record_slot *slot) {
    uint32_t index = 0;
    while (record->slots[index] != slot)
        index++;
    return index;
}

/* What the heap of the process, and of those it was forked from, can cost at the most. */
static uint64_t explained_bytes(const struct run_record *record, const struct record_slot *slot) {
    uint64_t bytes = slot->resident.stack_bytes;
    while (slot != NULL) {
        heapgate_usage usage;
        counter_peek(slot, &usage);
        bytes += 2 * usage.peak_bytes + OUTSIDE_BLOCK_BYTES * usage.allocations;
        slot = find_parent(record, index_of(record, slot));
    }
    return bytes;
}

static uint64_t own_resident_bytes(void) {
    return live_resident_bytes((int)getpid());
}

/* The kernel's figure takes in the process that became the command, which was a copy of this one,
 * and the children that the command waited for. */
static uint64_t from_outcome(const struct run_record *record,
                             const struct sampler_resident *sampled,
                             const struct process_outcome *outcome) {
    if (record->slot_count != 1 || record->slots[0]->pid != outcome->pid ||
        outcome->rss_bytes <= own_resident_bytes())
        return 0;
    return less(outcome->rss_bytes, sampled->other_bytes);
}

static uint64_t anonymous_bytes(const struct run_record *record, uint32_t index,
                                const struct sampler *sampler,
                                const struct process_outcome *outcome) {
    const struct record_resident *noted = &record->slots[index]->resident;
    struct sampler_resident sampled = sampler_resident(sampler, index);
    if (atomic_load(&noted->noted) == 0)
        return outcome != NULL
                   ? larger(sampled.anonymous_bytes, from_outcome(record, &sampled, outcome))
                   : sampled.anonymous_bytes;
    uint64_t others = noted->file_bytes + noted->shared_bytes + noted->mapped_files_bytes;
    return larger(larger(sampled.anonymous_bytes, noted->anonymous_bytes),
                  less(noted->peak_bytes, others));
}

/* Replaces what is known when it is more. */
static bool note_outside(const struct record_slot *slot, uint64_t anonymous, uint64_t explained,
                         bool measured, struct result_outside *outside) {
    uint64_t bytes = less(anonymous, explained);
    if (bytes <= outside->bytes)
        return true;
    free(outside->program);
    *outside = (struct result_outside){.program = strndup(slot->command, RECORD_COMMAND_BYTES),
                                       .anonymous_bytes = anonymous,
                                       .bytes = bytes,
                                       .mapped_bytes = slot->mapped.peak_bytes,
                                       .measured = measured};
    return outside->program != NULL;
}

/* The call stacks of a profile are in the kernel's figure too. */
bool outside_take(const struct run_record *record, const struct sampler *sampler,
                  const struct run_figures *figures, const struct process_outcome *outcome,
                  struct result_usage *usage, struct result *result) {
    bool fine = take_mapped(figures, usage, result);
    if (usage != &result->engines[RESULT_COUNT])
        outcome = NULL;
    for (uint32_t i = 0; fine && i < record->slot_count; i++) {
        const struct record_slot *slot = record->slots[i];
        if (atomic_load(&slot->state) == RECORD_ACTIVE &&
            (figures->scope == NULL || figures->slot == slot))
            fine = note_outside(slot, anonymous_bytes(record, i, sampler, outcome),
                                explained_bytes(record, slot), figures->slot == slot,
                                &result->outside);
    }
    return fine;
}
