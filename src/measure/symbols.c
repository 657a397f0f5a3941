#include "measure/symbols.h"

#include <dwarf.h>
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
    if (path == NULL)
        return "an unknown module";
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

enum { LINES_MAX = 4 * RECORD_FRAMES }; /* a frame may stand for several inlined functions */

struct lines {
    char **items; /* NULL-terminated */
    size_t count;
    bool own;     /* nothing but the allocator's own frames so far */
};

/* "function (file:line)", or "function in module" without debug information. False when memory is
 * out. Takes no frame that is the allocator's own, up to the first that isn't. */
static bool add_line(struct lines *lines, const char *name, const char *file, int number,
                     const char *module) {
    char *text;
    lines->own = lines->own && ((name != NULL && is_allocator_frame(name)) ||
                                (file != NULL && strstr(file, "src/alloc/") != NULL));
    if (lines->own || lines->count == LINES_MAX)
        return true;
    if (name == NULL)
        name = "??";
    if ((file != NULL ? asprintf(&text, "%s (%s:%d)", name, base_name(file), number)
                      : asprintf(&text, "%s in %s", name, base_name(module))) < 0)
        return false;
    lines->items[lines->count++] = text;
    return true;
}

/* By the index of addresses, or by asking each compilation unit where there is none: clang leaves
 * the index out. NULL without debug information. */
static Dwarf_Die *find_unit(Dwfl_Module *module, Dwarf_Addr address, Dwarf_Addr *bias) {
    Dwarf_Die *unit = dwfl_module_addrdie(module, address, bias);
    if (unit != NULL)
        return unit;
    while ((unit = dwfl_module_nextcu(module, unit, bias)) != NULL)
        if (dwarf_haspc(unit, address - *bias) > 0)
            return unit;
    return NULL;
}

static int find_number(Dwarf_Die *die, unsigned attribute) {
    Dwarf_Attribute found;
    Dwarf_Word value;
    return dwarf_formudata(dwarf_attr(die, attribute, &found), &value) == 0 ? (int)value : 0;
}

static const char *find_file(Dwarf_Die *unit, int index) {
    Dwarf_Files *files;
    size_t count;
    if (dwarf_getsrcfiles(unit, &files, &count) != 0 || index <= 0 || (size_t)index >= count)
        return NULL;
    return dwarf_filesrc(files, (size_t)index, NULL, NULL);
}

static bool is_function(Dwarf_Die *die) {
    int tag = dwarf_tag(die);
    return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

/* The functions at an address, innermost first: each that was inlined, with the line of its caller
 * as the next one's. The last, which the symbol table knows, is left to the caller, with *file and
 * *number where it stands. */
static bool add_inlined(struct lines *lines, Dwarf_Die *unit, Dwarf_Addr address,
                        const char **file, int *number) {
    Dwarf_Die *scopes = NULL, *parents = NULL;
    int count = dwarf_getscopes(unit, address, &scopes), inner = 0;
    bool fine = true;
    while (inner < count && !is_function(&scopes[inner]))
        inner++;
    int depth = inner < count ? dwarf_getscopes_die(&scopes[inner], &parents) : 0;
    for (int i = 0; fine && i < depth && dwarf_tag(&parents[i]) != DW_TAG_subprogram; i++) {
        if (dwarf_tag(&parents[i]) != DW_TAG_inlined_subroutine)
            continue;
        fine = add_line(lines, dwarf_diename(&parents[i]), *file, *number, "");
        const char *caller = find_file(unit, find_number(&parents[i], DW_AT_call_file));
        *file = caller != NULL ? caller : *file;
        *number = find_number(&parents[i], DW_AT_call_line);
    }
    free(scopes);
    free(parents);
    return fine;
}

/* `address` is a return address: the call is what stands before it. */
static bool add_frame(struct lines *lines, Dwfl *dwfl, uint64_t address) {
    Dwfl_Module *module = dwfl_addrmodule(dwfl, address - 1);
    const char *path = NULL, *file = NULL;
    int number = 0;
    GElf_Off offset = 0;
    GElf_Sym entry;
    Dwarf_Addr bias = 0;
    if (module == NULL)
        return add_line(lines, NULL, NULL, 0, path);
    path = dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL); /* the file's path */
    Dwarf_Die *unit = find_unit(module, address - 1, &bias);
    Dwarf_Line *line = unit != NULL ? dwarf_getsrc_die(unit, address - 1 - bias) : NULL;
    if (line != NULL) {
        file = dwarf_linesrc(line, NULL, NULL);
        dwarf_lineno(line, &number);
        if (!add_inlined(lines, unit, address - 1 - bias, &file, &number))
            return false;
    }
    const char *name =
        dwfl_module_addrinfo(module, address - 1, &offset, &entry, NULL, NULL, NULL);
    return add_line(lines, name, file, number, path);
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
    struct lines lines = {.items = calloc(LINES_MAX + 1, sizeof *lines.items), .own = true};
    Dwfl *dwfl = lines.items != NULL && count > 0 ? open_modules(crossing) : NULL;
    for (uint32_t i = 0; dwfl != NULL && i < count; i++)
        if (!add_frame(&lines, dwfl, crossing->frames[i]))
            break;
    if (dwfl != NULL)
        dwfl_end(dwfl);
    if (lines.count > 0)
        return lines.items;
    free(lines.items);
    return NULL;
}
