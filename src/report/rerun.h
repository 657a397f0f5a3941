/* The command that measures a case again. */
#ifndef REPORT_RERUN_H
#define REPORT_RERUN_H

#include "report/escape.h"
#include "report/view.h"

/* "heapgate run --case … -- COMMAND", as a shell takes it, without a line end: with the engines
 * that the result has, its inputs and the paths of the options. */
void report_again(const struct result *result, const struct report_options *options,
                  struct writer *writer);

#endif
