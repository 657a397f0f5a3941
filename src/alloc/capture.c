/* Addresses and the module map only: what they mean is found out by heapgate, in another process.
 * libunwind is loaded rather than linked, and privately: linked into a preloaded library it would
 * put its own _Unwind_RaiseException in front of libgcc's in every C++ program. */
#include "alloc/capture.h"

#define UNW_LOCAL_ONLY
#include <dlfcn.h>
#include <libunwind.h>
#include <stdbool.h>
#include <string.h>

#include "alloc/maps.h"
#include "alloc/modules.h"
#include "alloc/own.h"
#include "alloc/place.h"
#include "alloc/profile.h"

capture_walker *capture_walk, *capture_step;
static _Atomic uint32_t capturing; /* by one thread */

void capture_begin_child(bool had_threads) {
    atomic_store(&capturing, 0);
    if (had_threads)
        capture_walk = capture_step = NULL;
}

/* ---- Frame by frame ---- */

/* What libunwind's header calls unw_init_local and so on; on x86_64 unw_getcontext is a function of
 * the library's too, on others a macro. */
static struct {
    __typeof__(&unw_init_local) init_local;
    __typeof__(&unw_step) step;
    __typeof__(&unw_get_reg) get_reg;
#if defined(__x86_64__)
    int (*get_context)(unw_context_t *context);
#define GET_CONTEXT(context) unwind.get_context(context)
#elif defined(__aarch64__)
#define GET_CONTEXT(context) unw_getcontext(context)
#endif
} unwind;

/* A function's name, after the header's macros. */
#define EXPANDED_NAME(function) #function
#define NAME(function) EXPANDED_NAME(function)

static bool find(void *library, const char *name, void *function) {
    void *found = dlsym(library, name);
    memcpy(function, &found, sizeof found);
    return found != NULL;
}

#ifdef GET_CONTEXT
static __attribute__((noinline)) int step_all(void **frames, int maximum) {
    unw_context_t context;
    unw_cursor_t cursor;
    unw_word_t address;
    int count = 0;
    GET_CONTEXT(&context);
    if (unwind.init_local(&cursor, &context) < 0)
        return 0;
    while (count < maximum && unwind.step(&cursor) > 0 &&
           unwind.get_reg(&cursor, UNW_REG_IP, &address) >= 0)
        frames[count++] = (void *)(uintptr_t)address;
    return count;
}

static capture_walker *find_step(void *library) {
    bool found = find(library, NAME(unw_init_local), &unwind.init_local) &&
                 find(library, NAME(unw_step), &unwind.step) &&
                 find(library, NAME(unw_get_reg), &unwind.get_reg);
#if defined(__x86_64__)
    found = found && find(library, NAME(unw_tdep_getcontext), &unwind.get_context);
#endif
    return found ? step_all : NULL;
}
#else
static capture_walker *find_step(void *library) {
    (void)library;
    return NULL;
}
#endif

void capture_prepare(void) {
    bool armed = own_header != NULL && own_header->limit_bytes > 0;
    if ((!armed && profile_region == NULL) || own_inactive() != NULL)
        return;
    place_mute();
    modules_look();
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (library != NULL) {
        capture_walker *walk, *step = find_step(library);
        /* The first walk builds libunwind's caches: here, where nothing is measured yet. */
        void *frames[RECORD_FRAMES];
        if (find(library, "unw_backtrace", &walk))
            walk(frames, RECORD_FRAMES);
        if (step != NULL)
            step(frames, RECORD_FRAMES);
        capture_walk = walk;
        capture_step = step;
    }
    modules_look_at_brought();
    place_unmute();
}

void capture_crossing(struct record_slot *slot, uint64_t limit_bytes, int64_t live_bytes,
                      uint64_t request_bytes) {
    struct record_crossing *crossing = &slot->crossing;
    void *frames[RECORD_FRAMES];
    if (atomic_exchange(&capturing, 1) != 0)
        return;
    int count = capture_stack(capture_walk, frames, RECORD_FRAMES);
    crossing->limit_bytes = limit_bytes;
    crossing->live_bytes = live_bytes;
    crossing->request_bytes = request_bytes;
    for (int i = 0; i < count; i++)
        crossing->frames[i] = (uint64_t)(uintptr_t)frames[i];
    crossing->frame_count = count > 0 ? (uint32_t)count : 0;
    crossing->maps_bytes = (uint32_t)maps_read(crossing->maps, RECORD_MAPS_BYTES);
    __atomic_store_n(&crossing->taken, 1, __ATOMIC_RELEASE);
    atomic_store(&capturing, 0);
}
