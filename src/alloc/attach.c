#include "alloc/attach.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include "alloc/capture.h"
#include "alloc/counter.h"
#include "alloc/exec.h"
#include "alloc/heap.h"
#include "alloc/image.h"
#include "alloc/loader.h"
#include "alloc/mapped.h"
#include "alloc/modules.h"
#include "alloc/next.h"
#include "alloc/own.h"
#include "alloc/place.h"
#include "alloc/profile.h"
#include "alloc/profiled.h"

/* The error of a symbol that is not there is taken away again: it is not the program's. */
static bool has_symbol(const char *name) {
    bool found = dlsym(RTLD_DEFAULT, name) != NULL;
    if (!found)
        dlerror();
    return found;
}

/* Do the program's calls reach this malloc, and first? Asked by trying: the address that dlsym
 * gives says little (in a program at a fixed address it may be a stub of the program's own). A
 * second heapgate in front asks for a header more than it was asked for. */
static bool is_in_front(void) {
    enum { PROBE_BYTES = 4099 };
    void *(*first_malloc)(size_t);
    void (*first_free)(void *);
    *(void **)&first_malloc = dlsym(RTLD_DEFAULT, "malloc");
    *(void **)&first_free = dlsym(RTLD_DEFAULT, "free");
    first_free(first_malloc(PROBE_BYTES));
    return heap_last_muted() == PROBE_BYTES;
}

static enum record_state find_state(void) {
    if (RUNNING_ON_VALGRIND)
        return RECORD_VALGRIND;
    if (has_symbol("__asan_init") || has_symbol("__tsan_init") || has_symbol("__msan_init"))
        return RECORD_SANITIZER;
    return is_in_front() ? RECORD_ACTIVE : RECORD_SHADOWED;
}

static bool map_header(void) {
    struct record_header *header = reach_map_header(&own_record, RECORD_HEADER_BYTES);
    if (header == NULL)
        return false;
    if (memcmp(header->magic, RECORD_MAGIC, sizeof header->magic) == 0 &&
        header->version == RECORD_VERSION && header->slot_bytes == RECORD_SLOT_BYTES) {
        own_header = header;
        return true;
    }
    munmap(header, RECORD_HEADER_BYTES);
    return false;
}

static uint32_t claimed_index;

/* The next free slot of the record, or NULL: the parent sees that slots ran out. */
static struct record_slot *claim(void) {
    claimed_index = atomic_fetch_add(&own_header->slots_claimed, 1);
    return claimed_index < own_header->slots_total ? reach_map(&own_record, claimed_index) : NULL;
}

/* Sites are for a process that counts in a slot of the record. */
static void start_profile(char *const *environment) {
    const char *path = own_variable(environment, PROFILE_ENVIRONMENT);
    heapgate_usage usage;
    if (path == NULL ||
        !reach_open(&own_regions, path, own_variable(environment, PROFILE_INHERITED), 0,
                    PROFILE_REGION_BYTES))
        return;
    counter_peek(own_slot, &usage);
    profile_open(claimed_index, usage.live_bytes);
}

static void sign(struct record_slot *slot, const char *command, uint32_t state) {
    slot->pid = getpid();
    slot->parent_pid = getppid();
    const char *slash = strrchr(command, '/');
    strncpy(slot->command, slash != NULL ? slash + 1 : command, sizeof slot->command - 1);
    atomic_store_explicit(&slot->state, state, memory_order_release);
}

/* The parent's slot is shared and the parent's: the child counts on in one of its own. That comes
 * to the same address, because fork may have come in the middle of an event (a signal handler
 * called it), which goes on in the child when the handler returns. */
static void claim_for_child(void) {
    struct record_slot *parent = own_slot, *own = claim();
    bool claimed = own != NULL;
    if (!claimed) { /* its figures are lost, and the parent sees that */
        exec_unreached(parent->command);
        own = mmap(NULL, RECORD_SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                   0);
    }
    if (own == MAP_FAILED) { /* nowhere else to count: what is counted here is lost anyway */
        memset(&own_memory, 0, offsetof(struct record_slot, crossing));
        own_slot = own = &own_memory;
    }
    bool had_threads = atomic_load(&parent->lanes_used) > 0;
    counter_inherit(own, place_live(parent));
    atomic_store(&own->lanes_used, parent->lanes_used); /* what was interrupted has one of them */
    own->forked = 1;
    image_inherit(own, parent);
    modules_inherit(&own->modules, &parent->modules);
    sign(own, parent->command, RECORD_ACTIVE);
    if (own != &own_memory)
        mremap(own, RECORD_SLOT_BYTES, RECORD_SLOT_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, parent);
    reach_moved(&own_record, claimed ? parent : NULL);
    profile_open_child(claimed, claimed_index, own_slot->inherited_bytes, had_threads);
    profiled_begin_child();
}

/* Any number of times, also from a signal handler. */
static void begin_child(void) {
    struct owned_signals signals;
    owned_block_signals(&signals);
    if (place_here.ready) {
        owned_unblock_signals(&signals);
        return;
    }
    capture_begin_child(atomic_load(&own_slot->lanes_used) > 0);
    if (own_slot == &own_memory) {
        counter_recover(&own_memory);
        own_memory.pid = getpid();
        place_begin(true);
    } else {
        claim_for_child();
        place_begin(false);
    }
    mapped_begin_child();
    owned_unblock_signals(&signals);
}

/* Makes sure of it also where the kernel has left the parent's lanes. */
static void after_fork_in_child(void) {
    if (place_here.ready && own_slot->pid != getpid())
        memset(&place_here, 0, sizeof place_here);
    begin_child();
    place_fork_ended();
}

void attach(char *const *argv, char *const *environment) {
    const char *path = own_variable(environment, RECORD_ENVIRONMENT);
    place_begin_child = begin_child;
    place_mute(); /* dlsym keeps a message in allocated memory when it finds nothing */
    exec_prepare();
    loader_prepare();
    enum record_state state = find_state();
    /* The preload library, which starts first, found this one in front of it by allocating here. */
    if (next_has_preload()) {
        counter_restart(&own_memory);
        place_begin(false);
    }
    const char *command = argv != NULL && argv[0] != NULL ? argv[0] : "?";

    if (path != NULL &&
        reach_open(&own_record, path, own_variable(environment, RECORD_INHERITED),
                   RECORD_HEADER_BYTES, RECORD_SLOT_BYTES) &&
        map_header()) {
        struct record_slot *slot = claim();
        exec_arrived();
        if (slot == NULL)
            exec_unreached(command);
        if (slot != NULL) {
            /* Nothing has crossed a limit yet: none was armed. */
            memcpy(slot, &own_memory, offsetof(struct record_slot, crossing));
            own_slot = slot;
            place_begin(true);
            if (state == RECORD_ACTIVE)
                start_profile(environment);
        }
        if (state == RECORD_ACTIVE && own_header->limit_bytes > 0)
            counter_arm(own_slot, own_header->limit_bytes);
    }
    image_note(own_slot, argv);
    modules_start(command);
    sign(own_slot, command, state);
    pthread_atfork(place_fork_begins, place_fork_ended, after_fork_in_child);
    place_unmute();
}
