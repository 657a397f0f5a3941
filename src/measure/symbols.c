#include "measure/symbols.h"

#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
};

/* Frames of the allocator itself end with the interposed symbol; what calls that is of interest.
 * Inlining and tail calls leave some of these out. */
static bool is_allocator_frame(const char *name) {
    static const char *const names[] = {
        "capture_crossing", "count_over_ceiling", "count_shared",   "admit",    "admit_otherwise",
        "resize",           "aligned",            "new_block",      "new_nothrow",
        "new_aligned",      "new_aligned_nothrow", "malloc",        "calloc",   "realloc",
        "reallocarray",     "posix_memalign",     "aligned_alloc",  "memalign", "valloc",
        "pvalloc"};
    size_t length = strcspn(name, "."); /* the compiler's copies: admit.constprop.0 */
    if (strncmp(name, "heap_", 5) == 0 || strncmp(name, "_Zn", 3) == 0)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == length && strncmp(name, names[i], length) == 0)
            return true;
    return false;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* By the index of addresses, or by asking each compilation unit where there is none: clang leaves
 * the index out. False without debug information. */
static bool find_line(Dwfl_Module *module, Dwarf_Addr address, const char **file, int *number) {
    Dwfl_Line *line = dwfl_module_getsrc(module, address);
    if (line != NULL) {
        *file = dwfl_lineinfo(line, NULL, number, NULL, NULL, NULL);
        return *file != NULL;
    }
    Dwarf_Addr bias = 0;
    for (Dwarf_Die *unit = NULL; (unit = dwfl_module_nextcu(module, unit, &bias)) != NULL;) {
        Dwarf_Line *found = dwarf_haspc(unit, address - bias) > 0
                                ? dwarf_getsrc_die(unit, address - bias)
                                : NULL;
        if (found == NULL)
            continue;
        *file = dwarf_linesrc(found, NULL, NULL);
        return *file != NULL && dwarf_lineno(found, number) == 0;
    }
    return false;
}

/* `address` is a return address: the call is what stands before it. */
static char *describe(Dwfl *dwfl, uint64_t address, const char **symbol) {
    char *text = NULL;
    Dwfl_Module *module = dwfl_addrmodule(dwfl, address - 1);
    GElf_Off offset = 0;
    GElf_Sym entry;
    *symbol = NULL;
    if (module != NULL)
        *symbol = dwfl_module_addrinfo(module, address - 1, &offset, &entry, NULL, NULL, NULL);
    const char *name = *symbol != NULL ? *symbol : "??";
    const char *path = NULL;
    if (module != NULL)
        dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, &path, NULL);
    const char *file = NULL;
    int line_number = 0;
    int length;
    if (module != NULL && find_line(module, address - 1, &file, &line_number))
        length = asprintf(&text, "%s (%s:%d)", name, base_name(file), line_number);
    else if (path != NULL)
        length = asprintf(&text, "%s in %s", name, base_name(path));
    else
        length = asprintf(&text, "0x%" PRIx64, address);
    return length < 0 ? NULL : text;
}

static Dwfl *open_modules(const struct record_crossing *crossing) {
    uint32_t bytes =
        crossing->maps_bytes <= RECORD_MAPS_BYTES ? crossing->maps_bytes : RECORD_MAPS_BYTES;
    FILE *maps = bytes > 0 ? fmemopen((void *)(uintptr_t)crossing->maps, bytes, "r") : NULL;
    Dwfl *dwfl = maps != NULL ? dwfl_begin(&callbacks) : NULL;
    if (dwfl != NULL) {
        dwfl_report_begin(dwfl);
        dwfl_linux_proc_maps_report(dwfl, maps);
        dwfl_report_end(dwfl, NULL, NULL);
    }
    if (maps != NULL)
        fclose(maps);
    return dwfl;
}

char **symbols_resolve(const struct record_crossing *crossing) {
    uint32_t count =
        crossing->frame_count <= RECORD_FRAMES ? crossing->frame_count : RECORD_FRAMES;
    char **lines = count > 0 ? calloc(count + 1, sizeof *lines) : NULL;
    Dwfl *dwfl = lines != NULL ? open_modules(crossing) : NULL;
    size_t kept = 0;
    bool own = true;
    for (uint32_t i = 0; dwfl != NULL && i < count; i++) {
        const char *symbol;
        char *text = describe(dwfl, crossing->frames[i], &symbol);
        if (text == NULL)
            break;
        own = own && symbol != NULL && is_allocator_frame(symbol);
        if (own)
            free(text);
        else
            lines[kept++] = text;
    }
    if (dwfl != NULL)
        dwfl_end(dwfl);
    if (kept == 0) {
        free(lines);
        return NULL;
    }
    return lines;
}
