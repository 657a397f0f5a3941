/* What a case over its budget holds, or calls, beyond the call stacks that its budget lists. */
#ifndef GATE_NEW_SITES_H
#define GATE_NEW_SITES_H

#include "gate/baseline.h"
#include "gate/judged.h"

struct new_site {
    char name[BASELINE_NAME_BYTES];
    uint64_t before; /* what the budget says: bytes or calls; 0 when it does not list the stack */
    uint64_t more;   /* beyond that */
};

struct new_sites {
    enum budget_sites which;
    struct new_site items[BASELINE_SHOWN]; /* the most first */
    size_t count;
};

/* By calls or by bytes, as the case is over. None for a case whose budget lists no stacks, whose
 * result has none of the whole case, or of which only a phase is over. False when memory is out. */
bool new_sites_find(const struct judged_case *judged, struct new_sites *found);

/* To be called before the stacks of a phase take the place of the case's: keeps in the case what
 * these tell. False when memory is out. */
bool new_sites_keep(struct judged_case *judged);

#endif
