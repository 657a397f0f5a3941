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

/* Reads "#!PATH ARGUMENTS" into `line` without the mark; false when the file is no script. */
static bool read_script(int fd, char line[PATH_MAX]) {
    char start[PATH_MAX];
    ssize_t length = pread(fd, start, sizeof start - 1, 0);
    if (length < 3 || start[0] != '#' || start[1] != '!')
        return false;
    start[length] = '\0';
    start[strcspn(start, "\r\n")] = '\0';
    snprintf(line, PATH_MAX, "%s", start + 2 + strspn(start + 2, " \t"));
    return line[0] != '\0';
}

/* The same, its path alone. */
static bool read_interpreter(int fd, char interpreter[PATH_MAX]) {
    if (!read_script(fd, interpreter))
        return false;
    interpreter[strcspn(interpreter, " \t")] = '\0';
    return true;
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

/* The program's loader, in `loader`; false when it has none. */
static bool find_loader(int fd, Elf *elf, char loader[PATH_MAX]) {
    size_t count;
    if (elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) == NULL || segment.p_type != PT_INTERP)
            continue;
        ssize_t length = pread(fd, loader, PATH_MAX - 1, (off_t)segment.p_offset);
        loader[length > 0 ? length : 0] = '\0';
        return true;
    }
    return false;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool check_elf(int fd, const char *path, struct error *error) {
    static const char musl[] = "ld-musl-";
    char loader[PATH_MAX];
    bool fine = true;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf == NULL || elf_kind(elf) != ELF_K_ELF) {
        elf_end(elf);
        return true; /* whatever it is, running it will tell */
    }
    const char *sanitizer = find_sanitizer(elf);
    if (sanitizer != NULL) {
        error_set(error,
                  "the allocator cannot be active in %s: it is built with %s, whose "
                  "allocator replaces malloc",
                  path, sanitizer);
        fine = false;
    } else if (!find_loader(fd, elf, loader)) {
        error_set(error, "the allocator cannot be active in %s: it is statically linked", path);
        fine = false;
    } else if (strncmp(base_name(loader), musl, sizeof musl - 1) == 0) {
        error_set(error,
                  "the allocator cannot be active in %s: its C library is musl (it is loaded "
                  "by %s), and the counting allocator is for glibc",
                  path, loader);
        fine = false;
    }
    elf_end(elf);
    return fine;
}

static bool check_file(int fd, const char *path, struct error *error) {
    struct stat status;
    if (fstat(fd, &status) == 0 && (((status.st_mode & S_ISUID) && status.st_uid != getuid()) ||
                                    ((status.st_mode & S_ISGID) && status.st_gid != getgid()))) {
        error_set(error,
                  "the allocator cannot be active in %s: it is set-user-ID or set-group-ID, "
                  "and preloads nothing",
                  path);
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

bool program_interpreter(const char *path, char interpreter[PATH_MAX]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool script = fd >= 0 && read_interpreter(fd, interpreter);
    if (fd >= 0)
        close(fd);
    return script;
}

static bool is_python_name(const char *path) {
    static const char start[] = "python";
    const char *name = base_name(path);
    return strncmp(name, start, strlen(start)) == 0 &&
           strspn(name + strlen(start), "0123456789.") == strlen(name + strlen(start));
}

/* The program that the first line of a script runs: its interpreter, or of "env [-S] NAME" NAME. */
static const char *interpreter_of(char *line) {
    const char *program = strtok(line, " \t");
    if (program == NULL || strcmp(base_name(program), "env") != 0)
        return program;
    do {
        program = strtok(NULL, " \t");
    } while (program != NULL && (program[0] == '-' || strchr(program, '=') != NULL));
    return program;
}

bool program_is_python(const char *name) {
    char path[PATH_MAX], line[PATH_MAX];
    for (int depth = 0; name != NULL && depth <= INTERPRETERS_MAX; depth++) {
        if (is_python_name(name))
            return true;
        int fd =
            process_find_program(name, path, sizeof path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        name = fd >= 0 && read_script(fd, line) ? interpreter_of(line) : NULL;
        if (fd >= 0)
            close(fd);
    }
    return false;
}
