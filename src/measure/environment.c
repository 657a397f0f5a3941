#include "measure/environment.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "alloc/record.h"
#include "base/file.h"
#include "measure/library.h"

/* ---- The machine ---- */

/* The value of "KEY=value" or KEY="value" on a line of its own; empty when it is not there. */
static void find_value(const char *text, const char *key, char value[LIBRARY_TEXT_BYTES]) {
    size_t length = strlen(key);
    const char *line = text;
    value[0] = '\0';
    for (; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) != 0 || line[length] != '=')
            continue;
        line += length + 1;
        line += *line == '"' || *line == '\'';
        snprintf(value, LIBRARY_TEXT_BYTES, "%.*s", (int)strcspn(line, "\"'\n"), line);
        return;
    }
}

/* "debian 12", or of one without numbers "arch"; empty where nothing says it. */
static void find_distribution(char distribution[2 * LIBRARY_TEXT_BYTES]) {
    static const char *const files[] = {"/etc/os-release", "/usr/lib/os-release"};
    struct buffer text = BUFFER_INIT(1 << 16);
    char id[LIBRARY_TEXT_BYTES] = "", version[LIBRARY_TEXT_BYTES] = "";
    for (size_t i = 0; id[0] == '\0' && i < sizeof files / sizeof files[0]; i++) {
        buffer_clear(&text);
        if (!file_read(files[i], &text, NULL) || text.bytes == NULL)
            continue;
        find_value(text.bytes, "ID", id);
        find_value(text.bytes, "VERSION_ID", version);
    }
    buffer_fini(&text);
    snprintf(distribution, 2 * LIBRARY_TEXT_BYTES, "%s%s%s", id, version[0] != '\0' ? " " : "",
             version);
}

bool environment_note_machine(struct result *result) {
    struct utsname machine;
    char libc[64], distribution[2 * LIBRARY_TEXT_BYTES];
    snprintf(libc, sizeof libc, "glibc %s", gnu_get_libc_version());
    find_distribution(distribution);
    return uname(&machine) == 0 && result_set_environment(result, "arch", machine.machine) &&
           result_set_environment(result, "libc", libc) &&
           (distribution[0] == '\0' ||
            result_set_environment(result, "distribution", distribution));
}

/* ---- The program ---- */

/* Of the C library, which "libc" tells, and what heapgate brings along. */
static bool is_left_out(const char *path) {
    static const char *const names[] = {"ld-linux",    "ld64.so",     "linux-vdso",    "linux-gate",
                                        "libc.so.",    "libm.so.",    "libpthread.so", "libdl.so.",
                                        "librt.so.",   "libutil.so.", "libresolv.so.", "libnss_",
                                        "libheapgate_"};
    const char *slash = strrchr(path, '/');
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(slash != NULL ? slash + 1 : path, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

size_t loaded_modules(const struct record_slot *slot, const char **paths, size_t most) {
    const struct record_modules *modules = &slot->modules;
    uint32_t noted = atomic_load(&modules->count);
    size_t count = 0;
    for (uint32_t i = 0; i < noted && i < RECORD_MODULES && count < most; i++)
        if (modules->items[i].kind == RECORD_LIBRARY &&
            modules->items[i].path_at < RECORD_MODULE_PATHS_BYTES)
            paths[count++] = modules->paths + modules->items[i].path_at;
    return count;
}

static bool add_new(struct result *result, const char *name, const char *value) {
    return result_environment(result, name) != NULL || result_set_environment(result, name, value);
}

bool environment_note_program(struct result *result, const char *program,
                              const char *const *libraries, size_t count) {
    struct library_packages packages = LIBRARY_PACKAGES_INIT;
    char text[LIBRARY_TEXT_BYTES], version[LIBRARY_TEXT_BYTES];
    size_t added = 0;
    bool fine =
        program == NULL || !library_compiler(program, text) || add_new(result, "compiler", text);
    for (size_t i = 0; fine && i < count && added < RESULT_LIBRARIES_MAX; i++) {
        if (is_left_out(libraries[i]) || !library_identify(libraries[i], &packages, text, version))
            continue;
        fine = add_new(result, text, version);
        added++;
    }
    library_packages_fini(&packages);
    return fine;
}

/* ---- What the caller adds ---- */

bool environment_pair_valid(const char *text, struct error *error) {
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+";
    size_t length = strspn(text, letters);
    char name[LIBRARY_TEXT_BYTES];
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : 0), text);
    if (text[length] != '=' || name[0] == '\0' || text[length + 1] == '\0' ||
        strlen(text + length + 1) > RESULT_VALUE_BYTES_MAX) {
        error_set(error,
                  "\"%.100s\" is not NAME=VALUE: expected a name of letters, digits and \"_-.+\", "
                  "at most %d bytes, and a value of 1 to %d bytes",
                  text, LIBRARY_TEXT_BYTES - 1, RESULT_VALUE_BYTES_MAX);
        return false;
    }
    if (!result_environment_is_own(name))
        return true;
    error_set(error, "\"%s\" is what heapgate itself finds out: expected another name", name);
    return false;
}

bool environment_note_pairs(struct result *result, const char *const *pairs) {
    for (; pairs != NULL && *pairs != NULL; pairs++) {
        const char *equals = strchr(*pairs, '=');
        char *name = equals != NULL ? strndup(*pairs, (size_t)(equals - *pairs)) : NULL;
        bool fine = name != NULL && result_set_environment(result, name, equals + 1);
        free(name);
        if (!fine)
            return false;
    }
    return true;
}
