/* syscall(), watched for the calls that start a program: SYS_execve and SYS_execveat. All others go
 * on to the C library's by a jump that leaves the stack and the registers as they were: a syscall
 * may return twice, or never. On machines that have no such jump here it is left alone. */
#include "alloc/exec.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__ || defined __aarch64__

#define HIDDEN __attribute__((visibility("hidden"), used))

typedef long syscall_function(long, long, long, long, long, long, long);

long heapgate_syscall_slowly(long number, long a, long b, long c, long d, long e, long f);
extern void *heapgate_next_syscall;
HIDDEN void *heapgate_next_syscall;

void exec_prepare_raw(void) {
    if (heapgate_next_syscall == NULL)
        heapgate_next_syscall = dlsym(RTLD_NEXT, "syscall");
}

HIDDEN long heapgate_syscall_slowly(long number, long a, long b, long c, long d, long e, long f) {
    syscall_function *next;
    if (number == SYS_execve && a != 0)
        return execve((const char *)a, (char *const *)b, (char *const *)c);
    if (number == SYS_execveat && b != 0 && c != 0)
        return execveat((int)a, (const char *)b, (char *const *)c, (char *const *)d, (int)e);
    exec_prepare_raw(); /* a library's constructor may have been faster than the start */
    *(void **)&next = heapgate_next_syscall;
    if (next != NULL)
        return next(number, a, b, c, d, e, f);
    errno = ENOSYS;
    return -1;
}

long exec_raw_execveat(int fd, const char *path, char *const argv[], char *const environment[],
                       int flags) {
    syscall_function *next;
    *(void **)&next = heapgate_next_syscall;
    if (next != NULL)
        return next(SYS_execveat, fd, (long)path, (long)argv, (long)environment, flags, 0);
    errno = ENOSYS;
    return -1;
}

#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number

#ifdef __x86_64__
/* clang-format off */
__asm__(".pushsection .text\n"
        ".globl syscall\n"
        ".type syscall, @function\n"
        "syscall:\n"
        ".cfi_startproc\n"
        "    endbr64\n"
        "    cmp $" TEXT(__NR_execve) ", %rdi\n"
        "    je heapgate_syscall_slowly\n"
        "    cmp $" TEXT(__NR_execveat) ", %rdi\n"
        "    je heapgate_syscall_slowly\n"
        "    mov heapgate_next_syscall(%rip), %rax\n"
        "    test %rax, %rax\n"
        "    je heapgate_syscall_slowly\n"
        "    jmp *%rax\n"
        ".cfi_endproc\n"
        ".size syscall, . - syscall\n"
        ".popsection\n");
/* clang-format on */
#else
__asm__(".pushsection .text\n"
        ".globl syscall\n"
        ".type syscall, %function\n"
        "syscall:\n"
        ".cfi_startproc\n"
        "    hint #34\n"
        "    cmp x0, #" TEXT(
            __NR_execve) "\n"
                         "    b.eq 1f\n"
                         "    cmp x0, #" TEXT(
                             __NR_execveat) "\n"
                                            "    b.eq 1f\n"
                                            "    adrp x16, heapgate_next_syscall\n"
                                            "    ldr x16, [x16, #:lo12:heapgate_next_syscall]\n"
                                            "    cbz x16, 1f\n"
                                            "    br x16\n"
                                            "1:  b heapgate_syscall_slowly\n"
                                            ".cfi_endproc\n"
                                            ".size syscall, . - syscall\n"
                                            ".popsection\n");
#endif

#else

void exec_prepare_raw(void) {
}

long exec_raw_execveat(int fd, const char *path, char *const argv[], char *const environment[],
                       int flags) {
    return syscall(SYS_execveat, fd, path, argv, environment, flags);
}

#endif
