#ifndef CLI_PROGRESS_LINE_H
#define CLI_PROGRESS_LINE_H

#include "measure/measure.h"

/* One line on the terminal of standard error, drawn again and again while a command is measured,
 * and gone when it has ended. */
struct cli_progress {
    bool drawn;
    uint64_t expected_ms[RESULT_ENGINES]; /* as long as it took the last time; 0: not known */
    struct measure_progress calls;        /* to be given to a measure_request */
};

/* `results` NULL or without a result of the case: how long it will take is not known. */
void cli_progress_init(struct cli_progress *progress, const char *results, const char *case_key);

#endif
