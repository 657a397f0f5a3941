#include "alloc/place.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc/own.h"
#include "alloc/profile.h"

_Alignas(4096) union place_here place_here;
struct place_balance place_balances[RECORD_LANES];
_Thread_local uint32_t place_index __attribute__((tls_model("initial-exec")));
_Thread_local uint32_t place_muted __attribute__((tls_model("initial-exec")));

/* The lane that is this thread's, also while it is muted. */
static _Thread_local uint32_t own_index __attribute__((tls_model("initial-exec")));
/* It ends, and what follows it goes to the common lane. */
static _Thread_local bool leaving __attribute__((tls_model("initial-exec")));

void (*place_begin_child)(void);

static uint32_t forking; /* calls of fork that this thread, the only one, is in */

static bool begun; /* in this process or one that it is a fork of */
static pthread_key_t at_exit_key;

/* A destructor of the thread's: others may come after it. */
static void leave(void *value) {
    (void)value;
    uint32_t index = own_index;
    leaving = true;
    own_index = place_index = 0;
    if (index != 0)
        counter_leave_lane(own_slot, index);
}

void place_begin(bool kept) {
    if (!begun) {
        /* Where the kernel does not know it, the handler of fork in the child does the same. */
        madvise(&place_here, sizeof place_here, MADV_WIPEONFORK);
        pthread_key_create(&at_exit_key, leave);
    }
    begun = true;
    if (!kept) {
        memset(place_balances, 0, sizeof place_balances);
        own_index = 0;
    }
    place_index = 0;
    for (uint32_t i = 0; i < RECORD_LANES; i++)
        place_here.lanes[i] = &own_slot->lanes[i];
    place_here.alone = NULL;
    place_here.ready = 1;
}

static void ensure(void) {
    if (__builtin_expect(place_here.ready, 1))
        return;
    if (begun && place_begin_child != NULL)
        place_begin_child();
    else
        place_begin(true);
}

static uint32_t claim(void) {
    if (leaving)
        return RECORD_LANE_COMMON;
    uint32_t index = counter_claim_lane(own_slot);
    if (own_index != 0) { /* a signal handler was faster */
        counter_leave_lane(own_slot, index);
        return own_index;
    }
    if (index != RECORD_LANE_COMMON)
        /* one of the first keys: does not allocate */
        pthread_setspecific(at_exit_key, &at_exit_key);
    return own_index = index;
}

uint32_t place_find_always(void) {
    ensure();
    if (__libc_single_threaded)
        return RECORD_LANE_ALONE;
    return own_index != 0 ? own_index : claim();
}

uint32_t place_find(void) {
    uint32_t index = place_muted == 0 ? place_find_always() : PLACE_NONE;
    if (index == PLACE_NONE || profile_region != NULL) /* every call of a profiled process comes
                                                          here */
        return index;
    if (index != RECORD_LANE_ALONE)
        place_index = index;
    else if (forking == 0)
        place_here.alone = place_here.lanes[RECORD_LANE_ALONE];
    return index;
}

void place_mute(void) {
    place_muted++;
    place_index = 0;
    if (__libc_single_threaded)
        place_here.alone = NULL;
}

void place_unmute(void) {
    place_muted--;
}

/* From here on every event goes by place_find, and is in both accounts. */
void place_fork_begins(void) {
    int64_t *balance_bytes = &place_balances[RECORD_LANE_ALONE].bytes, seen;
    ensure();
    if (!__libc_single_threaded)
        return;
    forking++;
    place_here.alone = NULL;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    do {
        seen = counter_balance(place_here.lanes[RECORD_LANE_ALONE]);
        *balance_bytes = seen;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    } while (counter_balance(place_here.lanes[RECORD_LANE_ALONE]) != seen);
}

void place_fork_ended(void) {
    if (forking > 0)
        forking--;
}

int64_t place_live(const struct record_slot *parent) {
    int64_t live = parent->inherited_bytes;
    for (uint32_t i = 1; i < RECORD_LANES; i++)
        live += place_balances[i].bytes;
    return live + (forking > 0 ? place_balances[RECORD_LANE_ALONE].bytes
                               : counter_balance(&parent->lanes[RECORD_LANE_ALONE]));
}
