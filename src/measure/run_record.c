#include "measure/run_record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "alloc/read.h"
#include "measure/process_name.h"

uint64_t run_record_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t run_record_ms(const struct run_record *record, uint64_t at_ns) {
    uint64_t start_ns = record->header->start_ns;
    return at_ns > start_ns ? (at_ns - start_ns) / 1000000 : 0;
}

bool run_record_new(struct run_record *record, const char *case_key, uint64_t limit_bytes,
                    struct error *error) {
    uint32_t slots = RECORD_SLOTS;
    *record = (struct run_record){.fd = -1};
    record->fd = shared_file_new("record", RECORD_HEADER_BYTES, RECORD_SLOT_BYTES, &slots, error);
    if (record->fd < 0)
        return false;
    void *mapped =
        mmap(NULL, RECORD_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, record->fd, 0);
    if (mapped == MAP_FAILED) {
        error_set(error, "cannot make the shared record: %s", strerror(errno));
        run_record_fini(record);
        return false;
    }
    record->header = mapped;
    memcpy(record->header->magic, RECORD_MAGIC, sizeof record->header->magic);
    record->header->version = RECORD_VERSION;
    record->header->slot_bytes = RECORD_SLOT_BYTES;
    record->header->slots_total = slots;
    record->header->limit_bytes = limit_bytes;
    record->header->start_ns = run_record_now_ns();
    if (case_key != NULL)
        snprintf(record->header->case_key, sizeof record->header->case_key, "%s", case_key);
    snprintf(record->variable, sizeof record->variable, RECORD_ENVIRONMENT "=/proc/%ld/fd/%d",
             (long)getpid(), record->fd);
    record->inherited_fd =
        shared_file_inherit(record->fd, RECORD_INHERITED, record->inherited_variable);
    return true;
}

bool run_record_open(struct run_record *record, int fd, struct error *error) {
    void *mapped = mmap(NULL, RECORD_HEADER_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    *record = (struct run_record){.fd = fd};
    if (mapped == MAP_FAILED) {
        error_set(error, "cannot read the record: %s", strerror(errno));
        run_record_fini(record);
        return false;
    }
    record->header = mapped;
    if (memcmp(record->header->magic, RECORD_MAGIC, sizeof record->header->magic) == 0 &&
        record->header->version == RECORD_VERSION &&
        record->header->slot_bytes == RECORD_SLOT_BYTES)
        return true;
    error_set(error, "the run is measured by another version of heapgate");
    run_record_fini(record);
    return false;
}

bool run_record_open_slots(struct run_record *record, struct error *error) {
    uint32_t claimed = atomic_load(&record->header->slots_claimed);
    uint32_t total = record->header->slots_total;
    if (claimed > total || total > RECORD_SLOTS) {
        error_set(error, "%u processes ran, and a record holds %u%s", claimed, total,
                  total < RECORD_SLOTS ? " where files are limited (ulimit -f)" : "");
        return false;
    }
    struct record_slot **slots = reallocarray(record->slots, claimed + 1, sizeof(*slots));
    if (slots == NULL) {
        error_set(error, "out of memory");
        return false;
    }
    record->slots = slots;
    for (uint32_t i = record->slot_count; i < claimed; i++) {
        void *mapped = mmap(NULL, RECORD_SLOT_BYTES, PROT_READ, MAP_SHARED, record->fd,
                            (off_t)(RECORD_HEADER_BYTES + i * RECORD_SLOT_BYTES));
        if (mapped == MAP_FAILED) {
            error_set(error, "cannot read the shared record: %s", strerror(errno));
            return false;
        }
        record->slots[record->slot_count++] = mapped;
    }
    return true;
}

void run_record_fini(struct run_record *record) {
    for (uint32_t i = 0; i < record->slot_count; i++)
        munmap(record->slots[i], RECORD_SLOT_BYTES);
    free(record->slots);
    if (record->header != NULL)
        munmap(record->header, RECORD_HEADER_BYTES);
    if (record->fd >= 0)
        close(record->fd);
    if (record->inherited_fd > 0)
        close(record->inherited_fd);
    *record = (struct run_record){.fd = -1};
}

/* The scope of that name in a slot with the highest peak, or NULL. The names come from the
 * measured process, which may have damaged them. */
static bool find_scope(const struct record_slot *slot, const char *name,
                       const struct record_scope **found, struct error *error) {
    *found = NULL;
    for (uint32_t i = 0; name != NULL && i < slot->scope_count && i < HEAPGATE_SCOPES_TOTAL; i++) {
        const struct record_scope *scope = &slot->scopes[i];
        if (strncmp(scope->name, name, sizeof scope->name) != 0)
            continue;
        if (!scope->ended) {
            error_set(error, "the scope \"%s\" began and did not end", name);
            return false;
        }
        if (*found == NULL || scope->usage.peak_bytes > (*found)->usage.peak_bytes)
            *found = scope;
    }
    return true;
}

/* Prefers a scope to none, and the higher peak. */
static bool is_better(const struct run_figures *figures, const struct record_scope *scope,
                      uint64_t peak_bytes) {
    if (figures->slot == NULL || (figures->scope == NULL) != (scope == NULL))
        return figures->slot == NULL || scope != NULL;
    return peak_bytes > figures->usage.peak_bytes;
}

/* Why a program that was started did not count. */
static const char *describe_start(uint32_t reason) {
    switch (reason) {
    case RECORD_MUSL:
        return "its C library is musl, and the counting allocator is for glibc";
    case RECORD_UNREACHED:
        return "it could not map its part of the record (no address space left: ulimit -v, or "
               "another "
               "root, user or PID namespace)";
    default:
        return "it never loaded the counting allocator (statically linked, set-user-ID, "
               "sanitized, its environment was cleared, or it cannot reach the allocator or the "
               "record: another root, user or PID namespace)";
    }
}

static const char *describe(uint32_t state) {
    switch (state) {
    case RECORD_SHADOWED:
        return "it brings its own malloc, which stands in front of the counting allocator";
    case RECORD_VALGRIND:
        return "it runs under valgrind, which replaces malloc";
    case RECORD_SANITIZER:
        return "it is built with a sanitizer, whose allocator replaces malloc";
    default:
        return describe_start(RECORD_NEVER_LOADED);
    }
}

/* The last state in which an image of that process started; RECORD_EMPTY when none did. */
static uint32_t state_of(const struct run_record *record, int pid) {
    uint32_t state = RECORD_EMPTY;
    for (uint32_t i = 0; i < record->slot_count; i++)
        if (record->slots[i]->pid == pid)
            state = atomic_load(&record->slots[i]->state);
    return state;
}

/* A start that is still noted, and that is not a spawn whose child has a slot. */
static bool is_lost(const struct run_record *record, const struct record_start *start) {
    int pid = atomic_load(&start->pid);
    return pid > 0 || (pid < 0 && state_of(record, -pid) == RECORD_EMPTY);
}

/* Of the processes but the root: what did not count at all. `program` is not terminated. */
static void count_lost(const struct run_record *record, int root_pid, struct run_figures *figures) {
    uint32_t noted = atomic_load(&record->header->starts_noted);
    uint32_t nameless = 0; /* slots that were claimed and could not be mapped */
    for (uint32_t i = 0; i < noted && i < RECORD_STARTS; i++) {
        const struct record_start *start = &record->header->starts[i];
        if (is_lost(record, start) && atomic_load(&start->pid) != root_pid &&
            figures->lost_processes++ == 0)
            snprintf(figures->lost_program, sizeof figures->lost_program, "%.*s: %s",
                     RECORD_PROGRAM_BYTES, start->program, describe_start(start->reason));
        nameless += start->reason == RECORD_UNREACHED && atomic_load(&start->pid) != 0;
    }
    for (uint32_t i = 0; i < record->slot_count; i++) {
        const struct record_slot *slot = record->slots[i];
        uint32_t state = atomic_load(&slot->state);
        if (slot->pid == 0 && nameless > 0 && nameless--)
            continue; /* told above, by name */
        if (state != RECORD_ACTIVE && slot->pid != root_pid && figures->lost_processes++ == 0)
            snprintf(figures->lost_program, sizeof figures->lost_program, "%.*s: %s",
                     RECORD_COMMAND_BYTES, slot->command, describe(state));
    }
}

/* The note of a process that could not map its slot, or NULL. */
static const struct record_start *find_unreached(const struct run_record *record, int pid) {
    uint32_t noted = atomic_load(&record->header->starts_noted);
    for (uint32_t i = 0; i < noted && i < RECORD_STARTS; i++) {
        const struct record_start *start = &record->header->starts[i];
        if (atomic_load(&start->pid) == pid && start->reason == RECORD_UNREACHED)
            return start;
    }
    return NULL;
}

/* The command's own process must have counted, and its last image too: a launcher that execs a
 * program which cannot be counted is not that program's measurement. */
static bool check_root(const struct run_record *record, int root_pid, struct error *error) {
    uint32_t noted = atomic_load(&record->header->starts_noted);
    if (noted > RECORD_STARTS) {
        error_set(error, "more programs were started than the %d that a record holds",
                  RECORD_STARTS);
        return false;
    }
    uint32_t state = state_of(record, root_pid);
    const struct record_start *unreached = find_unreached(record, root_pid);
    if (unreached != NULL) {
        error_set(error, "the allocator was not active in %.*s: %s", RECORD_PROGRAM_BYTES,
                  unreached->program, describe_start(unreached->reason));
        return false;
    }
    if (state != RECORD_ACTIVE) {
        error_set(error, "the allocator was not active in the command: %s", describe(state));
        return false;
    }
    for (uint32_t i = 0; i < noted; i++) {
        const struct record_start *start = &record->header->starts[i];
        if (atomic_load(&start->pid) != root_pid || !is_lost(record, start))
            continue;
        error_set(error,
                  "the allocator was not active in %.*s, which the command replaced itself "
                  "with: %s",
                  RECORD_PROGRAM_BYTES, start->program, describe_start(start->reason));
        return false;
    }
    return true;
}

bool run_record_figures(const struct run_record *record, const char *case_key, const char *process,
                        int root_pid, struct run_figures *figures, struct error *error) {
    *figures = (struct run_figures){0};
    if (!check_root(record, root_pid, error))
        return false;
    for (uint32_t i = 0; i < record->slot_count; i++) {
        const struct record_slot *slot = record->slots[i];
        const struct record_scope *scope;
        heapgate_usage usage;
        if (atomic_load(&slot->state) != RECORD_ACTIVE)
            continue;
        if (!find_scope(slot, case_key, &scope, error))
            return false;
        counter_peek(slot, &usage);
        figures->processes++;
        figures->sum_peak_bytes += usage.peak_bytes;
        if (!process_name_matches(process, slot))
            continue;
        if (scope != NULL)
            usage = scope->usage;
        if (is_better(figures, scope, usage.peak_bytes)) {
            figures->slot = slot;
            figures->scope = scope;
            figures->usage = usage;
        }
    }
    if (figures->slot == NULL)
        process_name_none_matches(record->slots, record->slot_count, process, error);
    else if (figures->scope == NULL)
        count_lost(record, root_pid, figures);
    return figures->slot != NULL;
}

bool run_record_scope(const struct run_record *record, const char *case_key, const char *process,
                      struct run_figures *figures, struct error *error) {
    *figures = (struct run_figures){0};
    for (uint32_t i = 0; i < record->slot_count; i++) {
        const struct record_scope *scope;
        if (!process_name_matches(process, record->slots[i]))
            continue;
        if (!find_scope(record->slots[i], case_key, &scope, error))
            return false;
        if (scope == NULL)
            continue;
        if (figures->scope != NULL) {
            error_set(error, "several processes have a scope \"%s\"", case_key);
            return false;
        }
        figures->slot = record->slots[i];
        figures->scope = scope;
    }
    return true;
}
