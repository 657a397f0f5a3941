#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include "gate/gate.h"

enum { RUN_ENVIRONMENT_MAX = 16, RUN_INPUTS_MAX = 64 };

struct run_options {
    struct gate_request gate;
    const char *case_key; /* NULL: run_default_case is to name it */
    uint64_t sweep[GROWTH_POINTS_MAX];
    const char *environment[RUN_ENVIRONMENT_MAX + 1]; /* ends with NULL */
    const char *inputs[RUN_INPUTS_MAX + 1];           /* NULL-terminated */
    size_t input_count;
    const char *colour;   /* "auto", "always" or "never" */
    const char *progress; /* likewise */
};

/* Fills `options`; their measure.argv is the command. False when the verb is done, with its exit
 * status: the help is printed, or what is wrong with the command line. */
bool run_options_read(char **argv, struct run_options *options, int *status);

/* The case of a command that is given none: its base name, as far as a case may hold its
 * characters. The caller frees it. */
char *run_default_case(const char *program);

#endif
