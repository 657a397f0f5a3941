#include "alloc/musl.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc/own.h"

enum { START_BYTES = 1024, SCRIPTS_MAX = 4 }; /* scripts that run scripts: the kernel's limit */

static bool is_musl_loader(const char *loader) {
    static const char name[] = "ld-musl-";
    const char *slash = strrchr(loader, '/');
    return strncmp(slash != NULL ? slash + 1 : loader, name, sizeof name - 1) == 0;
}

static bool has_musl_loader(int fd, const Elf64_Ehdr *file) {
    char loader[256];
    for (int i = 0; i < file->e_phnum; i++) {
        Elf64_Phdr segment;
        off_t at = (off_t)(file->e_phoff + (uint64_t)i * sizeof segment);
        if (pread(fd, &segment, sizeof segment, at) != (ssize_t)sizeof segment)
            return false;
        if (segment.p_type != PT_INTERP)
            continue;
        ssize_t got = pread(fd, loader, sizeof loader - 1, (off_t)segment.p_offset);
        loader[got > 0 ? got : 0] = '\0';
        return is_musl_loader(loader);
    }
    return false;
}

/* Cuts "#!PATH ARGUMENTS" to its path; NULL when it is no script. */
static const char *interpreter_of(char *start) {
    if (start[0] != '#' || start[1] != '!')
        return NULL;
    char *path = start + 2 + strspn(start + 2, " \t");
    path[strcspn(path, " \t\r\n")] = '\0';
    return path[0] != '\0' ? path : NULL;
}

/* Closes nothing. */
static bool look_at(int fd, char start[START_BYTES], const char **interpreter) {
    Elf64_Ehdr file;
    ssize_t got = pread(fd, start, START_BYTES - 1, 0);
    start[got > 0 ? got : 0] = '\0';
    *interpreter = interpreter_of(start);
    if (got < (ssize_t)sizeof file || memcmp(start, ELFMAG, SELFMAG) != 0 ||
        start[EI_CLASS] != ELFCLASS64)
        return false;
    memcpy(&file, start, sizeof file);
    return file.e_phentsize == sizeof(Elf64_Phdr) && has_musl_loader(fd, &file);
}

bool musl_is_loader_of(int fd, const char *path) {
    char start[START_BYTES];
    bool found = false;
    int saved = errno;
    for (int depth = 0; depth <= SCRIPTS_MAX; depth++) {
        int program = path == NULL ? fd : openat(fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (program < 0)
            break; /* exec will say why, or it may be started and not read */
        found = look_at(program, start, &path);
        if (program != fd)
            close(program);
        if (path == NULL)
            break;
        fd = AT_FDCWD;
    }
    errno = saved;
    return found;
}

static bool is_program(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

const char *musl_find(const char *name, char *path, size_t path_bytes) {
    const char *folders = own_variable(environ, "PATH");
    size_t name_length = strlen(name);
    int saved = errno;
    if (folders == NULL || strchr(name, '/') != NULL)
        return name;
    for (;;) {
        size_t length = strcspn(folders, ":");
        if (length + name_length + 2 <= path_bytes) {
            memcpy(path, folders, length);
            path[length] = '/';
            strcpy(path + length + (length > 0), name);
            if (is_program(path)) {
                errno = saved;
                return path;
            }
        }
        if (folders[length] == '\0')
            break;
        folders += length + 1;
    }
    errno = saved;
    return name;
}

size_t musl_environment_count(char *const environment[]) {
    size_t count = 1;
    while (environment != NULL && environment[count - 1] != NULL)
        count++;
    return count;
}

/* The other libraries of "LD_PRELOAD=...", after heapgate's, which come first. */
static const char *others_of(const char *value) {
    static const char mark[] = "/libheapgate_";
    for (;;) {
        size_t length = strcspn(value, ": ");
        if (memmem(value, length, mark, sizeof mark - 1) == NULL)
            return value;
        value += length;
        value += strspn(value, ": ");
    }
}

void musl_copy_environment(char *const environment[], char *copy[],
                           char preload[MUSL_PRELOAD_BYTES]) {
    static const char name[] = "LD_PRELOAD=";
    size_t length = sizeof name - 1;
    for (; environment != NULL && *environment != NULL; environment++) {
        *copy++ = *environment;
        if (strncmp(*environment, name, length) != 0)
            continue;
        const char *others = others_of(*environment + length);
        if (*others == '\0' || strlen(others) >= MUSL_PRELOAD_BYTES - length) {
            copy--;
        } else {
            memcpy(preload, name, length);
            strcpy(preload + length, others);
            copy[-1] = preload;
        }
    }
    *copy = NULL;
}
