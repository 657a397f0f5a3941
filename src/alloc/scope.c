/* The public interface to the counters of this process: scopes, usage, environment. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include <heapgate/heapgate.h>

#include "alloc/clock.h"
#include "alloc/counter.h"
#include "alloc/mapped.h"
#include "alloc/own.h"
#include "alloc/place.h"
#include "alloc/profile.h"

static heapgate_status fail(heapgate_error *error, heapgate_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static heapgate_status fail(heapgate_error *error, heapgate_status status, const char *format,
                            ...) {
    if (error == NULL)
        return status;
    va_list arguments;
    va_start(arguments, format);
    place_mute();
    vsnprintf(error->text, sizeof error->text, format, arguments);
    place_unmute();
    va_end(arguments);
    return status;
}

/* Under Massif, counting is Massif's: it is asked to write down what it has seen so far, all of it
 * and this very moment. Without a folder to write to nobody will look: then this is no
 * measurement. */
static bool massif_snapshot(uint32_t scope, const char *moment) {
    const char *folder = getenv(RECORD_SNAPSHOTS);
    char command[512];
    if (folder == NULL)
        return false;
    static const char *const kinds[] = {"all_snapshots", "snapshot"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int length = snprintf(command, sizeof command, "%s %s/%ld.%" PRIu32 ".%s.%s", kinds[i],
                              folder, (long)getpid(), scope, moment, kinds[i]);
        if (length < 0 || (size_t)length >= sizeof command ||
            VALGRIND_MONITOR_COMMAND(command) != 0)
            return false;
    }
    return true;
}

static bool under_massif(void) {
    return atomic_load(&own_slot->state) == RECORD_VALGRIND && getenv(RECORD_SNAPSHOTS) != NULL;
}

static heapgate_status check_active(heapgate_error *error) {
    place_find_always(); /* in a child of fork: own_slot is its own from here on */
    const char *inactive = own_inactive();
    if (inactive == NULL || under_massif())
        return HEAPGATE_OK;
    return fail(error, HEAPGATE_INVALID, "no measurement: %s", inactive);
}

/* The newest open scope of that name, or -1. */
static int find_open(const char *name) {
    for (int i = (int)own_slot->scope_count - 1; i >= 0; i--)
        if (!own_slot->scopes[i].ended && strcmp(own_slot->scopes[i].name, name) == 0)
            return i;
    return -1;
}

/* Whether the scope is what is measured. */
static bool is_case(const char *name) {
    return own_header != NULL && strcmp(own_header->case_key, name) == 0;
}

static heapgate_status begin(const char *name, heapgate_error *error) {
    struct record_slot *slot = own_slot;
    if (find_open(name) >= 0)
        return fail(error, HEAPGATE_USAGE, "the scope \"%s\" is open already", name);
    if (slot->scope_count == HEAPGATE_SCOPES_TOTAL)
        return fail(error, HEAPGATE_USAGE, "no room for the scope \"%s\": a process keeps %d", name,
                    HEAPGATE_SCOPES_TOTAL);
    uint32_t index = slot->scope_count;
    struct record_scope *scope = &slot->scopes[index];
    strcpy(scope->name, name);
    if (under_massif()) {
        slot->scope_count++;
        return massif_snapshot(index, "begin")
                   ? HEAPGATE_OK
                   : fail(error, HEAPGATE_INVALID, "Massif wrote no snapshot for \"%s\"", name);
    }
    bool armed = is_case(name);
    struct profile_hold hold;
    profile_hold(&hold);
    bool begun = counter_begin(slot, index, armed ? own_header->limit_bytes : 0);
    if (begun && armed) {
        profile_scope_begin();
        profile_snapshot_scope("begin", clock_now_ns());
    }
    profile_release(&hold);
    if (!begun)
        return fail(error, HEAPGATE_USAGE, "cannot begin the scope \"%s\": %d are open already",
                    name, HEAPGATE_SCOPES_OPEN);
    slot->scope_count++;
    mapped_scope_begin(index);
    return HEAPGATE_OK;
}

heapgate_status heapgate_scope_begin(const char *name, heapgate_error *error) {
    if (error != NULL)
        error->text[0] = '\0';
    if (name[0] == '\0' || strlen(name) >= HEAPGATE_NAME_BYTES)
        return fail(error, HEAPGATE_USAGE, "a scope's name has 1 to %d bytes",
                    HEAPGATE_NAME_BYTES - 1);
    heapgate_status status = check_active(error);
    if (status != HEAPGATE_OK)
        return status;
    owned_lock_take(&own_slot->tables_lock);
    status = begin(name, error);
    owned_lock_release(&own_slot->tables_lock);
    return status;
}

/* What a call that fails leaves behind: whoever does not look at its status judges no 0. */
static void spoil(heapgate_usage *usage) {
    if (usage == NULL)
        return;
    *usage = (heapgate_usage){.peak_bytes = HEAPGATE_UNMEASURED,
                              .live_bytes = INT64_MAX,
                              .allocations = HEAPGATE_UNMEASURED,
                              .allocated_bytes = HEAPGATE_UNMEASURED,
                              .largest_bytes = HEAPGATE_UNMEASURED,
                              .mapped_bytes = HEAPGATE_UNMEASURED};
}

static heapgate_status end(const char *name, uint64_t units, heapgate_usage *usage,
                           heapgate_error *error) {
    int index = find_open(name);
    if (index < 0)
        return fail(error, HEAPGATE_USAGE, "no scope \"%s\" is open", name);
    struct record_scope *scope = &own_slot->scopes[index];
    bool massif = under_massif();
    if (massif && !massif_snapshot((uint32_t)index, "end"))
        return fail(error, HEAPGATE_INVALID, "Massif wrote no snapshot for \"%s\"", name);
    if (!massif) {
        struct profile_hold hold;
        profile_hold(&hold);
        counter_end(own_slot, (uint32_t)index, clock_now_ns());
        mapped_scope_end((uint32_t)index);
        if (is_case(name)) {
            profile_scope_end();
            profile_snapshot_scope("end", clock_now_ns());
        }
        profile_release(&hold);
    }
    scope->units = units;
    __atomic_store_n(&scope->ended, 1, __ATOMIC_RELEASE);
    if (units == 0)
        return fail(error, HEAPGATE_INVALID,
                    "no measurement: the scope \"%s\" did no work (0 units)", name);
    if (usage != NULL)
        *usage = scope->usage;
    return HEAPGATE_OK;
}

heapgate_status heapgate_scope_end(const char *name, uint64_t units, heapgate_usage *usage,
                                   heapgate_error *error) {
    if (error != NULL)
        error->text[0] = '\0';
    spoil(usage);
    heapgate_status status = check_active(error);
    if (status != HEAPGATE_OK)
        return status;
    owned_lock_take(&own_slot->tables_lock);
    status = end(name, units, usage, error);
    owned_lock_release(&own_slot->tables_lock);
    return status;
}

heapgate_status heapgate_usage_read(heapgate_usage *usage, heapgate_error *error) {
    if (error != NULL)
        error->text[0] = '\0';
    spoil(usage);
    const char *inactive = own_inactive();
    if (inactive != NULL)
        return fail(error, HEAPGATE_INVALID, "no measurement: %s", inactive);
    struct profile_hold hold;
    profile_hold(&hold);
    counter_read(own_slot, usage);
    profile_release(&hold);
    usage->mapped_bytes = mapped_peak_bytes();
    return HEAPGATE_OK;
}

heapgate_status heapgate_environment(const char *name, const char *value, heapgate_error *error) {
    if (error != NULL)
        error->text[0] = '\0';
    if (name[0] == '\0' || strlen(name) >= RECORD_PAIR_BYTES || strlen(value) >= RECORD_PAIR_BYTES)
        return fail(error, HEAPGATE_USAGE,
                    "the environment \"%.80s\": name and value have at most "
                    "%d bytes",
                    name, RECORD_PAIR_BYTES - 1);
    heapgate_status status = HEAPGATE_OK;
    owned_lock_take(&own_slot->tables_lock);
    struct record_slot *slot = own_slot;
    uint32_t index = 0;
    while (index < slot->pair_count && strcmp(slot->pairs[index].name, name) != 0)
        index++;
    if (index == RECORD_PAIRS) {
        status = fail(error, HEAPGATE_USAGE, "the environment \"%s\": a process keeps %d", name,
                      RECORD_PAIRS);
    } else {
        strcpy(slot->pairs[index].name, name);
        strcpy(slot->pairs[index].value, value);
        if (index == slot->pair_count)
            slot->pair_count++;
    }
    owned_lock_release(&own_slot->tables_lock);
    return status;
}

const char *heapgate_version(void) {
    return HEAPGATE_VERSION;
}
