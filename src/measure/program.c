#include "measure/program.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process.h"

enum { INTERPRETERS_MAX = 4 }; /* the kernel's own limit of scripts that run scripts */

/* Reads "#!PATH ..." into `interpreter`; false when the file is no script. */
static bool read_interpreter(int fd, char interpreter[PATH_MAX]) {
    char line[PATH_MAX];
    ssize_t length = pread(fd, line, sizeof line - 1, 0);
    if (length < 3 || line[0] != '#' || line[1] != '!')
        return false;
    line[length] = '\0';
    char *at = line + 2 + strspn(line + 2, " \t");
    at[strcspn(at, " \t\r\n")] = '\0';
    snprintf(interpreter, PATH_MAX, "%s", at);
    return at[0] != '\0';
}

/* A sanitizer's runtime is a library, or its entry point is among the program's own symbols. */
static const char *find_sanitizer(Elf *elf) {
    static const struct {
        const char *text;
        const char *name;
    } marks[] = {{"__asan_init", "AddressSanitizer"},
                 {"__tsan_init", "ThreadSanitizer"},
                 {"__msan_init", "MemorySanitizer"}};
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section)) != NULL) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL || header.sh_type != SHT_DYNSYM ||
            header.sh_entsize == 0)
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        int count = (int)(header.sh_size / header.sh_entsize);
        for (int i = 0; data != NULL && i < count; i++) {
            GElf_Sym symbol;
            const char *name = gelf_getsym(data, i, &symbol) == NULL
                                   ? NULL
                                   : elf_strptr(elf, header.sh_link, symbol.st_name);
            for (size_t k = 0; name != NULL && k < sizeof marks / sizeof marks[0]; k++)
                if (strcmp(name, marks[k].text) == 0)
                    return marks[k].name;
        }
    }
    return NULL;
}

static bool has_loader(Elf *elf) {
    size_t count;
    if (elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) != NULL && segment.p_type == PT_INTERP)
            return true;
    }
    return false;
}

static bool check_elf(int fd, const char *path, struct error *error) {
    bool fine = true;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf == NULL || elf_kind(elf) != ELF_K_ELF) {
        elf_end(elf);
        return true; /* whatever it is, running it will tell */
    }
    const char *sanitizer = find_sanitizer(elf);
    if (sanitizer != NULL) {
        error_set(error, "the allocator cannot be active in %s: it is built with %s, whose "
                  "allocator replaces malloc", path, sanitizer);
        fine = false;
    } else if (!has_loader(elf)) {
        error_set(error, "the allocator cannot be active in %s: it is statically linked", path);
        fine = false;
    }
    elf_end(elf);
    return fine;
}

static bool check_file(int fd, const char *path, struct error *error) {
    struct stat status;
    if (fstat(fd, &status) == 0 && (((status.st_mode & S_ISUID) && status.st_uid != getuid()) ||
                                    ((status.st_mode & S_ISGID) && status.st_gid != getgid()))) {
        error_set(error, "the allocator cannot be active in %s: it is set-user-ID or set-group-ID, "
                  "and preloads nothing", path);
        return false;
    }
    return check_elf(fd, path, error);
}

bool program_can_be_counted(const char *name, struct error *error) {
    char path[PATH_MAX];
    if (!process_find_program(name, path, sizeof path))
        return true; /* starting it gives the error */
    for (int depth = 0; depth < INTERPRETERS_MAX; depth++) {
        char interpreter[PATH_MAX];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return true; /* may be executable and not readable */
        bool script = read_interpreter(fd, interpreter);
        bool fine = script || check_file(fd, path, error);
        close(fd);
        if (!script)
            return fine;
        memcpy(path, interpreter, sizeof path);
    }
    return true;
}
