#include "alloc/attach.h"

#include <dlfcn.h>
#include <fcntl.h>
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
#include "alloc/loading.h"
#include "alloc/modules.h"
#include "alloc/next.h"
#include "alloc/profile.h"

static struct record_slot private_slot;

struct record_slot *attach_slot = &private_slot;
struct record_header *attach_header;

const char *attach_variable(char *const *environment, const char *name) {
    size_t length = strlen(name);
    for (; environment != NULL && *environment != NULL; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

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

static bool map_header(const char *path) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    void *mapped = mmap(NULL, RECORD_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED)
        return false;
    struct record_header *header = mapped;
    if (memcmp(header->magic, RECORD_MAGIC, sizeof header->magic) == 0 &&
        header->version == RECORD_VERSION && header->slot_bytes == RECORD_SLOT_BYTES) {
        attach_header = header;
        return true;
    }
    munmap(mapped, RECORD_HEADER_BYTES);
    return false;
}

/* The path of the record, kept because the child of a fork opens it again. */
static char record_path[256];
static char profile_path[256]; /* empty without a profile */
static uint32_t claimed_index;

/* The next free slot of the record, or NULL: the parent sees that slots ran out. */
static struct record_slot *claim(void) {
    uint32_t index = atomic_fetch_add(&attach_header->slots_claimed, 1);
    claimed_index = index;
    int fd = index < RECORD_SLOTS ? open(record_path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return NULL;
    void *mapped = mmap(NULL, RECORD_SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                        (off_t)(RECORD_HEADER_BYTES + index * RECORD_SLOT_BYTES));
    close(fd);
    return mapped == MAP_FAILED ? NULL : mapped;
}

/* Sites are for a process that counts in a slot of the record. */
static void start_profile(char *const *environment) {
    const char *path = attach_variable(environment, PROFILE_ENVIRONMENT);
    heapgate_usage usage;
    if (path == NULL || strlen(path) >= sizeof profile_path)
        return;
    strcpy(profile_path, path);
    counter_peek(attach_slot, &usage);
    profile_open(path, claimed_index, usage.live_bytes);
}

static void sign(struct record_slot *slot, const char *command, uint32_t state) {
    slot->pid = getpid();
    slot->parent_pid = getppid();
    const char *slash = strrchr(command, '/');
    strncpy(slot->command, slash != NULL ? slash + 1 : command, sizeof slot->command - 1);
    atomic_store_explicit(&slot->state, state, memory_order_release);
}

/* What is live at the fork, in memory that the child gets a copy of: the parent's slot is shared, and
 * has moved on by the time the child reads it. */
static int64_t forked_live_bytes;

static void before_fork(void) {
    profile_lock();
    forked_live_bytes = counter_hold(attach_slot);
}

static void after_fork_in_parent(void) {
    counter_release(attach_slot);
    profile_unlock();
}

/* The parent's slot is shared and the parent's: the child counts on in one of its own. */
static void after_fork_in_child(void) {
    struct record_slot *parent = attach_slot;
    if (parent == &private_slot) {
        counter_release(parent);
        private_slot.pid = getpid();
        return;
    }
    struct record_slot *own = claim();
    if (own == NULL) { /* the parent's is still needed for its figures: copied, then let go */
        memset(&private_slot, 0, offsetof(struct record_slot, crossing));
        own = &private_slot;
    }
    counter_inherit(own, forked_live_bytes);
    own->forked = 1;
    sign(own, parent->command, RECORD_ACTIVE);
    attach_slot = own;
    heap_forget_lanes();
    profile_open_child(own != &private_slot ? profile_path : NULL, claimed_index,
                       own->inherited_bytes);
    munmap(parent, RECORD_SLOT_BYTES);
}

void attach(char *const *argv, char *const *environment) {
    const char *path = attach_variable(environment, RECORD_ENVIRONMENT);
    heap_mute(); /* dlsym keeps a message in allocated memory when it finds nothing */
    exec_prepare();
    loading_prepare();
    enum record_state state = find_state();
    /* The preload library, which starts first, found this one in front of it by allocating here. */
    if (next_has_preload())
        counter_restart(&private_slot);
    const char *command = argv != NULL && argv[0] != NULL ? argv[0] : "?";

    if (path != NULL && strlen(path) < sizeof record_path && map_header(path)) {
        strcpy(record_path, path);
        struct record_slot *slot = claim();
        exec_arrived();
        if (slot != NULL) {
            /* Nothing has crossed a limit yet: none was armed. */
            memcpy(slot, &private_slot, offsetof(struct record_slot, crossing));
            attach_slot = slot;
            heap_forget_lanes();
            if (state == RECORD_ACTIVE)
                start_profile(environment);
        }
        if (state == RECORD_ACTIVE && attach_header->limit_bytes > 0)
            counter_arm(attach_slot, attach_header->limit_bytes);
    }
    modules_start(command);
    sign(attach_slot, command, state);
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    heap_unmute();
}

const char *attach_inactive(void) {
    switch (atomic_load_explicit(&attach_slot->state, memory_order_acquire)) {
    case RECORD_ACTIVE:
        return NULL;
    case RECORD_SHADOWED:
        return "another malloc stands in front of the counting allocator";
    case RECORD_VALGRIND:
        return "the process runs under valgrind, which replaces malloc";
    case RECORD_SANITIZER:
        return "the process is built with a sanitizer, whose allocator replaces malloc";
    default:
        return "the counting allocator is not linked into this process";
    }
}
