/* Which of the figures that are over is explained, where several are. */
#ifndef GATE_LEAD_H
#define GATE_LEAD_H

#include "gate/judged.h"

/* Call stacks tell best about a figure of which most is new. So this is the case's own figure that
 * is over by more than half of what was measured (its peak before others), or else, of the case and
 * of its phases, the one that is over by the largest share of it: of a phase of 2 calls 50 more are
 * nearly all, and of the case's 1,000 they are lost. NULL when nothing that call stacks explain is
 * over. Lives as long as the case. */
const struct budget_row *judged_lead(const struct judged_case *judged);

/* Whether call stacks explain a metric by how often they call, and not by what they hold. */
bool judged_is_by_calls(enum heapgate_metric metric);

#endif
