#include "alloc/owned.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A lock is held for a few instructions, but its holder may have lost the processor. */
enum { SPINS_BEFORE_YIELD = 64, KERNEL_SIGNAL_BYTES = 8 };

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

uint64_t owned_self(void) {
    static _Thread_local char self __attribute__((tls_model("initial-exec")));
    return (uint64_t)(uintptr_t)&self;
}

void owned_lock_take(owned_lock *lock) {
    uint64_t self = owned_self();
    for (unsigned spins = 1;; spins++) {
        uint64_t free = 0;
        if (*lock == 0 && __atomic_compare_exchange_n((uint64_t *)lock, &free, self, false,
                                                      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return;
        if (spins % SPINS_BEFORE_YIELD == 0)
            sched_yield();
        else
            relax();
    }
}

/* The system calls themselves: libc's wrapper lets two signals through, of which one asks every
 * thread to change its user. */
void owned_block_signals(struct owned_signals *signals) {
    static const unsigned long all[2] = {~0UL, ~0UL};
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, all, signals->saved, KERNEL_SIGNAL_BYTES);
}

void owned_unblock_signals(const struct owned_signals *signals) {
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, signals->saved, NULL, KERNEL_SIGNAL_BYTES);
}
