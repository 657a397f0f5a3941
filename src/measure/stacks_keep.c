/* What a result keeps of the stacks: the heaviest as its sites, and all of them by module. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/stacks_set.h"

/* The heaviest at the peak, and others: calls come from many small ones. */
enum {
    TEMPORARY_KEPT = 10,
    ALLOCATIONS_KEPT = 120,
    LIVE_KEPT = 10,
    HEAVY_KEPT = RESULT_SITES_MAX - TEMPORARY_KEPT - ALLOCATIONS_KEPT - LIVE_KEPT,
};

static char **texts_of(const struct stack *stack) {
    struct symbols_stack shown = {.count = stack->count < RESULT_FRAMES_MAX ? stack->count
                                                                            : RESULT_FRAMES_MAX};
    memcpy(shown.lines, stack->lines, shown.count * sizeof shown.lines[0]);
    return symbols_texts(&shown);
}

static size_t find_own(const struct stack *stack) {
    for (size_t i = 0; i < stack->count && i < RESULT_FRAMES_MAX; i++)
        if (!stack->lines[i]->system)
            return i;
    return 0;
}

/* Whose memory it is: the C library allocates for others. */
static const struct symbols_line *find_holder(const struct stack *stack) {
    for (size_t i = 0; i < stack->count; i++)
        if (!stack->lines[i]->runtime)
            return stack->lines[i];
    return stack->lines[0];
}

static const char *name_of(const struct symbols_line *holder) {
    return holder->module != NULL || holder->address != 0 ? symbols_base_name(holder->module)
                                                          : holder->text;
}

/* Without what the compiler adds to the name of a copy: "copy_row.part.0". */
static int function_length(const char *function) {
    static const char *const copies[] = {".constprop.", ".part.",     ".isra.",
                                         ".cold",       ".lto_priv.", " [clone "};
    size_t length = strlen(function);
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++) {
        const char *found = strstr(function, copies[i]);
        if (found != NULL && (size_t)(found - function) < length)
            length = (size_t)(found - function);
    }
    return (int)length;
}

/* "PQexec <- source_open": the function that the program called, and the program's; or, where the
 * program itself allocates, its function and that one's caller. Edits and rebuilds leave it as it
 * is. NULL when memory is out. */
static char *place_of(const struct stack *stack) {
    size_t own = find_own(stack), inner = own > 0 ? own - 1 : 0;
    const char *names[2] = {NULL, NULL};
    char *place;
    for (size_t i = 0; i < 2 && inner + i < stack->count; i++) {
        const struct symbols_line *line = stack->lines[inner + i];
        names[i] = line->function != NULL ? line->function : line->address != 0 ? "??" : line->text;
    }
    int length = names[1] == NULL ? asprintf(&place, "%.*s", function_length(names[0]), names[0])
                                  : asprintf(&place, "%.*s <- %.*s", function_length(names[0]),
                                             names[0], function_length(names[1]), names[1]);
    return length < 0 ? NULL : place;
}

static bool keep_site(const struct stack *stack, struct result *result) {
    const struct profile_kept *figures = &stack->figures;
    struct result_site site = {
        .bytes = figures->peak.bytes,
        /* How many blocks there were before the start is not known. */
        .blocks = figures->peak.blocks > 0 ? figures->peak.blocks : 0,
        .live_bytes = figures->live.bytes,
        .total_bytes = figures->total_bytes,
        .allocations = figures->allocations,
        .temporary = figures->temporary,
        .frames = texts_of(stack),
        .own_frame = find_own(stack),
        .module = strdup(name_of(find_holder(stack))),
        .place = place_of(stack),
    };
    result->sites[result->site_count++] = site; /* freed with it */
    return site.frames != NULL && site.module != NULL && site.place != NULL;
}

/* The entry of a module, or a new one; the last is for all that there is no room for. NULL when
 * memory is out. */
static struct result_module *find_module(struct result *result, const struct symbols_line *holder) {
    const char *name = name_of(holder);
    for (size_t i = 0; i < result->module_count; i++)
        if (strcmp(result->modules[i].name, name) == 0)
            return &result->modules[i];
    bool last = result->module_count + 1 >= RESULT_MODULES_MAX;
    if (result->module_count == RESULT_MODULES_MAX)
        return &result->modules[RESULT_MODULES_MAX - 1];
    struct result_module made = {
        .name = strdup(last ? "(other modules)" : name),
        .own = !last && holder->address != 0 && !holder->system,
    };
    if (made.name == NULL)
        return NULL;
    result->modules[result->module_count] = made;
    return &result->modules[result->module_count++];
}

static int heaviest_first(const void *left, const void *right) {
    const struct result_module *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Of the heaviest stacks first, so that what has no room is little. */
static bool keep_modules(const struct stacks *stacks, struct result *result) {
    result->modules = calloc(RESULT_MODULES_MAX, sizeof *result->modules);
    if (result->modules == NULL)
        return false;
    for (size_t i = 0; i < stacks->count; i++) {
        const struct stack *stack = stacks->sorted[i];
        if (stack->figures.peak.bytes == 0)
            continue;
        struct result_module *module = find_module(result, find_holder(stack));
        if (module == NULL)
            return false;
        module->bytes += stack->figures.peak.bytes;
        module->blocks += stack->figures.peak.blocks;
    }
    qsort(result->modules, result->module_count, sizeof *result->modules, heaviest_first);
    return true;
}

/* Equal ones stay in the order of what they hold at the peak, and then of their first time. */
static int by_number(const struct stack *a, const struct stack *b, uint64_t left, uint64_t right) {
    if (left != right)
        return left > right ? -1 : 1;
    if (a->figures.peak.bytes != b->figures.peak.bytes)
        return a->figures.peak.bytes > b->figures.peak.bytes ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static int most_temporary_first(const void *left, const void *right) {
    const struct stack *a = *(struct stack *const *)left, *b = *(struct stack *const *)right;
    return by_number(a, b, a->figures.temporary, b->figures.temporary);
}

static int most_allocations_first(const void *left, const void *right) {
    const struct stack *a = *(struct stack *const *)left, *b = *(struct stack *const *)right;
    return by_number(a, b, a->figures.allocations, b->figures.allocations);
}

static uint64_t not_negative(int64_t bytes) {
    return bytes > 0 ? (uint64_t)bytes : 0;
}

static int most_live_first(const void *left, const void *right) {
    const struct stack *a = *(struct stack *const *)left, *b = *(struct stack *const *)right;
    return by_number(a, b, not_negative(a->figures.live.bytes),
                     not_negative(b->figures.live.bytes));
}

/* Of those that hold little or nothing at the peak the few that stand out in another way. What was
 * taken stands at the front. */
static bool keep_more(const struct stack **stacks, size_t count, struct result *result,
                      int (*order)(const void *, const void *), size_t wanted) {
    bool kept = true;
    if (count > 1)
        qsort(stacks, count, sizeof(*stacks), order);
    for (size_t i = 0; i < count && i < wanted && kept; i++)
        kept = keep_site(stacks[i], result);
    return kept;
}

static int heaviest_site_first(const void *left, const void *right) {
    int64_t a = ((const struct result_site *)left)->bytes;
    int64_t b = ((const struct result_site *)right)->bytes;
    return a > b ? -1 : a < b;
}

/* The rest in three orders; each takes its few off the front. */
static bool keep_rest(const struct stack **rest, size_t count, struct result *result) {
    static const struct {
        int (*by)(const void *, const void *);
        size_t wanted;
    } orders[] = {{most_temporary_first, TEMPORARY_KEPT},
                  {most_allocations_first, ALLOCATIONS_KEPT},
                  {most_live_first, LIVE_KEPT}};
    size_t heavy = result->site_count;
    bool kept = true;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0] && kept && count > 0; i++) {
        kept = keep_more(rest, count, result, orders[i].by, orders[i].wanted);
        size_t taken = count < orders[i].wanted ? count : orders[i].wanted;
        rest += taken;
        count -= taken;
    }
    for (size_t i = 0; i < count; i++)
        result->other_bytes += rest[i]->figures.peak.bytes;
    if (result->site_count > heavy + 1)
        qsort(&result->sites[heavy], result->site_count - heavy, sizeof *result->sites,
              heaviest_site_first);
    return kept;
}

bool stacks_keep(struct stacks *stacks, struct result *result) {
    if (!stacks_sort(stacks))
        return false;
    result_free_sites(result);
    result->other_bytes = 0;
    result->sites = calloc(RESULT_SITES_MAX, sizeof *result->sites);
    const struct stack **rest = calloc(stacks->count + 1, sizeof(*rest));
    size_t rest_count = 0;
    bool kept = result->sites != NULL && rest != NULL;
    for (size_t i = 0; kept && i < stacks->count; i++) {
        const struct profile_kept *figures = &stacks->sorted[i]->figures;
        if (figures->peak.bytes > 0 && i < HEAVY_KEPT)
            kept = keep_site(stacks->sorted[i], result);
        else if (figures->peak.bytes >= 0)
            rest[rest_count++] = stacks->sorted[i];
        else
            result->other_bytes += figures->peak.bytes;
    }
    kept = kept && keep_rest(rest, rest_count, result) && keep_modules(stacks, result);
    free(rest);
    return kept;
}
