#include "alloc/modules.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "alloc/own.h"

struct build_id {
    const unsigned char *bytes;
    size_t length;
};

static size_t aligned(size_t bytes, size_t alignment) {
    return (bytes + alignment - 1) & ~(alignment - 1);
}

/* Notes are name and content, each padded: to 4 bytes, or to 8 where the segment is aligned so. */
static struct build_id find_in_notes(const unsigned char *notes, size_t bytes, size_t alignment) {
    static const char owner[] = "GNU";
    ElfW(Nhdr) head;
    for (size_t at = 0; at + sizeof head <= bytes;) {
        memcpy(&head, notes + at, sizeof head);
        size_t name = at + sizeof head, content = aligned(name + head.n_namesz, alignment);
        size_t end = content + head.n_descsz;
        if (end > bytes || head.n_namesz > bytes || head.n_descsz > bytes)
            break;
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == sizeof owner &&
            memcmp(notes + name, owner, sizeof owner) == 0 &&
            head.n_descsz <= RECORD_BUILD_ID_BYTES)
            return (struct build_id){notes + content, head.n_descsz};
        at = aligned(end, alignment);
    }
    return (struct build_id){0};
}

/* Notes that no segment puts into memory cannot be read there. */
static bool is_in_memory(const struct dl_phdr_info *module, const ElfW(Phdr) * notes) {
    for (size_t i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_R) != 0 &&
            notes->p_vaddr >= segment->p_vaddr &&
            notes->p_vaddr + notes->p_memsz <= segment->p_vaddr + segment->p_filesz)
            return true;
    }
    return false;
}

static struct build_id find_build_id(const struct dl_phdr_info *module) {
    struct build_id found = {0};
    for (size_t i = 0; found.bytes == NULL && i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
        if (segment->p_type != PT_NOTE || !is_in_memory(module, segment))
            continue;
        uintptr_t address = (uintptr_t)(module->dlpi_addr + segment->p_vaddr);
        found = find_in_notes((const unsigned char *)address, segment->p_memsz,
                              segment->p_align == 8 ? 8 : 4);
    }
    return found;
}

static bool is_noted(const struct record_modules *modules, const char *path,
                     struct build_id build_id) {
    uint32_t count = modules->count;
    for (uint32_t i = 0; i < count; i++) {
        const struct record_module *item = &modules->items[i];
        if (item->build_id_bytes == build_id.length &&
            (build_id.length == 0 ||
             memcmp(item->build_id, build_id.bytes, build_id.length) == 0) &&
            item->kind != RECORD_STARTED && strcmp(modules->paths + item->path_at, path) == 0)
            return true;
    }
    return false;
}

static void note(struct record_modules *modules, enum record_module_kind kind, const char *path,
                 struct build_id build_id) {
    size_t bytes = strlen(path) + 1;
    if (kind != RECORD_STARTED && is_noted(modules, path, build_id))
        return;
    if (modules->count == RECORD_MODULES || bytes > sizeof modules->paths - modules->path_bytes) {
        modules->lost++;
        return;
    }
    struct record_module *item = &modules->items[modules->count];
    memcpy(modules->paths + modules->path_bytes, path, bytes);
    item->path_at = modules->path_bytes;
    item->kind = kind;
    item->build_id_bytes = (uint32_t)build_id.length;
    if (build_id.length > 0)
        memcpy(item->build_id, build_id.bytes, build_id.length);
    modules->path_bytes += (uint32_t)bytes;
    atomic_fetch_add_explicit(&modules->count, 1, memory_order_release);
}

/* A path that is put together, while this process looks. Not on the stack: what calls _exit may
 * stand on one that is just large enough for a signal. */
static char text[PATH_MAX];

/* The path from the root: a relative one is relative to where the process is now. */
static const char *absolute(const char *path) {
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    if (path[0] == '/' || getcwd(text, sizeof text) == NULL)
        return path;
    size_t length = strlen(text);
    if (length + 1 + strlen(path) >= sizeof text)
        return path;
    text[length] = '/';
    strcpy(text + length + 1, path);
    return text;
}

static uintptr_t read_hexadecimal(const char **at) {
    uintptr_t value = 0;
    for (;; ++*at) {
        char digit = **at;
        if (digit >= '0' && digit <= '9')
            value = value * 16 + (uintptr_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            value = value * 16 + (uintptr_t)(digit - 'a' + 10);
        else
            return value;
    }
}

/* "FROM-TO rwxp OFFSET DEVICE INODE   /PATH": the path, when the address is in it. */
static const char *path_in_line(const char *line, uintptr_t address) {
    uintptr_t from = read_hexadecimal(&line);
    line += *line == '-';
    uintptr_t to = read_hexadecimal(&line);
    return address >= from && address < to ? strchr(line, '/') : NULL;
}

/* The file that is mapped at an address. */
static const char *find_mapped(uintptr_t address) {
    static char lines[2 * PATH_MAX]; /* a line has a path, and less than 128 bytes before it */
    const char *path = NULL;
    size_t held = 0;
    ssize_t got;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && path == NULL && (got = read(fd, lines + held, sizeof lines - held)) > 0) {
        char *line = lines, *end;
        held += (size_t)got;
        while (path == NULL && (end = memchr(line, '\n', held - (size_t)(line - lines))) != NULL) {
            *end = '\0';
            path = path_in_line(line, address);
            line = end + 1;
        }
        if (path == NULL)
            memmove(lines, line, held -= (size_t)(line - lines));
    }
    if (fd >= 0)
        close(fd);
    return path;
}

/* A name that is relative was so to where the process was when the library was loaded. */
static const char *find_library(const struct dl_phdr_info *module) {
    const char *mapped =
        module->dlpi_name[0] != '/' ? find_mapped((uintptr_t)module->dlpi_phdr) : NULL;
    return mapped != NULL ? mapped : absolute(module->dlpi_name);
}

/* The program has no name in the dynamic linker's list. Where the dynamic linker was itself run,
 * with the program as its argument, it is not what /proc/self/exe names. */
static const char *find_program(const char *command) {
    ssize_t length =
        getauxval(AT_BASE) != 0 ? readlink("/proc/self/exe", text, sizeof text - 1) : -1;
    if (length > 0) {
        text[length] = '\0';
        return text;
    }
    uintptr_t started = (uintptr_t)getauxval(AT_EXECFN);
    return absolute(getauxval(AT_BASE) != 0 && started != 0 ? (const char *)started : command);
}

struct look {
    struct record_modules *modules;
    const char *command;          /* NULL: the program is noted already */
    enum record_module_kind kind; /* of what is new, but for the program */
};

static int look_at(struct dl_phdr_info *module, size_t bytes, void *context) {
    struct look *look = context;
    if (bytes >= offsetof(struct dl_phdr_info, dlpi_subs) && module->dlpi_name[0] == '\0') {
        if (module->dlpi_adds == look->modules->loads)
            return 1;
        look->modules->loads = module->dlpi_adds;
    }
    /* What the kernel puts into a process has a name without a folder, and is no file. */
    if (strchr(module->dlpi_name, '/') != NULL)
        note(look->modules, look->kind, find_library(module), find_build_id(module));
    else if (module->dlpi_name[0] == '\0' && look->command != NULL)
        note(look->modules, RECORD_PROGRAM, find_program(look->command), find_build_id(module));
    return 0;
}

static void look_again(const char *command, enum record_module_kind kind) {
    struct record_slot *slot = own_slot;
    struct look look = {.modules = &slot->modules, .command = command, .kind = kind};
    if (atomic_exchange(&slot->modules.looking, 1) != 0)
        return;
    int saved = errno;
    dl_iterate_phdr(look_at, &look);
    atomic_store(&slot->modules.looking, 0);
    errno = saved;
}

void modules_start(const char *command) {
    uintptr_t started = (uintptr_t)getauxval(AT_EXECFN);
    if (own_header != NULL && started != 0)
        note(&own_slot->modules, RECORD_STARTED, absolute((const char *)started),
             (struct build_id){0});
    if (own_header != NULL)
        look_again(command, RECORD_LIBRARY);
}

/* In a child that is a copy of a process with threads, the dynamic linker's lock may be held by one
 * that is not there. A child without a slot of its own is one of vfork, which shows nothing new, or
 * a copy that nobody was told of. */
static bool may_look(void) {
    const struct record_slot *slot = own_slot;
    return own_header != NULL && slot->pid == getpid() &&
           (!slot->forked || atomic_load(&slot->lanes_used) == 0);
}

void modules_look(void) {
    if (may_look())
        look_again(NULL, RECORD_LIBRARY);
}

void modules_look_at_brought(void) {
    if (may_look())
        look_again(NULL, RECORD_BROUGHT);
}

/* The parent may be in the middle of a look: what is complete is copied. */
void modules_inherit(struct record_modules *own, const struct record_modules *parent) {
    uint32_t count = atomic_load_explicit(&parent->count, memory_order_acquire);
    uint32_t bytes = parent->path_bytes;
    memcpy(own->items, parent->items, count * sizeof own->items[0]);
    memcpy(own->paths, parent->paths, bytes);
    own->path_bytes = bytes;
    own->lost = parent->lost;
    own->loads = count > 0 && atomic_load(&parent->looking) == 0 ? parent->loads : 0;
    atomic_store_explicit(&own->count, count, memory_order_release);
}
