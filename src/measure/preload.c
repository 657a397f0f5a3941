#include "measure/preload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/process.h"

#define LIBRARY "libheapgate_preload.so"
#define CAPTURE "libheapgate_capture.so"

/* The folder above the one of a program: /usr for /usr/bin/heapgate. */
static bool find_prefix(const char *program, char prefix[PATH_MAX]) {
    if (realpath(program, prefix) == NULL)
        return false;
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(prefix, '/');
        if (slash == NULL)
            return false;
        *slash = '\0';
    }
    return true;
}

/* LD_PRELOAD is split at spaces and colons, and no way to quote them. */
static bool usable(const char *path, struct error *error) {
    if (access(path, R_OK) != 0)
        return false;
    if (strpbrk(path, " :") == NULL)
        return true;
    error_set(error, "the preload library cannot be used from a path with a space or a colon: %s",
              path);
    return false;
}

/* In a library folder of the same prefix as a program. */
static bool beside(const char *program, char path[PATH_MAX], struct error *error) {
    static const char *const folders[] = {HEAPGATE_LIBRARY_FOLDER, "lib"};
    char prefix[PATH_MAX];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (find_prefix(program, prefix) &&
            snprintf(path, PATH_MAX, "%s/%s/" LIBRARY, prefix, folders[i]) < PATH_MAX &&
            usable(path, error))
            return true;
    return false;
}

static bool find_library(char path[PATH_MAX], struct error *error) {
    const char *named = getenv("HEAPGATE_PRELOAD");
    if (named != NULL && named[0] != '\0') {
        snprintf(path, PATH_MAX, "%s", named);
        if (usable(path, error))
            return true;
        error_set(error, "the preload library %s ($HEAPGATE_PRELOAD) cannot be read", named);
        return false;
    }
    char command[PATH_MAX];
    if (beside("/proc/self/exe", path, error) ||
        (process_find_program("heapgate", command, sizeof command) && beside(command, path, error)))
        return true;
    snprintf(path, PATH_MAX, "%s/" LIBRARY, HEAPGATE_LIBRARY_INSTALLED);
    if (usable(path, error))
        return true;
    error_set(error,
              "the preload library " LIBRARY " was not found beside this program, beside the "
              "heapgate command in PATH, or in %s; set HEAPGATE_PRELOAD to its path",
              HEAPGATE_LIBRARY_INSTALLED);
    return false;
}

/* ":FOLDER/libheapgate_capture.so", from the folder of `library`; nothing if it is not there. */
static void find_capture(const char *library, char text[PATH_MAX]) {
    const char *slash = strrchr(library, '/');
    int length = slash != NULL ? (int)(slash - library) : 1;
    if (snprintf(text, PATH_MAX, ":%.*s/" CAPTURE, length, slash != NULL ? library : ".") >=
            PATH_MAX ||
        access(text + 1, R_OK) != 0)
        text[0] = '\0';
}

bool preload_variable(bool with_capture, char variable[PRELOAD_VARIABLE_BYTES],
                      struct error *error) {
    char path[PATH_MAX], capture[PATH_MAX] = "";
    if (!find_library(path, error))
        return false;
    if (with_capture)
        find_capture(path, capture);
    const char *others = getenv("LD_PRELOAD");
    int length =
        snprintf(variable, PRELOAD_VARIABLE_BYTES, "LD_PRELOAD=%s%s%s%s", path, capture,
                 others != NULL && others[0] != '\0' ? ":" : "", others != NULL ? others : "");
    if (length < PRELOAD_VARIABLE_BYTES)
        return true;
    error_set(error, "LD_PRELOAD would be longer than %d bytes", PRELOAD_VARIABLE_BYTES);
    return false;
}
