/* What a process of the run had in memory beside its heap: what it mapped itself, as it was
 * counted, and what the kernel says was resident and neither a file's nor explained by the heap.
 *
 * A program can take memory past every name that is watched (a Go program, by system calls of its
 * own), and a budget of the heap would pass it. So the peak of the anonymous resident memory is
 * held against what the heap can cost at the most:
 *
 *     twice the heap's peak       freed memory stays resident, in pieces that fit nothing else
 *     + 48 bytes an allocation    a header, the allocator's own, and rounding, of small blocks
 *     + the main thread's stack
 *
 * (the parent's too, for the child of a fork, which has its memory). What is left over is outside
 * the heap, and more than RESULT_OUTSIDE_MAX of it is more than the loader, the stacks of threads
 * and an allocator's caches of an ordinary program: tests/conformance/ordinary.sh shows it for 30
 * of them.
 *
 * The anonymous peak of a process is the higher of what was sampled while it ran, and what it noted
 * as it left (see alloc/resident.h): its peak resident set less its files. Of the command's own
 * process that left no note and was alone, the kernel's figure for it stands in. */
#ifndef MEASURE_OUTSIDE_H
#define MEASURE_OUTSIDE_H

#include "base/process.h"
#include "measure/run_record.h"
#include "measure/sampler.h"
#include "result/result.h"

enum { OUTSIDE_BLOCK_BYTES = 48 };

/* Fills the usage's figure of mapped memory and its peak together with the heap, result->outside
 * and result->mapped_lost. False when memory is out. */
bool outside_take(const struct run_record *record, const struct sampler *sampler,
                  const struct run_figures *figures, const struct process_outcome *outcome,
                  struct result_usage *usage, struct result *result);

#endif
