/* A place is resolved once and kept by its address; lines are kept by their text and module, so
 * that two places that read the same are one pointer. */
#include "measure/symbols.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/debug_info.h"
#include "measure/demangle.h"

static bool is_one_of(const char *const *names, size_t count, const char *symbol) {
    size_t length = strcspn(symbol, "."); /* the compiler's copies: admit_block.constprop.0 */
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == length && strncmp(symbol, names[i], length) == 0)
            return true;
    return false;
}

/* Of the allocator that a program links, by whole names, since a program may well have a heap_push
 * or a count of its own; those that are only ever inlined, by their file too. */
static bool is_linked_allocator(const struct debug_info_frame *frame) {
    static const char *const names[] = {"malloc",
                                        "calloc",
                                        "realloc",
                                        "reallocarray",
                                        "posix_memalign",
                                        "aligned_alloc",
                                        "memalign",
                                        "valloc",
                                        "pvalloc",
                                        "heap_malloc",
                                        "heap_calloc",
                                        "heap_realloc",
                                        "heap_memalign",
                                        "heap_valloc",
                                        "heap_reallocarray",
                                        "heap_posix_memalign",
                                        "heap_pvalloc",
                                        "heap_aligned_alloc",
                                        "new_block",
                                        "new_nothrow",
                                        "new_aligned",
                                        "new_aligned_nothrow",
                                        "admit_block",
                                        "admit_otherwise",
                                        "resize_block",
                                        "resize_profiled",
                                        "profiled_add",
                                        "profiled_move",
                                        "aligned_block",
                                        "aligned_up",
                                        "count_shared",
                                        "count_over_ceiling",
                                        "capture_crossing"};
    static const char *const inlined[] = {
        "capture_stack", "take_site", "count",      "aligned_as",  "tell_crossing", "end_alone",
        "apply",         "tell",      "tell_alone", "apply_alone", "apply_shared"};
    bool from_here = frame->file != NULL && strstr(frame->file, "src/alloc/") != NULL;
    if (frame->symbol == NULL || (frame->file != NULL && !from_here))
        return false;
    return is_one_of(names, sizeof names / sizeof names[0], frame->symbol) ||
           (from_here && is_one_of(inlined, sizeof inlined / sizeof inlined[0], frame->symbol));
}

/* Operators new stand for it, whosever they are. */
static bool is_allocator(const struct debug_info_frame *frame) {
    return strcmp(symbols_base_name(frame->module), "libheapgate_preload.so") == 0 ||
           (frame->symbol != NULL && strncmp(frame->symbol, "_Zn", 3) == 0) ||
           is_linked_allocator(frame);
}

const char *symbols_base_name(const char *path) {
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
    struct debug_info *modules;
    struct place *places;           /* a hash table, at most half full */
    size_t place_count, place_room; /* room is a power of two, or 0 */
    struct symbols_line **lines;    /* likewise */
    size_t line_count, line_room;
};

/* The lines of one place while they are found. */
struct lines {
    struct symbols *symbols;
    uint64_t address;
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

static struct symbols_line **find_line(struct symbols_line **lines, size_t room, const char *text,
                                       const char *module) {
    size_t at = hash_text(text) & (room - 1);
    while (lines[at] != NULL && (lines[at]->module != module || strcmp(lines[at]->text, text) != 0))
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
            *find_line(lines, room, symbols->lines[i]->text, symbols->lines[i]->module) =
                symbols->lines[i];
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

static char *text_of(const struct debug_info_frame *frame, const char *function) {
    char *text;
    const char *module = symbols_base_name(frame->module);
    int length;
    if (frame->file != NULL)
        length = asprintf(&text, "%s (%s:%d)", function != NULL ? function : "??",
                          symbols_base_name(frame->file), frame->line);
    else if (function == NULL && frame->module != NULL)
        length = asprintf(&text, "?? (%s+0x%" PRIx64 ")", module, frame->offset);
    else
        length = asprintf(&text, "%s in %s", function != NULL ? function : "??", module);
    return length < 0 ? NULL : text;
}

static void free_line(struct symbols_line *line) {
    if (line == NULL)
        return;
    free(line->text);
    free(line->function);
    free(line);
}

/* Without the version that a library gives a symbol, "@@GLIBC_2.34". NULL when it is not known, or
 * memory is out. */
static char *function_of(const struct debug_info_frame *frame) {
    char *function = frame->symbol != NULL ? demangle_name(frame->symbol) : NULL;
    char *version = function != NULL && frame->runtime ? strchr(function, '@') : NULL;
    if (version != NULL)
        *version = '\0';
    return function;
}

/* NULL when memory is out. */
static struct symbols_line *new_line(const struct debug_info_frame *frame, uint64_t address) {
    struct symbols_line *line = calloc(1, sizeof *line);
    if (line == NULL)
        return NULL;
    *line = (struct symbols_line){
        .function = function_of(frame),
        .file = frame->file != NULL ? symbols_base_name(frame->file) : NULL,
        .number = frame->line,
        .module = frame->module,
        .address = address,
        .allocator = is_allocator(frame),
        .system = is_system(frame->module, frame->file),
        .runtime = frame->runtime,
    };
    if (frame->symbol != NULL && line->function == NULL) {
        free_line(line);
        return NULL;
    }
    line->text = text_of(frame, line->function);
    if (line->text != NULL)
        return line;
    free_line(line);
    return NULL;
}

static bool add_line(void *context, const struct debug_info_frame *frame) {
    struct lines *lines = context;
    struct symbols *symbols = lines->symbols;
    if (lines->count == PLACE_LINES_MAX)
        return true;
    struct symbols_line *made = new_line(frame, lines->address - 1);
    if (made == NULL || !make_room_for_line(symbols)) {
        free_line(made);
        return false;
    }
    struct symbols_line **kept =
        find_line(symbols->lines, symbols->line_room, made->text, made->module);
    if (*kept != NULL) {
        free_line(made);
    } else {
        *kept = made;
        symbols->line_count++;
    }
    lines->items[lines->count++] = *kept;
    return true;
}

struct symbols *symbols_new(const char *maps, size_t bytes) {
    struct symbols *symbols = calloc(1, sizeof *symbols);
    if (symbols != NULL && (symbols->modules = debug_info_new(maps, bytes)) == NULL) {
        free(symbols);
        return NULL;
    }
    return symbols;
}

void symbols_free(struct symbols *symbols) {
    if (symbols == NULL)
        return;
    for (size_t i = 0; i < symbols->place_room; i++)
        free((void *)(uintptr_t)symbols->places[i].lines);
    for (size_t i = 0; i < symbols->line_room; i++)
        free_line(symbols->lines[i]);
    free(symbols->places);
    free(symbols->lines);
    debug_info_free(symbols->modules);
    free(symbols);
}

const struct symbols_line *const *symbols_find(struct symbols *symbols, uint64_t address) {
    if (!make_room_for_place(symbols))
        return NULL;
    struct place *place = find_place(symbols->places, symbols->place_room, address);
    if (place->lines != NULL)
        return place->lines;
    struct lines found = {.symbols = symbols, .address = address};
    const struct symbols_line **lines = NULL;
    if (debug_info_find(symbols->modules, address, add_line, &found))
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
    uint32_t count = crossing->frame_count <= RECORD_FRAMES ? crossing->frame_count : RECORD_FRAMES;
    uint32_t bytes =
        crossing->maps_bytes <= RECORD_MAPS_BYTES ? crossing->maps_bytes : RECORD_MAPS_BYTES;
    struct symbols *symbols = symbols_new(crossing->maps, bytes);
    struct symbols_stack stack = {.count = 0};
    char **texts = NULL;
    if (symbols != NULL && bytes > 0 && symbols_stack(symbols, crossing->frames, count, &stack) &&
        stack.count > 0)
        texts = symbols_texts(&stack);
    symbols_free(symbols);
    return texts;
}
