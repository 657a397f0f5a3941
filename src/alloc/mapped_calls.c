#include "alloc/mapped_calls.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    void *(*mremap)(void *, size_t, size_t, int, ...);
    int (*munmap)(void *, size_t);
    int (*mprotect)(void *, size_t, int);
    int (*pkey_mprotect)(void *, size_t, int, int);
    int (*brk)(void *);
    void *(*sbrk)(intptr_t);
} next;

static void look_up(const char *name, void *function) {
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

void mapped_calls_find(void) {
    look_up("mmap", &next.mmap);
    look_up("mremap", &next.mremap);
    look_up("munmap", &next.munmap);
    look_up("mprotect", &next.mprotect);
    look_up("pkey_mprotect", &next.pkey_mprotect);
    look_up("brk", &next.brk);
    look_up("sbrk", &next.sbrk);
}

void *mapped_call_mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset) {
    if (next.mmap != NULL)
        return next.mmap(hint, length, protection, flags, fd, offset);
    return (void *)syscall(SYS_mmap, hint, length, protection, flags, fd, offset);
}

int mapped_call_munmap(void *begin, size_t length) {
    return next.munmap != NULL ? next.munmap(begin, length)
                               : (int)syscall(SYS_munmap, begin, length);
}

int mapped_call_mprotect(void *begin, size_t length, int protection) {
    return next.mprotect != NULL ? next.mprotect(begin, length, protection)
                                 : (int)syscall(SYS_mprotect, begin, length, protection);
}

int mapped_call_pkey_mprotect(void *begin, size_t length, int protection, int key) {
    return next.pkey_mprotect != NULL
               ? next.pkey_mprotect(begin, length, protection, key)
               : (int)syscall(SYS_pkey_mprotect, begin, length, protection, key);
}

void *mapped_call_mremap(void *old, size_t old_length, size_t length, int flags, void *wanted) {
    if (next.mremap != NULL)
        return next.mremap(old, old_length, length, flags, wanted);
    return (void *)syscall(SYS_mremap, old, old_length, length, flags, wanted);
}

int mapped_call_brk(void *end) {
    if (next.brk == NULL)
        mapped_calls_find();
    return next.brk(end);
}

void *mapped_call_sbrk(intptr_t bytes) {
    if (next.sbrk == NULL)
        mapped_calls_find();
    return next.sbrk(bytes);
}
