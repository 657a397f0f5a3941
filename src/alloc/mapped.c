#include "alloc/mapped.h"

#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alloc/counter.h"
#include "alloc/intervals.h"
#include "alloc/mapped_calls.h"
#include "alloc/next.h"
#include "alloc/own.h"
#include "alloc/place.h"
#include "alloc/profile.h"
#include "alloc/profiled.h"

enum { PAGE_BYTES = 4096 };

static struct intervals table;
static uint64_t break_bytes;   /* how far brk and sbrk moved the program break */
static _Atomic int32_t holder; /* thread that holds the table; 0: none */
static bool started;
static uint32_t lost; /* as in the slot, for the child of a fork */
static _Thread_local int32_t own_thread __attribute__((tls_model("initial-exec")));
static uintptr_t allocator_begin, allocator_end; /* the module of the allocator behind this one */

/* ---- Holding the table ---- */

struct hold {
    uint64_t signals; /* that were blocked before */
    int saved_errno;
    bool held; /* false: whoever holds it will not let go while this thread waits */
};

/* The slot is still the parent's in a child that has none of its own (yet). */
static void lose(enum record_mapped_lost why) {
    if (lost == RECORD_MAPPED_KNOWN)
        lost = why;
    if (own_slot->pid == getpid())
        __atomic_store_n(&own_slot->mapped.lost, lost, __ATOMIC_RELAXED);
}

static bool is_thread_of_this_process(int32_t thread) {
    return syscall(SYS_tgkill, getpid(), thread, 0) == 0;
}

static enum record_mapped_lost take(void) {
    enum { TRIES_BEFORE_ASKING = 3 };
    if (own_thread == 0)
        own_thread = (int32_t)syscall(SYS_gettid);
    for (unsigned tries = 1;; tries++) {
        int32_t found = 0;
        if (atomic_compare_exchange_strong(&holder, &found, own_thread))
            return RECORD_MAPPED_KNOWN;
        if (found == own_thread) /* the next mmap, another library's, maps by the same name */
            return RECORD_MAPPED_NESTED;
        if (tries % TRIES_BEFORE_ASKING == 0 && !is_thread_of_this_process(found) &&
            atomic_load(&holder) == found)
            return RECORD_MAPPED_FORKED;
        sched_yield();
    }
}

static void hold_table(struct hold *hold) {
    uint64_t all = ~UINT64_C(0);
    hold->saved_errno = errno;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, &hold->signals, sizeof all);
    enum record_mapped_lost taken = take();
    hold->held = taken == RECORD_MAPPED_KNOWN;
    if (!hold->held)
        lose(taken);
    errno = hold->saved_errno;
}

static void raise_to(uint64_t *highest, uint64_t bytes) {
    if (bytes > *highest)
        __atomic_store_n(highest, bytes, __ATOMIC_RELAXED);
}

/* What the counters, on another processor, may be taking. */
static void raise_high(uint64_t *high, uint64_t bytes) {
    uint64_t seen = __atomic_load_n(high, __ATOMIC_RELAXED);
    while (seen < bytes && !__atomic_compare_exchange_n(high, &seen, bytes, false, __ATOMIC_RELAXED,
                                                        __ATOMIC_RELAXED))
        ;
}

/* With the table held: what changed stands in the slot. Returns whether the counters have to see
 * it. */
static bool publish(void) {
    struct record_slot *slot = own_slot;
    struct record_mapped *mapped = &slot->mapped;
    uint64_t now_bytes = table.bytes[INTERVAL_USABLE] + break_bytes;
    raise_to(&slot->resident.mapped_files_bytes, table.bytes[INTERVAL_FILE]);
    if (lost != RECORD_MAPPED_KNOWN) /* by a child of vfork, which is no child in this */
        __atomic_store_n(&mapped->lost, lost, __ATOMIC_RELAXED);
    if (now_bytes == mapped->now_bytes)
        return false;
    __atomic_store_n(&mapped->now_bytes, now_bytes, __ATOMIC_RELAXED);
    raise_high(&mapped->high_bytes, now_bytes);
    raise_to(&mapped->peak_bytes, now_bytes);
    for (uint32_t i = 0; i < slot->scope_count && i < HEAPGATE_SCOPES_TOTAL; i++)
        if (!slot->scopes[i].ended)
            raise_to(&slot->scopes[i].mapped_peak_bytes, now_bytes);
    return true;
}

/* With the table free again. A handler in the middle of an event has the counters' locks, and may
 * wait for the table: who holds that must not wait for them. */
static void tell_counters(void) {
    if (profile_region != NULL)
        profiled_see_mapped();
    else
        counter_see_mapped(own_slot);
}

/* Leaves errno as the mapping call has set it. */
static void release_table(const struct hold *hold) {
    if (hold->held) {
        bool changed = publish();
        atomic_store(&holder, 0);
        if (changed)
            tell_counters();
    }
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &hold->signals, NULL, sizeof hold->signals);
}

static void set(const struct hold *hold, uint64_t begin, uint64_t bytes,
                enum interval_state state) {
    if (hold->held && !intervals_set(&table, begin, begin + bytes, state))
        lose(RECORD_MAPPED_FULL);
}

/* ---- What is watched ---- */

static bool is_watched(const void *caller) {
    return started && place_muted == 0 &&
           !((uintptr_t)caller >= allocator_begin && (uintptr_t)caller < allocator_end);
}

static uint64_t whole(uint64_t bytes, uint64_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

static uint64_t pages(uint64_t bytes) {
    return whole(bytes, PAGE_BYTES);
}

/* The kernel rounds up to the huge page that was asked for. */
static uint64_t mapped_length(size_t length, int flags) {
    enum { HUGE_SHIFT = 26, HUGE_MASK = 63, HUGE_DEFAULT = 21 };
    unsigned shift = ((unsigned)flags >> HUGE_SHIFT) & HUGE_MASK;
    if ((flags & MAP_HUGETLB) == 0)
        return pages(length);
    return whole(length, UINT64_C(1) << (shift != 0 ? shift : HUGE_DEFAULT));
}

/* ---- The calls ---- */

/* A file may keep its mapper waiting (a file system in user space): so long the table is free. Then
 * the address is known to nobody else before the table has it. */
static void *map_file(void *hint, size_t length, int protection, int flags, int fd, off_t offset) {
    struct hold held;
    void *mapped = mapped_call_mmap(hint, length, protection, flags, fd, offset);
    if (mapped == MAP_FAILED)
        return mapped;
    hold_table(&held);
    set(&held, (uintptr_t)mapped, pages(length), INTERVAL_FILE);
    release_table(&held);
    return mapped;
}

static void *map(const void *caller, void *hint, size_t length, int protection, int flags, int fd,
                 off_t offset) {
    bool anonymous = (flags & MAP_ANONYMOUS) != 0, fixed = (flags & MAP_FIXED) != 0;
    struct hold held;
    if (!is_watched(caller))
        return mapped_call_mmap(hint, length, protection, flags, fd, offset);
    if (!anonymous && !fixed)
        return map_file(hint, length, protection, flags, fd, offset);
    uint64_t bytes = mapped_length(length, flags);
    hold_table(&held);
    void *mapped = mapped_call_mmap(hint, length, protection, flags, fd, offset);
    if (mapped != MAP_FAILED)
        set(&held, (uintptr_t)mapped, bytes,
            !anonymous                ? INTERVAL_FILE
            : protection == PROT_NONE ? INTERVAL_RESERVED
                                      : INTERVAL_USABLE);
    else if (fixed && errno == ENOMEM && held.held &&
             intervals_has_anonymous(&table, (uintptr_t)hint, (uintptr_t)hint + bytes))
        lose(RECORD_MAPPED_FAILED); /* what was there may be gone already */
    release_table(&held);
    return mapped;
}

static int unmap(const void *caller, void *begin, size_t length) {
    struct hold held;
    if (!is_watched(caller))
        return mapped_call_munmap(begin, length);
    hold_table(&held);
    int status = mapped_call_munmap(begin, length);
    if (status == 0)
        set(&held, (uintptr_t)begin, pages(length), INTERVAL_NONE);
    release_table(&held);
    return status;
}

/* With the table held, after the call. Of a shared mapping, a length of 0 makes a second one. */
static void note_move(const struct hold *hold, void *old, size_t old_length, void *moved,
                      size_t length, int flags) {
    uint64_t from = (uintptr_t)old;
    enum interval_state state;
    if (!hold->held)
        return;
    if (!intervals_are(&table, from, from + pages(old_length > 0 ? old_length : 1), &state))
        lose(RECORD_MAPPED_FAILED); /* of which state the new one is, nobody can tell */
    if ((flags & MREMAP_DONTUNMAP) == 0 && old_length > 0)
        set(hold, from, pages(old_length), INTERVAL_NONE);
    set(hold, (uintptr_t)moved, pages(length), state);
}

static void *remap(const void *caller, void *old, size_t old_length, size_t length, int flags,
                   void *wanted) {
    struct hold held;
    if (!is_watched(caller))
        return mapped_call_mremap(old, old_length, length, flags, wanted);
    hold_table(&held);
    void *moved = mapped_call_mremap(old, old_length, length, flags, wanted);
    if (moved != MAP_FAILED)
        note_move(&held, old, old_length, moved, length, flags);
    else if ((flags & MREMAP_FIXED) != 0 && errno == ENOMEM && held.held &&
             intervals_has_anonymous(&table, (uintptr_t)wanted, (uintptr_t)wanted + pages(length)))
        lose(RECORD_MAPPED_FAILED);
    release_table(&held);
    return moved;
}

/* With the table held, after the call. */
static void note_protection(const struct hold *hold, int status, void *begin, size_t length,
                            int protection) {
    uint64_t from = (uintptr_t)begin, to = from + pages(length);
    enum interval_state state,
        wanted = protection == PROT_NONE ? INTERVAL_RESERVED : INTERVAL_USABLE;
    if (!hold->held)
        return;
    if (status == 0 && !intervals_protect(&table, from, to, wanted))
        lose(RECORD_MAPPED_FULL);
    /* It goes from mapping to mapping until one refuses. */
    if (status != 0 && errno != EINVAL && intervals_has_anonymous(&table, from, to) &&
        !(intervals_are(&table, from, to, &state) && state == wanted))
        lose(RECORD_MAPPED_FAILED);
}

static int protect(const void *caller, void *begin, size_t length, int protection) {
    struct hold held;
    if (!is_watched(caller))
        return mapped_call_mprotect(begin, length, protection);
    hold_table(&held);
    int status = mapped_call_mprotect(begin, length, protection);
    note_protection(&held, status, begin, length, protection);
    release_table(&held);
    return status;
}

/* ---- The program break ---- */

static void note_break(const struct hold *hold, intptr_t moved) {
    if (!hold->held)
        return;
    if (moved < 0 && (uint64_t)-moved > break_bytes)
        break_bytes = 0; /* malloc's own part of it went too */
    else
        break_bytes += (uint64_t)moved;
}

static void *move_break(const void *caller, intptr_t bytes) {
    struct hold held;
    if (bytes == 0 || !is_watched(caller))
        return mapped_call_sbrk(bytes);
    hold_table(&held);
    void *before = mapped_call_sbrk(bytes);
    if (before != (void *)-1)
        note_break(&held, bytes);
    release_table(&held);
    return before;
}

static int set_break(const void *caller, void *end) {
    struct hold held;
    if (!is_watched(caller))
        return mapped_call_brk(end);
    hold_table(&held);
    char *before = mapped_call_sbrk(0);
    int status = mapped_call_brk(end);
    if (status == 0)
        note_break(&held, (char *)end - before);
    release_table(&held);
    return status;
}

/* ---- Beginning ---- */

/* Whether the module has the allocator's malloc in it; then its range is noted. */
static int note_allocator(struct dl_phdr_info *module, size_t bytes, void *context) {
    uintptr_t begin = UINTPTR_MAX, end = 0, wanted;
    (void)bytes;
    memcpy(&wanted, context, sizeof wanted);
    for (size_t i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD)
            continue;
        uintptr_t from = module->dlpi_addr + segment->p_vaddr, to = from + segment->p_memsz;
        begin = from < begin ? from : begin;
        end = to > end ? to : end;
    }
    if (wanted < begin || wanted >= end)
        return 0;
    allocator_begin = begin;
    allocator_end = end;
    return 1;
}

void mapped_begin_child(void) {
    struct record_mapped *mapped = &own_slot->mapped;
    if (!started)
        return;
    own_thread = 0;
    *mapped = (struct record_mapped){.lost = lost};
    own_slot->resident.mapped_files_bytes = table.bytes[INTERVAL_FILE];
    mapped->now_bytes = mapped->peak_bytes = table.bytes[INTERVAL_USABLE] + break_bytes;
    counter_see_mapped(own_slot);
    if (atomic_load(&holder) != 0)
        lose(RECORD_MAPPED_FORKED);
    atomic_store(&holder, 0);
}

void mapped_start(void) {
    uintptr_t allocator = (uintptr_t)next_allocator.malloc;
    place_mute();
    mapped_calls_find();
    if (own_inactive() == NULL) {
        dl_iterate_phdr(note_allocator, &allocator);
        started = true;
    }
    place_unmute();
}

/* ---- Scopes ---- */

void mapped_scope_begin(uint32_t scope) {
    struct record_scope *begun = &own_slot->scopes[scope];
    struct hold held;
    hold_table(&held);
    begun->begin_mapped_bytes = begun->mapped_peak_bytes = own_slot->mapped.now_bytes;
    release_table(&held);
}

void mapped_scope_end(uint32_t scope) {
    struct record_scope *ended = &own_slot->scopes[scope];
    ended->usage.mapped_bytes = own_slot->mapped.lost != RECORD_MAPPED_KNOWN
                                    ? HEAPGATE_UNMEASURED
                                    : ended->mapped_peak_bytes - ended->begin_mapped_bytes;
}

uint64_t mapped_peak_bytes(void) {
    return own_slot->mapped.lost != RECORD_MAPPED_KNOWN ? HEAPGATE_UNMEASURED
                                                        : own_slot->mapped.peak_bytes;
}

/* ---- The names ---- */

#define EXPORTED __attribute__((visibility("default")))
#define CALLER __builtin_return_address(0)

EXPORTED void *mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset) {
    return map(CALLER, hint, length, protection, flags, fd, offset);
}

_Static_assert(sizeof(off_t) == sizeof(off64_t), "mmap64 is mmap");
EXPORTED void *mmap64(void *hint, size_t length, int protection, int flags, int fd,
                      off64_t offset) {
    return map(CALLER, hint, length, protection, flags, fd, offset);
}

EXPORTED int munmap(void *begin, size_t length) {
    return unmap(CALLER, begin, length);
}

EXPORTED void *mremap(void *old, size_t old_length, size_t length, int flags, ...) {
    va_list list;
    va_start(list, flags);
    void *wanted = va_arg(list, void *); /* read by the kernel only where the flags ask for it */
    va_end(list);
    return remap(CALLER, old, old_length, length, flags, wanted);
}

EXPORTED int mprotect(void *begin, size_t length, int protection) {
    return protect(CALLER, begin, length, protection);
}

EXPORTED int pkey_mprotect(void *begin, size_t length, int protection, int key) {
    struct hold held;
    if (!is_watched(CALLER))
        return mapped_call_pkey_mprotect(begin, length, protection, key);
    hold_table(&held);
    int status = mapped_call_pkey_mprotect(begin, length, protection, key);
    note_protection(&held, status, begin, length, protection);
    release_table(&held);
    return status;
}

EXPORTED int brk(void *end) {
    return set_break(CALLER, end);
}

EXPORTED void *sbrk(intptr_t bytes) {
    return move_break(CALLER, bytes);
}
