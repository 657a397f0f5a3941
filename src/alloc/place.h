/* Where a thread counts: its lane of the slot that is this process's.
 *
 * A child of fork begins with its parent's memory, in which the slot is shared with the parent, and
 * must not count there. fork has handlers for that, but they come late (a signal handler of the
 * child's may allocate before them) or never (_Fork, clone). So what leads to the lanes stands in
 * memory that the kernel empties in every child: who finds nothing there makes the slot of the
 * child first. No lock is held meanwhile: what was live at the moment of the fork is told by a
 * second account of each lane's balance in memory that is copied, not shared. */
#ifndef ALLOC_PLACE_H
#define ALLOC_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/single_threaded.h>

#include "alloc/counter.h"

/* Emptied in a child. */
union place_here {
    struct {
        uint32_t ready;
        struct record_lane *alone;               /* NULL: look it up */
        struct record_lane *lanes[RECORD_LANES]; /* of own_slot */
    };
    char page[4096];
};
extern union place_here place_here;

/* Copied to a child: what each lane's balance is. That of the lane of a process with one thread is
 * kept only while fork is about to copy it: place_forking. */
struct place_balance {
    _Alignas(64) int64_t bytes;
};
extern struct place_balance place_balances[RECORD_LANES];

/* The lane of this thread, when the process has several; 0: look it up. */
extern _Thread_local uint32_t place_index __attribute__((tls_model("initial-exec")));
extern _Thread_local uint32_t place_muted __attribute__((tls_model("initial-exec")));

#define PLACE_NONE UINT32_MAX

/* The index of the lane to count in, or PLACE_NONE while this thread is muted. */
uint32_t place_find(void);
/* The same of a thread that is muted too: a counted block goes. */
uint32_t place_find_always(void);

/* What this thread allocates from now on is not counted, until unmuted as often: what heapgate
 * itself makes the C library allocate. */
void place_mute(void);
void place_unmute(void);

/* Makes a slot of its own for a child of fork, and calls place_begin; also in a signal handler.
 * NULL until the process has one that a child must not count in. */
extern void (*place_begin_child)(void);

/* This process has a slot: own_slot, or another than before, in which nothing was counted in any
 * lane of `kept` false. Not from signal handlers. */
void place_begin(bool kept);

/* Around fork, in the parent. Handlers may fork in between. */
void place_fork_begins(void);
void place_fork_ended(void);

/* In a child: what was live at the moment of the fork. Of a parent with one thread that was not
 * copied by fork itself it is what is live there now. */
int64_t place_live(const struct record_slot *parent);

#endif
