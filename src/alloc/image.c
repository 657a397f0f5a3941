#include "alloc/image.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* The end of a path says more than its begin: the name of the program is there. */
static void note_executable(struct record_slot *slot) {
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    size_t most = sizeof slot->executable - 1;
    if (length <= 0)
        return;
    path[length] = '\0';
    size_t skipped = (size_t)length > most ? (size_t)length - most : 0;
    strcpy(slot->executable, path + skipped);
}

static void note_arguments(struct record_slot *slot, char *const *argv) {
    size_t room = sizeof slot->arguments;
    for (; argv[slot->argument_count] != NULL; slot->argument_count++) {
        const char *argument = argv[slot->argument_count];
        size_t length = room > 0 ? strlen(argument) + 1 : 0;
        if (length > room)
            length = room;
        memcpy(slot->arguments + slot->argument_bytes, argument, length);
        slot->argument_bytes += (uint32_t)length;
        room -= length;
    }
    slot->arguments[sizeof slot->arguments - 1] = '\0';
}

void image_note(struct record_slot *slot, char *const *argv) {
    int reason = errno;
    note_executable(slot);
    slot->argument_count = slot->argument_bytes = 0;
    if (argv != NULL)
        note_arguments(slot, argv);
    errno = reason;
}

void image_inherit(struct record_slot *slot, const struct record_slot *parent) {
    memcpy(slot->executable, parent->executable, sizeof slot->executable);
    memcpy(slot->arguments, parent->arguments, sizeof slot->arguments);
    slot->argument_count = parent->argument_count;
    slot->argument_bytes = parent->argument_bytes;
}
