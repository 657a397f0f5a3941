/* dlopen and dlmopen, watched.
 *
 * RTLD_DEEPBIND has a library find its own dependencies before what stands in front of them: its
 * malloc is the C library's, the blocks go past this allocator, and come back through its free.
 * PHP loads its extensions so. While this process counts, the flag is cleared, and that is noted.
 *
 * dlmopen with a new namespace loads a second C library, which nothing stands in front of. That
 * cannot be counted: it is noted, for the outside to refuse.
 *
 * The C library looks at the address that dlopen returns to: the caller's RUNPATH, $ORIGIN and
 * namespace decide what a name means. So the functions here are jumps: they change the flags in
 * their register, leave the stack as it was, and the next dlopen returns to the caller. That is a
 * few lines for each machine; on others the functions are left alone. */
#include "alloc/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "alloc/modules.h"
#include "alloc/own.h"

#if defined __x86_64__ || defined __aarch64__

#define HIDDEN __attribute__((visibility("hidden"), used))

int heapgate_dlopen_flags(int flags);
int heapgate_dlmopen_flags(Lmid_t space, const char *file, int flags);
extern void *heapgate_next_dlopen, *heapgate_next_dlmopen;
HIDDEN void *heapgate_next_dlopen, *heapgate_next_dlmopen;

static bool counts(void) {
    return atomic_load_explicit(&own_slot->state, memory_order_relaxed) == RECORD_ACTIVE;
}

void loader_prepare(void) {
    if (heapgate_next_dlopen != NULL)
        return;
    heapgate_next_dlmopen = dlsym(RTLD_NEXT, "dlmopen");
    heapgate_next_dlopen = dlsym(RTLD_NEXT, "dlopen");
}

/* What the flags become. Errno is the program's. */
HIDDEN int heapgate_dlopen_flags(int flags) {
    int saved = errno;
    modules_look();
    loader_prepare(); /* a library's constructor may have been faster than the start */
    errno = saved;
    if ((flags & RTLD_DEEPBIND) == 0 || !counts())
        return flags;
    atomic_fetch_add_explicit(&own_slot->deep_binds, 1, memory_order_relaxed);
    return flags & ~RTLD_DEEPBIND;
}

HIDDEN int heapgate_dlmopen_flags(Lmid_t space, const char *file, int flags) {
    (void)file;
    if (space == LM_ID_NEWLM && counts())
        atomic_fetch_add_explicit(&own_slot->namespaces, 1, memory_order_relaxed);
    return space == LM_ID_BASE ? heapgate_dlopen_flags(flags) : (loader_prepare(), flags);
}

#ifdef __x86_64__
/* file in rdi, flags in esi. */
__asm__(".pushsection .text\n"
        ".globl dlopen\n"
        ".type dlopen, @function\n"
        "dlopen:\n"
        ".cfi_startproc\n"
        "    endbr64\n"
        "    push %rdi\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    mov %esi, %edi\n"
        "    call heapgate_dlopen_flags\n"
        "    mov %eax, %esi\n"
        "    pop %rdi\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    jmp *heapgate_next_dlopen(%rip)\n"
        ".cfi_endproc\n"
        ".size dlopen, . - dlopen\n"
        /* space in rdi, file in rsi, flags in edx. */
        ".globl dlmopen\n"
        ".type dlmopen, @function\n"
        "dlmopen:\n"
        ".cfi_startproc\n"
        "    endbr64\n"
        "    push %rdi\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    push %rsi\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    sub $8, %rsp\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    call heapgate_dlmopen_flags\n"
        "    mov %eax, %edx\n"
        "    add $8, %rsp\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    pop %rsi\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    pop %rdi\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    jmp *heapgate_next_dlmopen(%rip)\n"
        ".cfi_endproc\n"
        ".size dlmopen, . - dlmopen\n"
        ".popsection\n");
#else
/* file in x0, flags in w1. */
__asm__(".pushsection .text\n"
        ".globl dlopen\n"
        ".type dlopen, %function\n"
        "dlopen:\n"
        ".cfi_startproc\n"
        "    hint #34\n"
        "    stp x29, x30, [sp, #-32]!\n"
        ".cfi_adjust_cfa_offset 32\n"
        ".cfi_rel_offset x29, 0\n"
        ".cfi_rel_offset x30, 8\n"
        "    str x0, [sp, #16]\n"
        "    mov w0, w1\n"
        "    bl heapgate_dlopen_flags\n"
        "    mov w1, w0\n"
        "    ldr x0, [sp, #16]\n"
        "    ldp x29, x30, [sp], #32\n"
        ".cfi_restore x29\n"
        ".cfi_restore x30\n"
        ".cfi_adjust_cfa_offset -32\n"
        "    adrp x16, heapgate_next_dlopen\n"
        "    ldr x16, [x16, #:lo12:heapgate_next_dlopen]\n"
        "    br x16\n"
        ".cfi_endproc\n"
        ".size dlopen, . - dlopen\n"
        /* space in x0, file in x1, flags in w2. */
        ".globl dlmopen\n"
        ".type dlmopen, %function\n"
        "dlmopen:\n"
        ".cfi_startproc\n"
        "    hint #34\n"
        "    stp x29, x30, [sp, #-32]!\n"
        ".cfi_adjust_cfa_offset 32\n"
        ".cfi_rel_offset x29, 0\n"
        ".cfi_rel_offset x30, 8\n"
        "    stp x0, x1, [sp, #16]\n"
        "    bl heapgate_dlmopen_flags\n"
        "    mov w2, w0\n"
        "    ldp x0, x1, [sp, #16]\n"
        "    ldp x29, x30, [sp], #32\n"
        ".cfi_restore x29\n"
        ".cfi_restore x30\n"
        ".cfi_adjust_cfa_offset -32\n"
        "    adrp x16, heapgate_next_dlmopen\n"
        "    ldr x16, [x16, #:lo12:heapgate_next_dlmopen]\n"
        "    br x16\n"
        ".cfi_endproc\n"
        ".size dlmopen, . - dlmopen\n"
        ".popsection\n");
#endif

#else

void loader_prepare(void) {
}

#endif
