/* How this process comes to count where it does. */
#ifndef ALLOC_ATTACH_H
#define ALLOC_ATTACH_H

/* Joins the record named in the environment, if there is one; what was counted before moves along.
 * Called once, before main and before the process has a second thread. Any child of fork then makes
 * a slot of its own, in place of its parent's, before it counts. */
void attach(char *const *argv, char *const *environment);

#endif
