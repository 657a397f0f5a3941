/* libdw, asked frame by frame. Of the C and C++ libraries only the symbol table is looked at: their
 * debug information is compressed, and inflating it takes longer than many a measured program. */
#include "measure/debug_info.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct debug_info {
    Dwfl *dwfl;       /* NULL: nothing is known of any address */
    char *debug_path; /* what libdw's callbacks point to */
    Dwfl_Callbacks callbacks;
};

struct debug_info *debug_info_new(const char *maps, size_t bytes) {
    struct debug_info *modules = calloc(1, sizeof *modules);
    if (modules == NULL)
        return NULL;
    const char *path = getenv(DEBUG_INFO_DEBUG_PATH);
    if (path != NULL && (modules->debug_path = strdup(path)) == NULL) {
        free(modules);
        return NULL;
    }
    modules->callbacks =
        (Dwfl_Callbacks){.find_elf = dwfl_linux_proc_find_elf,
                         .find_debuginfo = dwfl_standard_find_debuginfo,
                         .debuginfo_path = path != NULL ? &modules->debug_path : NULL};
    FILE *lines = bytes > 0 ? fmemopen((void *)(uintptr_t)maps, bytes, "r") : NULL;
    modules->dwfl = lines != NULL ? dwfl_begin(&modules->callbacks) : NULL;
    if (modules->dwfl != NULL) {
        dwfl_report_begin(modules->dwfl);
        dwfl_linux_proc_maps_report(modules->dwfl, lines);
        dwfl_report_end(modules->dwfl, NULL, NULL);
    }
    if (lines != NULL)
        fclose(lines);
    return modules;
}

void debug_info_free(struct debug_info *modules) {
    if (modules == NULL)
        return;
    if (modules->dwfl != NULL)
        dwfl_end(modules->dwfl);
    free(modules->debug_path);
    free(modules);
}

static bool is_runtime(const char *path) {
    static const char *const names[] = {"libc.so",   "libc-2.",    "ld-linux",  "ld64.so",
                                        "ld-2.",     "libpthread", "libdl.so",  "libdl-2.",
                                        "libstdc++", "libc++.so",  "libc++abi", "libgcc_s"};
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    for (size_t i = 0; slash != NULL && i < sizeof names / sizeof names[0]; i++)
        if (strncmp(slash + 1, names[i], strlen(names[i])) == 0)
            return true;
    return false;
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

/* C++ has it with scope and parameters where the linker would; else the plain name. */
static const char *symbol_of(Dwarf_Die *function) {
    Dwarf_Attribute found;
    const char *linkage =
        dwarf_formstring(dwarf_attr_integrate(function, DW_AT_linkage_name, &found));
    return linkage != NULL ? linkage : dwarf_diename(function);
}

struct finding {
    struct debug_info_frame frame; /* at the end the function that is not inlined */
    bool (*each)(void *context, const struct debug_info_frame *frame);
    void *context;
};

/* Each function that was inlined, innermost first, with the line of its caller as the next one's.
 * The one that they were inlined into is left in the finding. */
static bool tell_inlined(struct finding *finding, Dwarf_Die *unit, Dwarf_Addr address) {
    Dwarf_Die *scopes = NULL, *parents = NULL;
    int count = dwarf_getscopes(unit, address, &scopes), inner = 0;
    bool fine = true;
    while (inner < count && !is_function(&scopes[inner]))
        inner++;
    int depth = inner < count ? dwarf_getscopes_die(&scopes[inner], &parents) : 0;
    const char *outer = NULL;
    for (int i = 0; fine && outer == NULL && i < depth; i++) {
        if (dwarf_tag(&parents[i]) == DW_TAG_subprogram)
            outer = symbol_of(&parents[i]);
        if (dwarf_tag(&parents[i]) != DW_TAG_inlined_subroutine)
            continue;
        finding->frame.symbol = symbol_of(&parents[i]);
        fine = finding->each(finding->context, &finding->frame);
        const char *caller = find_file(unit, find_number(&parents[i], DW_AT_call_file));
        finding->frame.file = caller != NULL ? caller : finding->frame.file;
        finding->frame.line = find_number(&parents[i], DW_AT_call_line);
    }
    finding->frame.symbol = outer;
    free(scopes);
    free(parents);
    return fine;
}

static bool tell_lines(struct finding *finding, Dwfl_Module *module, Dwarf_Addr address) {
    Dwarf_Addr bias = 0;
    Dwarf_Die *unit = find_unit(module, address, &bias);
    Dwarf_Line *line = unit != NULL ? dwarf_getsrc_die(unit, address - bias) : NULL;
    if (line == NULL)
        return true;
    finding->frame.file = dwarf_linesrc(line, NULL, NULL);
    dwarf_lineno(line, &finding->frame.line);
    return tell_inlined(finding, unit, address - bias);
}

bool debug_info_find(struct debug_info *modules, uint64_t address,
                     bool (*each)(void *context, const struct debug_info_frame *frame),
                     void *context) {
    struct finding finding = {.each = each, .context = context};
    struct debug_info_frame *frame = &finding.frame;
    uint64_t call = address - 1; /* what stands before the return address */
    Dwfl_Module *module = modules->dwfl != NULL ? dwfl_addrmodule(modules->dwfl, call) : NULL;
    GElf_Addr bias = 0;
    GElf_Off offset;
    GElf_Sym symbol;
    if (module == NULL)
        return each(context, frame);
    frame->module = dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    frame->offset = dwfl_module_getelf(module, &bias) != NULL ? call - bias : 0;
    frame->runtime = is_runtime(frame->module);
    if (!frame->runtime && !tell_lines(&finding, module, call))
        return false;
    if (frame->symbol == NULL) /* libdw goes through the whole table */
        frame->symbol = dwfl_module_addrinfo(module, call, &offset, &symbol, NULL, NULL, NULL);
    return each(context, frame);
}
