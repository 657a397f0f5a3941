/* Modules were noted as lines of /proc/PID/maps, all of them each time that an unknown address came
 * up, and generations of them end when a module goes away. Within a generation the later of two
 * lines that overlap holds. Where lines of two generations overlap, the earlier one is moved to
 * addresses that no process has, and so are the addresses of the stacks of that generation: then
 * one set of symbols serves all. */
#include "measure/profile_region.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc/read.h"
#include "base/buffer.h"

/* No address of a process has these bits. */
enum { GENERATION_SHIFT = 48 };

#define ROOM                                                                                       \
    " (is the address space limited, ulimit -v? A profiled process, and heapgate, each take 1 "    \
    "GiB of "                                                                                      \
    "it for the stacks)"

struct mapping {
    uint64_t begin, end;
    const char *rest; /* of its line, from the blank behind the addresses to the newline */
    size_t bytes;
    uint32_t generation;
    bool moved;
};

struct profile_region_names {
    struct symbols *symbols;
    struct mapping *mappings; /* those of the last generation first */
    size_t count;
    uint32_t generation; /* the last */
};

/* ---- The region ---- */

struct profile_region *profile_region_open(int fd, uint32_t index, struct error *error) {
    struct profile_region *region =
        mmap(NULL, PROFILE_REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd,
             (off_t)index * PROFILE_REGION_BYTES);
    if (region == MAP_FAILED) {
        error_set(error, "cannot read the call stacks: %s" ROOM, strerror(errno));
        return NULL;
    }
    if (memcmp(region->magic, PROFILE_MAGIC, sizeof region->magic) == 0 &&
        region->site_count <= PROFILE_SITES && region->maps_bytes <= PROFILE_MAPS_BYTES &&
        region->generation < PROFILE_GENERATIONS) {
        profile_lanes_apply(region);
        return region;
    }
    error_set(error, "the process counted, but kept no call stacks%s",
              memcmp(region->magic, PROFILE_MAGIC, sizeof region->magic) == 0 ? "" : ROOM);
    profile_region_close(region);
    return NULL;
}

void profile_region_close(struct profile_region *region) {
    if (region != NULL)
        munmap(region, PROFILE_REGION_BYTES);
}

/* ---- Modules ---- */

static bool overlaps(const struct mapping *left, const struct mapping *right) {
    return left->begin < right->end && right->begin < left->end;
}

static bool is_same(const struct mapping *left, const struct mapping *right) {
    return left->begin == right->begin && left->end == right->end && left->bytes == right->bytes &&
           memcmp(left->rest, right->rest, left->bytes) == 0;
}

/* The line that ends at `end`, which is its newline's; returns where it begins. */
static size_t parse_line(const char *text, size_t end, struct mapping *mapping, bool *parsed) {
    size_t begin = end - 1;
    int length = 0;
    while (begin > 0 && text[begin - 1] != '\n')
        begin--;
    *parsed = text[end - 1] == '\n' && sscanf(text + begin, "%" SCNx64 "-%" SCNx64 "%n",
                                              &mapping->begin, &mapping->end, &length) == 2;
    mapping->rest = text + begin + length;
    mapping->bytes = end - begin - (size_t)length;
    return begin;
}

/* Nothing where a later line of its generation, or the same of a later one, is there. */
static void add_mapping(struct profile_region_names *names, struct mapping mapping) {
    for (size_t i = 0; i < names->count; i++) {
        const struct mapping *later = &names->mappings[i];
        if (!overlaps(&mapping, later))
            continue;
        if (later->generation == mapping.generation || is_same(&mapping, later))
            return;
        mapping.moved = true;
    }
    names->mappings[names->count++] = mapping;
}

static bool list_mappings(struct profile_region_names *names, const struct profile_region *region) {
    size_t lines = 0;
    for (size_t i = 0; i < region->maps_bytes; i++)
        lines += region->maps[i] == '\n';
    names->mappings = calloc(lines + 1, sizeof *names->mappings);
    if (names->mappings == NULL)
        return false;
    uint32_t generation = names->generation = region->generation;
    for (size_t end = region->maps_bytes; end > 0;) {
        struct mapping mapping = {0};
        bool parsed;
        while (generation > 0 && end <= region->generation_maps[generation - 1])
            generation--;
        mapping.generation = generation;
        end = parse_line(region->maps, end, &mapping, &parsed);
        if (parsed)
            add_mapping(names, mapping);
    }
    return true;
}

static uint64_t move(uint64_t address, uint32_t generation) {
    return address + ((uint64_t)(generation + 1) << GENERATION_SHIFT);
}

static uint64_t begin_of(const struct mapping *mapping) {
    return mapping->moved ? move(mapping->begin, mapping->generation) : mapping->begin;
}

static int by_address(const void *left, const void *right) {
    uint64_t a = begin_of(*(struct mapping *const *)left),
             b = begin_of(*(struct mapping *const *)right);
    return a < b ? -1 : a > b;
}

static bool write_maps(const struct profile_region_names *names, struct buffer *maps) {
    const struct mapping **sorted = calloc(names->count + 1, sizeof *sorted);
    bool fine = sorted != NULL;
    for (size_t i = 0; fine && i < names->count; i++)
        sorted[i] = &names->mappings[i];
    if (fine)
        qsort(sorted, names->count, sizeof *sorted, by_address);
    for (size_t i = 0; fine && i < names->count; i++) {
        char addresses[64];
        uint64_t begin = begin_of(sorted[i]);
        snprintf(addresses, sizeof addresses, "%" PRIx64 "-%" PRIx64, begin,
                 begin + (sorted[i]->end - sorted[i]->begin));
        fine = buffer_append_text(maps, addresses) &&
               buffer_append(maps, sorted[i]->rest, sorted[i]->bytes);
    }
    free(sorted);
    return fine;
}

struct profile_region_names *profile_region_names_new(const struct profile_region *region) {
    struct buffer maps = BUFFER_INIT(2 * PROFILE_MAPS_BYTES);
    struct profile_region_names *names = calloc(1, sizeof *names);
    if (names == NULL)
        return NULL;
    if (list_mappings(names, region) && write_maps(names, &maps))
        names->symbols = symbols_new(maps.bytes, maps.length);
    buffer_fini(&maps);
    if (names->symbols != NULL)
        return names;
    profile_region_names_free(names);
    return NULL;
}

void profile_region_names_free(struct profile_region_names *names) {
    if (names == NULL)
        return;
    symbols_free(names->symbols);
    free(names->mappings);
    free(names);
}

/* ---- Stacks ---- */

/* Frames are return addresses: what called is right before them. */
static uint64_t address_in(const struct profile_region_names *names, uint64_t frame,
                           uint32_t generation) {
    for (size_t i = 0; i < names->count && generation < names->generation; i++) {
        const struct mapping *mapping = &names->mappings[i];
        if (mapping->generation == generation && mapping->moved && frame - 1 >= mapping->begin &&
            frame - 1 < mapping->end)
            return move(frame, generation);
    }
    return frame;
}

/* What the two sites without frames stand for. */
static const struct symbols_line *without_frames(const struct profile_region *region,
                                                 uint32_t site) {
    static char before[] = "(before the start)",
                inherited[] = "(inherited from the parent process)", other[] = "(no call stack)",
                unwalked[] = "(no call stack: forked by a process with threads)";
    static const struct symbols_line lines[] = {
        {.text = before}, {.text = inherited}, {.text = other}, {.text = unwalked}};
    if (site != PROFILE_SITE_BEFORE)
        return region->unwalked ? &lines[3] : &lines[2];
    return region->first_number > 0 ? &lines[1] : &lines[0];
}

bool profile_region_name_stack(struct profile_region_names *names,
                               const struct profile_region *region, uint32_t index,
                               struct symbols_stack *stack) {
    const struct profile_site *site = &region->sites[index];
    uint64_t frames[PROFILE_FRAMES];
    stack->count = 0;
    if (site->frame_count > 0 && site->frame_count <= PROFILE_FRAMES &&
        site->frame_at <= PROFILE_FRAMES_TOTAL - site->frame_count) {
        for (uint32_t i = 0; i < site->frame_count; i++)
            frames[i] = address_in(names, region->frames[site->frame_at + i], site->generation);
        if (!symbols_stack(names->symbols, frames, site->frame_count, stack))
            return false;
    }
    if (stack->count == 0)
        stack->lines[stack->count++] = without_frames(region, index);
    return true;
}
