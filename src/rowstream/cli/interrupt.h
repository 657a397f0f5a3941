/* Ctrl-C and the like: the command says so and ends as by the signal, and what it has written of an
 * output so far is removed. A database rolls back by itself when its client is gone. */
#ifndef ROWSTREAM_CLI_INTERRUPT_H
#define ROWSTREAM_CLI_INTERRUPT_H

#include <stdbool.h>

/* Watches SIGINT, SIGTERM and SIGHUP, unless they are ignored. Once, from one thread. */
void interrupt_watch(void);

/* The file to remove, which must stay there until the next call; NULL for none. */
void interrupt_removes(const char *path);

/* While it is held, a signal waits: around what must happen as a whole. */
void interrupt_hold(bool held);

#endif
