/* Looking at a run from outside while it goes on: the timeline, and the marks of programs that have
 * no other way to send them.
 *
 * A sample takes nothing from the measured process: its counters are in shared memory. What is live
 * is read between its events; a new peak is exact, whenever it was, because the counters keep it:
 * the sample after it has the peak for its figure. Thinning keeps the higher of two samples.
 *
 * A mark is a line that is written to the file named in HEAPGATE_PHASES (a pipe that is read here):
 *
 *     echo rows > "$HEAPGATE_PHASES"
 *
 * By the time it is read the process has gone on: such a phase is told as sampled. */
#ifndef MEASURE_SAMPLER_H
#define MEASURE_SAMPLER_H

#include "base/process.h"
#include "measure/progress.h"
#include "measure/run_record.h"
#include "result/result.h"

#define SAMPLER_MARKS "HEAPGATE_PHASES"

struct sampler;

/* For a run that is about to start. `interval_ms` 0: only the marks are read. `progress` is shown
 * on the way. The caller frees it before the record. NULL with an error. */
struct sampler *sampler_new(struct run_record *record, unsigned interval_ms,
                            struct progress_run *progress, struct error *error);
void sampler_free(struct sampler *sampler);

/* "HEAPGATE_PHASES=/proc/…", for the environment of the command. */
const char *sampler_variable(const struct sampler *sampler);

/* What process_run is to do; refers to the sampler. */
struct process_watch sampler_watch(struct sampler *sampler);

/* After the end: the timeline of the process that the figures are of, and where that process sent
 * no marks itself, and the figures are of no scope, the phases that lines told. `rss_bytes` stands
 * for a process too short to be sampled. False when memory is out. */
bool sampler_take(struct sampler *sampler, const struct run_figures *figures, uint64_t rss_bytes,
                  struct result *result);

/* What was seen of the resident set of a process, by slot: the highest of what is anonymous, and
 * the rest at the last look. All 0 where nothing was sampled. */
struct sampler_resident {
    uint64_t anonymous_bytes, other_bytes;
};
struct sampler_resident sampler_resident(const struct sampler *sampler, size_t slot);

#endif
