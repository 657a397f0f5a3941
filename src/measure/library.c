/* With libelf, calling nothing: what is told of a library is what its file says. */
#include "measure/library.h"

#include <ctype.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"

/* ---- What a library says of itself ---- */

/* By a data symbol that is the version, or by the text before it among the constants. */
static const struct known {
    const char *soname; /* its begin */
    const char *symbol, *text;
} known[] = {
    {"libsqlite3.so", "sqlite3_version", NULL},
    {"libz.so", NULL, "deflate "},
    {"libcrypto.so", NULL, "OpenSSL "},
    {"libcurl", NULL, "libcurl/"},
};

static Elf_Scn *find_section(Elf *elf, const char *name, unsigned type, GElf_Shdr *header) {
    size_t names;
    Elf_Scn *section = NULL;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return NULL;
    while ((section = elf_nextscn(elf, section)) != NULL) {
        if (gelf_getshdr(section, header) == NULL)
            continue;
        const char *found = name != NULL ? elf_strptr(elf, names, header->sh_name) : NULL;
        if (name != NULL ? found != NULL && strcmp(found, name) == 0 : header->sh_type == type)
            return section;
    }
    return NULL;
}

/* The bytes of a section, as they are in the file. */
static const char *find_bytes(Elf *elf, const char *name, size_t *length) {
    GElf_Shdr header;
    Elf_Scn *section = find_section(elf, name, SHT_NULL, &header);
    Elf_Data *data =
        section != NULL && header.sh_type != SHT_NOBITS ? elf_rawdata(section, NULL) : NULL;
    *length = data != NULL ? data->d_size : 0;
    return data != NULL ? data->d_buf : NULL;
}

/* The version at the begin of some bytes: a digit, and what is joined to it. */
static bool take_version(const char *bytes, size_t length, char version[LIBRARY_TEXT_BYTES]) {
    size_t count = 0;
    while (count < length &&
           (isalnum((unsigned char)bytes[count]) || strchr(".-+~", bytes[count])) &&
           bytes[count] != '\0')
        count++;
    if (count == 0 || count >= LIBRARY_TEXT_BYTES || !isdigit((unsigned char)bytes[0]))
        return false;
    memcpy(version, bytes, count);
    version[count] = '\0';
    return true;
}

static bool find_text(Elf *elf, const char *text, char version[LIBRARY_TEXT_BYTES]) {
    size_t length, before = strlen(text);
    const char *bytes = find_bytes(elf, ".rodata", &length), *at;
    while (bytes != NULL && (at = memmem(bytes, length, text, before)) != NULL) {
        length -= (size_t)(at - bytes) + before;
        bytes = at + before;
        if (take_version(bytes, length, version))
            return true;
    }
    return false;
}

/* The bytes behind an address of the loaded library. */
static bool take_address(Elf *elf, GElf_Addr address, char version[LIBRARY_TEXT_BYTES]) {
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section)) != NULL) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL || header.sh_type == SHT_NOBITS ||
            !(header.sh_flags & SHF_ALLOC) || address < header.sh_addr ||
            address >= header.sh_addr + header.sh_size)
            continue;
        Elf_Data *data = elf_rawdata(section, NULL);
        size_t at = (size_t)(address - header.sh_addr);
        return data != NULL && at < data->d_size &&
               take_version((const char *)data->d_buf + at, data->d_size - at, version);
    }
    return false;
}

static bool find_symbol(Elf *elf, const char *wanted, char version[LIBRARY_TEXT_BYTES]) {
    GElf_Shdr header;
    Elf_Scn *section = find_section(elf, NULL, SHT_DYNSYM, &header);
    Elf_Data *data = section != NULL ? elf_getdata(section, NULL) : NULL;
    int count =
        data != NULL && header.sh_entsize > 0 ? (int)(header.sh_size / header.sh_entsize) : 0;
    for (int i = 0; i < count; i++) {
        GElf_Sym symbol;
        const char *name = gelf_getsym(data, i, &symbol) != NULL
                               ? elf_strptr(elf, header.sh_link, symbol.st_name)
                               : NULL;
        if (name != NULL && strcmp(name, wanted) == 0)
            return take_address(elf, symbol.st_value, version);
    }
    return false;
}

static bool find_own_version(Elf *elf, const char *soname, char version[LIBRARY_TEXT_BYTES]) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strncmp(soname, known[i].soname, strlen(known[i].soname)) == 0)
            return known[i].symbol != NULL ? find_symbol(elf, known[i].symbol, version)
                                           : find_text(elf, known[i].text, version);
    return false;
}

static bool find_soname(Elf *elf, char soname[LIBRARY_TEXT_BYTES]) {
    GElf_Shdr header;
    Elf_Scn *section = find_section(elf, NULL, SHT_DYNAMIC, &header);
    Elf_Data *data = section != NULL ? elf_getdata(section, NULL) : NULL;
    GElf_Dyn entry;
    for (int i = 0; data != NULL && gelf_getdyn(data, i, &entry) != NULL; i++) {
        const char *name =
            entry.d_tag == DT_SONAME ? elf_strptr(elf, header.sh_link, entry.d_un.d_val) : NULL;
        if (name != NULL && strstr(name, ".so.") != NULL)
            return snprintf(soname, LIBRARY_TEXT_BYTES, "%s", name) < LIBRARY_TEXT_BYTES;
    }
    return false;
}

/* ---- What the distribution says of it ---- */

void library_packages_fini(struct library_packages *packages) {
    buffer_fini(&packages->status);
}

static const char *debian_architecture(void) {
    static const struct {
        const char *machine, *debian;
    } names[] = {{"x86_64", "amd64"}, {"aarch64", "arm64"},   {"armv7l", "armhf"},
                 {"i686", "i386"},    {"ppc64le", "ppc64el"}, {"riscv64", "riscv64"},
                 {"s390x", "s390x"}};
    static struct utsname machine;
    if (uname(&machine) != 0)
        return "";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(machine.machine, names[i].machine) == 0)
            return names[i].debian;
    return "";
}

/* Whether a line of the package's list of files is the path, which may lead through /lib or
 * /usr/lib. */
static bool lists(const char *list, const char *path) {
    struct buffer text = BUFFER_INIT(16 << 20);
    const char *plain = strncmp(path, "/usr/", 5) == 0 ? path + 4 : path;
    size_t length = strlen(plain);
    bool found = false;
    const char *at = file_read(list, &text, NULL) ? text.bytes : NULL;
    for (; !found && at != NULL && (at = strstr(at, plain)) != NULL; at += length) {
        size_t before = (size_t)(at - text.bytes);
        bool begins =
            before == 0 || at[-1] == '\n' ||
            (before >= 4 && strncmp(at - 4, "/usr", 4) == 0 && (before == 4 || at[-5] == '\n'));
        found = begins && (at[length] == '\n' || at[length] == '\0');
    }
    buffer_fini(&text);
    return found;
}

/* The value of a field in the paragraph that begins at `at`. */
static bool find_field(const char *at, const char *field, char *value, size_t value_bytes) {
    const char *end = strstr(at, "\n\n");
    const char *line = strstr(at, field);
    if (line == NULL || (end != NULL && line > end))
        return false;
    line += strlen(field);
    return snprintf(value, value_bytes, "%.*s", (int)strcspn(line, "\n"), line) < (int)value_bytes;
}

/* Without the epoch, which is about the order of packages. */
static bool find_package_version(struct library_packages *packages, const char *package,
                                 const char *architecture, char version[LIBRARY_TEXT_BYTES]) {
    char heading[2 * LIBRARY_TEXT_BYTES + 16], of[32], whole[LIBRARY_TEXT_BYTES];
    if (!packages->read) {
        packages->read = true;
        file_read("/var/lib/dpkg/status", &packages->status, NULL);
    }
    const char *at = packages->status.bytes;
    snprintf(heading, sizeof heading, "Package: %s\n", package);
    for (; at != NULL && (at = strstr(at, heading)) != NULL; at += strlen(heading)) {
        if ((at > packages->status.bytes && at[-1] != '\n') ||
            !find_field(at, "\nArchitecture: ", of, sizeof of) || strcmp(of, architecture) != 0 ||
            !find_field(at, "\nVersion: ", whole, sizeof whole))
            continue;
        const char *colon = strchr(whole, ':');
        strcpy(version, colon != NULL ? colon + 1 : whole);
        return true;
    }
    return false;
}

/* By the rule that a library's package has the name of its soname: libjansson.so.4 is of
 * libjansson4, libsqlite3.so.0 of libsqlite3-0. It is one only if it lists the file. */
static bool find_package(const char *path, const char *soname, struct library_packages *packages,
                         char version[LIBRARY_TEXT_BYTES]) {
    static const char *const forms[] = {"%s%s%s", "%s%s%st64", "%s%s%sg", "%s"};
    const char *architecture = debian_architecture(), *number = strstr(soname, ".so.") + 4;
    char stem[LIBRARY_TEXT_BYTES], package[2 * LIBRARY_TEXT_BYTES], list[PATH_MAX];
    snprintf(stem, sizeof stem, "%.*s", (int)(number - 4 - soname), soname);
    for (char *at = stem; *at != '\0'; at++)
        *at = *at == '_' ? '-' : (char)tolower((unsigned char)*at);
    bool joined = stem[0] != '\0' && isdigit((unsigned char)stem[strlen(stem) - 1]);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const char *name = i == 2 && strcmp(stem, "libz") == 0 ? "zlib" : stem;
        snprintf(package, sizeof package, forms[i], name, joined ? "-" : "", number);
        for (int multiarch = 1; multiarch >= 0; multiarch--) {
            snprintf(list, sizeof list, "/var/lib/dpkg/info/%s%s%s.list", package,
                     multiarch ? ":" : "", multiarch ? architecture : "");
            if (access(list, R_OK) == 0 && lists(list, path) &&
                find_package_version(packages, package, architecture, version))
                return true;
        }
    }
    return false;
}

/* ---- The whole ---- */

/* "file 1.2.3" of libx.so.1.2.3, which the path leads to, or of the soname. */
static void find_file_version(const char *path, const char *soname,
                              char version[LIBRARY_TEXT_BYTES]) {
    char whole[PATH_MAX];
    const char *tail = strstr(soname, ".so."), *base = realpath(path, whole);
    base = base != NULL && strrchr(whole, '/') != NULL ? strrchr(whole, '/') : soname;
    const char *longer = strstr(base, tail); /* the same number, and more of it */
    if (longer != NULL && strlen(longer) < LIBRARY_TEXT_BYTES - 8)
        tail = longer;
    snprintf(version, LIBRARY_TEXT_BYTES, "file %.*s", LIBRARY_TEXT_BYTES - 8, tail + 4);
}

static Elf *open_elf(const char *path, int *fd) {
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    elf_version(EV_CURRENT);
    Elf *elf = *fd >= 0 ? elf_begin(*fd, ELF_C_READ_MMAP, NULL) : NULL;
    if (elf != NULL && elf_kind(elf) == ELF_K_ELF)
        return elf;
    elf_end(elf);
    if (*fd >= 0)
        close(*fd);
    return NULL;
}

bool library_identify(const char *path, struct library_packages *packages,
                      char soname[LIBRARY_TEXT_BYTES], char version[LIBRARY_TEXT_BYTES]) {
    int fd;
    Elf *elf = open_elf(path, &fd);
    if (elf == NULL)
        return false;
    bool found = find_soname(elf, soname);
    if (found && !find_own_version(elf, soname, version) &&
        !find_package(path, soname, packages, version))
        find_file_version(path, soname, version);
    elf_end(elf);
    close(fd);
    return found;
}

/* The startup files, which the C library brings, were made by another run of gcc: the last of gcc's
 * texts is the program's, and that of any other compiler is. */
bool library_compiler(const char *program, char compiler[LIBRARY_TEXT_BYTES]) {
    static const struct {
        const char *text, *name;
    } marks[] = {{"clang version ", "clang"}, {"rustc version ", "rustc"}, {"GCC: (", "gcc"}};
    int fd;
    size_t length, best = sizeof marks / sizeof marks[0];
    Elf *elf = open_elf(program, &fd);
    if (elf == NULL)
        return false;
    const char *text = find_bytes(elf, ".comment", &length);
    for (size_t at = 0; text != NULL && at < length; at += strnlen(text + at, length - at) + 1) {
        size_t bytes = strnlen(text + at, length - at);
        for (size_t i = 0; i <= best && i < sizeof marks / sizeof marks[0]; i++) {
            char version[LIBRARY_TEXT_BYTES];
            const char *mark = memmem(text + at, bytes, marks[i].text, strlen(marks[i].text));
            if (mark == NULL)
                continue;
            mark += strlen(marks[i].text);
            size_t left = bytes - (size_t)(mark - (text + at));
            if (marks[i].text[0] == 'G') { /* the version follows who packaged it */
                const char *end = memmem(mark, left, ") ", 2);
                size_t skipped = end != NULL ? (size_t)(end + 2 - mark) : left;
                mark += skipped;
                left -= skipped;
            }
            if (left > 0 && take_version(mark, left, version)) {
                snprintf(compiler, LIBRARY_TEXT_BYTES, "%s %.40s", marks[i].name, version);
                best = i;
            }
        }
    }
    elf_end(elf);
    close(fd);
    return best < sizeof marks / sizeof marks[0];
}
