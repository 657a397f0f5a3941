/* A place is resolved once and kept by its address; lines are kept by their text, so that two places
 * with the same text are one pointer. */
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
        "pvalloc",           "capture_stack",      "walk_stack",    "admit_profiled",
        "move_profiled",     "resize_profiled"};
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

enum { PLACE_LINES_MAX = 64 }; /* a frame may stand for several inlined functions */

struct place {
    uint64_t address;
    const struct symbols_line *const *lines; /* NULL-terminated; NULL in a free entry */
};

struct symbols {
    Dwfl *dwfl;
    struct place *places;           /* a hash table, at most half full */
    size_t place_count, place_room; /* room is a power of two, or 0 */
    struct symbols_line **lines;    /* likewise */
    size_t line_count, line_room;
};

/* The lines of one place while they are found. */
struct lines {
    struct symbols *symbols;
    const struct symbols_line *items[PLACE_LINES_MAX];
    size_t count;
};

static size_t hash_text(const char *text) {
    uint64_t hash = 0;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ hash >> 32);
}

static size_t hash_address(uint64_t address) {
    uint64_t hash = address * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash ^ hash >> 32);
}

static struct symbols_line **find_line(struct symbols_line **lines, size_t room,
                                       const char *text) {
    size_t at = hash_text(text) & (room - 1);
    while (lines[at] != NULL && strcmp(lines[at]->text, text) != 0)
        at = (at + 1) & (room - 1);
    return &lines[at];
}

static struct place *find_place(struct place *places, size_t room, uint64_t address) {
    size_t at = hash_address(address) & (room - 1);
    while (places[at].lines != NULL && places[at].address != address)
        at = (at + 1) & (room - 1);
    return &places[at];
}

enum { ROOM_FIRST = 256 };

static bool make_room_for_line(struct symbols *symbols) {
    if (symbols->line_count < symbols->line_room / 2)
        return true;
    size_t room = symbols->line_room > 0 ? 2 * symbols->line_room : ROOM_FIRST;
    struct symbols_line **lines = calloc(room, sizeof *lines);
    if (lines == NULL)
        return false;
    for (size_t i = 0; i < symbols->line_room; i++)
        if (symbols->lines[i] != NULL)
            *find_line(lines, room, symbols->lines[i]->text) = symbols->lines[i];
    free(symbols->lines);
    symbols->lines = lines;
    symbols->line_room = room;
    return true;
}

static bool make_room_for_place(struct symbols *symbols) {
    if (symbols->place_count < symbols->place_room / 2)
        return true;
    size_t room = symbols->place_room > 0 ? 2 * symbols->place_room : ROOM_FIRST;
    struct place *places = calloc(room, sizeof *places);
    if (places == NULL)
        return false;
    for (size_t i = 0; i < symbols->place_room; i++)
        if (symbols->places[i].lines != NULL)
            *find_place(places, room, symbols->places[i].address) = symbols->places[i];
    free(symbols->places);
    symbols->places = places;
    symbols->place_room = room;
    return true;
}

/* Or a function of such a library's header, inlined. */
static bool is_system(const char *module, const char *file) {
    static const char *const folders[] = {"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/"};
    for (size_t i = 0; module != NULL && i < sizeof folders / sizeof folders[0]; i++)
        if (strncmp(module, folders[i], strlen(folders[i])) == 0 && strstr(module, ".so") != NULL)
            return true;
    return file != NULL && (strncmp(file, "/usr/include/", strlen("/usr/include/")) == 0 ||
                            strstr(file, "/include/c++/") != NULL);
}

/* "function (file:line)", or "function in module" without debug information. False when memory is
 * out. */
static bool add_line(struct lines *lines, const char *name, const char *file, int number,
                     const char *module) {
    char *text;
    bool own = (name != NULL && is_allocator_frame(name)) ||
               (file != NULL && strstr(file, "src/alloc/") != NULL) ||
               (module != NULL && strcmp(base_name(module), "libheapgate_preload.so") == 0);
    if (lines->count == PLACE_LINES_MAX)
        return true;
    if (name == NULL)
        name = "??";
    if (!make_room_for_line(lines->symbols) ||
        (file != NULL ? asprintf(&text, "%s (%s:%d)", name, base_name(file), number)
                      : asprintf(&text, "%s in %s", name, base_name(module))) < 0)
        return false;
    struct symbols_line **kept = find_line(lines->symbols->lines, lines->symbols->line_room, text);
    if (*kept != NULL) {
        free(text);
    } else {
        if ((*kept = malloc(sizeof **kept)) == NULL) {
            free(text);
            return false;
        }
        **kept = (struct symbols_line){text, own, is_system(module, file)};
        lines->symbols->line_count++;
    }
    lines->items[lines->count++] = *kept;
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
                        const char *module, const char **file, int *number) {
    Dwarf_Die *scopes = NULL, *parents = NULL;
    int count = dwarf_getscopes(unit, address, &scopes), inner = 0;
    bool fine = true;
    while (inner < count && !is_function(&scopes[inner]))
        inner++;
    int depth = inner < count ? dwarf_getscopes_die(&scopes[inner], &parents) : 0;
    for (int i = 0; fine && i < depth && dwarf_tag(&parents[i]) != DW_TAG_subprogram; i++) {
        if (dwarf_tag(&parents[i]) != DW_TAG_inlined_subroutine)
            continue;
        fine = add_line(lines, dwarf_diename(&parents[i]), *file, *number, module);
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
    Dwfl_Module *module = dwfl != NULL ? dwfl_addrmodule(dwfl, address - 1) : NULL;
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
        if (!add_inlined(lines, unit, address - 1 - bias, path, &file, &number))
            return false;
    }
    const char *name =
        dwfl_module_addrinfo(module, address - 1, &offset, &entry, NULL, NULL, NULL);
    return add_line(lines, name, file, number, path);
}

/* NULL when there are no maps, or memory is out: then addresses stay "??". */
static Dwfl *open_modules(const char *text, size_t bytes) {
    FILE *maps = bytes > 0 ? fmemopen((void *)(uintptr_t)text, bytes, "r") : NULL;
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

struct symbols *symbols_new(const char *maps, size_t bytes) {
    struct symbols *symbols = calloc(1, sizeof *symbols);
    if (symbols != NULL)
        symbols->dwfl = open_modules(maps, bytes);
    return symbols;
}

void symbols_free(struct symbols *symbols) {
    if (symbols == NULL)
        return;
    for (size_t i = 0; i < symbols->place_room; i++)
        free((void *)(uintptr_t)symbols->places[i].lines);
    for (size_t i = 0; i < symbols->line_room; i++)
        if (symbols->lines[i] != NULL) {
            free(symbols->lines[i]->text);
            free(symbols->lines[i]);
        }
    free(symbols->places);
    free(symbols->lines);
    if (symbols->dwfl != NULL)
        dwfl_end(symbols->dwfl);
    free(symbols);
}

const struct symbols_line *const *symbols_find(struct symbols *symbols, uint64_t address) {
    if (!make_room_for_place(symbols))
        return NULL;
    struct place *place = find_place(symbols->places, symbols->place_room, address);
    if (place->lines != NULL)
        return place->lines;
    struct lines found = {.symbols = symbols};
    const struct symbols_line **lines = NULL;
    if (add_frame(&found, symbols->dwfl, address))
        lines = calloc(found.count + 1, sizeof *lines);
    if (lines == NULL)
        return NULL;
    memcpy(lines, found.items, found.count * sizeof *lines);
    *place = (struct place){address, lines};
    symbols->place_count++;
    return lines;
}

bool symbols_stack(struct symbols *symbols, const uint64_t *frames, size_t frame_count,
                   struct symbols_stack *stack) {
    bool own = true; /* nothing but the allocator's own frames so far */
    stack->count = 0;
    for (size_t i = 0; i < frame_count; i++) {
        const struct symbols_line *const *lines = symbols_find(symbols, frames[i]);
        if (lines == NULL)
            return false;
        for (; *lines != NULL && stack->count < SYMBOLS_STACK_MAX; lines++) {
            own = own && (*lines)->allocator;
            if (!own)
                stack->lines[stack->count++] = *lines;
        }
    }
    return true;
}

char **symbols_texts(const struct symbols_stack *stack) {
    char **texts = calloc(stack->count + 1, sizeof *texts);
    for (size_t i = 0; texts != NULL && i < stack->count; i++)
        if ((texts[i] = strdup(stack->lines[i]->text)) == NULL) {
            while (i-- > 0)
                free(texts[i]);
            free(texts);
            return NULL;
        }
    return texts;
}

char **symbols_resolve(const struct record_crossing *crossing) {
    uint32_t count =
        crossing->frame_count <= RECORD_FRAMES ? crossing->frame_count : RECORD_FRAMES;
    uint32_t bytes =
        crossing->maps_bytes <= RECORD_MAPS_BYTES ? crossing->maps_bytes : RECORD_MAPS_BYTES;
    struct symbols *symbols = symbols_new(crossing->maps, bytes);
    struct symbols_stack stack = {.count = 0};
    char **texts = NULL;
    if (symbols != NULL && symbols->dwfl != NULL &&
        symbols_stack(symbols, crossing->frames, count, &stack) && stack.count > 0)
        texts = symbols_texts(&stack);
    symbols_free(symbols);
    return texts;
}
