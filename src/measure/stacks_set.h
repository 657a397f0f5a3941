/* What a set of call stacks is made of. Internal to stacks*.c: others use stacks.h. */
#ifndef MEASURE_STACKS_SET_H
#define MEASURE_STACKS_SET_H

#include "measure/stacks.h"

struct stack {
    struct profile_kept figures;
    size_t hash;
    size_t order; /* of the first time it was added: equal ones stay in it */
    size_t count;
    const struct symbols_line *lines[];
};

struct stacks {
    struct stack **table; /* a hash table, at most half full */
    size_t room;          /* a power of two */
    size_t count;
    struct stack **sorted; /* `count` of them, heaviest first; NULL until it is needed */
};

/* Fills stacks->sorted. False when memory is out. */
bool stacks_sort(struct stacks *stacks);

#endif
