/* The work of a delete case: DATABASE/keyed of the table that is made before, with so many rows, in
 * a process of its own, within a scope named as the case. */
#ifndef GATE_DELETE_WORK_H
#define GATE_DELETE_WORK_H

#include "rowstream/core/rowstream.h"

/* What a control changes, and what it does within the scope when all is deleted. */
struct delete_fault {
    const char *name;
    void (*options)(struct rowstream_delete_options *options);
    void (*end)(void);
};

/* main of such a program: PROGRAM CASE ROWS SQLITE-FILE. `fault` may be NULL. */
int delete_work_main(int argc, char **argv, const struct delete_fault *fault);

#endif
