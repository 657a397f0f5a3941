#include "alloc/resident.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alloc/modules.h"
#include "alloc/own.h"
#include "alloc/place.h"

static void (*next_exit_now)(int);
static void (*next_exit_now_too)(int);
static int (*next_prctl)(int, unsigned long, unsigned long, unsigned long, unsigned long);

/* The value of a line like "VmHWM:     1234 kB", in bytes; 0 without one. */
static uint64_t value_of(const char *text, const char *name) {
    uint64_t kilobytes = 0;
    const char *at = strstr(text, name);
    if (at == NULL)
        return 0;
    at += strlen(name);
    while (*at == ' ' || *at == '\t')
        at++;
    for (; *at >= '0' && *at <= '9'; at++)
        kilobytes = kilobytes * 10 + (uint64_t)(*at - '0');
    return kilobytes * 1024;
}

static char status_text[4096]; /* not on the stack, which may be a signal handler's small one */
static _Atomic bool reading;
static bool sealed;

/* By bare system calls: libc's are points where a thread can be cancelled. */
static ssize_t read_status(void) {
    long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t got = syscall(SYS_read, fd, status_text, sizeof status_text - 1);
    syscall(SYS_close, fd);
    return got;
}

void resident_note(void) {
    struct record_resident *resident = &own_slot->resident;
    int saved = errno;
    if (sealed || own_header == NULL || own_inactive() != NULL || own_slot->pid != getpid() ||
        atomic_exchange(&reading, true))
        return;
    ssize_t got = read_status();
    if (got > 0) {
        status_text[got] = '\0';
        resident->peak_bytes = value_of(status_text, "\nVmHWM:");
        resident->anonymous_bytes = value_of(status_text, "\nRssAnon:");
        resident->file_bytes = value_of(status_text, "\nRssFile:");
        resident->shared_bytes = value_of(status_text, "\nRssShmem:");
        resident->stack_bytes = value_of(status_text, "\nVmStk:");
        atomic_store_explicit(&resident->noted, 1, memory_order_release);
    }
    atomic_store(&reading, false);
    errno = saved;
}

void resident_forget(void) {
    if (own_slot->pid == getpid())
        atomic_store(&own_slot->resident.noted, 0);
}

void resident_start(void) {
    void *found;
    place_mute();
    found = dlsym(RTLD_NEXT, "_exit");
    memcpy(&next_exit_now, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "_Exit");
    memcpy(&next_exit_now_too, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "prctl");
    memcpy(&next_prctl, &found, sizeof found);
    place_unmute();
}

__attribute__((destructor)) static void at_end(void) {
    modules_look();
    resident_note();
}

static _Noreturn void leave(void (*next)(int), int status) {
    modules_look();
    resident_note();
    if (next != NULL)
        next(status);
    for (;;)
        syscall(SYS_exit_group, status);
}

#define EXPORTED __attribute__((visibility("default")))

EXPORTED _Noreturn void _exit(int status) {
    leave(next_exit_now, status);
}

EXPORTED _Noreturn void _Exit(int status) {
    leave(next_exit_now_too, status);
}

EXPORTED int prctl(int option, ...) {
    unsigned long more[4];
    va_list list;
    va_start(list, option);
    for (size_t i = 0; i < 4; i++)
        more[i] = va_arg(list, unsigned long); /* the kernel reads as many as the option has */
    va_end(list);
    if (option == PR_SET_NO_NEW_PRIVS || option == PR_SET_SECCOMP)
        sealed = true;
    return next_prctl != NULL ? next_prctl(option, more[0], more[1], more[2], more[3])
                              : (int)syscall(SYS_prctl, option, more[0], more[1], more[2], more[3]);
}
