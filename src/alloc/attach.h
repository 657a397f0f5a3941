/* Where this process counts, and how it came there. */
#ifndef ALLOC_ATTACH_H
#define ALLOC_ATTACH_H

#include <stdbool.h>

#include "alloc/reach.h"
#include "alloc/record.h"

/* The slot in use: the process's own memory until attach, then the shared record if there is one.
 * Never NULL. */
extern struct record_slot *attach_slot;

/* The header of the shared record, or NULL without one. */
extern struct record_header *attach_header;

/* The files of slots and of regions. */
extern struct reach attach_record, attach_profile;

/* Joins the record named in the environment, if there is one; what was counted before moves along.
 * Called once, before main and before the process has a second thread. */
void attach(char *const *argv, char *const *environment);

/* In a child of fork: makes a slot of its own, in place of its parent's. Any number of times, also from
 * a signal handler. */
void attach_child(void);

/* The value of an environment variable at the start, or NULL. */
const char *attach_variable(char *const *environment, const char *name);

/* Why nothing is counted in this process, in words; NULL when it is. */
const char *attach_inactive(void);

#endif
