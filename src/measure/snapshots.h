/* Snapshots of a profiled run: what every call stack held at moments that were asked for. */
#ifndef MEASURE_SNAPSHOTS_H
#define MEASURE_SNAPSHOTS_H

#include "alloc/profile_record.h"
#include "measure/profile_region.h"
#include "measure/run_record.h"
#include "result/result.h"

/* When snapshots are taken. Any of them adds one at the end of what is measured. */
struct snapshot_request {
    bool at_phases;       /* as each phase begins */
    bool on_signal;       /* when SIGUSR1 comes to the measuring process */
    uint64_t every_units; /* each time the program says that so many are done; 0: never */
};

/* Writes into a record what its processes are to do. */
void snapshots_ask(const struct snapshot_request *request, struct run_record *record);

/* Fills the result's snapshots. The same call stacks are told in all of them, those whose bytes
 * changed most from one to the next, so that what grew can be told from any two; the others count
 * as other_bytes. False when memory is out. */
bool snapshots_take(const struct snapshot_request *request, const struct run_record *record,
                    const struct profile_region *region, struct profile_region_names *names,
                    struct result *result);

#endif
