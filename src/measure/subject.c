#include "measure/subject.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/process.h"
#include "result/file_id.h"

/* The path from the root; NULL when memory is out. Links are kept: where one leads is a part of
 * what was measured. */
static char *absolute(const char *path) {
    char folder[PATH_MAX], *made = NULL;
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    if (path[0] == '/')
        return strdup(path);
    if (getcwd(folder, sizeof folder) == NULL)
        return strdup(path);
    return asprintf(&made, "%s/%s", folder, path) < 0 ? NULL : made;
}

/* A file that is there: a script by its content, a program or library as its linker names it. One
 * that is not there is left out, or kept as gone with what is known of it. */
static bool add_file(struct result_identity *identity, enum result_file_kind kind, const char *path,
                     const char *known) {
    char id[FILE_ID_BYTES] = "";
    bool script = kind != RESULT_INPUT && kind != RESULT_LIBRARY && file_is_script(path);
    bool content = kind == RESULT_INPUT || kind == RESULT_SCRIPT || script;
    bool there = known != NULL ? access(path, R_OK) == 0 : file_id_read(path, content, id, NULL);
    if (known != NULL)
        snprintf(id, sizeof id, "%s", known);
    return identity_add(identity, script ? RESULT_SCRIPT : kind, path, id, !there);
}

/* ---- Before ---- */

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool is_interpreter(const char *program) {
    static const char *const names[] = {"sh",     "ash",    "bash",    "dash",    "ksh*",
                                        "mksh",   "zsh",    "fish",    "python*", "pypy*",
                                        "perl*",  "ruby*",  "php*",    "lua*",    "node*",
                                        "tclsh*", "guile*", "Rscript", "gawk",    "mawk"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (fnmatch(names[i], base_name(program), 0) == 0)
            return true;
    return false;
}

/* Read by content also where no "#!" begins it. */
static bool add_script_argument(struct result_identity *identity, char *const *argv) {
    struct stat status;
    size_t at = 1;
    while (argv[at] != NULL && argv[at][0] == '-')
        at++;
    if (!is_interpreter(argv[0]) || argv[at] == NULL || stat(argv[at], &status) != 0 ||
        !S_ISREG(status.st_mode))
        return true;
    char *path = absolute(argv[at]);
    bool added = path != NULL && add_file(identity, RESULT_SCRIPT, path, NULL);
    free(path);
    return added;
}

bool subject_add_command(struct result_identity *identity, char *const *argv) {
    char found[PATH_MAX];
    if (!process_find_program(argv[0], found, sizeof found) || access(found, R_OK) != 0)
        return true;
    char *path = absolute(found);
    bool added = path != NULL && add_file(identity, RESULT_PROGRAM, path, NULL) &&
                 add_script_argument(identity, argv);
    free(path);
    return added;
}

bool subject_add_inputs(struct result_identity *identity, const char *const *inputs,
                        struct error *error) {
    for (size_t i = 0; inputs != NULL && inputs[i] != NULL; i++) {
        char id[FILE_ID_BYTES];
        struct error reason = {.set = false};
        if (!file_id_read(inputs[i], true, id, &reason)) {
            error_set(error, "the input %s cannot be read: %s", inputs[i], reason.text);
            return false;
        }
        char *path = absolute(inputs[i]);
        bool added = path != NULL && identity_add(identity, RESULT_INPUT, path, id, false);
        free(path);
        if (!added) {
            error_set(error, "out of memory");
            return false;
        }
    }
    return true;
}

/* ---- After ---- */

bool subject_check_inputs(const struct result_identity *identity, struct error *error) {
    for (size_t i = 0; i < identity->file_count; i++) {
        const struct result_file *file = &identity->files[i];
        char now[FILE_ID_BYTES] = "";
        if (file->kind != RESULT_INPUT)
            continue;
        if (file_id_read(file->path, true, now, NULL) && strcmp(now, file->id) == 0)
            continue;
        error_set(error,
                  "the input %s changed while it was measured, from %s to %s: name files that "
                  "the command only reads",
                  file->path, file->id, now[0] != '\0' ? now : "nothing");
        return false;
    }
    return true;
}

/* What a process wrote into its record may be damaged: nothing is read beyond the tables. */
static bool add_module(struct result_identity *identity, const struct record_modules *modules,
                       const struct record_module *item) {
    static const enum result_file_kind kinds[] = {[RECORD_PROGRAM] = RESULT_PROGRAM,
                                                  [RECORD_STARTED] = RESULT_PROGRAM,
                                                  [RECORD_LIBRARY] = RESULT_LIBRARY};
    char path[PATH_MAX], known[FILE_ID_BYTES];
    if (item->path_at >= sizeof modules->paths || item->kind > RECORD_LIBRARY)
        return true;
    snprintf(path, sizeof path, "%.*s", (int)(sizeof modules->paths - item->path_at),
             modules->paths + item->path_at);
    bool has = item->build_id_bytes > 0 && item->build_id_bytes <= RECORD_BUILD_ID_BYTES;
    if (has)
        file_id_of_build(item->build_id, item->build_id_bytes, known);
    if (item->kind == RECORD_STARTED && access(path, R_OK) != 0)
        return true; /* /dev/fd/3, or a script of another root */
    return path[0] != '/' || add_file(identity, kinds[item->kind], path, has ? known : NULL);
}

bool subject_add_record(struct result_identity *identity, const struct run_record *record) {
    for (uint32_t slot = 0; slot < record->slot_count; slot++) {
        const struct record_modules *modules = &record->slots[slot]->modules;
        uint32_t count = atomic_load(&record->slots[slot]->modules.count);
        for (uint32_t i = 0; i < count && i < RECORD_MODULES; i++)
            if (!add_module(identity, modules, &modules->items[i]))
                return false;
        identity->files_lost += modules->lost;
    }
    return true;
}

/* ---- Meanwhile ---- */

bool subject_looks_due(struct subject_looks *looks, uint64_t elapsed_ms) {
    if (elapsed_ms < looks->next_ms || elapsed_ms < SUBJECT_FIRST_LOOK_MS)
        return false;
    looks->next_ms = 2 * elapsed_ms;
    return true;
}

void subject_look(struct subject_looks *looks, int pid) {
    char name[64], line[PATH_MAX + 128], path[PATH_MAX], before[PATH_MAX] = "", permissions[8];
    snprintf(name, sizeof name, "/proc/%d/maps", pid);
    FILE *maps = fopen(name, "re");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%*s %7s %*s %*s %*s %4095[^\n]", permissions, path) != 2 ||
            path[0] != '/' || permissions[2] != 'x' || strcmp(path, before) == 0 ||
            access(path, R_OK) != 0)
            continue;
        snprintf(before, sizeof before, "%s", path);
        looks->failed = !add_file(&looks->seen, RESULT_LIBRARY, path, NULL) || looks->failed;
    }
    if (maps != NULL)
        fclose(maps);
}

static bool has_id(const struct result_identity *identity, const char *id) {
    for (size_t i = 0; i < identity->file_count; i++)
        if (strcmp(identity->files[i].id, id) == 0)
            return true;
    return false;
}

/* A map shows where links lead to: the same file has another path there. */
bool subject_looks_take(struct subject_looks *looks, struct result_identity *identity) {
    bool taken = !looks->failed;
    for (size_t i = 0; taken && i < looks->seen.file_count; i++) {
        const struct result_file *file = &looks->seen.files[i];
        taken = has_id(identity, file->id) ||
                identity_add(identity, file->kind, file->path, file->id, file->gone);
    }
    identity_fini(&looks->seen);
    return taken;
}
