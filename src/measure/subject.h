/* What is measured, found out: the files that a result is of. */
#ifndef MEASURE_SUBJECT_H
#define MEASURE_SUBJECT_H

#include "base/error.h"
#include "measure/run_record.h"
#include "result/identity.h"

/* What a command stands for, before it runs: the program found in PATH, or the script; and where
 * the program is a known interpreter (sh, python3, perl, ...), the script that is its first
 * argument. What cannot be read is left out: starting it gives the error. False when memory is
 * out. */
bool subject_add_command(struct result_identity *identity, char *const *argv);

/* Files that the caller says the figures depend on, NULL-terminated; `inputs` may be NULL. False
 * for one that cannot be read, with its path and the reason. */
bool subject_add_inputs(struct result_identity *identity, const char *const *inputs,
                        struct error *error);
/* After the run: false for an input that the run changed, which then proves nothing. */
bool subject_check_inputs(const struct result_identity *identity, struct error *error);

/* After the run: what the processes of a record noted of themselves (alloc/modules.h). False when
 * memory is out. */
bool subject_add_record(struct result_identity *identity, const struct run_record *record);

/* Looks from outside at what processes have mapped, for what they cannot note themselves: under
 * Massif nothing is noted, and see alloc/modules.h for the rest. Each look comes after twice the
 * time of the one before, so that a long run has few. */
struct subject_looks {
    struct result_identity seen;
    uint64_t next_ms; /* since the run began */
    bool failed;      /* memory was out */
};
enum { SUBJECT_FIRST_LOOK_MS = 20 };

/* True when it is time to look; the caller then looks at each process. */
bool subject_looks_due(struct subject_looks *looks, uint64_t elapsed_ms);
void subject_look(struct subject_looks *looks, int pid);
/* Moves to `identity` the files that it does not have. False when memory is, or was, out. */
bool subject_looks_take(struct subject_looks *looks, struct result_identity *identity);

#endif
