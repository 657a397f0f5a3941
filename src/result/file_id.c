#include "result/file_id.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

enum { NOTES_BYTES_MAX = 1 << 16, SEGMENTS_MAX = 1024 };

static const char build_prefix[] = "build-id:";

/* ---- Build-ids, as the dynamic linker finds them ---- */

void file_id_of_build(const unsigned char *build_id, size_t bytes, char id[FILE_ID_BYTES]) {
    size_t used = sizeof build_prefix - 1;
    memcpy(id, build_prefix, sizeof build_prefix);
    for (size_t i = 0; i < bytes && i < BUILD_ID_BYTES_MAX; i++, used += 2)
        snprintf(id + used, FILE_ID_BYTES - used, "%02x", build_id[i]);
}

static bool read_at(int fd, uint64_t offset, void *bytes, size_t length) {
    return offset <= INT64_MAX && pread(fd, bytes, length, (off_t)offset) == (ssize_t)length;
}

static size_t aligned(size_t bytes, size_t alignment) {
    return (bytes + alignment - 1) & ~(alignment - 1);
}

static bool find_in_notes(const unsigned char *notes, size_t bytes, size_t alignment,
                          char id[FILE_ID_BYTES]) {
    Elf64_Nhdr head; /* the same in both classes */
    for (size_t at = 0; at + sizeof head <= bytes;) {
        memcpy(&head, notes + at, sizeof head);
        if (head.n_namesz > bytes || head.n_descsz > bytes)
            return false;
        size_t name = at + sizeof head, content = aligned(name + head.n_namesz, alignment);
        size_t end = content + head.n_descsz;
        if (end > bytes)
            return false;
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == sizeof ELF_NOTE_GNU &&
            memcmp(notes + name, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0 && head.n_descsz > 0 &&
            head.n_descsz <= BUILD_ID_BYTES_MAX) {
            file_id_of_build(notes + content, head.n_descsz, id);
            return true;
        }
        at = aligned(end, alignment);
    }
    return false;
}

struct segment {
    uint32_t type;
    uint64_t offset, bytes, alignment;
};

/* A program header of either class; of another byte order nothing can run here. */
static bool read_segment(int fd, bool wide, uint64_t at, struct segment *segment) {
    union {
        Elf32_Phdr narrow;
        Elf64_Phdr wide;
    } header;
    if (!read_at(fd, at, &header, wide ? sizeof header.wide : sizeof header.narrow))
        return false;
    *segment = wide ? (struct segment){header.wide.p_type, header.wide.p_offset,
                                       header.wide.p_filesz, header.wide.p_align}
                    : (struct segment){header.narrow.p_type, header.narrow.p_offset,
                                       header.narrow.p_filesz, header.narrow.p_align};
    return true;
}

static bool read_build_id(int fd, char id[FILE_ID_BYTES]) {
    static const unsigned char own_order =
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    union {
        unsigned char ident[EI_NIDENT];
        Elf32_Ehdr narrow;
        Elf64_Ehdr wide;
    } head;
    bool found = false;
    if (!read_at(fd, 0, &head, sizeof head) || memcmp(head.ident, ELFMAG, SELFMAG) != 0 ||
        head.ident[EI_DATA] != own_order)
        return false;
    bool wide = head.ident[EI_CLASS] == ELFCLASS64;
    uint64_t at = wide ? head.wide.e_phoff : head.narrow.e_phoff;
    size_t count = wide ? head.wide.e_phnum : head.narrow.e_phnum;
    size_t each = wide ? head.wide.e_phentsize : head.narrow.e_phentsize;
    unsigned char *notes = malloc(NOTES_BYTES_MAX);
    for (size_t i = 0; notes != NULL && !found && i < count && i < SEGMENTS_MAX; i++) {
        struct segment segment;
        if (!read_segment(fd, wide, at + i * each, &segment))
            break;
        found = segment.type == PT_NOTE && segment.bytes <= NOTES_BYTES_MAX &&
                read_at(fd, segment.offset, notes, segment.bytes) &&
                find_in_notes(notes, segment.bytes, segment.alignment == 8 ? 8 : 4, id);
    }
    free(notes);
    return found;
}

/* ---- Content ---- */

static bool read_content(int fd, char id[FILE_ID_BYTES]) {
    static unsigned char piece[1 << 16];
    struct hash hash;
    ssize_t got;
    hash_begin(&hash);
    while ((got = read(fd, piece, sizeof piece)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        hash_add(&hash, piece, (size_t)got);
    }
    snprintf(id, FILE_ID_BYTES, "xxh64:%016" PRIx64, hash_end(&hash));
    return true;
}

bool file_id_read(const char *path, bool content, char id[FILE_ID_BYTES], struct error *reason) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool regular = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    bool read = regular && ((!content && read_build_id(fd, id)) || read_content(fd, id));
    if (fd >= 0 && !regular)
        error_set(reason, "it is not a regular file");
    else if (!read)
        error_set(reason, "%s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return read;
}

bool file_is_script(const char *path) {
    char begin[2] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is = fd >= 0 && pread(fd, begin, sizeof begin, 0) == sizeof begin && begin[0] == '#' &&
              begin[1] == '!';
    if (fd >= 0)
        close(fd);
    return is;
}

/* ---- Many files ---- */

struct known_file {
    char *path;
    bool content;
    struct stat status;
    char id[FILE_ID_BYTES];
};

struct file_ids {
    void *tree; /* of struct known_file, by path and kind */
};

static int compare_files(const void *left, const void *right) {
    const struct known_file *a = left, *b = right;
    int order = strcmp(a->path, b->path);
    return order != 0 ? order : (int)a->content - (int)b->content;
}

struct file_ids *file_ids_new(void) {
    return calloc(1, sizeof(struct file_ids));
}

static void free_file(void *entry) {
    free(((struct known_file *)entry)->path);
    free(entry);
}

void file_ids_free(struct file_ids *ids) {
    if (ids != NULL)
        tdestroy(ids->tree, free_file);
    free(ids);
}

static bool is_unchanged(const struct stat *before, const struct stat *now) {
    return before->st_dev == now->st_dev && before->st_ino == now->st_ino &&
           before->st_size == now->st_size && before->st_mtim.tv_sec == now->st_mtim.tv_sec &&
           before->st_mtim.tv_nsec == now->st_mtim.tv_nsec &&
           before->st_ctim.tv_sec == now->st_ctim.tv_sec &&
           before->st_ctim.tv_nsec == now->st_ctim.tv_nsec;
}

static void keep(struct file_ids *ids, const struct known_file *entry) {
    struct known_file *copy = malloc(sizeof *copy);
    if (copy == NULL)
        return; /* it is only read again */
    *copy = *entry;
    copy->path = strdup(entry->path);
    if (copy->path == NULL || tsearch(copy, &ids->tree, compare_files) == NULL)
        free_file(copy);
}

bool file_ids_read(struct file_ids *ids, const char *path, bool content, char id[FILE_ID_BYTES],
                   struct error *reason) {
    struct known_file wanted = {.path = (char *)(size_t)path, .content = content};
    if (stat(path, &wanted.status) != 0) {
        error_set(reason, "%s", strerror(errno));
        return false;
    }
    struct known_file *const *found = tfind(&wanted, &ids->tree, compare_files);
    if (found != NULL && is_unchanged(&(*found)->status, &wanted.status)) {
        memcpy(id, (*found)->id, FILE_ID_BYTES);
        return true;
    }
    if (!file_id_read(path, content, wanted.id, reason))
        return false;
    memcpy(id, wanted.id, FILE_ID_BYTES);
    if (found != NULL) {
        (*found)->status = wanted.status;
        memcpy((*found)->id, wanted.id, FILE_ID_BYTES);
    } else {
        keep(ids, &wanted);
    }
    return true;
}
