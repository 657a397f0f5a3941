/* A command that is being measured, as heapgate top shows it. */
#ifndef CLI_LIVE_PAGE_H
#define CLI_LIVE_PAGE_H

#include "measure/live.h"
#include "report/escape.h"

/* A page: the process, its figures, what changed since the look before (NULL: there was none), and
 * the call stacks of `sites` that hold the most, if it has any. */
void live_print_page(const struct live_look *look, const struct live_look *before,
                     const struct result *sites, struct writer *writer);
/* One line of the same, without call stacks. */
void live_print_line(const struct live_look *look, const struct live_look *before,
                     struct writer *writer);

/* "0:07", "1:02:33". */
void live_print_clock(uint64_t ms, struct writer *writer);

#endif
