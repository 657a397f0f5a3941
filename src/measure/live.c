#include "measure/live.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc/profile_record.h"
#include "base/buffer.h"
#include "measure/profile_region.h"
#include "measure/stacks.h"

enum { ENVIRONMENT_BYTES_MAX = 4 << 20, PATH_BYTES = 256 };

struct live_run {
    int pid; /* of the process to look at; 0: of the whole run */
    struct run_record record;
    int profile_fd; /* below 0: not profiled */
    uint32_t slot;  /* that was looked at last */
    bool has_slot;
    struct profile_region_names *names; /* of names_slot, or NULL */
    uint32_t names_slot;
    uint32_t maps_bytes; /* that they know */
};

/* ---- Finding the record ---- */

static bool read_all(const char *path, struct buffer *text) {
    char piece[4096];
    ssize_t got;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while ((got = read(fd, piece, sizeof piece)) > 0)
        if (!buffer_append(text, piece, (size_t)got))
            break;
    int reason = errno;
    close(fd);
    errno = reason;
    return got == 0 && buffer_append(text, "", 0);
}

/* Of "NAME=value" one after the other, each with its NUL. */
static const char *variable_of(const struct buffer *environment, const char *name) {
    size_t length = strlen(name);
    for (size_t at = 0; at < environment->length;) {
        const char *entry = environment->bytes + at;
        if (strncmp(entry, name, length) == 0 && entry[length] == '=')
            return entry + length + 1;
        at += strnlen(entry, environment->length - at) + 1;
    }
    return NULL;
}

/* A heapgate's own descriptor of that name, as a path; empty when it has none. One that is
 * inherited from the heapgate around it ("NUMBER:INODE", or NULL) is not its own. */
static void find_descriptor(int pid, const char *name, const char *inherited,
                            char path[PATH_BYTES]) {
    int skipped = inherited != NULL && inherited[0] != '\0' ? atoi(inherited) : -1;
    char folder[64], target[64], wanted[64];
    snprintf(folder, sizeof folder, "/proc/%d/fd", pid);
    snprintf(wanted, sizeof wanted, "/memfd:%s (deleted)", name);
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    path[0] = '\0';
    while (entries != NULL && path[0] == '\0' && (entry = readdir(entries)) != NULL) {
        ssize_t length = readlinkat(dirfd(entries), entry->d_name, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        if (strcmp(target, wanted) == 0 && atoi(entry->d_name) != skipped)
            snprintf(path, PATH_BYTES, "%s/%.20s", folder, entry->d_name);
    }
    if (entries != NULL)
        closedir(entries);
}

/* What another process says is a record may be anything. */
static int open_shared(const char *path, uint64_t least_bytes) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        (uint64_t)status.st_size >= least_bytes)
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

static bool find_paths(struct live_run *run, int pid, char record[PATH_BYTES],
                       char profile[PATH_BYTES], struct error *error) {
    char path[64];
    struct buffer environment = BUFFER_INIT(ENVIRONMENT_BYTES_MAX);
    snprintf(path, sizeof path, "/proc/%d/environ", pid);
    bool read = read_all(path, &environment);
    int reason = errno;
    const char *named = read ? variable_of(&environment, RECORD_ENVIRONMENT) : NULL;
    const char *profiled = read ? variable_of(&environment, PROFILE_ENVIRONMENT) : NULL;
    find_descriptor(pid, "heapgate-record",
                    read ? variable_of(&environment, RECORD_INHERITED) : NULL, record);
    find_descriptor(pid, "heapgate-profile",
                    read ? variable_of(&environment, PROFILE_INHERITED) : NULL, profile);
    if (record[0] == '\0' && named != NULL) {
        run->pid = pid;
        snprintf(record, PATH_BYTES, "%s", named);
        snprintf(profile, PATH_BYTES, "%s", profiled != NULL ? profiled : "");
    }
    buffer_fini(&environment);
    if (record[0] != '\0')
        return true;
    if (!read && (reason == ENOENT || reason == ESRCH))
        error_set(error, "there is no process %d", pid);
    else if (!read)
        error_set(error, "process %d cannot be looked at: %s", pid, strerror(reason));
    else
        error_set(error, "process %d was not started under heapgate run", pid);
    return false;
}

struct live_run *live_open(int pid, struct error *error) {
    char record[PATH_BYTES], profile[PATH_BYTES];
    struct live_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        error_set(error, "out of memory");
        return NULL;
    }
    run->profile_fd = run->record.fd = -1;
    if (!find_paths(run, pid, record, profile, error))
        goto failed;
    int fd = open_shared(record, RECORD_HEADER_BYTES + RECORD_SLOT_BYTES);
    if (fd < 0) {
        error_set(error,
                  errno == ENOENT ? "the heapgate that started process %d is gone: %s"
                                  : "the record of process %d cannot be read: %s",
                  pid, strerror(errno));
        goto failed;
    }
    if (!run_record_open(&run->record, fd, error))
        goto failed;
    if (profile[0] != '\0')
        run->profile_fd = open_shared(profile, PROFILE_REGION_BYTES);
    return run;
failed:
    live_free(run);
    return NULL;
}

void live_free(struct live_run *run) {
    if (run == NULL)
        return;
    profile_region_names_free(run->names);
    if (run->profile_fd >= 0)
        close(run->profile_fd);
    run_record_fini(&run->record);
    free(run);
}

/* ---- Looking ---- */

bool live_resident(int pid, struct live_resident *resident) {
    char path[64], text[128];
    unsigned long pages = 0, shared = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    if (sscanf(text, "%*s %lu %lu", &pages, &shared) != 2)
        return false;
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    *resident = (struct live_resident){.bytes = pages * page_bytes,
                                       .anonymous_bytes =
                                           pages > shared ? (pages - shared) * page_bytes : 0};
    return true;
}

uint64_t live_resident_bytes(int pid) {
    struct live_resident resident;
    return live_resident(pid, &resident) ? resident.bytes : 0;
}

static bool is_last_image(const struct run_record *record, uint32_t index) {
    for (uint32_t i = index + 1; i < record->slot_count; i++)
        if (record->slots[i]->pid == record->slots[index]->pid)
            return false;
    return true;
}

/* Chooses the slot; false when it is of a process that has ended. */
static bool choose(struct live_run *run, size_t *process_count) {
    int64_t most = -1;
    *process_count = 0;
    for (uint32_t i = 0; i < run->record.slot_count; i++) {
        const struct record_slot *slot = run->record.slots[i];
        struct counter_glance glance;
        if (atomic_load(&slot->state) != RECORD_ACTIVE || !is_last_image(&run->record, i))
            continue;
        bool goes_on = live_resident_bytes(slot->pid) > 0;
        *process_count += goes_on;
        counter_glance(slot, &glance);
        bool wanted = run->pid == 0 ? goes_on && glance.live_bytes > most : slot->pid == run->pid;
        if (!wanted)
            continue;
        most = glance.live_bytes;
        run->slot = i;
        run->has_slot = true;
    }
    return run->has_slot && live_resident_bytes(run->record.slots[run->slot]->pid) > 0;
}

bool live_look(struct live_run *run, struct live_look *look) {
    *look = (struct live_look){.case_key = run->record.header->case_key};
    look->elapsed_ms = run_record_ms(&run->record, run_record_now_ns());
    bool goes_on = run_record_open_slots(&run->record, NULL) && choose(run, &look->process_count);
    if (!run->has_slot)
        return false;
    const struct record_slot *slot = run->record.slots[run->slot];
    uint32_t phases = atomic_load(&slot->phase_count);
    if (phases > 0 && phases <= RECORD_PHASES && !slot->phases[phases - 1].ended)
        look->phase = slot->phases[phases - 1].name;
    look->pid = slot->pid;
    look->command = slot->command;
    look->units_done = atomic_load(&slot->units_done);
    look->rss_bytes = goes_on ? live_resident_bytes(slot->pid) : 0;
    counter_glance(slot, &look->counters);
    return goes_on;
}

/* ---- Call stacks ---- */

/* Anew when there are more modules than before. */
static bool know_modules(struct live_run *run, const struct profile_region *region) {
    if (run->names != NULL && run->names_slot == run->slot && run->maps_bytes == region->maps_bytes)
        return true;
    profile_region_names_free(run->names);
    run->names = profile_region_names_new(region);
    run->names_slot = run->slot;
    run->maps_bytes = region->maps_bytes;
    return run->names != NULL;
}

/* The heaviest are few, and sites may be many: only these get their names. */
struct heavy {
    uint32_t site;
    struct profile_held live;
};

static size_t find_heaviest(const struct profile_region *region, uint32_t count,
                            struct heavy heavy[RESULT_SITES_MAX], int64_t *other_bytes) {
    size_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct heavy one = {i, region->sites[i].live};
        size_t at = kept;
        while (at > 0 && heavy[at - 1].live.bytes < one.live.bytes)
            at--;
        if (one.live.bytes <= 0 || at == RESULT_SITES_MAX) {
            *other_bytes += one.live.bytes;
            continue;
        }
        if (kept == RESULT_SITES_MAX)
            *other_bytes += heavy[--kept].live.bytes;
        memmove(&heavy[at + 1], &heavy[at], (kept - at) * sizeof heavy[0]);
        heavy[at] = one;
        kept++;
    }
    return kept;
}

bool live_sites(struct live_run *run, struct result *result) {
    struct heavy heavy[RESULT_SITES_MAX];
    struct symbols_stack stack;
    int64_t other_bytes = 0;
    if (run->profile_fd < 0 || !run->has_slot)
        return true;
    struct profile_region *region = profile_region_open(run->profile_fd, run->slot, NULL);
    if (region == NULL)
        return true;
    struct stacks *stacks = stacks_new();
    bool fine = stacks != NULL && know_modules(run, region);
    size_t kept = fine ? find_heaviest(region, region->site_count, heavy, &other_bytes) : 0;
    for (size_t i = 0; fine && i < kept; i++) {
        const struct profile_kept figures = {.peak = heavy[i].live};
        fine = profile_region_name_stack(run->names, region, heavy[i].site, &stack) &&
               stacks_add(stacks, &stack, &figures);
    }
    fine = fine && stacks_keep(stacks, result);
    result->other_bytes += other_bytes;
    stacks_free(stacks);
    profile_region_close(region);
    return fine;
}
