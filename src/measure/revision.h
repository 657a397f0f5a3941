/* The git revision of the working directory, and whether the tree is dirty. git is asked while the
 * command runs, so that nobody waits for it: in a large tree that takes longer than many a case. */
#ifndef MEASURE_REVISION_H
#define MEASURE_REVISION_H

#include <sys/types.h>

#include "result/identity.h"

struct revision_query {
    pid_t pid; /* of git; below 0: it did not start */
    int fd;    /* what it writes */
};

/* Starts git. It is no error when it cannot be started: then the revision stays unknown. */
void revision_ask(struct revision_query *query);

/* Waits for the answer, for two seconds at most, and notes it in `identity`: nothing where there is
 * no git, no tree or no commit. False when memory is out. Ends the query either way. */
bool revision_take(struct revision_query *query, struct result_identity *identity);

#endif
