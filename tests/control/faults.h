/* Seeded regressions: what somebody might do to a streaming dump, each of which the gate must
 * notice. */
#ifndef CONTROL_FAULTS_H
#define CONTROL_FAULTS_H

#include "work.h"

/* NULL when there is none of that name. */
const struct work_fault *fault_find(const char *name);

#endif
