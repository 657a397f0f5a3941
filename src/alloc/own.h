/* What this process counts in: known to all that runs in it, and changed by attach.c alone. */
#ifndef ALLOC_OWN_H
#define ALLOC_OWN_H

#include "alloc/reach.h"
#include "alloc/record.h"

/* The slot in use: own_memory until the process joins a record, then one of that. Never NULL. */
extern struct record_slot *own_slot;
extern struct record_slot own_memory;

/* The header of the shared record, or NULL without one. */
extern struct record_header *own_header;

/* The files of slots and of regions. */
extern struct reach own_record, own_regions;

/* The value of a variable in an environment, or NULL. */
const char *own_variable(char *const *environment, const char *name);

/* Why nothing is counted in this process, in words; NULL when it is. */
const char *own_inactive(void);

#endif
