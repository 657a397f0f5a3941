#include "alloc/resident.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alloc/attach.h"
#include "alloc/heap.h"

static void (*next_exit_now)(int);
static void (*next_exit_now_too)(int);

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

void resident_note(void) {
    char text[4096];
    int saved = errno;
    if (attach_header == NULL || attach_inactive() != NULL)
        return;
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (got > 0) {
        struct record_resident *resident = &attach_slot->resident;
        text[got] = '\0';
        resident->peak_bytes = value_of(text, "\nVmHWM:");
        resident->anonymous_bytes = value_of(text, "\nRssAnon:");
        resident->file_bytes = value_of(text, "\nRssFile:");
        resident->shared_bytes = value_of(text, "\nRssShmem:");
        resident->stack_bytes = value_of(text, "\nVmStk:");
        atomic_store_explicit(&resident->noted, 1, memory_order_release);
    }
    errno = saved;
}

void resident_start(void) {
    void *found;
    heap_mute();
    found = dlsym(RTLD_NEXT, "_exit");
    memcpy(&next_exit_now, &found, sizeof found);
    found = dlsym(RTLD_NEXT, "_Exit");
    memcpy(&next_exit_now_too, &found, sizeof found);
    heap_unmute();
}

__attribute__((destructor)) static void at_end(void) {
    resident_note();
}

static _Noreturn void leave(void (*next)(int), int status) {
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
